// SPDX-License-Identifier: MIT
// The view that recomputes everything, and the words for what that shows.
import { exact, grouped } from "./format";
import { count, facts, h, section, table, type Child } from "./dom";
import type { Outcome } from "./compare";
import { typedPrice } from "./price";
import { SnapshotSource, type Books, type Config, type Source, type Summary } from "./snapshot";
import { NodeSource } from "./source";
import { Work, type Told } from "./work";

/** Whose chain something was compared with, and whether that node is the reader's own. */
export interface Witness {
  node: string;
  own: boolean;
}

/** The sentence for an outcome; `witness` once log, words and block hash were compared with a node. `named`: whose word the price is, where nobody could compare it. */
export function verdict(outcome: Pick<Outcome, "count">, witness: Witness | undefined, named = ""): string {
  if (outcome.count) return `${grouped(outcome.count)} ${outcome.count === 1 ? "figure differs" : "figures differ"}.`;
  if (!witness) return "The snapshot is consistent with itself. That does not show that it is on the chain.";
  const shown = named ? `Everything shown but the price, which ${named},` : "Everything shown";
  if (witness.own) return `${shown} is on the chain, as your own node tells it.`;
  return `${shown} agrees with ${witness.node}, a node that this page names. Only a node of your own tells what is on the chain.`;
}

/** Whether a node is the reader's: on this machine, or typed by them. */
export function isOwn(node: string): boolean {
  const { hostname } = new URL(node);
  return ["127.0.0.1", "localhost", "[::1]"].includes(hostname) || sessionStorage.getItem("node") === node;
}

export function check(source: Source, config: Config): HTMLElement[] {
  const status = h("p", { role: "status" });
  const bar = h("progress", { max: 1, value: 0, "aria-label": "progress", hidden: true });
  const place = h("div", { id: "outcome" });
  const buttons: HTMLButtonElement[] = [];
  const told: Told = (what, done, total) => {
    bar.value = total ? done / total : 1;
    status.textContent = `${what}: ${grouped(done)} of ${grouped(total)}`;
  };
  const run = async (compute: () => Promise<Outcome>, witness: Witness | undefined): Promise<void> => {
    for (const each of buttons) each.disabled = true;
    bar.hidden = false;
    place.replaceChildren();
    try {
      const outcome = await compute();
      status.textContent = `Done in ${outcome.seconds.toFixed(1)} s.`;
      place.replaceChildren(...shownOutcome(outcome, witness, namedBy(source.summary)));
    } catch (error) {
      status.textContent = "";
      place.replaceChildren(h("p", { class: "alert", role: "alert" }, error instanceof Error ? error.message : String(error)));
    }
    for (const each of buttons) each.disabled = false;
    bar.hidden = true;
  };
  const button = (id: string, title: string, act: () => void): HTMLButtonElement => {
    const made = h("button", { type: "button", id, onclick: act }, title);
    buttons.push(made);
    return made;
  };
  const actions: Child[] = [];
  let what = "";
  if (source instanceof NodeSource) {
    what = "The log that the node gave was replayed in your browser: every payout from its score word, every sum. This compares the result with the words that the node's chain stores at that block, and the code of all contracts with the record.";
    actions.push(button("recompute", "Recompute", () => void run(() => source.confirm(), { node: source.node, own: isOwn(source.node) })));
  } else if (source instanceof SnapshotSource) {
    const { folder, summary } = source;
    what = "This replays the whole log of the snapshot in your browser: every payout from its score word, every sum, and all NMR of models beside the tournament's balance. Then it compares each figure that the snapshot has.";
    const asked = { kind: "recompute", folder, summary } as const;
    actions.push(button("recompute", "Recompute", () => void run(() => once(asked, told), undefined)));
    if (config.node !== null || config.any_node) {
      const typed = h("input", { type: "url", id: "witness", value: config.node ?? "", readonly: !config.any_node, autocomplete: "off" });
      const compare = (): void => {
        const node = typed.value.trim();
        const own = /^https?:\/\/./.test(node) && (isOwn(node) || node !== config.node);
        void run(() => once({ ...asked, node }, told), { node, own });
      };
      actions.push(" ", h("label", { for: "witness" }, "Node "), typed, " ", button("compare", "Compare with its chain", compare));
    }
  }
  return [
    h("h2", null, "Check"), h("p", null, what), h("p", null, ...actions), bar, status, place,
    section("What this shows, and what not",
      h("p", null, "A log that somebody made up would agree with itself as well. Only a node of your own tells what is on the chain: compare here, or run ", h("code", null, "nmr audit"), "."),
    ),
  ];
}

/** Whose word the price is, where it is on no chain. */
function namedBy({ price }: Summary): string {
  if (typedPrice()) return "you typed";
  return price?.[3] === "" ? "whoever made the snapshot named" : "";
}

/** Ask a worker of its own one question. */
async function once(asked: { kind: "recompute"; folder: string; summary: Summary; node?: string }, told: Told): Promise<Outcome> {
  const work = new Work();
  try {
    return await work.ask(asked, told);
  } finally {
    work.end();
  }
}

function shownOutcome(outcome: Outcome, witness: Witness | undefined, named: string): HTMLElement[] {
  return [
    h("p", { class: outcome.count ? "alert" : "good", id: "verdict" }, verdict(outcome, outcome.onChain ? witness : undefined, named)),
    facts([
      ["figures compared", count(outcome.compared)],
      ["events replayed", count(outcome.events)],
      ["payouts computed from score words", count(outcome.settlements)],
      ["differences", count(outcome.count)],
    ]),
    table("What differs", [
      { title: "where", left: true, cell: (each) => each.where },
      { title: "what", left: true, cell: (each) => each.what },
      { title: "recomputed", left: true, cell: (each) => each.expected.slice(0, 80) },
      { title: "shown, logged or stored", left: true, cell: (each) => each.found.slice(0, 80) },
    ], outcome.differences.slice(0, 200)),
    table("Sums out of the log, as the audit reports them, in NMR", [
      { title: "what", left: true, cell: (each) => each[0] },
      { title: "NMR", cell: (each) => exact(BigInt(each[1]), 18) },
    ], sums(outcome.books)),
  ];
}

function sums(books: Books): [string, string][] {
  return [
    ["supply", books.supply], ["burned", books.burned], ["treasury: balance", books.treasury.balance], ["treasury: reserved for rewards", books.treasury.reserved],
    ...Object.entries(books.tournaments).flatMap(([name, each]): [string, string][] => [
      [`${name}: balance`, each.balance], [`${name}: idle`, each.idle], [`${name}: staked`, each.staked], [`${name}: rewards`, each.rewards], [`${name}: burns`, each.burns],
      ...(each.pools.length ? [[`${name}: waits in pools`, each.in_pools] as [string, string]] : []),
    ]),
  ];
}
