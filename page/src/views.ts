// SPDX-License-Identifier: MIT
// Overview and rounds.
import { chart } from "./chart";
import { address, amount, count, facts, foreign, h, ownerLink, section, signed, table, term, titled } from "./dom";
import { duration, exact, GWEI, grouped, moment, percent, rounded, score, toFloat } from "./format";
import { documentOf, LARGEST, type Document } from "./documents";
import { dollars, keepPrice, parsePrice, priceOf, priceWords, typedPrice, whyNone, type Price } from "./price";
import { nextOf, stateOf } from "./protocol";
import { argument, progressOf, type Buyback, type Round, type Source, type Tournament } from "./snapshot";

/** What a view is about. */
export interface Shown {
  source: Source;
  name: string;
  tournament: Tournament;
  /** Unix seconds of the chain. */
  now: number;
  hour: number;
  /** Draw the view anew. */
  redraw(): Promise<void>;
}

export interface Totals {
  idle: bigint;
  atRisk: bigint;
  waiting: bigint;
  balances: bigint;
  /** In orders and claims of pools. */
  inPools: bigint;
}

/** Sums over all tournaments, wei. */
export function totals(source: Source): Totals {
  const sums = { idle: 0n, atRisk: 0n, waiting: 0n, balances: 0n, inPools: 0n };
  for (const each of Object.values(source.summary.books.tournaments)) {
    const opened = each.rounds.reduce((sum, round) => sum + BigInt(round.staked), 0n);
    sums.idle += BigInt(each.idle);
    sums.atRisk += opened;
    sums.waiting += BigInt(each.staked) - opened;
    sums.balances += BigInt(each.balance);
    sums.inPools += BigInt(each.in_pools);
  }
  return sums;
}

/** Dollars that wei are worth, rounded down; on hover by which price, and how old that is. */
function worth(price: Price, wei: bigint): HTMLElement {
  const found = dollars(price, wei);
  return titled(`$${rounded(found, 6, 2)}`, `$${exact(found, 6)} at ${priceWords(price)}`);
}

export function overview(shown: Shown): HTMLElement[] {
  const { source, tournament, now } = shown;
  const { books, block } = source.summary;
  const price = priceOf(source);
  const sums = totals(source);
  const tvl = sums.idle + sums.atRisk + sums.waiting;
  const balance = BigInt(books.treasury.balance);
  const reserved = BigInt(books.treasury.reserved);
  const owed = tvl;
  const donations = sums.balances > owed ? sums.balances - owed : 0n;
  const row = (what: string | HTMLElement, wei: bigint, note = ""): [string | HTMLElement, bigint, string] => [what, wei, note];
  const columns = [
    { title: "what", left: true, cell: (each: [string | HTMLElement, bigint, string]) => each[0] },
    { title: "NMR", cell: (each: [string | HTMLElement, bigint, string]) => amount(each[1]) },
    ...(price ? [{ title: "dollars", cell: (each: [string | HTMLElement, bigint, string]) => worth(price, each[1]) }] : []),
    { title: "what that is", left: true, cell: (each: [string | HTMLElement, bigint, string]) => each[2] },
  ];
  const at = price ? `; dollars at ${priceWords(price)}` : "";
  return [
    h("div", { class: "cards" },
      card(term("TVL"), nmr(tvl), price ? worth(price, tvl) : "no price is known"),
      card(term("at risk"), nmr(sums.atRisk), "what can burn"),
      card("models", count(tournament.models.label.length), `${count(tournament.rounds.length)} rounds`),
      card("burned", nmr(BigInt(books.burned)), "for good"),
      card("paid to models", nmr(BigInt(tournament.rewards)), h("span", null, "burned of them ", amount(BigInt(tournament.burns)))),
    ),
    priced(shown, price),
    section("Total value locked",
      table(`TVL at block ${grouped(block.number)}, ${moment(block.timestamp)}${at}`, columns, [
        row(term("idle"), sums.idle, "owners can withdraw it now"),
        row(term("at risk"), sums.atRisk, "in opened rounds"),
        row(term("waiting"), sums.waiting, "for rounds that are not opened"),
        row("TVL", tvl, "the sum: what users have locked here"),
      ]),
      table(`The same chain under other definitions${at}`, columns, [
        row("at risk only", sums.atRisk, "what can burn?"),
        row("at risk and waiting", sums.atRisk + sums.waiting, "what is in rounds, or goes into one?"),
        row("everything in escrow", tvl, "what do users have locked? The TVL of this page"),
        row("registry instances", sums.balances, "what do the known contracts hold? As public adapters count"),
        row("escrow and reserved rewards", tvl + reserved, "what is committed to open rounds?"),
        row("escrow and treasury", tvl + balance, "what does the protocol control?"),
        ...(tournament.pools.length ? [row("escrow and pools", tvl + sums.inPools, "what do users have here, orders and claims in pools too?")] : []),
      ]),
      donations > 0n ? h("p", null, term("Donations", "donation"), " of ", amount(donations), " belong to no model and are in no part.") : null,
      seriesChart(source),
      flowChart(source),
    ),
    section("Supply and treasury",
      table(`NMR in the suite${at}`, columns, [
        row("supply", BigInt(books.supply), "of 11,000,000 minted once"),
        row("burned", BigInt(books.burned)),
        row("circulating", BigInt(books.supply) - balance, "supply without the treasury"),
        row("treasury: reserved", reserved, "for the rewards of locked rounds"),
        row("treasury: free", balance > reserved ? balance - reserved : 0n, "not reserved"),
        row("treasury: balance", balance),
      ]),
    ),
    concentration(tournament),
    ...Object.entries(books.buybacks).map(([name, each]) => buyback(shown, name, each)),
    section("What comes next", ...upcoming(shown).map((line) => h("p", null, line))),
    h("p", { class: "note" }, `Times are of the chain: ${moment(now)}.`),
  ];
}

/** Which price the dollars are counted by, and a field for one of the reader's own. */
function priced(shown: Shown, price: Price | undefined): HTMLElement {
  const own = typedPrice();
  const typed = h("input", { id: "price", inputmode: "decimal", autocomplete: "off", size: 10, value: own?.[0], "aria-describedby": "price-refused" });
  const refused = h("p", { class: "alert", id: "price-refused", role: "alert", hidden: true }, "That is no price: type dollars for one NMR, such as 12.50.");
  const use = (text: string): void => {
    refused.hidden = !text || parsePrice(text) !== undefined;
    if (!refused.hidden) return;
    keepPrice(text);
    void shown.redraw().then(() => document.getElementById("price")?.focus());
  };
  return h("div", null,
    h("p", { id: "priced" }, price ? [`One NMR is ${priceWords(price)}.`, ...price.notes].join(" ") : `No price is known: amounts are in NMR alone. ${whyNone(shown.source.summary)}`),
    h("form", { class: "row", onsubmit: (event: Event) => { event.preventDefault(); use(typed.value.trim()); } },
      h("label", { for: "price" }, "Count by a price of your own, in dollars "), typed, h("button", { type: "submit", id: "price-use" }, "Count"),
      own ? h("button", { type: "button", id: "price-forget", onclick: () => use("") }, "Forget it") : null),
    refused);
}

function nmr(wei: bigint): HTMLElement {
  return h("span", null, amount(wei), h("span", { class: "note" }, " NMR"));
}

function card(title: string | HTMLElement, value: string | HTMLElement, note: string | HTMLElement): HTMLElement {
  return h("div", { class: "card" }, h("p", { class: "name" }, title), h("p", { class: "figure" }, value), h("p", { class: "note" }, note));
}

function seriesChart(source: Source): HTMLElement | null {
  const series = source.summary.books.series;
  if (series.length < 2) return null;
  const line = (label: string, at: 2 | 3 | 4): { label: string; values: number[] } => ({ label, values: series.map((each) => toFloat(BigInt(each[at]), 18)) });
  const tvl = { label: "TVL", values: series.map((each) => toFloat(BigInt(each[2]) + BigInt(each[3]) + BigInt(each[4]), 18)) };
  const times = series.map((each) => each[1]);
  return chart("TVL and its parts in NMR, as rounds opened, locked and closed", times, [tvl, line("at risk", 3), line("waiting", 4), line("idle", 2)], true, whole);
}

/** What people brought and took away between the points of the series. */
function flowChart(source: Source): HTMLElement | null {
  const series = source.summary.books.series;
  if (series.length < 2) return null;
  const step = (at: 8 | 9): (number | null)[] => series.map((each, index) => (index ? toFloat(BigInt(each[at]) - BigInt(series[index - 1]![at]), 18) : null));
  return chart("NMR that came in and went out since the point before, rewards and burns aside", series.map((each) => each[1]), [
    { label: "came in", values: step(8) },
    { label: "went out", values: step(9) },
  ], true, whole);
}

function whole(value: number): string {
  return grouped(Math.round(value));
}

function concentration(tournament: Tournament): HTMLElement {
  const { at_risk, waiting } = tournament.models;
  const stakes = at_risk.map((wei, model) => toFloat(BigInt(wei) + BigInt(waiting[model]!), 18)).filter((stake) => stake > 0);
  const { sum, top, effective } = shares(stakes);
  return section("Concentration of stake", facts([
    ["models with a stake", count(stakes.length)],
    ["share of the ten largest", sum ? percent(top) : "none"],
    ["effective number of models", sum ? effective.toFixed(1) : "none"],
  ]), h("p", { class: "note" }, "The effective number is 1 / Σ share²: as many models of equal stake would be as concentrated."));
}

/** Sum, share of the ten largest, and 1 / Σ share². */
export function shares(stakes: number[]): { sum: number; top: number; effective: number } {
  const sum = stakes.reduce((total, stake) => total + stake, 0);
  const largest = [...stakes].sort((one, other) => other - one).slice(0, 10).reduce((total, stake) => total + stake, 0);
  const squares = stakes.reduce((total, stake) => total + (stake / sum) ** 2, 0);
  return { sum, top: largest / sum, effective: 1 / squares };
}

function buyback(shown: Shown, name: string, each: Buyback): HTMLElement {
  const decimals = shown.source.summary.decimals[name] ?? 6;
  const reference = new Map(each.lots.map((lot) => [lot[0], BigInt(lot[4])]));
  const taken = new Map<number, bigint>();
  for (const fill of each.fills) taken.set(fill[0], (taken.get(fill[0]) ?? 0n) + BigInt(fill[4]));
  const price = (value: string | bigint): HTMLElement => titled(`$${rounded(BigInt(value), 18, 4)}`, `$${exact(BigInt(value), 18)}`);
  const coins = (value: string | bigint): HTMLElement => titled(`$${rounded(BigInt(value), decimals, 2)}`, `$${exact(BigInt(value), decimals)}`);
  return section(name === "buyback" ? "Buyback" : `Buyback: ${name}`,
    facts([
      ["lots", count(each.lots.length)],
      ["fills", count(each.fills.length)],
      ["spent", coins(each.paid)],
      ["bought", [amount(BigInt(each.bought)), " NMR"]],
      ["paid for an NMR, on average", each.bought === "0" ? "" : price((BigInt(each.paid) * 10n ** BigInt(36 - decimals)) / BigInt(each.bought))],
      ["held for the running lot", coins(each.left)],
      ["ended", each.ended ? "yes" : "no"],
    ]),
    table("Lots, the latest first", [
      { title: term("lot"), cell: (lot) => lot[0] },
      { title: "kicked", left: true, cell: (lot) => moment(lot[2]) },
      { title: "ends", left: true, cell: (lot) => moment(lot[5]) },
      { title: "offered", cell: (lot) => coins(lot[3]) },
      { title: "reference", cell: (lot) => price(lot[4]) },
      { title: "taken", cell: (lot) => coins(taken.get(lot[0]) ?? 0n) },
      { title: "NMR", cell: (lot) => amount(each.fills.reduce((sum, fill) => (fill[0] === lot[0] ? sum + BigInt(fill[5]) : sum), 0n)) },
    ], [...each.lots].reverse().slice(0, 50)),
    table("Fills, the latest first", [
      { title: "lot", cell: (fill) => fill[0] },
      { title: "time", left: true, cell: (fill) => moment(fill[2]) },
      { title: term("filler"), left: true, cell: (fill) => address(fill[3]) },
      { title: "paid", cell: (fill) => coins(fill[4]) },
      { title: "NMR", cell: (fill) => amount(BigInt(fill[5])) },
      { title: "price", cell: (fill) => price(fill[6]) },
      { title: "reference", cell: (fill) => price(reference.get(fill[0]) ?? 0n) },
      { title: "paid beside it", cell: (fill) => beside(BigInt(fill[6]), reference.get(fill[0]) ?? 0n) },
    ], [...each.fills].reverse().slice(0, 50)),
    h("p", { class: "note" }, h("code", null, shown.source.summary.record.parts[name]?.address ?? "")),
  );
}

function beside(price: bigint, reference: bigint): string {
  return reference ? percent(Number(((price - reference) * 1_000_000n) / reference) / 1e6) : "";
}

/** A sentence for each round that is not closed. */
function upcoming(shown: Shown): string[] {
  const { tournament, now, hour } = shown;
  const lines = tournament.rounds.flatMap((round) => {
    const next = nextOf(progressOf(round), now, hour);
    if (!next) return [];
    const left = next.at - now;
    return [`Round ${round.id}: ${next.what} ${left > 0 ? `in ${duration(left)}, ${moment(next.at)}` : "now"}.`];
  });
  if (tournament.paused_until > now) lines.push(`Entry is paused until ${moment(tournament.paused_until)}; leaving and withdrawing are not.`);
  return lines.length ? lines : ["No round is under way."];
}

export function rounds(shown: Shown): HTMLElement[] {
  const { tournament, now, hour } = shown;
  const settled = tournament.rounds.filter((round) => round.scored > 0);
  const means = (of: (round: Round) => number | null): (number | null)[] => settled.map(of);
  return [
    h("h2", null, "Rounds"),
    settled.length > 1
      ? chart("Mean CORR of the settled rounds, weighted by stake and equally", settled.map((round) => round.id), [
          { label: "by stake", values: means((round) => weightedMean(round, round.weighted_primary)) },
          { label: "equal", values: means((round) => round.primary / round.scored / 1e8) },
        ], false, (value) => value.toFixed(4))
      : null,
    settled.length > 1
      ? chart("Rewards and burns of the settled rounds in NMR", settled.map((round) => round.id), [
          { label: "rewards", values: means((round) => toFloat(BigInt(round.rewards), 18)) },
          { label: "burns", values: means((round) => -toFloat(BigInt(round.burns), 18)) },
        ], false, whole)
      : null,
    table("All rounds, the latest first; amounts in NMR", [
      { title: "round", left: true, cell: (round) => h("a", { href: `#/round/${round.id}` }, String(round.id)) },
      { title: "state", left: true, cell: (round) => stateWords(round, now, hour) },
      { title: "next", left: true, cell: (round) => clock(round, now, hour) },
      { title: term("at risk"), cell: (round) => amount(round.locked ? BigInt(round.at_risk) : BigInt(round.staked)) },
      { title: term("factor", "payout factor"), cell: (round) => (round.locked ? ratio(BigInt(round.factor), 9) : "") },
      { title: term("clip"), cell: (round) => ratio(BigInt(round.locked ? round.clip : round.terms.clip), 12) },
      { title: "submissions", cell: (round) => count(round.submitted) },
      { title: "rewards", cell: (round) => signed(BigInt(round.rewards), 2) },
      { title: "burns", cell: (round) => signed(-BigInt(round.burns), 2) },
      { title: "mean CORR", cell: (round) => (round.scored ? score(round.primary / round.scored) : "") },
    ], [...tournament.rounds].reverse()),
  ].filter((each) => each !== null);
}

/** A mean of scores by stake, of their sum by gwei and the sum of stakes in wei. */
export function weightedMean({ weight }: Pick<Round, "weight">, weighted: string): number | null {
  return weight === "0" ? null : Number((BigInt(weighted) * GWEI) / BigInt(weight)) / 1e8;
}

function mean(value: number | null): string {
  return value === null ? "" : score(value * 1e8);
}

/** What the operator published as files: the chain has their hashes, and the reader the files. */
function published(tournament: Tournament, round: Round): HTMLElement {
  const place = h("div", { id: "published", role: "status" });
  const chosen = h("input", { type: "file", id: "document", onchange: () => void open() });
  const open = async (): Promise<void> => {
    const [file] = chosen.files ?? [];
    if (!file) return;
    try {
      if (file.size > LARGEST) throw new Error(`The file is larger than ${LARGEST / 2 ** 20} MiB.`);
      place.replaceChildren(...shownDocument(tournament, documentOf(new Uint8Array(await file.arrayBuffer()), round)));
    } catch (error) {
      place.replaceChildren(h("p", { class: "alert" }, error instanceof Error ? error.message : String(error)));
    }
  };
  return section("The operator's files",
    h("p", null, "Which submissions were valid is in the opening list, and what each weighs in the meta model in the evidence: files in the operator's store, whose hashes are on the chain. The evidence also has the meta model's CORR. Open one here; it stays on your machine."),
    h("form", { class: "row" }, h("label", { for: "document" }, "Opening list or evidence "), chosen), place);
}

function shownDocument(tournament: Tournament, found: Document): HTMLElement[] {
  const link = (model: number): HTMLElement => h("a", { href: `#/model/${model}` }, String(model));
  const label = (model: number): HTMLElement => foreign(tournament.models.label[model] ?? "");
  if (found.kind === "opening") {
    const valid = found.submissions.filter((each) => each.valid).length;
    return [
      h("p", { class: "good" }, `The opening list, as its hash on the chain says: ${count(valid)} of ${count(found.submissions.length)} submissions were valid.`),
      table("Submissions that do not count", [
        { title: "model", left: true, cell: (each) => link(each.model) },
        { title: "label", left: true, cell: (each) => label(each.model) },
        { title: "why", left: true, cell: (each) => foreign(each.reason) },
      ], found.submissions.filter((each) => !each.valid).slice(0, 200)),
    ];
  }
  const sum = found.weights.reduce((total, [, weight]) => total + weight, 0n);
  return [
    h("p", { class: "good" }, `The evidence, as its hash on the chain says: ${found.metaModel === null ? "there is no meta model" : "the meta model"} of ${count(found.weights.length)} models with a stake.`),
    facts([
      ["hash of the meta model", found.metaModel === null ? "none" : h("code", null, found.metaModel)],
      ["its CORR", found.corr === null ? "none" : score(found.corr)],
      ["stake in it", [amount(sum * GWEI), " NMR"]],
      ...found.versions.map(([name, version]): [string, HTMLElement] => [name, foreign(version)]),
    ]),
    table("Weights in the meta model, the largest first", [
      { title: "model", left: true, cell: (each) => link(each[0]) },
      { title: "label", left: true, cell: (each) => label(each[0]) },
      { title: "NMR", cell: (each) => amount(each[1] * GWEI) },
      { title: "share", cell: (each) => percent(Number((each[1] * 1_000_000n) / (sum || 1n)) / 1e6) },
    ], [...found.weights].sort((one, other) => (one[1] < other[1] ? 1 : -1)).slice(0, 200)),
  ];
}

/** A number without a unit, with four decimals; exact on hover. */
function ratio(value: bigint, decimals: number): HTMLElement {
  return titled(rounded(value, decimals, 4), exact(value, decimals));
}

/** A round's state; of one that was voided, that too. */
function stateWords(round: Round, now: number, hour: number): string {
  const state = stateOf(progressOf(round), now, hour);
  return round.void && state !== "void" ? `${state}, void` : state;
}

function clock(round: Round, now: number, hour: number): string {
  const next = nextOf(progressOf(round), now, hour);
  return next ? `${next.what}${next.at > now ? ` in ${duration(next.at - now)}` : ""}` : "";
}

export async function round(shown: Shown, id: number): Promise<HTMLElement[]> {
  const { source, name, tournament, now, hour } = shown;
  const found = tournament.rounds.find((each) => each.id === id);
  if (!found) return [h("h2", null, `Round ${id}`), h("p", null, `There is no round ${id}.`)];
  const rows = await source.rows(name, id);
  const progress = progressOf(found);
  const { terms } = found;
  return [
    h("h2", null, `Round ${id}`),
    facts([
      ["state", stateWords(found, now, hour)],
      ["next", clock(found, now, hour) || "nothing"],
      ["opened", moment(found.opened_at)],
      ["locks", moment(progress.locksAt)],
      ["resolves", moment(progress.resolvesAt)],
      ["expires", moment(progress.expiresAt)],
      ["CORR and MMC multipliers", `${exact(BigInt(terms.primary), 4)} and ${exact(BigInt(terms.contribution), 4)}`],
      [term("threshold"), terms.threshold === "0" ? "none" : [amount(BigInt(terms.threshold)), " NMR"]],
      [term("at risk"), [amount(BigInt(found.locked ? found.at_risk : found.staked)), " NMR"]],
      [term("payout factor"), found.locked ? exact(BigInt(found.factor), 9) : "fixed at the lock"],
      [term("clip"), found.locked ? `${exact(BigInt(found.clip), 12)} of ${exact(BigInt(terms.clip), 12)} in the terms` : exact(BigInt(terms.clip), 12)],
      ["reserved for rewards at the lock", found.locked ? [amount(BigInt(found.granted)), " NMR"] : "at the lock"],
      ["models that submitted", count(found.submitted)],
      ["models settled", count(found.models)],
      ["rewards", [signed(BigInt(found.rewards)), " NMR"]],
      ["burns", [signed(-BigInt(found.burns)), " NMR"]],
      ["mean CORR, by stake", mean(weightedMean(found, found.weighted_primary))],
      ["mean CORR, equal", found.scored ? score(found.primary / found.scored) : ""],
      ["mean MMC, by stake", mean(weightedMean(found, found.weighted_contribution))],
      ["mean MMC, equal", found.scored ? score(found.contribution / found.scored) : ""],
      ["root of the scores", h("code", null, found.root)],
    ]),
    table(`Models of round ${id}, the largest payout first; amounts in NMR`, [
      { title: "model", left: true, cell: (row) => h("a", { href: `#/model/${row[0]}` }, String(row[0])) },
      { title: "label", left: true, cell: (row) => foreign(tournament.models.label[row[0]] ?? "") },
      { title: "owner", left: true, cell: (row) => ownerLink(tournament.models.owners[tournament.models.owner[row[0]]!]!) },
      { title: "stake", cell: (row) => amount(BigInt(row[1])) },
      { title: term("CORR"), cell: (row) => score(row[2]) },
      { title: term("MMC"), cell: (row) => score(row[3]) },
      { title: "submitted", cell: (row) => (row[4] ? "yes" : "no") },
      { title: "payout", cell: (row) => signed(BigInt(row[5])) },
      { title: "kept at stake", cell: (row) => amount(BigInt(row[6])) },
    ], [...rows].sort((one, other) => Number(BigInt(other[5]) - BigInt(one[5]))).slice(0, 200)),
    rows.length > 200 ? h("p", { class: "note" }, `The first 200 of ${count(rows.length)}; each model's page has all its rounds.`) : null,
    published(tournament, found),
  ].filter((each) => each !== null);
}

export function hourOf(source: Source, name: string): number {
  const part = source.summary.record.parts[name];
  return part ? argument(part, "hour") : 3600;
}
