// SPDX-License-Identifier: MIT
// The log replayed by the rules of docs/protocol.md: what the page shows, computed once more from nothing but events.
// Amounts are gwei inside, wei in what is given out. What an event says and the books can compute is compared.
import { decodersOf, wordsOf, type Args, type Decoder, type RawLog } from "./decode";
import { GWEI } from "./format";
import { PoolBooks, type Home } from "./pools";
import { clipOf, decodeWord, factorOf, keptOf, LANES, least, MAX_ROUND, payout, type Rule } from "./protocol";
import { argument, type Books, type Buyback, type ModelEvent, type ModelHistory, type ModelRow, type Part, type Round, type RoundRow, type Sample, type SuiteRecord, type Tournament } from "./snapshot";

/** A figure that is not what it has to be. */
export interface Difference {
  where: string;
  what: string;
  expected: string;
  found: string;
}

const ZERO = "0x0000000000000000000000000000000000000000";
const EMPTY = `0x${"0".repeat(64)}`;
const LISTED = 1_000;
/** Rows of a tournament's `words` behind those of its places. */
export const IDLE_ROW = 128;
export const POLICY_ROW = 129;
const SAMPLED = new Set(["RoundOpened", "RoundLocked", "RoundClosed"]);
const READ = new Set(["Numeraire", "Treasury", "Tournament", "PoolFactory", "Buyback"]);
type Contract = "Numeraire" | "Treasury" | "Tournament" | "PoolFactory" | "Buyback";

/** Names and parts of a record whose log is read. */
export function partsOf(record: SuiteRecord): [string, Part][] {
  return Object.entries(record.parts).filter(([, part]) => READ.has(part.contract));
}

export class Replay {
  readonly differences: Difference[] = [];
  differenceCount = 0;
  readonly tournaments = new Map<string, TournamentBooks>();
  readonly balances = new Map<string, bigint>();
  private readonly decoders = new Map<string, { part: string; events: Map<string, Decoder>; apply: (name: string, args: Args, log: RawLog) => void }>();
  private readonly byAddress = new Map<string, TournamentBooks>();
  private readonly buybacks = new Map<string, Buyback>();
  private readonly pools = new Map<string, PoolBooks>();
  private readonly touched = new Set<PoolBooks>();
  private transaction = "";
  private readonly grants = new Map<string, bigint>();
  private readonly series: Sample[] = [];
  private readonly treasury: string;
  private sampleAfter: RawLog | undefined;
  private minted = 0n;
  private burned = 0n;
  reserved = 0n;
  /** Wei that people brought to tournaments, and took away. */
  private cameIn = 0n;
  private wentOut = 0n;
  private where = "";
  private last: [number, number] = [-1, -1];
  events = 0;

  get supply(): bigint {
    return this.minted - this.burned;
  }

  constructor(record: SuiteRecord) {
    const parts = partsOf(record);
    this.treasury = parts.find(([, part]) => part.contract === "Treasury")![1].address;
    for (const [name, part] of parts) {
      const events = decodersOf(part.contract as Contract);
      let apply = (_event: string, _args: Args, _log: RawLog): void => {};
      if (part.contract === "Numeraire") apply = (event, args) => this.token(event, args);
      if (part.contract === "Treasury") apply = (event, args) => this.reserves(event, args);
      if (part.contract === "Tournament") {
        const books = new TournamentBooks(part, (what, expected, found) => this.expect(what, expected, found));
        this.tournaments.set(name, books);
        this.byAddress.set(part.address, books);
        apply = (event, args, log) => books.apply(event, args, log);
      }
      if (part.contract === "PoolFactory") {
        const tournament = String(part.arguments["tournament"]);
        apply = (_event, args) => this.poolCreated(tournament, args);
      }
      if (part.contract === "Buyback") {
        const found: Buyback = { paid: "0", bought: "0", left: "0", ended: 0, lots: [], fills: [] };
        this.buybacks.set(name, found);
        apply = (event, args, log) => bought(found, event, args, log);
      }
      this.decoders.set(part.address.toLowerCase(), { part: name, events, apply });
    }
  }

  apply(log: RawLog): void {
    if (this.sampleAfter && log.block !== this.sampleAfter.block) this.sample();
    const known = this.decoders.get(log.address.toLowerCase());
    if (!known) return;
    if (log.transaction !== this.transaction) this.finish();
    this.transaction = log.transaction;
    this.events++;
    this.where = `${known.part}, block ${log.block}, log ${log.index}`;
    if (log.block < this.last[0] || (log.block === this.last[0] && log.index <= this.last[1])) {
      this.differ("order of the log", `after block ${this.last[0]}, log ${this.last[1]}`, this.where);
    }
    this.last = [log.block, log.index];
    const decoder = known.events.get(log.topics[0] ?? "");
    if (!decoder) return this.differ("log", "an event of the contract", log.topics[0] ?? "no topic");
    try {
      known.apply(decoder.name, decoder.decode(log), log);
    } catch (error) {
      this.differ(decoder.name, "what the books allow", error instanceof Error ? error.message : String(error));
    }
    if (SAMPLED.has(decoder.name) && this.tournaments.has(known.part)) this.sampleAfter = log;
  }

  /** Know a pool from here on. */
  private poolCreated(tournament: string, args: Args): void {
    const books = this.byAddress.get(tournament);
    if (!books) throw new Error(`no such tournament: ${tournament}`);
    const pool = new PoolBooks(String(args["pool"]), args, books, (what, expected, found) => this.expect(what, expected, found));
    this.pools.set(pool.address, pool);
    books.pools.set(pool.model, pool);
    const apply = (event: string, of: Args, log: RawLog): void => {
      this.touched.add(pool);
      pool.apply(event, of, log);
    };
    this.decoders.set(pool.address.toLowerCase(), { part: `pool of model ${pool.model}`, events: decodersOf("Pool"), apply });
  }

  /** Check what has to hold after a whole transaction. */
  private finish(): void {
    for (const books of this.tournaments.values()) {
      for (const pool of books.touched) this.touched.add(pool);
      books.touched.clear();
    }
    for (const pool of this.touched) {
      this.where = `pool of model ${pool.model}, transaction ${this.transaction}`;
      pool.finish(this.balances.get(pool.address) ?? 0n);
    }
    this.touched.clear();
  }

  /** What a snapshot says of the books. */
  content(): Books {
    this.finish();
    if (this.sampleAfter) this.sample();
    for (const [name, books] of this.tournaments) {
      const owed = (books.idleTotal + books.stakedTotal()) * GWEI;
      const balance = this.balances.get(books.address) ?? 0n;
      this.where = name;
      if (balance < owed) this.differ("balance beside positions and idle", `at least ${owed}`, String(balance));
      const sum = books.sumOfModels();
      if (sum * GWEI !== owed) this.differ("sum over all models", String(owed), String(sum * GWEI));
    }
    return {
      supply: String(this.minted - this.burned),
      burned: String(this.burned),
      treasury: { balance: String(this.balances.get(this.treasury) ?? 0n), reserved: String(this.reserved) },
      tournaments: Object.fromEntries([...this.tournaments].map(([name, books]) => [name, books.content(this.balances.get(books.address) ?? 0n)])),
      buybacks: Object.fromEntries(this.buybacks),
      series: this.series,
    };
  }

  private expect(what: string, expected: bigint | string | number, found: bigint | string | number): void {
    if (expected !== found) this.differ(what, String(expected), String(found));
  }

  private differ(what: string, expected: string, found: string): void {
    this.differenceCount++;
    if (this.differences.length < LISTED) this.differences.push({ where: this.where, what, expected, found });
  }

  private token(event: string, args: Args): void {
    if (event !== "Transfer") return;
    const { sender, receiver, value } = args as { sender: string; receiver: string; value: bigint };
    if (sender === ZERO) this.minted += value;
    else {
      const held = this.balances.get(sender) ?? 0n;
      if (held < value) this.differ(`balance of ${sender}`, `at least ${value}`, String(held));
      this.balances.set(sender, held - value);
    }
    const pool = this.pools.get(sender);
    if (pool) this.touched.add(pool);
    if (this.byAddress.has(receiver) && sender !== this.treasury) this.cameIn += value;
    if (this.byAddress.has(sender) && receiver !== this.treasury && receiver !== ZERO) this.wentOut += value;
    if (receiver === ZERO) this.burned += value;
    else this.balances.set(receiver, (this.balances.get(receiver) ?? 0n) + value);
  }

  private reserves(event: string, args: Args): void {
    const key = `${args["tournament"]} ${args["round"]}`;
    const left = this.grants.get(key) ?? 0n;
    const amount = args["amount"] as bigint;
    if (event === "Reserved") {
      this.grants.set(key, left + amount);
      this.reserved += amount;
    } else if (event === "Drawn" || event === "Released") {
      if (event === "Released") this.expect("released", left, amount);
      else if (amount > left) this.differ("drawn", `at most ${left}`, String(amount));
      this.grants.set(key, left - amount);
      this.reserved -= amount;
    }
  }

  private sample(): void {
    const log = this.sampleAfter!;
    this.sampleAfter = undefined;
    let idle = 0n, atRisk = 0n, waiting = 0n;
    for (const books of this.tournaments.values()) {
      const parts = books.parts();
      idle += parts.idle;
      atRisk += parts.atRisk;
      waiting += parts.waiting;
    }
    const amounts = [idle, atRisk, waiting].map(String) as [string, string, string];
    const treasury = this.balances.get(this.treasury) ?? 0n;
    this.series.push([log.block, log.time, ...amounts, String(this.minted - this.burned), String(treasury), String(this.reserved), String(this.cameIn), String(this.wentOut)]);
  }
}

function bought(found: Buyback, event: string, args: Args, log: RawLog): void {
  if (event === "Kicked") {
    found.left = String(args["amount"]);
    found.lots.push([Number(args["lot"]), log.block, log.time, String(args["amount"]), String(args["reference"]), Number(args["ends_at"])]);
  } else if (event === "Filled") {
    [found.left, found.paid, found.bought] = [String(args["left"]), String(args["total_paid"]), String(args["total_bought"])];
    found.fills.push([Number(args["lot"]), log.block, log.time, String(args["filler"]), String(args["paid"]), String(args["bought"]), String(args["price"])]);
  } else if (event === "Ended") found.ended = 1;
  else if (event === "Swept") found.left = "0";
}

/** Flags of models that grow with them. */
class Flags {
  private bits = new Uint8Array(64);
  count = 0;

  add(model: number): void {
    if (model >= this.bits.length) {
      const grown = new Uint8Array(2 * model);
      grown.set(this.bits);
      this.bits = grown;
    }
    if (!this.bits[model]) {
      this.bits[model] = 1;
      this.count++;
    }
  }

  has(model: number): boolean {
    return this.bits[model] === 1;
  }
}

const WIDTH = 7;

/** Rows of one model, or of one round: round or model, stake, CORR, MMC, submitted, payout, kept; gwei. */
class Rows {
  private data = new BigInt64Array(2 * WIDTH);
  private used = 0;

  get empty(): boolean {
    return this.used === 0;
  }

  push(...row: bigint[]): void {
    if (this.used + WIDTH > this.data.length) {
      const grown = new BigInt64Array(2 * this.data.length);
      grown.set(this.data);
      this.data = grown;
    }
    for (const value of row) this.data[this.used++] = value;
  }

  /** Rows in the order of what comes first in them. */
  sorted(): BigInt64Array[] {
    const rows: BigInt64Array[] = [];
    for (let at = 0; at < this.used; at += WIDTH) rows.push(this.data.subarray(at, at + WIDTH));
    return rows.sort((one, other) => Number(one[0]! - other[0]!));
  }
}

/** A round while the log is replayed; amounts gwei. */
interface Played {
  terms: Args;
  told: Partial<Round>;
  locked: boolean;
  void: boolean;
  atRisk: bigint;
  factor: bigint;
  clip: bigint;
  granted: bigint;
  openedList: string;
  root: string;
  chunks: number;
  evidence: string;
  finalAt: number;
}

interface Sums {
  models: number;
  scored: number;
  primary: number;
  contribution: number;
  weight: bigint;
  weightedPrimary: bigint;
  weightedContribution: bigint;
  staked: bigint;
  rewards: bigint;
  burns: bigint;
  idled: bigint;
}

export class TournamentBooks implements Home {
  readonly address: string;
  readonly ring: number;
  readonly minStake: bigint;
  /** By the models that they own, in the order of their creation. */
  readonly pools = new Map<number, PoolBooks>();
  /** Those to whose models something happened in this transaction. */
  readonly touched = new Set<PoolBooks>();
  lastOpened: number;
  readonly staked = new Map<number, bigint>();
  readonly rounds = new Map<number, Played>();
  idleTotal = 0n;
  private readonly hour: number;
  private readonly firstRound: number;
  /** The latest round of each place that had one. */
  private readonly latest = new Map<number, number>();
  private readonly labels: string[] = [];
  private readonly owners: string[] = [];
  private readonly idle: bigint[] = [];
  private readonly target: bigint[] = [];
  private readonly compound: boolean[] = [];
  private readonly positions: bigint[][];
  private readonly tags: number[][];
  private readonly submitted = new Map<number, Flags>();
  private readonly sums = new Map<number, Sums>();
  private readonly seen = new Map<number, Set<number>>();
  private readonly rows: Rows[] = [];
  /** The same, with the model in place of the round. */
  private readonly rowsByRound = new Map<number, Rows>();
  private readonly events: ModelEvent[][] = [];
  private readonly total = { models: 0, rewards: 0n, burns: 0n };
  private pausedUntil = 0;

  constructor(part: Part, private readonly expect: (what: string, expected: bigint | string | number, found: bigint | string | number) => void) {
    this.address = part.address;
    this.ring = argument(part, "ring");
    this.hour = argument(part, "hour");
    this.firstRound = argument(part, "first_round");
    this.lastOpened = this.firstRound + this.ring - 1;
    this.minStake = BigInt(String(part.arguments["min_stake"])) / GWEI;
    this.positions = Array.from({ length: this.ring }, () => []);
    this.tags = Array.from({ length: this.ring }, () => []);
  }

  get settlements(): number {
    return this.total.models;
  }

  stakedTotal(): bigint {
    let sum = 0n;
    for (const amount of this.staked.values()) sum += amount;
    return sum;
  }

  /** Wei that are idle, at risk in opened rounds, and waiting for others. */
  parts(): { idle: bigint; atRisk: bigint; waiting: bigint } {
    const found = { idle: this.idleTotal * GWEI, atRisk: 0n, waiting: 0n };
    for (const [round, amount] of this.staked) found[this.rounds.has(round) ? "atRisk" : "waiting"] += amount * GWEI;
    return found;
  }

  /** Idle and positions, added up model by model. */
  sumOfModels(): bigint {
    let sum = 0n;
    for (const amount of this.idle) sum += amount;
    for (const place of this.positions) for (const amount of place) sum += amount;
    return sum;
  }

  apply(event: string, args: Args, log: RawLog): void {
    const tell = (model: bigint, ...rest: [string, ...(string | number)[]]): void => {
      this.events[this.model(model)]!.push([log.block, log.time, ...rest]);
    };
    const amount = args["amount"] === undefined ? 0n : (args["amount"] as bigint) / GWEI;
    const model = args["model"] as bigint;
    const round = Number(args["round"]);
    switch (event) {
      case "ModelRegistered": {
        this.expect("model", this.labels.length, Number(model));
        this.labels.push(args["label"]);
        this.owners.push(args["owner"]);
        for (const list of [this.idle, this.target]) list.push(0n);
        for (const list of this.positions) list.push(0n);
        if (this.labels.length % LANES === 1) for (const list of this.tags) list.push(-1);
        this.compound.push(false);
        this.rows.push(new Rows());
        this.events.push([]);
        return tell(model, "registered", args["owner"]);
      }
      case "SubmitterSet":
        return tell(model, "submitter", args["submitter"]);
      case "OwnershipMoved":
        this.expect("previous owner", this.owners[this.model(model)]!, args["previous"]);
        this.owners[this.model(model)] = args["owner"];
        return tell(model, "sold", args["owner"]);
      case "PolicySet":
        this.target[this.model(model)] = (args["target"] as bigint) / GWEI;
        this.compound[this.model(model)] = args["compound"];
        return tell(model, "policy", String(args["target"]), args["compound"] ? 1 : 0);
      case "Deposited":
        this.credit(this.model(model), amount);
        return tell(model, "deposited", String(args["amount"]), args["payer"]);
      case "Withdrawn":
        this.credit(this.model(model), -amount);
        return tell(model, "withdrawn", String(args["amount"]), args["receiver"]);
      case "IdleMoved":
        this.credit(this.model(args["source"]), -amount);
        this.credit(this.model(args["destination"]), amount);
        tell(args["source"], "given", String(args["amount"]), Number(args["destination"]));
        return tell(args["destination"], "received", String(args["amount"]), Number(args["source"]));
      case "Staked":
        this.raise(round, this.model(model), amount);
        this.add(round, amount);
        this.pooled(model)?.staked(amount);
        return tell(model, "staked", String(args["amount"]), String(round));
      case "Left": {
        const id = this.model(model);
        if (this.position(round, id) < amount) throw new Error("more than is at stake");
        this.positions[round % this.ring]![id]! -= amount;
        this.tag(round % this.ring, Math.floor(id / LANES), round);
        this.add(round, -amount);
        this.credit(id, amount);
        this.pooled(model)?.left(round, amount);
        return tell(model, "left", String(args["amount"]), String(round));
      }
      case "Entered":
        return this.expect("amount entered", this.enter(round, args["groups"]) * GWEI, args["amount"]);
      case "RoundOpened":
        this.latest.set(round % this.ring, round);
        this.lastOpened = round;
        this.rounds.set(round, {
          terms: args["terms"], told: { opened_at: log.time, package: args["package"] }, locked: false, void: false, atRisk: 0n, factor: 0n,
          clip: 0n, granted: 0n, openedList: EMPTY, root: EMPTY, chunks: 0, evidence: EMPTY, finalAt: 0,
        });
        return;
      case "Submitted":
        return this.submit(round, (args["models"] as bigint[]).map(Number));
      case "SubmittedSigned":
        return this.submit(round, (args["commitments"] as Args[]).map((each) => Number((each["stamp"] as bigint) & 0xffffffffffffffffn)));
      case "RoundLocked":
        return this.lock(round, args, log);
      case "SubmissionsOpened":
        Object.assign(this.round(round), { openedList: args["opened_list"] });
        this.round(round).told.published_at = log.time;
        return;
      case "Proposed": {
        const played = this.round(round);
        this.expect("final at", log.time + Number(played.terms["window"]), Number(args["final_at"]));
        Object.assign(played, { root: args["root"], chunks: Number(args["chunks"]), evidence: args["evidence"], finalAt: Number(args["final_at"]) });
        played.told.proposed_at = log.time;
        return;
      }
      case "Vetoed":
        this.expect("vetoed root", this.round(round).root, args["root"]);
        return this.drop(round);
      case "Voided":
        this.drop(round);
        this.round(round).void = true;
        return;
      case "Settled":
        return this.settle(round, wordsOf(args["chunk"]), args, log, true);
      case "SettledExpired":
        return this.settle(round, (args["groups"] as bigint[]).map((group) => group << 224n), { rewards: 0n, burns: 0n, ...args }, log, false);
      case "RoundClosed":
        this.round(round).told.closed_at = log.time;
        return;
      case "Paused":
        this.pausedUntil = Number(args["until"]);
        return;
      case "Unpaused":
        this.pausedUntil = log.time;
    }
  }

  isOpen(round: number, now: number): boolean {
    const found = this.rounds.get(round);
    return found !== undefined && !found.void && now < Number(found.terms["locks_at"]);
  }

  get newestExpiresAt(): number {
    return Number(this.round(this.lastOpened).terms["expires_at"]);
  }

  isPaused(now: number): boolean {
    return now < this.pausedUntil;
  }

  nextRound(place: number): number {
    const latest = this.latest.get(place);
    if (latest !== undefined) return latest + this.ring;
    return this.firstRound + ((((place - this.firstRound) % this.ring) + this.ring) % this.ring);
  }

  placeOf(model: number, place: number): { round: number; amount: bigint } {
    const amount = this.positions[place]![model] ?? 0n;
    return amount ? { round: this.tags[place]![Math.floor(model / LANES)]!, amount } : { round: 0, amount };
  }

  /** What `words` of the contract has of a group: four lanes of 60 bits, and a tag above. */
  word(row: number, group: number): bigint {
    const values = row === IDLE_ROW ? this.idle : row === POLICY_ROW ? this.target : this.positions[row]!;
    let word = 0n;
    for (let lane = LANES - 1; lane >= 0; lane--) word = (word << 60n) | (values[LANES * group + lane] ?? 0n);
    if (row === POLICY_ROW) {
      for (let lane = 0; lane < LANES; lane++) if (this.compound[LANES * group + lane]) word |= 1n << BigInt(240 + lane);
    } else if (row < IDLE_ROW && word) word |= BigInt(this.tags[row]![group]!) << 240n;
    return word;
  }

  ownerOf(model: number): string {
    return this.owners[model] ?? ZERO;
  }

  policyOf(model: number): { target: bigint; compound: boolean } {
    return { target: this.target[model] ?? 0n, compound: this.compound[model] ?? false };
  }

  /** The pool that owns a model, to which something happens. */
  private pooled(model: bigint): PoolBooks | undefined {
    const pool = this.pools.get(Number(model));
    if (pool) this.touched.add(pool);
    return pool;
  }

  private model(id: bigint): number {
    if (Number(id) >= this.labels.length) throw new Error(`no such model: ${id}`);
    return Number(id);
  }

  private round(id: number): Played {
    const found = this.rounds.get(id);
    if (!found) throw new Error(`round ${id} was never opened`);
    return found;
  }

  private drop(id: number): void {
    Object.assign(this.round(id), { root: EMPTY, chunks: 0, evidence: EMPTY, finalAt: 0 });
  }

  private credit(model: number, amount: bigint): void {
    if (this.idle[model]! + amount < 0n) throw new Error("more than is idle");
    this.idle[model]! += amount;
    this.idleTotal += amount;
  }

  private add(round: number, amount: bigint): void {
    const total = (this.staked.get(round) ?? 0n) + amount;
    if (total) this.staked.set(round, total);
    else this.staked.delete(round);
  }

  private position(round: number, model: number): bigint {
    const place = round % this.ring;
    return this.tags[place]![Math.floor(model / LANES)] === round ? this.positions[place]![model]! : 0n;
  }

  private raise(round: number, model: number, amount: bigint): void {
    const place = round % this.ring;
    const tag = this.tags[place]![Math.floor(model / LANES)]!;
    if (tag !== -1 && tag !== round) throw new Error("its group has stakes of another round");
    this.positions[place]![model]! += amount;
    this.tags[place]![Math.floor(model / LANES)] = round;
  }

  private tag(place: number, group: number, round: number): void {
    const models = this.positions[place]!.slice(LANES * group, LANES * (group + 1));
    this.tags[place]![group] = models.some((each) => each > 0n) ? round : -1;
  }

  private enter(round: number, groups: bigint[]): bigint {
    const positions = this.positions[round % this.ring]!;
    let moved = 0n;
    for (const each of groups) {
      const first = LANES * Number(each);
      for (let model = first; model < Math.min(first + LANES, this.labels.length); model++) {
        const more = least(this.idle[model]!, this.target[model]! - positions[model]!);
        if (more <= 0n || positions[model]! + more < this.minStake) continue;
        this.raise(round, model, more);
        this.credit(model, -more);
        moved += more;
      }
    }
    this.add(round, moved);
    return moved;
  }

  private submit(round: number, models: number[]): void {
    let flags = this.submitted.get(round);
    if (!flags) this.submitted.set(round, (flags = new Flags()));
    for (const model of models) flags.add(model);
  }

  private lock(id: number, args: Args, log: RawLog): void {
    const round = this.round(id);
    const atRisk = this.staked.get(id) ?? 0n;
    const granted = args["granted"] as bigint;
    round.locked = true;
    round.atRisk = atRisk;
    round.factor = factorOf((round.terms["threshold"] as bigint) / GWEI, atRisk);
    round.clip = clipOf(round.terms["clip"], granted / GWEI, atRisk);
    round.granted = granted;
    round.told.locked_at = log.time;
    this.expect("at risk", atRisk * GWEI, args["at_risk"]);
    this.expect("factor", round.factor, args["factor"]);
    this.expect("clip", round.clip, args["clip"]);
  }

  /** The round that stakes go on into if they are settled now; 0 where all goes to idle. */
  private successor(id: number, now: number): number {
    const next = id + this.ring;
    if (next + this.ring > MAX_ROUND) return 0;
    const following = this.rounds.get(next);
    if (!following) return next;
    return !following.void && now + this.hour <= Number(following.terms["locks_at"]) ? next : next + this.ring;
  }

  private settle(id: number, words: bigint[], args: Args, log: RawLog, scored: boolean): void {
    const round = this.round(id);
    const place = id % this.ring;
    const positions = this.positions[place]!;
    const rule: Rule = { primary: round.terms["primary"], contribution: round.terms["contribution"], factor: round.factor, clip: round.clip };
    const successor = Number(args["successor"]);
    this.expect("successor", this.successor(id, log.time), successor);
    const sums = this.sumsOf(id);
    const seen = this.seen.get(id) ?? new Set<number>();
    this.seen.set(id, seen);
    const flags = this.submitted.get(id);
    const key = BigInt(id);
    const rows = this.rowsByRound.get(id) ?? new Rows();
    let staked = 0n, rewards = 0n, burns = 0n, idled = 0n;
    for (const word of words) {
      const { group, scores } = decodeWord(word);
      const waits = this.tags[place]![group] === id;
      if (seen.has(group) || LANES * group >= this.labels.length) continue;
      seen.add(group);
      for (let lane = 0; lane < LANES; lane++) {
        const model = LANES * group + lane;
        if (model >= this.labels.length) break;
        const [primary, contribution] = scores[lane]!;
        const stake = waits ? positions[model]! : 0n;
        const blank = primary === 0n && contribution === 0n;
        if (stake === 0n && blank) continue;
        const submitted = flags?.has(model) ?? false;
        let change = 0n, kept = 0n;
        if (stake) {
          change = submitted ? payout(stake, primary, contribution, rule) : 0n;
          const value = stake + change;
          kept = successor ? keptOf(value, this.target[model]!, this.compound[model]!, this.minStake) : 0n;
          positions[model] = kept;
          this.idle[model]! += value - kept;
          staked += stake;
          idled += value - kept;
          if (change > 0n) rewards += change;
          else burns -= change;
          sums.models++;
          if (scored) this.total.models++;
        }
        const flag = submitted ? 1n : 0n;
        this.rows[model]!.push(key, stake, primary, contribution, flag, change, kept);
        rows.push(BigInt(model), stake, primary, contribution, flag, change, kept);
        if (scored && !blank) {
          sums.scored++;
          sums.primary += Number(primary);
          sums.contribution += Number(contribution);
          sums.weight += stake;
          sums.weightedPrimary += stake * primary;
          sums.weightedContribution += stake * contribution;
        }
      }
      if (waits) this.tag(place, group, successor);
    }
    if (!rows.empty) this.rowsByRound.set(id, rows);
    this.idleTotal += idled;
    this.add(id, -staked);
    if (successor) this.add(successor, staked + rewards - burns - idled);
    const done = { staked, rewards, burns, idled };
    for (const [name, value] of Object.entries(done)) this.expect(name, value * GWEI, args[name]);
    sums.staked += staked;
    sums.rewards += rewards;
    sums.burns += burns;
    sums.idled += idled;
    this.total.rewards += rewards;
    this.total.burns += burns;
  }

  private sumsOf(round: number): Sums {
    let found = this.sums.get(round);
    if (!found) {
      found = { models: 0, scored: 0, primary: 0, contribution: 0, weight: 0n, weightedPrimary: 0n, weightedContribution: 0n, staked: 0n, rewards: 0n, burns: 0n, idled: 0n };
      this.sums.set(round, found);
    }
    return found;
  }

  private positionsOf(model: number): [number, bigint][] {
    const found: [number, bigint][] = [];
    for (let place = 0; place < this.ring; place++) {
      const amount = this.positions[place]![model]!;
      if (amount) found.push([this.tags[place]![Math.floor(model / LANES)]!, amount]);
    }
    return found.sort((one, other) => one[0] - other[0]);
  }

  history(model: number): ModelHistory {
    return {
      events: this.events[model]!,
      positions: this.positionsOf(model).map(([round, amount]) => [round, wei(amount)]),
      rounds: this.rows[model]!.sorted().map(shown),
    };
  }

  get modelCount(): number {
    return this.labels.length;
  }

  /** The rounds that have rows. */
  settledRounds(): number[] {
    return [...this.rowsByRound.keys()].sort((one, other) => one - other);
  }

  /** Rows of one round, by model. */
  rowsOf(round: number): RoundRow[] {
    return (this.rowsByRound.get(round)?.sorted() ?? []).map(shown);
  }

  content(balance: bigint): Tournament {
    const pools = [...this.pools.values()];
    return {
      balance: String(balance),
      idle: wei(this.idleTotal),
      staked: wei(this.stakedTotal()),
      rewards: wei(this.total.rewards),
      burns: wei(this.total.burns),
      settlements: this.total.models,
      in_pools: wei(pools.reduce((sum, pool) => sum + pool.owed, 0n)),
      pools: pools.map((pool) => pool.content()),
      paused_until: this.pausedUntil,
      models: this.models(),
      rounds: [...this.rounds.keys()].sort((one, other) => one - other).map((id) => this.shownRound(id)),
    };
  }

  private models(): Tournament["models"] {
    const owners = [...new Set(this.owners)];
    const numbers = new Map(owners.map((owner, index) => [owner, index]));
    const columns: Tournament["models"] = {
      owners, label: this.labels, owner: this.owners.map((owner) => numbers.get(owner)!), at_risk: [], waiting: [], rounds: [], primary: [],
      contribution: [], turnover: [], payout: [], streak: [], idle: this.idle.map(wei), target: this.target.map(wei), compound: this.compound.map(Number),
    };
    for (let model = 0; model < this.labels.length; model++) {
      let atRisk = 0n, waiting = 0n;
      for (const [round, amount] of this.positionsOf(model)) {
        if (this.rounds.has(round)) atRisk += amount;
        else waiting += amount;
      }
      let rounds = 0, primary = 0, contribution = 0, turnover = 0n, paid = 0n;
      const payouts: bigint[] = [];
      for (const row of this.rows[model]!.sorted()) {
        if (row[2] || row[3]) {
          rounds++;
          primary += Number(row[2]);
          contribution += Number(row[3]);
        }
        turnover += row[1]!;
        paid += row[5]!;
        if (row[1] && (row[2] || row[3])) payouts.push(row[5]!);
      }
      columns.at_risk.push(wei(atRisk));
      columns.waiting.push(wei(waiting));
      columns.rounds.push(rounds);
      columns.primary.push(primary);
      columns.contribution.push(contribution);
      columns.turnover.push(wei(turnover));
      columns.payout.push(wei(paid));
      columns.streak.push(streakOf(payouts));
    }
    return columns;
  }

  private shownRound(id: number): Round {
    const round = this.round(id);
    const sums = this.sumsOf(id);
    return {
      id,
      terms: Object.fromEntries(Object.entries(round.terms).map(([name, value]) => [name, String(value)])) as unknown as Round["terms"],
      staked: wei(this.staked.get(id) ?? 0n),
      locked: Number(round.locked),
      void: Number(round.void),
      at_risk: wei(round.atRisk),
      factor: Number(round.factor),
      clip: String(round.clip),
      granted: String(round.granted),
      opened_list: round.openedList,
      root: round.root,
      chunks: round.chunks,
      evidence: round.evidence,
      final_at: round.finalAt,
      submitted: this.submitted.get(id)?.count ?? 0,
      ...(round.told as Pick<Round, "opened_at" | "package">),
      rewards: wei(sums.rewards),
      burns: wei(sums.burns),
      idled: wei(sums.idled),
      weight: wei(sums.weight),
      settled: wei(sums.staked),
      models: sums.models,
      scored: sums.scored,
      primary: sums.primary,
      contribution: sums.contribution,
      weighted_primary: String(sums.weightedPrimary),
      weighted_contribution: String(sums.weightedContribution),
    };
  }
}

/** How many of the last payouts in a row brought something; below 0, cost something. */
function streakOf(payouts: bigint[]): number {
  let streak = 0;
  for (const paid of payouts.reverse()) {
    if (paid === 0n || (streak && paid > 0n !== streak > 0)) break;
    streak += paid > 0n ? 1 : -1;
  }
  return streak;
}

/** Gwei in wei: the digits, and nine zeros. */
function wei(gwei: bigint): string {
  return gwei ? `${gwei}000000000` : "0";
}

function shown(row: BigInt64Array): ModelRow {
  return [Number(row[0]), wei(row[1]!), Number(row[2]), Number(row[3]), Number(row[4]), wei(row[5]!), wei(row[6]!)];
}
