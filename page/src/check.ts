// SPDX-License-Identifier: MIT
// The view that recomputes everything, and the words for what that shows.
import { exact, grouped } from "./format";
import { count, facts, h, section, table } from "./dom";
import type { Outcome } from "./compare";
import type { Books, Source } from "./snapshot";
import type { Answer, Asked } from "./worker";
import workerUrl from "./worker?worker&url";

interface Policy {
  createScriptURL(url: string): string;
}

/** Trusted Types, where the browser has them: only this page's own worker becomes a script. */
const policy: Policy = ((): Policy => {
  const rules: Policy = {
    createScriptURL(url) {
      if (url !== workerUrl) throw new Error("This is no script of the page.");
      return new URL(url, location.href).href;
    },
  };
  const factory = (globalThis as { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } }).trustedTypes;
  return factory ? factory.createPolicy("nmr", rules) : rules;
})();

export function startWorker(): Worker {
  return new Worker(policy.createScriptURL(workerUrl), { type: "module" });
}

/** Recompute a snapshot in a worker. */
export function recomputed(asked: Asked, told: (what: string, done: number, total: number) => void): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const worker = startWorker();
    const end = (then: () => void): void => { worker.terminate(); then(); };
    worker.addEventListener("error", (event) => end(() => reject(new Error(event.message || "The worker could not start."))));
    worker.addEventListener("message", (event: MessageEvent<Answer>) => {
      const answer = event.data;
      if (answer.kind === "progress") told(answer.what, answer.done, answer.total);
      else if (answer.kind === "done") end(() => resolve(answer.outcome));
      else end(() => reject(new Error(answer.message)));
    });
    worker.postMessage(asked);
  });
}

/** The sentence for an outcome; `onChain` once words and block hash were compared with a node of the user's own. */
export function verdict(outcome: Pick<Outcome, "count">, onChain: boolean): string {
  if (outcome.count) return `${grouped(outcome.count)} ${outcome.count === 1 ? "figure differs" : "figures differ"}.`;
  return onChain ? "Everything shown is on the chain." : "The snapshot is consistent with itself. That does not show that it is on the chain.";
}

export function check(source: Source, folder: string): HTMLElement[] {
  const status = h("p", { role: "status" });
  const bar = h("progress", { max: 1, value: 0, "aria-label": "progress", hidden: true });
  const place = h("div", { id: "outcome" });
  const button = h("button", { type: "button", id: "recompute", onclick: () => void run() }, "Recompute");
  const run = async (): Promise<void> => {
    button.disabled = true;
    bar.hidden = false;
    try {
      const outcome = await recomputed({ folder, summary: source.summary }, (what, done, total) => {
        bar.value = total ? done / total : 1;
        status.textContent = `${what}: ${grouped(done)} of ${grouped(total)}`;
      });
      status.textContent = `Done in ${outcome.seconds.toFixed(1)} s.`;
      place.replaceChildren(...shownOutcome(outcome));
    } catch (error) {
      status.textContent = "";
      place.replaceChildren(h("p", { class: "alert", role: "alert" }, error instanceof Error ? error.message : String(error)));
    }
    button.disabled = false;
    bar.hidden = true;
  };
  return [
    h("h2", null, "Check"),
    h("p", null, "This replays the whole log of the snapshot in your browser: every payout from its score word, every sum, and all NMR of models beside the tournament's balance. Then it compares each figure that the snapshot has."),
    h("p", null, button, " ", bar), status, place,
    section("What this shows, and what not",
      h("p", null, "A log that somebody made up would agree with itself as well. Only a node of your own tells what is on the chain: compare below, or run ", h("code", null, "nmr audit"), "."),
    ),
  ];
}

export function shownOutcome(outcome: Outcome): HTMLElement[] {
  return [
    h("p", { class: outcome.count ? "alert" : "good", id: "verdict" }, verdict(outcome, false)),
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
      { title: "in the snapshot, or logged", left: true, cell: (each) => each.found.slice(0, 80) },
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
