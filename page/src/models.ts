// SPDX-License-Identifier: MIT
// The leaderboard, a model with the arithmetic of its payouts, and an owner.
import { chart } from "./chart";
import { address, amount, count, facts, foreign, h, ownerLink, section, signed, table, term, type Child, type Column } from "./dom";
import { exact, grouped, moment, percent, score, toFloat } from "./format";
import { FACTOR, magnitude, type Rule } from "./protocol";
import type { ModelEvent, ModelRow, Round, Tournament } from "./snapshot";
import type { Shown } from "./views";

const PAGE = 100;

/** A line of the leaderboard; floats are for sorting alone. */
interface Line {
  model: number;
  stake: number;
  corr: number;
  mmc: number;
  payout: number;
  rate: number;
  streak: number;
}

const SORTS = ["model", "stake", "corr", "mmc", "payout", "rate", "streak"] as const;
type Sort = (typeof SORTS)[number];
const TITLES: Record<Sort, string> = { model: "id", stake: "stake", corr: "CORR", mmc: "MMC", payout: "payout", rate: "return", streak: "streak" };
const TERMS: Partial<Record<Sort, string>> = { stake: "stake", corr: "CORR", mmc: "MMC" };

function linesOf(tournament: Tournament): Line[] {
  const { label, at_risk, waiting, rounds, primary, contribution, payout, turnover, streak } = tournament.models;
  return label.map((_, model) => {
    const turned = Number(turnover[model]);
    const scored = rounds[model]!;
    return {
      model,
      stake: toFloat(BigInt(at_risk[model]!) + BigInt(waiting[model]!), 18),
      corr: scored ? primary[model]! / scored : -Infinity,
      mmc: scored ? contribution[model]! / scored : -Infinity,
      payout: Number(payout[model]),
      rate: turned ? Number(payout[model]) / turned : -Infinity,
      streak: streak[model]!,
    };
  });
}

export function leaderboard(shown: Shown): HTMLElement[] {
  const { tournament } = shown;
  const lines = linesOf(tournament);
  let sort: Sort = "stake";
  let down = true;
  let page = 0;
  let wanted = "";
  const place = h("div");
  const status = h("p", { role: "status", class: "note" });
  const search = h("input", { type: "search", id: "search", autocomplete: "off", spellcheck: "false", oninput: () => { wanted = search.value.trim().toLowerCase(); page = 0; draw(); } });

  const draw = (): void => {
    const found = wanted ? lines.filter((line) => matches(tournament, line.model, wanted)) : [...lines];
    found.sort((one, other) => (down ? other[sort] - one[sort] : one[sort] - other[sort]) || one.model - other.model);
    const pages = Math.max(1, Math.ceil(found.length / PAGE));
    page = Math.min(page, pages - 1);
    const columns = modelColumns(tournament).map((column) => {
      const key = SORTS.find((each) => TITLES[each] === column.key);
      return key ? { ...column, title: sorter(key) } : column;
    });
    const shownTable = table("Models; stake, idle and payout in NMR", columns, found.slice(page * PAGE, (page + 1) * PAGE).map((line) => line.model));
    shownTable.querySelectorAll("th").forEach((cell) => {
      const key = cell.querySelector("button")?.dataset["sort"];
      if (key) cell.setAttribute("aria-sort", key === sort ? (down ? "descending" : "ascending") : "none");
    });
    status.textContent = `${count(found.length)} of ${count(lines.length)} models; page ${page + 1} of ${pages}.`;
    const step = (title: string, by: number): HTMLElement =>
      h("button", { type: "button", disabled: page + by < 0 || page + by >= pages, onclick: () => { page += by; draw(); } }, title);
    const active = document.activeElement instanceof HTMLButtonElement ? document.activeElement.dataset["sort"] : undefined;
    place.replaceChildren(shownTable, h("p", { class: "pages" }, step("Previous", -1), step("Next", 1)));
    if (active) place.querySelector<HTMLElement>(`button[data-sort="${active}"]`)?.focus();
  };
  const sorter = (key: Sort): HTMLElement =>
    h("button", { type: "button", class: "sort", "data-sort": key, onclick: () => { down = key === sort ? !down : key !== "model"; sort = key; page = 0; draw(); } },
      TITLES[key], key === sort ? (down ? " ▾" : " ▴") : "");
  draw();
  return [h("h2", null, "Leaderboard"), h("p", null, h("label", { for: "search" }, "Label, id or owner "), search), status, place, legend()];
}

function legend(): HTMLElement {
  return h("p", { class: "note" },
    term("CORR"), " and ", term("MMC"), " are means over the rounds with a score; return is all payouts by all stakes; ",
    "streak is how many of the last rounds with a score brought something in a row, or below 0 cost something.");
}

function matches(tournament: Tournament, model: number, wanted: string): boolean {
  const { label, owner, owners } = tournament.models;
  return String(model) === wanted || label[model]!.toLowerCase().includes(wanted) || (wanted.startsWith("0x") && owners[owner[model]!]!.toLowerCase().startsWith(wanted));
}

function modelColumns(tournament: Tournament): (Column<number> & { key: string })[] {
  const { label, owner, owners, at_risk, waiting, idle, rounds, primary, contribution, payout, turnover, streak } = tournament.models;
  const column = (key: string, cell: (model: number) => Child, left = false): Column<number> & { key: string } => {
    const explained = TERMS[SORTS.find((each) => TITLES[each] === key) ?? "model"];
    return { key, title: explained ? term(key, explained) : key, cell, left };
  };
  return [
    column("id", (model) => h("a", { href: `#/model/${model}` }, String(model)), true),
    column("label", (model) => foreign(label[model]!), true),
    column("owner", (model) => ownerLink(owners[owner[model]!]!), true),
    column("stake", (model) => amount(BigInt(at_risk[model]!) + BigInt(waiting[model]!))),
    column("idle", (model) => amount(BigInt(idle[model]!))),
    column("rounds", (model) => count(rounds[model]!)),
    column("CORR", (model) => (rounds[model] ? score(primary[model]! / rounds[model]!) : "")),
    column("MMC", (model) => (rounds[model] ? score(contribution[model]! / rounds[model]!) : "")),
    column("payout", (model) => signed(BigInt(payout[model]!), 2)),
    column("return", (model) => (turnover[model] === "0" ? "" : percent(Number(payout[model]) / Number(turnover[model])))),
    column("streak", (model) => String(streak[model]).replace("-", "−")),
  ];
}

export async function model(shown: Shown, id: number): Promise<HTMLElement[]> {
  const { source, name, tournament, now } = shown;
  const { label, owner, owners, idle, target, compound, payout, streak } = tournament.models;
  if (label[id] === undefined) return [h("h2", null, `Model ${id}`), h("p", null, `There is no model ${id}.`)];
  const history = await source.history(name, id);
  const byId = new Map(tournament.rounds.map((each) => [each.id, each]));
  const rows = history.rounds;
  return [
    h("h2", null, `Model ${id} `, foreign(label[id]!)),
    facts([
      [term("owner"), ownerLink(owners[owner[id]!]!)],
      [term("policy"), compound[id] ? ["keeps everything at stake, ", term("compounding")] : target[id] === "0" ? "everything goes to idle when a round settles" : [amount(BigInt(target[id]!)), " NMR at stake in each round"]],
      [term("idle"), [amount(BigInt(idle[id]!)), " NMR, free now"]],
      ["all payouts", [signed(BigInt(payout[id]!)), " NMR"]],
      ["streak", String(streak[id]).replace("-", "−")],
      ...(tournament.pools.some((each) => each.model === id) ? [["a pool owns it", h("a", { href: `#/pool/${id}` }, "its places and backers")] as [string, Child]] : []),
    ]),
    section("Where its NMR is", table("At stake or waiting", [
      { title: "round", left: true, cell: (each) => (byId.has(each[0]) ? h("a", { href: `#/round/${each[0]}` }, String(each[0])) : String(each[0])) },
      { title: "NMR", cell: (each) => amount(BigInt(each[1])) },
      { title: "comes free", left: true, cell: (each) => freeFrom(byId.get(each[0]), now) },
    ], history.positions)),
    rows.length > 1
      ? chart("Stake in NMR by round", rows.map((row) => row[0]), [{ label: "stake", values: rows.map((row) => toFloat(BigInt(row[1]), 18)) }], false, (value) => grouped(Math.round(value)))
      : "",
    rows.length > 1
      ? chart("Scores by round", rows.map((row) => row[0]), [{ label: "CORR", values: rows.map((row) => row[2] / 1e8) }, { label: "MMC", values: rows.map((row) => row[3] / 1e8) }], false, (value) => value.toFixed(4))
      : "",
    section("Payouts", table("Every settled round, the latest first; amounts in NMR", [
      { title: "round", left: true, cell: (row) => h("a", { href: `#/round/${row[0]}` }, String(row[0])) },
      { title: "stake", cell: (row) => amount(BigInt(row[1])) },
      { title: term("CORR"), cell: (row) => score(row[2]) },
      { title: term("MMC"), cell: (row) => score(row[3]) },
      { title: "payout", cell: (row) => signed(BigInt(row[5])) },
      { title: "kept at stake", cell: (row) => amount(BigInt(row[6])) },
      { title: "arithmetic", left: true, cell: (row) => h("details", null, h("summary", null, `How round ${row[0]} paid`), arithmetic(row, byId.get(row[0]))) },
    ], [...rows].reverse())),
    section("What happened", table("Deposits, withdrawals, policies, the latest first", [
      { title: "time", left: true, cell: (event) => moment(event[1]) },
      { title: "what", left: true, cell: (event) => event[2] },
      { title: "how much, and whose", left: true, cell: (event) => told(event) },
    ], [...history.events].reverse())),
  ].filter((each): each is HTMLElement => each !== "");
}

function told(event: ModelEvent): Child {
  const [, , kind, first, second] = event;
  switch (kind) {
    case "deposited": case "withdrawn": return span(amount(BigInt(first!)), " NMR, ", address(String(second)));
    case "staked": case "left": return span(amount(BigInt(first!)), ` NMR, round ${second}`);
    case "given": return span(amount(BigInt(first!)), ` NMR to model ${second}`);
    case "received": return span(amount(BigInt(first!)), ` NMR from model ${second}`);
    case "policy": return second ? "keep everything at stake" : span("keep ", amount(BigInt(first!)), " NMR at stake");
    default: return span(ownerLink(String(first)));
  }
}

function span(...children: Child[]): HTMLElement {
  return h("span", null, ...children);
}

function freeFrom(round: Round | undefined, now: number): string {
  if (!round) return "now, by leaving: the round is not opened";
  const { locks_at, expires_at, resolves_at, window } = round.terms;
  if (round.void) return "now: anyone settles the void round";
  if (now < Number(locks_at)) return `now, by leaving, until ${moment(Number(locks_at))}`;
  if (now >= Number(expires_at)) return "now: anyone settles the expired round";
  const final = round.final_at || Math.max(Number(resolves_at), now) + Number(window);
  return `${moment(Math.min(final, Number(expires_at)))}, at the latest ${moment(Number(expires_at))}`;
}

/** What a round pays by; undefined before its lock. */
export function ruleOf(round: Round): Rule | undefined {
  if (!round.locked) return undefined;
  return { primary: BigInt(round.terms.primary), contribution: BigInt(round.terms.contribution), factor: BigInt(round.factor), clip: BigInt(round.clip) };
}

/** The payout of a row, laid out in steps. */
export function arithmetic(row: ModelRow, round: Round | undefined): HTMLElement {
  const [, stake, primary, contribution, submitted, paid] = row;
  const rule = round && ruleOf(round);
  const lines: string[] = [];
  if (!rule || (!primary && !contribution && paid === "0")) lines.push("The round ended without a score for this model: the stake is as it was.");
  else {
    const weighted = BigInt(primary) * rule.primary + BigInt(contribution) * rule.contribution;
    const scaled = magnitude(weighted) * rule.factor;
    const bound = rule.clip * FACTOR;
    lines.push(
      `CORR ${exact(BigInt(primary), 8)} × ${exact(rule.primary, 4)} + MMC ${exact(BigInt(contribution), 8)} × ${exact(rule.contribution, 4)} = ${exact(weighted, 12)}`,
      `|${exact(weighted, 12)}| × factor ${exact(rule.factor, 9)} = ${exact(scaled, 21)}`,
      `at most the clip ${exact(rule.clip, 12)}: ${exact(scaled < bound ? scaled : bound, 21)}`,
      submitted
        ? `stake ${exact(BigInt(stake), 18)} × that, rounded toward zero to a gwei: ${BigInt(paid) < 0n ? "burned" : "paid"} ${exact(magnitude(BigInt(paid)), 18)} NMR`
        : "the model did not submit: it gains and loses nothing",
    );
  }
  return h("ol", { class: "steps" }, lines.map((line) => h("li", null, line)));
}

export function owner(shown: Shown, wanted: string): HTMLElement[] {
  const { tournament } = shown;
  const { owners, owner: of, at_risk, waiting, idle, payout } = tournament.models;
  const index = owners.findIndex((each) => each.toLowerCase() === wanted.toLowerCase());
  const mine = index < 0 ? [] : of.flatMap((each, model) => (each === index ? [model] : []));
  const sum = (column: string[]): bigint => mine.reduce((total, model) => total + BigInt(column[model]!), 0n);
  return [
    h("h2", null, "Owner ", h("code", null, /^0x[0-9a-fA-F]{40}$/.test(wanted) ? wanted : "unknown")),
    facts([
      ["models", count(mine.length)],
      [term("at risk"), [amount(sum(at_risk)), " NMR"]],
      [term("waiting"), [amount(sum(waiting)), " NMR"]],
      [term("idle"), [amount(sum(idle)), " NMR"]],
      ["all payouts", [signed(sum(payout)), " NMR"]],
    ]),
    table("Models of this owner; stake, idle and payout in NMR", modelColumns(tournament), mine),
  ];
}
