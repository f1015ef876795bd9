// SPDX-License-Identifier: MIT
// The log of a suite from a node: in ranges that it allows, kept by the hashes of its blocks, and replayed.
import { toFunctionSelector } from "viem";
import { decodersOf, type RawLog } from "./decode";
import { readPrice } from "./feed";
import { Replay, partsOf } from "./replay";
import { headerOf, hex, NodeFailed, patiently, type Header, type Rpc } from "./node";
import { FORMAT, VERSION, type PriceSaid, type SuiteRecord, type Summary } from "./snapshot";

const FIRST_RANGE = 1_000;
const LARGEST_RANGE = 100_000;
const MANY_LOGS = 10_000;
const DECIMALS = toFunctionSelector("decimals()");

/** The logs of a range of blocks, which is the chain's as long as the hash is that of its last block. */
export interface Part {
  first: number;
  last: number;
  hash: string;
  logs: RawLog[];
}

/** Where parts are kept; nobody relies on it. */
export interface Kept {
  all(): Promise<Part[]>;
  put(part: Part): Promise<void>;
  drop(part: Part): Promise<void>;
}

export type Told = (what: string, done: number, total: number) => void;

interface NodeLog {
  address: string;
  topics: string[];
  data: string;
  blockNumber: string;
  blockHash: string;
  logIndex: string;
  transactionHash: string;
  blockTimestamp?: string;
}

/** What a node serves of a suite, followed to a block. */
export class Follower {
  replay: Replay;
  head: Header | undefined;
  /** All logs, where they are compared with those of a snapshot. */
  readonly logs: RawLog[] = [];
  private decimals: Record<string, number> = {};
  /** What the feeds of the buybacks say at that block. */
  said: { price: PriceSaid | null; why: string } = { price: null, why: "" };
  private readonly addresses: string[];
  private readonly pools: string[] = [];
  private readonly created: string;

  constructor(private readonly node: Rpc, private readonly record: SuiteRecord, private readonly kept: Kept, private readonly keepsLogs = false) {
    this.replay = new Replay(record);
    this.addresses = partsOf(record).map(([, part]) => part.address);
    this.created = [...decodersOf("PoolFactory")].find(([, decoder]) => decoder.name === "PoolCreated")![0];
  }

  /** Read and replay to a block, the latest if left out. */
  async follow(told: Told, to?: number): Promise<Header> {
    await this.requireChain();
    const target = await headerOf(this.node, to ?? "latest");
    if (target.number < this.record.first_block) throw new NodeFailed(`At block ${target.number} the suite was not there yet.`, true);
    if (this.head && (await headerOf(this.node, this.head.number)).hash !== this.head.hash) this.restart();
    const start = this.record.first_block;
    let next = this.head ? this.head.number + 1 : start;
    const report = (): void => told("blocks read", next - start, target.number - start + 1);
    report();
    if (!this.head) {
      for (const part of await this.stored(target.number)) {
        this.apply(part.logs);
        next = part.last + 1;
      }
      report();
    }
    let size = FIRST_RANGE;
    while (next <= target.number) {
      const last = Math.min(next + size - 1, target.number);
      let logs: RawLog[];
      try {
        logs = await this.range(next, last);
      } catch (error) {
        if (!(error instanceof NodeFailed) || last === next) throw error;
        size = Math.max(1, Math.floor((last - next + 1) / 2));
        continue;
      }
      const { hash } = last === target.number ? target : await headerOf(this.node, last);
      await this.kept.put({ first: next, last, hash, logs });
      this.apply(logs);
      next = last + 1;
      size = logs.length > MANY_LOGS ? Math.max(1, Math.floor(size / 2)) : Math.min(2 * size, LARGEST_RANGE);
      report();
    }
    this.said = await readPrice(this.node, this.record, target);
    if ((await headerOf(this.node, target.number)).hash !== target.hash) {
      this.restart();
      throw new NodeFailed("The chain was reorganised while it was read. Read again.", true);
    }
    this.decimals = await this.readDecimals();
    return (this.head = target);
  }

  summary(): Summary {
    const { number, hash, timestamp } = this.head!;
    return {
      format: FORMAT, version: VERSION, block: { number, hash, timestamp }, price: this.said.price, no_price: this.said.why, record: this.record, decimals: this.decimals,
      models_each: 32, books: this.replay.content(), log: { shards: 0, addresses: [] },
    };
  }

  private restart(): void {
    this.replay = new Replay(this.record);
    this.head = undefined;
    this.logs.length = 0;
    this.pools.length = 0;
  }

  private async requireChain(): Promise<void> {
    const chain = Number(await patiently(() => this.node.ask<string>("eth_chainId", [])));
    if (chain !== this.record.chain_id) throw new NodeFailed(`The suite is on chain ${this.record.chain_id}, and this node serves chain ${chain}.`, true);
  }

  private apply(logs: RawLog[]): void {
    for (const log of logs) {
      this.notePool(log);
      this.replay.apply(log);
      if (this.keepsLogs) this.logs.push(log);
    }
  }

  private notePool(log: RawLog): void {
    if (log.topics[0] === this.created && log.topics[1]) this.pools.push(`0x${log.topics[1].slice(26)}`);
  }

  /** Of each buyback's stablecoin, which the record does not have. */
  private async readDecimals(): Promise<Record<string, number>> {
    const parts = Object.entries(this.record.parts).filter(([, part]) => part.contract === "Buyback");
    const calls = parts.map(([, part]) => [{ to: part.arguments["stablecoin"], data: DECIMALS }, "latest"]);
    const found = await patiently(() => this.node.askAll<string>("eth_call", calls));
    return Object.fromEntries(parts.map(([name], index) => [name, Number(found[index])]));
  }

  /** Parts from the beginning that are still the chain's; all others are dropped. */
  private async stored(last: number): Promise<Part[]> {
    const parts = (await this.kept.all()).sort((one, other) => one.first - other.first);
    const found: Part[] = [];
    for (const part of parts) {
      if (part.first !== (found.at(-1)?.last ?? this.record.first_block - 1) + 1 || part.last > last) break;
      found.push(part);
    }
    // A block's hash stands for all before it.
    while (found.length && (await headerOf(this.node, found.at(-1)!.last)).hash !== found.at(-1)!.hash) found.pop();
    for (const part of parts) if (!found.includes(part) && part.last <= last) await this.kept.drop(part);
    return found;
  }

  /** The logs of a range, those of pools that it created too. */
  private async range(first: number, last: number): Promise<RawLog[]> {
    let found = await this.ask([...this.addresses, ...this.pools], first, last);
    const known = new Set(this.pools);
    const fresh = found.filter((log) => log.topics[0] === this.created && log.topics[1]).map((log) => `0x${log.topics[1]!.slice(26)}`).filter((pool) => !known.has(pool));
    if (fresh.length) found = [...found, ...(await this.ask(fresh, first, last))];
    const times = await this.timesOf(found);
    const logs = found.map((log): RawLog => ({
      block: Number(log.blockNumber), index: Number(log.logIndex), transaction: log.transactionHash, address: log.address, topics: log.topics, data: log.data,
      time: times.get(log.blockNumber)!,
    }));
    return logs.sort((one, other) => one.block - other.block || one.index - other.index);
  }

  private ask(address: string[], first: number, last: number): Promise<NodeLog[]> {
    const asked = [{ address, fromBlock: hex(first), toBlock: hex(last) }];
    const act = (): Promise<NodeLog[]> => this.node.ask<NodeLog[]>("eth_getLogs", asked);
    // A longer range that is not answered is halved instead.
    return first === last ? patiently(act) : act();
  }

  private async timesOf(logs: NodeLog[]): Promise<Map<string, number>> {
    const times = new Map<string, number>();
    for (const log of logs) if (log.blockTimestamp) times.set(log.blockNumber, Number(log.blockTimestamp));
    const blocks = [...new Set(logs.map((log) => log.blockNumber))].filter((block) => !times.has(block));
    const headers = await patiently(() => this.node.askAll<{ timestamp: string } | null>("eth_getBlockByNumber", blocks.map((block) => [block, false])));
    blocks.forEach((block, index) => {
      const header = headers[index];
      if (!header) throw new NodeFailed(`The node has no block ${Number(block)}.`, true);
      times.set(block, Number(header.timestamp));
    });
    return times;
  }
}
