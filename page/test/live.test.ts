// SPDX-License-Identifier: MIT
// The log of the fixture, from a node that limits, reorganises or is of another chain.
import { expect, test } from "vitest";
import { logsOf } from "../src/compare";
import type { RawLog } from "../src/decode";
import { Follower, type Kept, type Part } from "../src/live";
import { NodeFailed, type Rpc } from "../src/node";
import type { LogShard, Summary } from "../src/snapshot";
import { file, summary, type History } from "./fixture";

const nobody = (): void => undefined;

/** A node with the log of a snapshot. */
class Fake implements Rpc {
  readonly url = "http://fake";
  limit = Infinity;
  fork = "";
  chain: number;
  asked: [number, number][] = [];
  private readonly logs: RawLog[];

  constructor(private readonly of: Summary, history: History) {
    this.chain = of.record.chain_id;
    this.logs = [...logsOf(file<LogShard>("log-0", history), of.log.addresses)];
  }

  ask<T>(method: string, params: unknown[]): Promise<T> {
    return Promise.resolve().then(() => this.answer(method, params) as T);
  }

  askAll<T>(method: string, params: unknown[][]): Promise<T[]> {
    return Promise.all(params.map((each) => this.ask<T>(method, each)));
  }

  private answer(method: string, params: unknown[]): unknown {
    if (method === "eth_chainId") return `0x${this.chain.toString(16)}`;
    if (method === "eth_getBlockByNumber") {
      const number = params[0] === "latest" ? this.of.block.number : Number(params[0]);
      const time = this.logs.filter((log) => log.block <= number).at(-1)?.time ?? 0;
      return { number: `0x${number.toString(16)}`, hash: `${number}${this.fork}`, timestamp: `0x${time.toString(16)}` };
    }
    const { address, fromBlock, toBlock } = params[0] as { address: string[]; fromBlock: string; toBlock: string };
    const [first, last] = [Number(fromBlock), Number(toBlock)];
    if (last - first >= this.limit) throw new NodeFailed("too many", true);
    this.asked.push([first, last]);
    const wanted = new Set(address.map((each) => each.toLowerCase()));
    return this.logs.filter((log) => log.block >= first && log.block <= last && wanted.has(log.address.toLowerCase())).map((log) => ({
      // Nodes write addresses in lower case.
      address: log.address.toLowerCase(), topics: log.topics, data: log.data, blockNumber: `0x${log.block.toString(16)}`, blockHash: "", logIndex: `0x${log.index.toString(16)}`,
      transactionHash: log.transaction,
    }));
  }
}

class Memory implements Kept {
  readonly parts = new Map<number, Part>();
  all = (): Promise<Part[]> => Promise.resolve([...this.parts.values()]);
  put = (part: Part): Promise<void> => Promise.resolve(void this.parts.set(part.first, part));
  drop = (part: Part): Promise<void> => Promise.resolve(void this.parts.delete(part.first));
}

test.each<[History, number]>([[".", Infinity], [".", 3], ["pools", Infinity], ["pools", 1]])("following, of the history in %s in ranges of %d, gives the snapshot's books", async (history, limit) => {
  const of = summary(history);
  const node = Object.assign(new Fake(of, history), { limit });
  const follower = new Follower(node, of.record, new Memory());
  await follower.follow(nobody);

  expect(follower.summary().books).toEqual(of.books);
  expect(follower.replay.differences).toEqual([]);
  expect(follower.summary().block).toEqual({ number: of.block.number, hash: String(of.block.number), timestamp: expect.any(Number) as number });
});

test("following, with parts that are kept, reads none of them again", async () => {
  const of = summary("pools");
  const node = Object.assign(new Fake(of, "pools"), { limit: 8 });
  const kept = new Memory();
  await new Follower(node, of.record, kept).follow(nobody);
  node.asked = [];
  const again = new Follower(node, of.record, kept);
  await again.follow(nobody);

  expect(node.asked).toEqual([]);
  expect(again.summary().books).toEqual(of.books);
});

test("following, with parts of a chain that was reorganised, reads all again", async () => {
  const of = summary("pools");
  const node = Object.assign(new Fake(of, "pools"), { limit: 8 });
  const kept = new Memory();
  await new Follower(node, of.record, kept).follow(nobody);
  Object.assign(node, { asked: [], fork: "b" });
  const again = new Follower(node, of.record, kept);
  await again.follow(nobody);

  expect(node.asked[0]![0]).toBe(of.record.first_block);
  expect(again.summary().books).toEqual(of.books);
  expect([...kept.parts.values()].every((part) => part.hash.endsWith("b"))).toBe(true);
});

test("following on, after a reorganisation of what was read, begins anew", async () => {
  const of = summary(".");
  const node = new Fake(of, ".");
  const follower = new Follower(node, of.record, new Memory());
  await follower.follow(nobody);
  node.fork = "b";
  await follower.follow(nobody);

  expect(follower.summary().books).toEqual(of.books);
});

test("following, on another chain, says which", async () => {
  const of = summary(".");
  const node = Object.assign(new Fake(of, "."), { chain: 1 });

  await expect(new Follower(node, of.record, new Memory()).follow(nobody)).rejects.toThrow("The suite is on chain 31337, and this node serves chain 1.");
});

test("following, of a chain that changes meanwhile, says so", async () => {
  const of = summary(".");
  const node = Object.assign(new Fake(of, "."), { limit: 8 });
  const told = (_: string, done: number): void => { if (done > 8) node.fork = "b"; };

  await expect(new Follower(node, of.record, new Memory()).follow(told)).rejects.toThrow("The chain was reorganised while it was read. Read again.");
});
