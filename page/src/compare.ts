// SPDX-License-Identifier: MIT
// A snapshot beside what its own log says, figure by figure.
import type { RawLog } from "./decode";
import { Replay, type Difference } from "./replay";
import { readJson, type Books, type LogShard, type ModelHistory, type PoolShard, type RoundRow, type Summary } from "./snapshot";

export interface Outcome {
  /** The first of them. */
  differences: Difference[];
  count: number;
  /** Figures that were compared. */
  compared: number;
  settlements: number;
  events: number;
  seconds: number;
  books: Books;
  /** Whether a node's log and words were compared too. */
  onChain: boolean;
}

type Told = (what: string, done: number, total: number) => void;
type Read = <T>(name: string) => Promise<T>;

export function reader(folder: string): Read {
  return (name) => readJson(`${folder}/${name}.json.gz`);
}

/** Replay the log of a snapshot, and compare everything that the snapshot says. */
export async function recompute(summary: Summary, read: Read, told: Told): Promise<Outcome> {
  const began = performance.now();
  const replay = new Replay(summary.record);
  const { shards, addresses } = summary.log;
  for await (const shard of ahead(shards, (index) => read<LogShard>(`log-${index}`), (done) => told("replaying the log", done, shards))) {
    for (const log of logsOf(shard, addresses)) replay.apply(log);
  }
  const books = replay.content();
  const tally = new Tally(replay.differences, replay.differenceCount);
  tally.compare("summary", books, summary.books);
  for (const [name, tournament] of replay.tournaments) {
    const each = summary.models_each;
    const count = Math.ceil(tournament.modelCount / each);
    let first = 0;
    for await (const shard of ahead(count, (index) => read<ModelHistory[]>(`${name}/models-${index}`), (done) => told("comparing models", done, count))) {
      const last = Math.min(first + each, tournament.modelCount);
      for (let model = first; model < last; model++) tally.compare(`${name}, model ${model}`, tournament.history(model), shard[model - first]);
      first = last;
    }
    const rounds = tournament.settledRounds();
    let at = 0;
    for await (const rows of ahead(rounds.length, (index) => read<RoundRow[]>(`${name}/round-${rounds[index]}`), (done) => told("comparing rounds", done, rounds.length))) {
      const round = rounds[at++]!;
      tally.compare(`${name}, round ${round}`, tournament.rowsOf(round), rows);
    }
    const pools = [...tournament.pools.values()];
    at = 0;
    for await (const shard of ahead(pools.length, (index) => read<PoolShard>(`${name}/pool-${pools[index]!.model}`), (done) => told("comparing pools", done, pools.length))) {
      const pool = pools[at++]!;
      tally.compare(`${name}, pool of model ${pool.model}`, pool.shard(), shard);
    }
  }
  return tally.outcome(replay, books, began, false);
}

/** Compare a snapshot's log with that of a node, log by log. */
export async function compareLogs(logs: RawLog[], summary: Summary, read: Read, tally: Tally): Promise<void> {
  let at = 0;
  for (let shard = 0; shard < summary.log.shards; shard++) {
    for (const each of logsOf(await read<LogShard>(`log-${shard}`), summary.log.addresses)) {
      const found = logs[at++];
      const where = `log ${each.index} of block ${each.block}`;
      const told = (log: RawLog | undefined): unknown => log && [log.block, log.index, log.transaction, log.address.toLowerCase(), log.topics, log.data, log.time];
      tally.compare(where, told(found), told(each));
    }
  }
  tally.compare("log", logs.length, at, "number of logs");
}

export function* logsOf(shard: LogShard, addresses: string[]): Generator<RawLog> {
  const times = new Map(shard.blocks.map(([number, , time]) => [number, time]));
  for (const [block, index, transaction, address, topics, data] of shard.logs) {
    yield { block, index, transaction, address: addresses[address] ?? "", topics, data, time: times.get(block) ?? 0 };
  }
}

/** Values in order, of which a few are read ahead. */
async function* ahead<T>(count: number, read: (index: number) => Promise<T>, told: (done: number) => void): AsyncGenerator<T> {
  const started: Promise<T>[] = [];
  for (let index = 0; index < count; index++) {
    while (started.length < Math.min(count, index + 4)) {
      const next = read(started.length);
      // A failure is thrown where its turn comes.
      next.catch(() => undefined);
      started.push(next);
    }
    const value = await started[index]!;
    (started as unknown[])[index] = undefined;
    yield value;
    told(index + 1);
  }
}

const LISTED = 1_000;

/** How many figures two values have that are equal throughout; below 0 where they are not. No paths are written for these. */
function figuresOf(one: unknown, other: unknown): number {
  if (typeof one !== "object" || one === null || typeof other !== "object" || other === null) return one === other ? 1 : -1;
  let count = 0;
  if (Array.isArray(one)) {
    if (!Array.isArray(other) || one.length !== other.length) return -1;
    for (let index = 0; index < one.length; index++) {
      const found = figuresOf(one[index], other[index]);
      if (found < 0) return -1;
      count += found;
    }
    return count;
  }
  const names = Object.keys(one);
  if (Array.isArray(other) || names.length !== Object.keys(other).length) return -1;
  for (const name of names) {
    if (!(name in other)) return -1;
    const found = figuresOf((one as Record<string, unknown>)[name], (other as Record<string, unknown>)[name]);
    if (found < 0) return -1;
    count += found;
  }
  return count;
}

/** Counts what differs. */
export class Tally {
  compared = 0;

  constructor(
    readonly listed: Difference[],
    public count: number,
  ) {}

  /** Compare values of JSON; `where` and the path name a figure that differs. */
  compare(where: string, expected: unknown, found: unknown, path = ""): void {
    const same = figuresOf(expected, found);
    if (same >= 0) {
      this.compared += same;
      return;
    }
    if (typeof expected === "object" && expected !== null && typeof found === "object" && found !== null) {
      if (Array.isArray(expected) && Array.isArray(found)) {
        if (expected.length !== found.length) this.differ(where, `${path} length`, expected.length, found.length);
        for (let index = 0; index < Math.min(expected.length, found.length); index++) this.compare(where, expected[index], found[index], `${path}[${index}]`);
        return;
      }
      const [one, other] = [expected as Record<string, unknown>, found as Record<string, unknown>];
      for (const name of Object.keys(one)) this.compare(where, one[name], other[name], path ? `${path}.${name}` : name);
      for (const name of Object.keys(other)) if (!(name in one)) this.differ(where, path ? `${path}.${name}` : name, "nothing", other[name]);
      return;
    }
    this.compared++;
    this.differ(where, path, expected, found);
  }

  /** What was found, of a replay that began at a time. */
  outcome(replay: Replay, books: Books, began: number, onChain: boolean): Outcome {
    let settlements = 0;
    for (const each of replay.tournaments.values()) settlements += each.settlements;
    const seconds = (performance.now() - began) / 1000;
    return { differences: this.listed, count: this.count, compared: this.compared, settlements, events: replay.events, seconds, books, onChain };
  }

  private differ(where: string, what: string, expected: unknown, found: unknown): void {
    this.count++;
    if (this.listed.length < LISTED) this.listed.push({ where, what, expected: String(expected), found: String(found) });
  }
}
