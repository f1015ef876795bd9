// SPDX-License-Identifier: MIT
// The frame of the page: where it reads, which view is shown.
import "./style.css";
import { check } from "./check";
import { h, type Child } from "./dom";
import { duration, grouped, moment } from "./format";
import { glossary } from "./glossary";
import { leaderboard, model, owner } from "./models";
import { pool, pools } from "./poolviews";
import { readJson, SnapshotSource, type Source } from "./snapshot";
import { hourOf, overview, round, rounds, type Shown } from "./views";

/** What `nmr page` wrote beside the page. */
export interface Config {
  snapshot: string | null;
  node: string | null;
  any_node: boolean;
}

const LINKS = [["", "Overview"], ["rounds", "Rounds"], ["models", "Leaderboard"], ["pools", "Pools"], ["check", "Check"], ["glossary", "Glossary"]] as const;
const main = element("main");
let source: Source;
let folder: string;
let tournament: string;
let drawn = 0;

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no ${id}.`);
  return found;
}

async function start(): Promise<void> {
  try {
    const config = await readJson<Config>("config.json");
    folder = new URL(config.snapshot ?? "snapshot", location.href).href;
    source = await SnapshotSource.open(folder);
    tournament = Object.keys(source.summary.books.tournaments)[0] ?? "";
    frame();
    addEventListener("hashchange", () => void show(true));
    await show(false);
  } catch (error) {
    fail(error);
  }
}

function fail(error: unknown): void {
  main.replaceChildren(h("div", { class: "alert", role: "alert" }, error instanceof Error ? error.message : String(error)));
}

function frame(): void {
  const names = Object.keys(source.summary.books.tournaments);
  const choice = h("select", { "aria-label": "tournament", onchange: () => { tournament = choice.value; void show(false); } },
    names.map((name) => h("option", { value: name }, name)));
  const themes = h("select", { "aria-label": "colours", onchange: () => theme(themes.value) },
    ["auto", "light", "dark"].map((each) => h("option", { value: each }, each)));
  themes.value = theme(undefined);
  element("header").replaceChildren(
    h("div", { class: "bar" }, h("a", { class: "brand", href: "#/" }, "NMR tournament"), names.length > 1 ? choice : h("span", null, names[0] ?? ""), themes),
    h("nav", { "aria-label": "views" }, LINKS.map(([path, title]) => h("a", { href: `#/${path}`, "data-path": path }, title))),
    h("p", { class: "source", id: "source" }, ...told()),
  );
  element("footer").replaceChildren(
    h("p", null, `Chain ${source.summary.record.chain_id}. What this page prints proves nothing by itself: check it, or run the audit with a node of your own.`),
  );
}

/** Which source this is, and how old. */
function told(): Child[] {
  const { number, hash, timestamp } = source.summary.block;
  return [
    source.kind === "snapshot" ? "A snapshot of block " : "Live from a node, at block ",
    h("abbr", { title: hash }, grouped(number)),
    `, ${moment(timestamp)}, ${duration(Date.now() / 1000 - timestamp)} ago.`,
  ];
}

function theme(chosen: string | undefined): string {
  const found = chosen ?? localStorage.getItem("theme") ?? "auto";
  if (chosen) localStorage.setItem("theme", chosen);
  if (found === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = found;
  // Charts take their colours when they are drawn.
  if (chosen) void show(false);
  return found;
}

async function show(moved: boolean): Promise<void> {
  const turn = ++drawn;
  const [view = "", argument = ""] = location.hash.replace(/^#\/?/, "").split("/").map(decoded);
  for (const link of document.querySelectorAll<HTMLElement>("nav a")) {
    if (link.dataset["path"] === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  try {
    const content = await contentOf(view, argument);
    if (turn !== drawn) return;
    main.replaceChildren(...content);
    document.title = `${content.find((each) => each.tagName === "H2")?.textContent ?? "Overview"} · NMR tournament`;
    if (moved) {
      main.focus({ preventScroll: true });
      const wanted = view === "glossary" && argument ? document.getElementById(`word-${argument}`) : null;
      if (wanted) wanted.scrollIntoView();
      else scrollTo(0, 0);
    }
  } catch (error) {
    if (turn === drawn) fail(error);
  }
}

async function contentOf(view: string, argument: string): Promise<HTMLElement[]> {
  const each = source.summary.books.tournaments[tournament];
  if (!each) return [h("p", null, "The suite has no tournament.")];
  const shown: Shown = { source, name: tournament, tournament: each, now: source.summary.block.timestamp, hour: hourOf(source, tournament) };
  const id = /^\d{1,9}$/.test(argument) ? Number(argument) : -1;
  switch (view) {
    case "": return overview(shown);
    case "rounds": return rounds(shown);
    case "round": return round(shown, id);
    case "models": return leaderboard(shown);
    case "model": return model(shown, id);
    case "pools": return pools(shown);
    case "pool": return pool(shown, id);
    case "owner": return owner(shown, argument);
    case "check": return check(source, folder);
    case "glossary": return words();
    default: return [h("h2", null, "No such view"), h("p", null, "There is nothing at this address.")];
  }
}

function words(): HTMLElement[] {
  return [h("h2", null, "Glossary"), h("dl", { class: "words" }, [...glossary].map(([word, text]) => h("div", { id: `word-${word}` }, h("dt", null, word), h("dd", null, text))))];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

void start();
