// SPDX-License-Identifier: MIT
// What the views show, as a snapshot's files have it. Amounts are strings of wei; docs/page.md explains each field.
import type { Progress } from "./protocol";
import { send } from "./sending";

export const FORMAT = "nmr page snapshot";
export const VERSION = 3;

export interface Part {
  contract: string;
  address: string;
  block: number;
  arguments: Record<string, unknown>;
  code_hash: string;
}

export interface SuiteRecord {
  chain_id: number;
  network: string;
  first_block: number;
  parts: Record<string, Part>;
}

export interface Models {
  owners: string[];
  label: string[];
  owner: number[];
  at_risk: string[];
  waiting: string[];
  rounds: number[];
  primary: number[];
  contribution: number[];
  turnover: string[];
  payout: string[];
  streak: number[];
  idle: string[];
  target: string[];
  compound: number[];
}

export interface Terms {
  primary: string;
  contribution: string;
  clip: string;
  threshold: string;
  sealing_key: string;
  locks_at: string;
  resolves_at: string;
  expires_at: string;
  window: string;
}

export interface Round {
  id: number;
  terms: Terms;
  staked: string;
  locked: number;
  void: number;
  at_risk: string;
  factor: number;
  clip: string;
  granted: string;
  opened_list: string;
  root: string;
  chunks: number;
  evidence: string;
  final_at: number;
  submitted: number;
  opened_at: number;
  package: string;
  locked_at?: number;
  published_at?: number;
  proposed_at?: number;
  closed_at?: number;
  rewards: string;
  burns: string;
  idled: string;
  weight: string;
  settled: string;
  models: number;
  scored: number;
  primary: number;
  contribution: number;
  weighted_primary: string;
  weighted_contribution: string;
}

export interface Tournament {
  balance: string;
  idle: string;
  staked: string;
  rewards: string;
  burns: string;
  settlements: number;
  in_pools: string;
  pools: Pool[];
  paused_until: number;
  models: Models;
  rounds: Round[];
}

/** What a place of a pool holds: NMR in wei, and shares. */
export interface PlaceOfPool {
  round: number;
  epoch: number;
  value: string;
  mark: string;
  fees: string;
  entries: string;
  manager_entry: string;
  shares: string;
  manager_shares: string;
  exits: string;
  manager_exit: string;
}

/** Fee and skin have 4 decimals; `owed` is what waits for anyone, `credit` what of it is the manager's. */
export interface Pool {
  address: string;
  model: number;
  manager: string;
  fee: number;
  skin: number;
  owed: string;
  credit: string;
  backers: number;
  places: PlaceOfPool[];
}

/** Lot: number, block, time, stablecoin, reference price, end. Fill: lot, block, time, filler, paid, bought, price. */
export interface Buyback {
  paid: string;
  bought: string;
  left: string;
  ended: number;
  lots: [number, number, number, string, string, number][];
  fills: [number, number, number, string, string, string, string][];
}

/** Block, time, idle, at risk, waiting, supply, treasury, reserved, and all that people ever brought and took away. */
export type Sample = [number, number, string, string, string, string, string, string, string, string];

export interface Books {
  supply: string;
  burned: string;
  treasury: { balance: string; reserved: string };
  tournaments: Record<string, Tournament>;
  buybacks: Record<string, Buyback>;
  series: Sample[];
}

/** Dollars for an NMR as an integer, its decimals, when it was said (0 where nobody said), and the feed that said it (or ""). */
export type PriceSaid = [string, number, number, string];

export interface Summary {
  format: string;
  version: number;
  block: { number: number; hash: string; timestamp: number };
  price: PriceSaid | null;
  /** Live, why no feed says one. */
  no_price?: string;
  record: SuiteRecord;
  /** Of each buyback's stablecoin. */
  decimals: Record<string, number>;
  models_each: number;
  books: Books;
  log: { shards: number; addresses: string[] };
}

/** Round, stake, CORR, MMC, submitted, payout, kept. */
export type ModelRow = [number, string, number, number, number, string, string];
/** Model, stake, CORR, MMC, submitted, payout, kept. */
export type RoundRow = ModelRow;
/** Block, time, word, and what belongs to it. */
export type ModelEvent = [number, number, string, ...(string | number)[]];

export interface ModelHistory {
  events: ModelEvent[];
  positions: [number, string][];
  rounds: ModelRow[];
}

/** Place, holder, epoch, shares, round of the last ones, shares to leave, wei to enter, wei to claim. */
export type PoolHolding = [number, string, number, string, number, string, string, string];
/** Block, time, word, place, whose, wei, shares. */
export type PoolEvent = [number, number, string, number, string, string, string];

export interface PoolShard {
  holdings: PoolHolding[];
  events: PoolEvent[];
}

/** Block, index, transaction, number of the address, topics, data. */
export type LogRow = [number, number, string, number, string[], string];

export interface LogShard {
  blocks: [number, string, number][];
  logs: LogRow[];
}

/** What `nmr page` wrote beside the page: the only suite that it acts on. */
export interface Config {
  snapshot: string | null;
  node: string | null;
  any_node: boolean;
  record: SuiteRecord;
}

/** Where the views get what they show. */
export interface Source {
  kind: "snapshot" | "node";
  summary: Summary;
  history(tournament: string, model: number): Promise<ModelHistory>;
  rows(tournament: string, round: number): Promise<RoundRow[]>;
  pool(tournament: string, model: number): Promise<PoolShard>;
}

/** A file of JSON, compressed or already unpacked by the server. */
export async function readJson<T>(url: string): Promise<T> {
  const got = await send({ url: new URL(url, location.href).href });
  if (got.kind !== "answer") throw new Error(`${url} cannot be read: the server does not answer.`);
  if (!got.ok) throw new Error(`${url} cannot be read: the server answers ${got.status}.`);
  const bytes = new Uint8Array(got.bytes);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return JSON.parse(new TextDecoder().decode(bytes)) as T;
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return (await new Response(unpacked).json()) as T;
}

export class SnapshotSource implements Source {
  readonly kind = "snapshot";
  private readonly kept = new Map<string, Promise<unknown>>();

  private constructor(
    readonly folder: string,
    readonly summary: Summary,
  ) {}

  static async open(folder: string): Promise<SnapshotSource> {
    const summary = await readJson<Summary>(`${folder}/summary.json.gz`);
    if (summary.format !== FORMAT || summary.version !== VERSION) {
      throw new Error(`${folder} holds no snapshot that this page reads.`);
    }
    return new SnapshotSource(folder, summary);
  }

  async history(tournament: string, model: number): Promise<ModelHistory> {
    const each = this.summary.models_each;
    const shard = await this.read<ModelHistory[]>(`${tournament}/models-${Math.floor(model / each)}`);
    const found = shard[model % each];
    if (!found) throw new Error(`The snapshot has no history of model ${model}.`);
    return found;
  }

  async rows(tournament: string, round: number): Promise<RoundRow[]> {
    const known = this.summary.books.tournaments[tournament]?.rounds.find((each) => each.id === round);
    return known?.models || known?.scored ? this.read<RoundRow[]>(`${tournament}/round-${round}`) : [];
  }

  pool(tournament: string, model: number): Promise<PoolShard> {
    return this.read<PoolShard>(`${tournament}/pool-${model}`);
  }

  private read<T>(name: string): Promise<T> {
    let found = this.kept.get(name);
    if (!found) {
      found = readJson<T>(`${this.folder}/${name}.json.gz`);
      this.kept.set(name, found);
      // A failure may pass.
      found.catch(() => this.kept.delete(name));
    }
    return found as Promise<T>;
  }
}

export function progressOf(round: Round): Progress {
  return {
    locksAt: Number(round.terms.locks_at),
    resolvesAt: Number(round.terms.resolves_at),
    expiresAt: Number(round.terms.expires_at),
    locked: round.locked === 1,
    void: round.void === 1,
    published: !/^0x0*$/.test(round.opened_list),
    finalAt: round.final_at,
    staked: BigInt(round.staked),
  };
}

/** A constructor's argument of a recorded part that is a number. */
export function argument(part: Part, name: string): number {
  return Number(part.arguments[name]);
}
