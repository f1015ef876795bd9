// SPDX-License-Identifier: MIT
// Pools replayed by the rules of docs/pools.md: orders, shares, batches, fees and claims. Amounts are gwei; blocks are
// told apart by their time. What a pool logs is computed once more and compared.
import type { Args, RawLog } from "./decode";
import { GWEI } from "./format";
import { least, MAX_ROUND } from "./protocol";
import type { PlaceOfPool, Pool, PoolEvent, PoolHolding, PoolShard } from "./snapshot";

const BASIS = 10_000n;
const LARGEST_FEE = 3_000n;
const SMALLEST_SKIN = 1_000n;
const LARGEST_SKIN = 5_000n;
/** Seconds from the expiry of the newest round until no skin keeps a manager any more. */
const DORMANT = 180 * 86_400;
/** Entries that do not fit all run only if this part of what is at stake fits. */
const PART = 100n;
const FLOOR = 20n;
const PER_GWEI = 10n ** 9n;
const CAP = 1n << 127n;
const LAST_TURNS = 8;

/** An order: gwei or shares, the batch that was open when it was given, and when that was. */
interface Order {
  readonly amount: bigint;
  readonly batch: number;
  readonly at: number;
}

const NO_ORDER: Order = { amount: 0n, batch: 0, at: 0 };

/** The orders of a place that wait for the open batch; `fresh` of them are of the block at `at`. */
class Queue {
  batch = 0;
  total = 0n;
  private fresh = 0n;
  private at = 0;

  ready(now: number): bigint {
    return this.total - this.freshOf(now);
  }

  raise(amount: bigint, order: Order, now: number): Order {
    const moved = order.at === now ? amount : amount + order.amount;
    this.total += amount;
    this.fresh = this.freshOf(now) + moved;
    this.at = now;
    return { amount: order.amount + amount, batch: this.batch, at: now };
  }

  takeBack(order: Order, now: number): void {
    this.total -= order.amount;
    if (order.at === now) this.fresh -= order.amount;
  }

  close(now: number): void {
    this.total = this.fresh = this.freshOf(now);
    this.batch++;
  }

  drop(): void {
    if (!this.total) return;
    this.total = this.fresh = 0n;
    this.at = 0;
    this.batch++;
  }

  private freshOf(now: number): bigint {
    return this.at === now ? this.fresh : 0n;
  }
}

interface Place {
  epoch: number;
  shares: bigint;
  managerShares: bigint;
  mark: bigint;
  fees: bigint;
  exits: Queue;
  entries: Queue;
  managerExit: Order;
  managerEntry: Order;
}

interface Holding {
  epoch: number;
  shares: bigint;
  /** The round in which the last were bought; below 0 for none. */
  boughtIn: number;
  exit: Order;
  entry: Order;
}

const NOTHING: Holding = { epoch: 0, shares: 0n, boughtIn: -1, exit: NO_ORDER, entry: NO_ORDER };

interface ExitBatch { at: number; shares: bigint; paid: bigint }
interface EntryBatch { at: number; ordered: bigint; used: bigint; shares: bigint; epoch: number; round: number }
interface ExitsDue { ends: boolean; paid: bigint; shares: bigint; managerShares: bigint; managerPaid: bigint }
interface EntriesDue { ordered: bigint; used: bigint; shares: bigint; managerOrdered: bigint; managerUsed: bigint; managerShares: bigint }

/** The tournament's books, as far as a pool needs them. */
export interface Home {
  readonly ring: number;
  readonly minStake: bigint;
  readonly lastOpened: number;
  /** When the round opened last expires; there is one. */
  readonly newestExpiresAt: number;
  isOpen(round: number, now: number): boolean;
  isPaused(now: number): boolean;
  nextRound(place: number): number;
  /** Gwei of a model at a place, and the round that they are of; 0 for nothing. */
  placeOf(model: number, place: number): { round: number; amount: bigint };
  ownerOf(model: number): string;
  policyOf(model: number): { target: bigint; compound: boolean };
}

export type Expect = (what: string, expected: bigint | string | number, found: bigint | string | number) => void;

export class PoolBooks {
  readonly model: number;
  readonly manager: string;
  /** Gwei that the pool holds for anyone. */
  owed = 0n;
  private credit = 0n;
  private readonly fee: bigint;
  private readonly skin: bigint;
  private readonly places: Place[];
  private readonly holdings = new Map<string, Holding>();
  private readonly exitBatches = new Map<string, ExitBatch>();
  private readonly entryBatches = new Map<string, EntryBatch>();
  private readonly pots = new Map<string, { value: bigint; shares: bigint }>();
  private readonly events: PoolEvent[] = [];
  // What the tournament said of the model, and no event of the pool accounts for yet.
  private leaving: { round: number; amount: bigint } | undefined;
  private entering = 0n;
  // Exits that a booked fee came before, and that have to follow it.
  private readonly booked = new Map<number, ExitsDue | undefined>();

  constructor(readonly address: string, args: Args, private readonly home: Home, private readonly expect: Expect) {
    [this.model, this.manager, this.fee, this.skin] = [Number(args["model"]), args["manager"], args["fee"], args["skin"]];
    this.places = Array.from({ length: home.ring }, () => ({
      epoch: 0, shares: 0n, managerShares: 0n, mark: 0n, fees: 0n, exits: new Queue(), entries: new Queue(), managerExit: NO_ORDER, managerEntry: NO_ORDER,
    }));
    if (this.fee > LARGEST_FEE) throw new Error("pool: fee is too large");
    if (this.skin < SMALLEST_SKIN || this.skin > LARGEST_SKIN) throw new Error("pool: skin is out of range");
    expect("owner of the model", address, home.ownerOf(this.model));
    const { target, compound } = home.policyOf(this.model);
    expect("policy of the model", "1 gwei, compounding", `${target} gwei${compound ? ", compounding" : ""}`);
  }

  // the tournament's events of the model

  left(round: number, amount: bigint): void {
    if (this.leaving) this.expect("stake that left before, and that no exit accounts for", 0n, this.leaving.amount);
    this.leaving = { round, amount };
  }

  staked(amount: bigint): void {
    this.entering += amount;
  }

  /** Check what has to hold after a whole transaction; `balance` is the pool's, in wei. */
  finish(balance: bigint): void {
    this.expect("stake that left, and that no exit accounts for", 0n, this.leaving?.amount ?? 0n);
    this.expect("stake that no entry accounts for", 0n, this.entering);
    for (const [place, due] of this.booked) if (due) this.expect(`exits due at place ${place} that did not run`, 0n, due.shares + due.managerShares);
    if (balance < this.owed * GWEI) this.expect("balance beside what the pool owes", `at least ${this.owed * GWEI}`, balance);
    this.leaving = undefined;
    this.entering = 0n;
    this.booked.clear();
  }

  apply(event: string, args: Args, log: RawLog): void {
    const now = log.time;
    const number = args["place"] === undefined ? -1 : Number(args["place"]);
    const holder = String(args["holder"] ?? "");
    if (number >= this.places.length) throw new Error("pool: no such place");
    const tell = (kind: string, nmr: bigint, shares: bigint, who = holder): void => {
      this.events.push([log.block, now, kind, number, who, String(nmr), String(shares)]);
    };
    switch (event) {
      case "EntryOrdered": {
        this.expectClaimed(number, holder);
        const added = args["amount"] / GWEI - this.entryOf(number, holder).amount;
        if (added < this.home.minStake) throw new Error("pool: below the smallest stake");
        this.expect("batch of the order", this.raiseEntry(number, holder, added, now), Number(args["batch"]));
        return tell("entry ordered", args["amount"], 0n);
      }
      case "ExitOrdered": {
        this.expectClaimed(number, holder);
        this.requireShares(number, holder, args["shares"]);
        const added = args["shares"] - this.exitOf(number, holder).amount;
        this.expect("batch of the order", this.raiseExit(number, holder, added, now), Number(args["batch"]));
        return tell("exit ordered", 0n, args["shares"]);
      }
      case "EntryCancelled": {
        this.expectClaimed(number, holder);
        const order = this.entryOf(number, holder);
        this.expect("amount of the order", order.amount * GWEI, args["amount"]);
        this.owed -= order.amount;
        this.dropEntry(number, holder, order, now);
        return tell("entry cancelled", args["amount"], 0n);
      }
      case "ExitCancelled": {
        this.expectClaimed(number, holder);
        const order = this.exitOf(number, holder);
        this.expect("shares of the order", order.amount, args["shares"]);
        this.dropExit(number, holder, order, now);
        return tell("exit cancelled", 0n, args["shares"]);
      }
      case "Claimed": {
        if (!this.hasClaim(number, holder)) throw new Error("pool: nothing to claim");
        const { held, paid } = this.collect(number, holder);
        this.holdings.set(`${number} ${holder}`, held);
        this.owed -= paid;
        this.compare({ epoch: BigInt(held.epoch), shares: held.shares, paid: paid * GWEI }, args);
        return tell("claimed", args["paid"], args["shares"]);
      }
      case "ManagerPaid":
        this.expect("paid to the manager", this.credit * GWEI, args["amount"]);
        this.owed -= this.credit;
        this.credit = 0n;
        return tell("claimed", args["amount"], 0n, this.manager);
      case "Booked":
        this.book(number, args, now);
        return tell("fee", args["fee"], args["shares"], this.manager);
      case "ExitsRun":
        this.runExits(number, args, now);
        return tell("exits run", args["paid"] + args["manager_paid"], args["shares"] + args["manager_shares"]);
      case "EpochEnded":
        this.endEpoch(number, args, now);
        return tell("paid out", args["value"], args["shares"]);
      case "EntriesRun":
        this.runEntries(number, args, now);
        return tell("entries run", args["used"] + args["manager_used"], args["shares"] + args["manager_shares"]);
      case "Swept":
        return tell("swept", args["amount"], 0n);
    }
  }

  // orders

  private place(number: number): Place {
    return this.places[number]!;
  }

  private entryOf(number: number, holder: string): Order {
    return holder === this.manager ? this.place(number).managerEntry : this.collect(number, holder).held.entry;
  }

  private exitOf(number: number, holder: string): Order {
    return holder === this.manager ? this.place(number).managerExit : this.collect(number, holder).held.exit;
  }

  private raiseEntry(number: number, holder: string, amount: bigint, now: number): number {
    const place = this.place(number);
    this.owed += amount;
    if (holder === this.manager) {
      place.managerEntry = { amount: place.managerEntry.amount + amount, batch: 0, at: now };
      return 0;
    }
    const { held } = this.collect(number, holder);
    const entry = place.entries.raise(amount, held.entry, now);
    this.holdings.set(`${number} ${holder}`, { ...held, entry });
    return entry.batch;
  }

  private raiseExit(number: number, holder: string, shares: bigint, now: number): number {
    const place = this.place(number);
    if (holder === this.manager) {
      place.managerExit = { amount: place.managerExit.amount + shares, batch: 0, at: now };
      return 0;
    }
    const { held } = this.collect(number, holder);
    const exit = place.exits.raise(shares, held.exit, now);
    this.holdings.set(`${number} ${holder}`, { ...held, exit });
    return exit.batch;
  }

  private dropEntry(number: number, holder: string, order: Order, now: number): void {
    if (!order.amount) throw new Error("pool: no such order");
    const place = this.place(number);
    if (holder === this.manager) place.managerEntry = NO_ORDER;
    else {
      place.entries.takeBack(order, now);
      this.holdings.set(`${number} ${holder}`, { ...this.collect(number, holder).held, entry: NO_ORDER });
    }
  }

  private dropExit(number: number, holder: string, order: Order, now: number): void {
    if (!order.amount) throw new Error("pool: no such order");
    const place = this.place(number);
    if (holder === this.manager) place.managerExit = NO_ORDER;
    else {
      place.exits.takeBack(order, now);
      this.holdings.set(`${number} ${holder}`, { ...this.collect(number, holder).held, exit: NO_ORDER });
    }
  }

  private requireShares(number: number, holder: string, shares: bigint): void {
    const manages = holder === this.manager;
    const held = this.holdings.get(`${number} ${holder}`) ?? NOTHING;
    const most = manages ? this.place(number).managerShares : held.shares;
    if (shares <= this.exitOf(number, holder).amount || shares > most) throw new Error("pool: more than you hold");
    const { round, amount } = this.home.placeOf(this.model, number);
    if (amount && !manages && held.boughtIn === round) throw new Error("pool: bought in this round");
  }

  private expectClaimed(number: number, holder: string): void {
    if (holder !== this.manager && this.hasClaim(number, holder)) throw new Error("an order before its claim");
  }

  // turns

  private book(number: number, args: Args, now: number): void {
    const place = this.place(number);
    const { round, amount: value } = this.home.placeOf(this.model, number);
    if (!this.home.isOpen(round, now) && round < this.home.nextRound(number)) throw new Error("pool: value is not exact");
    const { fee, minted } = this.feeDue(place, value);
    this.compare({ epoch: BigInt(place.epoch), value: value * GWEI, fee: fee * GWEI, shares: minted }, args);
    place.shares += minted;
    place.managerShares += minted;
    place.fees += fee;
    place.mark = value;
    this.booked.set(number, this.exitsDue(place, value, round, now));
  }

  private runExits(number: number, args: Args, now: number): void {
    const place = this.place(number);
    const { round, amount: gone } = this.taken(number);
    const value = this.home.placeOf(this.model, number).amount + gone;
    const due = this.exits(number, value, round, now);
    if (!due || due.ends) throw new Error("pool: nothing to do");
    this.compare({
      epoch: BigInt(place.epoch), batch: BigInt(place.exits.batch), value: value * GWEI, shares: due.shares, paid: due.paid * GWEI,
      manager_shares: due.managerShares, manager_paid: due.managerPaid * GWEI,
    }, args);
    this.expect("stake that left", due.paid + due.managerPaid, gone);
    this.owed += due.paid + due.managerPaid;
    this.credit += due.managerPaid;
    place.shares -= due.shares + due.managerShares;
    place.managerShares -= due.managerShares;
    place.managerExit = { ...place.managerExit, amount: place.managerExit.amount - due.managerShares };
    place.mark = scaled(place.mark, value, value - due.paid - due.managerPaid);
    if (due.shares) {
      this.exitBatches.set(`${number} ${place.exits.batch}`, { at: now, shares: due.shares, paid: due.paid });
      place.exits.close(now);
    }
  }

  private endEpoch(number: number, args: Args, now: number): void {
    const place = this.place(number);
    const { round, amount: value } = this.taken(number);
    this.expect("at stake", 0n, this.home.placeOf(this.model, number).amount);
    const due = this.exits(number, value, round, now);
    if (!due?.ends) throw new Error("pool: nothing to do");
    this.compare({
      epoch: BigInt(place.epoch), value: value * GWEI, shares: place.shares, manager_shares: due.managerShares, manager_paid: due.managerPaid * GWEI,
    }, args);
    this.owed += value;
    this.credit += due.managerPaid;
    this.pots.set(`${number} ${place.epoch}`, { value: value - due.managerPaid, shares: place.shares - place.managerShares });
    place.epoch++;
    place.shares = place.managerShares = place.mark = 0n;
    place.managerExit = NO_ORDER;
    place.exits.drop();
  }

  private runEntries(number: number, args: Args, now: number): void {
    const place = this.place(number);
    const entered = this.entering;
    const round = this.home.lastOpened;
    this.entering = 0n;
    if (round % this.home.ring !== number || !this.home.isOpen(round, now)) throw new Error("pool: round is not open");
    if (this.isLast(round)) throw new Error("pool: too few ids are left");
    if (this.home.isPaused(now)) throw new Error("pool: tournament is paused");
    const value = this.home.placeOf(this.model, number).amount - entered;
    if (this.exits(number, value, round, now)) throw new Error("exits were due, and did not run");
    const due = this.entriesDue(place, value, now);
    if (!due) throw new Error("pool: nothing to do");
    this.compare({
      epoch: BigInt(place.epoch), round: BigInt(round), batch: BigInt(place.entries.batch), value: value * GWEI, ordered: due.ordered * GWEI, used: due.used * GWEI,
      shares: due.shares, manager_ordered: due.managerOrdered * GWEI, manager_used: due.managerUsed * GWEI, manager_shares: due.managerShares,
    }, args);
    this.expect("stake that entered", due.used + due.managerUsed, entered);
    place.mark = place.shares ? scaled(place.mark, value, value + due.managerUsed) : due.managerUsed;
    place.shares += due.managerShares;
    place.managerShares += due.managerShares;
    if (due.managerOrdered) {
      place.managerEntry = NO_ORDER;
      this.credit += due.managerOrdered - due.managerUsed;
    }
    this.owed -= due.managerUsed + due.used;
    if (due.ordered) {
      const atStake = value + due.managerUsed;
      place.mark = scaled(place.mark, atStake, atStake + due.used);
      place.shares += due.shares;
      this.entryBatches.set(`${number} ${place.entries.batch}`, { at: now, ordered: due.ordered, used: due.used, shares: due.shares, epoch: place.epoch, round });
      place.entries.close(now);
    }
  }

  private exits(number: number, value: bigint, round: number, now: number): ExitsDue | undefined {
    const place = this.place(number);
    if (place.shares && value > place.mark) throw new Error("pool: the fee is not booked");
    this.booked.delete(number);
    return this.exitsDue(place, value, round, now);
  }

  private taken(number: number): { round: number; amount: bigint } {
    const taken = this.leaving ?? { round: number, amount: 0n };
    this.leaving = undefined;
    this.expect("place of the round that was left", number, taken.round % this.home.ring);
    return taken;
  }

  private compare(told: Record<string, bigint>, args: Args): void {
    for (const [name, value] of Object.entries(told)) this.expect(name.replaceAll("_", " "), value, args[name]);
  }

  // the arithmetic

  private isLast(round: number): boolean {
    return round + LAST_TURNS * this.home.ring > MAX_ROUND;
  }

  private feeDue(place: Place, value: bigint): { fee: bigint; minted: bigint } {
    if (!place.shares || value <= place.mark) throw new Error("pool: nothing to do");
    const fee = (this.fee * (value - place.mark)) / BASIS;
    const minted = (fee * place.shares) / (value - fee);
    return place.shares + minted <= CAP ? { fee, minted } : { fee: 0n, minted: 0n };
  }

  private exitsDue(place: Place, value: bigint, round: number, now: number): ExitsDue | undefined {
    if (!place.shares) return undefined;
    if (!value) return { ends: true, shares: 0n, paid: 0n, managerShares: place.managerShares, managerPaid: 0n };
    const floor = FLOOR * this.home.minStake;
    const others = place.exits.ready(now);
    const stay = place.shares - place.managerShares - others;
    let manager = place.managerExit.at < now ? place.managerExit.amount : 0n;
    let thin = false;
    if ((stay * value) / place.shares < floor) {
      const kept = place.managerShares - manager;
      thin = manager > 0n && kept * BASIS < this.skin * (kept + stay);
    } else {
      const free = place.managerShares - over(this.skin * stay, BASIS - this.skin);
      const most = free > 0n ? free : 0n;
      thin = manager > most && this.home.newestExpiresAt + DORMANT <= now;
      manager = least(manager, most);
    }
    const rest = place.shares - others - manager;
    const paid = (others * value) / place.shares;
    const managerPaid = (manager * value) / place.shares;
    if (!rest || value - paid - managerPaid < floor || thin || this.isLast(round)) {
      const all = (value * place.managerShares) / place.shares;
      return { ends: true, shares: place.shares - place.managerShares, paid: value - all, managerShares: place.managerShares, managerPaid: all };
    }
    return others || manager ? { ends: false, shares: others, paid, managerShares: manager, managerPaid } : undefined;
  }

  private entriesDue(place: Place, value: bigint, now: number): EntriesDue | undefined {
    const own = place.managerEntry.at < now ? place.managerEntry.amount : 0n;
    if (!place.shares && own < FLOOR * this.home.minStake) return undefined;
    const entered = minted(place.shares, place.mark, value, own);
    const managerUsed = entered ? own : 0n;
    const mark = place.shares ? scaled(place.mark, value, value + managerUsed) : own;
    const shares = place.shares + entered;
    const manager = place.managerShares + entered;
    const atStake = value + managerUsed;
    const ordered = place.entries.ready(now);
    const room = (manager * (BASIS - this.skin)) / this.skin - (shares - manager);
    const fits = least(ordered, ((room > 0n ? room : 0n) * atStake) / shares);
    const mine = { managerOrdered: own, managerUsed, managerShares: entered };
    if (fits < this.home.minStake || fits < least(ordered, atStake / PART)) return own ? { ordered: 0n, used: 0n, shares: 0n, ...mine } : undefined;
    const bought = minted(shares, mark, atStake, fits);
    return { ordered, used: bought ? fits : 0n, shares: bought, ...mine };
  }

  // claims

  private hasClaim(number: number, holder: string): boolean {
    const before = this.holdings.get(`${number} ${holder}`) ?? NOTHING;
    const after = this.collect(number, holder).held;
    return before.shares !== after.shares || before.exit.amount !== after.exit.amount || before.entry.amount !== after.entry.amount;
  }

  /** What a holding becomes by what ran since, and the gwei that are paid out. */
  private collect(number: number, holder: string): { held: Holding; paid: bigint } {
    const held = { ...(this.holdings.get(`${number} ${holder}`) ?? NOTHING) };
    const { epoch } = this.place(number);
    let paid = 0n;
    const left = batchOf(this.exitBatches, number, held.exit);
    if (left) {
      paid += (held.exit.amount * left.paid) / left.shares;
      held.shares -= held.exit.amount;
      held.exit = NO_ORDER;
    }
    const entered = batchOf(this.entryBatches, number, held.entry);
    if (entered) {
      if (held.epoch < entered.epoch) {
        paid += this.redeem(number, held);
        held.epoch = entered.epoch;
      }
      const bought = (held.entry.amount * entered.shares) / entered.ordered;
      paid += held.entry.amount - over(held.entry.amount * entered.used, entered.ordered);
      held.shares += bought;
      if (bought) held.boughtIn = entered.round;
      held.entry = NO_ORDER;
    }
    if (held.epoch < epoch) {
      paid += this.redeem(number, held);
      held.epoch = epoch;
    }
    return { held, paid };
  }

  /** What the shares of an ended epoch bring. */
  private redeem(number: number, held: Holding): bigint {
    const shares = held.shares;
    held.shares = 0n;
    held.exit = NO_ORDER;
    if (!shares) return 0n;
    const pot = this.pots.get(`${number} ${held.epoch}`)!;
    return (shares * pot.value) / pot.shares;
  }

  // what is shown

  content(): Pool {
    const holders = this.holdingRows().filter((row) => row[3] !== "0").map((row) => row[1]);
    return {
      address: this.address, model: this.model, manager: this.manager, fee: Number(this.fee), skin: Number(this.skin), owed: wei(this.owed),
      credit: wei(this.credit), backers: new Set(holders).size, places: this.places.map((place, number) => this.shownPlace(place, number)),
    };
  }

  shard(): PoolShard {
    return { holdings: this.holdingRows(), events: this.events };
  }

  private shownPlace(place: Place, number: number): PlaceOfPool {
    const { round, amount } = this.home.placeOf(this.model, number);
    return {
      round, epoch: place.epoch, value: wei(amount), mark: wei(place.mark), fees: wei(place.fees), entries: wei(place.entries.total),
      manager_entry: wei(place.managerEntry.amount), shares: String(place.shares), manager_shares: String(place.managerShares),
      exits: String(place.exits.total), manager_exit: String(place.managerExit.amount),
    };
  }

  private holdingRows(): PoolHolding[] {
    const known = [...this.holdings.keys()].map((key) => key.split(" ") as [string, string]);
    known.sort(([one, who], [other, whom]) => Number(one) - Number(other) || (who < whom ? -1 : 1));
    return known.map(([place, holder]) => {
      const { held, paid } = this.collect(Number(place), holder);
      return [Number(place), holder, held.epoch, String(held.shares), held.boughtIn, String(held.exit.amount), wei(held.entry.amount), wei(paid)];
    });
  }
}

/** The batch that an order ran in: not the one that was open when it was given, if that ran in the same block. */
function batchOf<B extends { at: number }>(done: Map<string, B>, number: number, order: Order): B | undefined {
  if (!order.amount) return undefined;
  const batch = done.get(`${number} ${order.batch}`);
  return batch?.at === order.at ? done.get(`${number} ${order.batch + 1}`) : batch;
}

function over(product: bigint, divisor: bigint): bigint {
  return (product + divisor - 1n) / divisor;
}

/** A mark after a flow that left `after` of `value` at stake: rounded up, and not below what is at stake. */
function scaled(mark: bigint, value: bigint, after: bigint): bigint {
  const found = over(mark * after, value);
  return found > after ? found : after;
}

/** The shares for an amount; 0 where it has to come back. */
function minted(shares: bigint, mark: bigint, value: bigint, amount: bigint): bigint {
  if (!shares) return amount * PER_GWEI;
  const found = (amount * shares) / value;
  return shares + found > CAP || scaled(mark, value, value + amount) > CAP ? 0n : found;
}

function wei(gwei: bigint): string {
  return String(gwei * GWEI);
}
