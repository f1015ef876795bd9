// SPDX-License-Identifier: MIT
// Pools: all of a tournament, and one with its places, backers and what happened.
import { address, amount, count, facts, foreign, h, ownerLink, section, signed, table, term, type Child } from "./dom";
import { exact, moment, NMR, percent, rounded } from "./format";
import { progressOf, type PlaceOfPool, type Pool, type PoolEvent, type PoolHolding } from "./snapshot";
import { stateOf } from "./protocol";
import type { Shown } from "./views";

/** Wei at all places of a pool. */
function valueOf(pool: Pool): bigint {
  return pool.places.reduce((sum, place) => sum + BigInt(place.value), 0n);
}

function link(pool: Pool): HTMLElement {
  return h("a", { href: `#/pool/${pool.model}` }, String(pool.model));
}

function fraction(part: string, whole: string): string {
  return whole === "0" ? "" : percent(Number((BigInt(part) * 1_000_000n) / BigInt(whole)) / 1e6);
}

/** What the manager has of all that is at stake in a pool. */
function managersPart(pool: Pool): string {
  const whole = valueOf(pool);
  const own = pool.places.reduce((sum, place) => sum + worth(place, BigInt(place.manager_shares)), 0n);
  return whole ? fraction(String(own), String(whole)) : "";
}

function worth(place: PlaceOfPool, shares: bigint): bigint {
  return place.shares === "0" ? 0n : (BigInt(place.value) * shares) / BigInt(place.shares);
}

/** Wei that are due to the manager at this value. */
export function feeDue(pool: Pool, place: PlaceOfPool): bigint {
  const gain = BigInt(place.value) - BigInt(place.mark);
  return place.shares !== "0" && gain > 0n ? (gain * BigInt(pool.fee)) / 10_000n : 0n;
}

export function pools(shown: Shown): HTMLElement[] {
  const { tournament } = shown;
  const { label, payout, streak } = tournament.models;
  return [
    h("h2", null, "Pools"),
    h("p", null, "A ", term("pool"), " owns one model. Its backers hold shares of what the model has at each ", term("place"), ", and its manager can only submit."),
    facts([
      ["pools", count(tournament.pools.length)],
      ["waits in them, in orders and claims", [amount(BigInt(tournament.in_pools)), " NMR"]],
    ]),
    table("All pools", [
      { title: "model", left: true, cell: (pool) => link(pool) },
      { title: "label", left: true, cell: (pool) => foreign(label[pool.model] ?? "") },
      { title: "manager", left: true, cell: (pool) => ownerLink(pool.manager) },
      { title: "fee", cell: (pool) => `${exact(BigInt(pool.fee), 2)} %` },
      { title: "at stake", cell: (pool) => amount(valueOf(pool)) },
      { title: "manager's part", cell: (pool) => managersPart(pool) },
      { title: "backers", cell: (pool) => count(pool.backers) },
      { title: "waits", cell: (pool) => amount(BigInt(pool.owed)) },
      { title: "all payouts", cell: (pool) => signed(BigInt(payout[pool.model] ?? 0)) },
      { title: "streak", cell: (pool) => String(streak[pool.model] ?? 0).replace("-", "−") },
    ], tournament.pools),
  ];
}

export async function pool(shown: Shown, model: number): Promise<HTMLElement[]> {
  const { source, name, tournament, now, hour } = shown;
  const found = tournament.pools.find((each) => each.model === model);
  if (!found) return [h("h2", null, `Pool of model ${model}`), h("p", null, "There is no such pool.")];
  const { holdings, events } = await source.pool(name, model);
  const state = (place: PlaceOfPool): string => {
    if (place.value === "0") return "holds nothing";
    const round = tournament.rounds.find((each) => each.id === place.round);
    const exactNow = !round || stateOf(progressOf(round), now, hour) === "open";
    return exactNow ? "free: entries and exits can run" : `at risk in round ${place.round}`;
  };
  return [
    h("h2", null, `Pool of model ${model} `, foreign(tournament.models.label[model] ?? "")),
    facts([
      ["contract", h("code", null, found.address)],
      ["model", h("a", { href: `#/model/${model}` }, String(model))],
      ["manager", h("a", { href: `#/owner/${found.manager}` }, found.manager)],
      ["fee", `${exact(BigInt(found.fee), 2)} % of what a place gains above its mark`],
      ["skin", `the manager keeps ${exact(BigInt(found.skin), 2)} % of each place at least`],
      ["at stake", [amount(valueOf(found)), " NMR"]],
      ["manager's part", managersPart(found) || "none"],
      ["waits, in orders and claims", [amount(BigInt(found.owed)), " NMR"]],
      ["of it the manager can claim", [amount(BigInt(found.credit)), " NMR"]],
      ["backers with shares", count(found.backers)],
    ]),
    table("Places", [
      { title: "place", cell: (at) => at },
      { title: "round", cell: (at) => (of(at).value === "0" ? "" : of(at).round) },
      { title: "state", left: true, cell: (at) => state(of(at)) },
      { title: "at stake", cell: (at) => amount(BigInt(of(at).value)) },
      { title: "mark", cell: (at) => amount(BigInt(of(at).mark)) },
      { title: "fee due", cell: (at) => amount(feeDue(found, of(at))) },
      { title: "fees so far", cell: (at) => amount(BigInt(of(at).fees)) },
      { title: "worth of a share", cell: (at) => shareWorth(found, of(at)) },
      { title: "manager's part", cell: (at) => fraction(of(at).manager_shares, of(at).shares) },
      { title: "to leave", cell: (at) => amount(worth(of(at), BigInt(of(at).exits) + BigInt(of(at).manager_exit))) },
      { title: "to enter", cell: (at) => amount(BigInt(of(at).entries) + BigInt(of(at).manager_entry)) },
    ], found.places.map((_, number) => number)),
    h("p", { class: "note" }, "A share is counted here as what an NMR bought when its epoch opened. Its worth is less the fee that is due, and exact while the place is free."),
    table("Backers, with what ran for them claimed", [
      { title: "place", cell: (row) => row[0] },
      { title: "who", left: true, cell: (row) => ownerLink(row[1]) },
      { title: "part", cell: (row) => fraction(row[3], found.places[row[0]]!.shares) },
      { title: "worth", cell: (row) => amount(holdingWorth(found, row)) },
      { title: "to leave", cell: (row) => shares(row[5]) },
      { title: "to enter", cell: (row) => amount(BigInt(row[6])) },
      { title: "to claim", cell: (row) => amount(BigInt(row[7])) },
    ], holdings.filter((row) => row.slice(3).some((value, index) => index !== 1 && value !== "0"))),
    section("What happened", table("Orders, batches, fees and claims, the latest first", [
      { title: "time", left: true, cell: (event) => moment(event[1]) },
      { title: "what", left: true, cell: (event) => event[2] },
      { title: "place", cell: (event) => (event[3] < 0 ? "" : event[3]) },
      { title: "who", left: true, cell: (event) => (event[4] ? address(event[4]) : "") },
      { title: "NMR", cell: (event) => told(event) },
      { title: "shares", cell: (event) => shares(event[6]) },
    ], [...events].reverse().slice(0, 200))),
  ];

  function of(at: number): PlaceOfPool {
    return found!.places[at]!;
  }
}

function told(event: PoolEvent): Child {
  return event[5] === "0" ? "" : amount(BigInt(event[5]));
}

/** Shares of which as many as an NMR buys at an epoch's beginning are one; all of them on hover. */
function shares(text: string): Child {
  return text === "0" ? "" : h("data", { value: text, title: `${text} shares` }, rounded(BigInt(text), 18, 4));
}

function shareWorth(pool: Pool, place: PlaceOfPool): Child {
  return place.shares === "0" ? "" : amount(((BigInt(place.value) - feeDue(pool, place)) * NMR) / BigInt(place.shares), 4);
}

export function holdingWorth(pool: Pool, row: PoolHolding): bigint {
  const place = pool.places[row[0]]!;
  return place.shares === "0" ? 0n : ((BigInt(place.value) - feeDue(pool, place)) * BigInt(row[3])) / BigInt(place.shares);
}
