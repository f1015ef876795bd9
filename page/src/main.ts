// SPDX-License-Identifier: MIT
// The frame of the page: where it reads, which view is shown.
import "./style.css";
import { act } from "./acting";
import { check } from "./check";
import { h, type Child } from "./dom";
import { duration, grouped, moment } from "./format";
import { glossary } from "./glossary";
import { leaderboard, model, owner } from "./models";
import { pool, pools } from "./poolviews";
import { foreignRecord } from "./records";
import { readJson, SnapshotSource, type Config, type Source } from "./snapshot";
import { NodeSource } from "./source";
import { hourOf, overview, round, rounds, type Shown } from "./views";
import type { Told } from "./work";

const LINKS = [["", "Overview"], ["rounds", "Rounds"], ["models", "Leaderboard"], ["pools", "Pools"], ["act", "Act"], ["check", "Check"], ["glossary", "Glossary"]] as const;
/** Milliseconds of reading after which the page says that a snapshot is quicker. */
const LONG = 60_000;
const main = element("main");
const asked = new URLSearchParams(location.search);
let config: Config;
let source: Source;
let tournament: string;
let drawn = 0;

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no ${id}.`);
  return found;
}

async function start(): Promise<void> {
  try {
    config = await readJson<Config>("config.json");
  } catch (error) {
    return fail(error);
  }
  try {
    source = await opened();
  } catch (error) {
    fail(error);
    return main.append(h("p", { class: "pages" }, h("button", { type: "button", onclick: () => location.reload() }, "Try again"), snapshotLink()), nodeForm());
  }
  tournament = Object.keys(source.summary.books.tournaments)[0] ?? "";
  frame();
  addEventListener("hashchange", () => void show(true));
  // Charts take their colours when they are drawn.
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => void show(false));
  await show(false);
}

/** The source that the address asks for: a snapshot, unless it says `?live` or names a node or a record. */
async function opened(): Promise<Source> {
  const named = asked.get("record");
  if (config.snapshot !== null && named === null && !asked.has("node") && !asked.has("live")) {
    return SnapshotSource.open(new URL(config.snapshot, location.href).href);
  }
  const node = asked.get("node") ?? sessionStorage.getItem("node") ?? config.node;
  if (node === null || !/^https?:\/\//.test(node)) throw new Error(config.any_node ? "No node is named, or none by http: type one." : "No node is named, or none by http: write the page again with --page-node, or with --any-node and type one.");
  const record = named === null ? config.record : await foreignRecord(named);
  return NodeSource.open(node, record, reading(node));
}

/** Show how far a node was read, and what to do where it takes long. */
function reading(node: string): Told {
  const bar = h("progress", { max: 1, value: 0, "aria-label": "progress" });
  const status = h("p", { role: "status" }, "Asking the node.");
  const long = h("p", { class: "alert", id: "long", hidden: true }, "This takes more than a minute. A snapshot is quicker: ",
    config.snapshot === null ? h("span", null, h("code", null, "nmr page --out site"), " writes one.") : h("a", { href: location.pathname }, "use the one of this page."));
  main.replaceChildren(h("h2", null, "Reading the chain"), h("p", null, "The log of the suite comes from ", h("code", null, node), " and is replayed here. What was read stays in this browser."), bar, status, long);
  setTimeout(() => { long.hidden = false; }, LONG);
  return (what, done, total) => {
    bar.value = total ? done / total : 1;
    status.textContent = `${what}: ${grouped(done)} of ${grouped(total)}`;
  };
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
    h("div", { class: "bar" }, h("h1", { class: "brand" }, h("a", { href: "#/" }, "NMR tournament")), names.length > 1 ? choice : h("span", null, names[0] ?? ""), themes),
    h("nav", { "aria-label": "views" }, LINKS.map(([path, title]) => h("a", { href: `#/${path}`, "data-path": path }, title))),
    h("p", { class: "source", id: "source" }, ...told()),
    others(),
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

/** What else the page could be read from. */
function others(): HTMLElement {
  if (source.kind === "node") {
    const again = h("button", { type: "button", id: "again", onclick: () => void refresh(again) }, "Read again");
    return h("div", null, h("p", { class: "pages" }, again, snapshotLink()), nodeForm());
  }
  const node = sessionStorage.getItem("node") ?? config.node;
  return h("div", null, h("p", { class: "pages" }, node === null ? null : h("a", { href: "?live", id: "live" }, "Read live from ", node)), nodeForm());
}

function snapshotLink(): HTMLElement | null {
  return config.snapshot === null ? null : h("a", { href: location.pathname }, "Use the snapshot");
}

/** Where people type a node of their own; empty where the page's policy lets them name none. */
function nodeForm(): HTMLElement | string {
  if (!config.any_node) return "";
  // Only what was typed counts as the reader's own: it begins empty, whatever the page or its address names.
  const typed = h("input", { type: "url", id: "node", value: sessionStorage.getItem("node") ?? undefined, placeholder: "http://127.0.0.1:8545", autocomplete: "off" });
  const go = (event: Event): void => {
    event.preventDefault();
    if (typed.value.trim()) sessionStorage.setItem("node", typed.value.trim());
    else sessionStorage.removeItem("node");
    if (location.search === "?live") location.reload();
    else location.search = "?live";
  };
  return h("form", { class: "row", onsubmit: go }, h("label", { for: "node" }, "Read live from a node of your own "), typed, h("button", { type: "submit" }, "Read"));
}

/** Read what an action did, without drawing the view that tells of it anew. */
async function renew(): Promise<void> {
  if (!(source instanceof NodeSource)) return;
  try {
    await source.refresh();
    element("source").replaceChildren(...(told() as (string | Node)[]));
  } catch {
    // The button "Read again" says why.
  }
}

async function refresh(button: HTMLButtonElement): Promise<void> {
  button.disabled = true;
  const line = element("source");
  try {
    if (source instanceof NodeSource) await source.refresh((what, done, total) => { line.textContent = `${what}: ${grouped(done)} of ${grouped(total)}`; });
    await show(false);
  } catch (error) {
    fail(error);
  }
  line.replaceChildren(...(told() as (string | Node)[]));
  button.disabled = false;
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
  const shown: Shown = { source, name: tournament, tournament: each, now: source.summary.block.timestamp, hour: hourOf(source, tournament), redraw: () => show(false) };
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
    case "act": return act(shown, config, asked, () => void renew());
    case "check": return check(source, config);
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
