// SPDX-License-Identifier: MIT
// What takes long, off the page's thread: the replay of a snapshot, and the reading of a node.
import { Cache } from "./cache";
import { compareLogs, reader, recompute, Tally, type Outcome } from "./compare";
import { comparePrice, confirm } from "./confirm";
import { Follower } from "./live";
import { headerOf, Node, NodeFailed } from "./node";
import { sendBy, type Got, type Sent } from "./sending";
import type { ModelHistory, PoolShard, RoundRow, SuiteRecord, Summary } from "./snapshot";

/** `node` in `recompute` is whose chain the snapshot is compared with. */
export type Asked =
  | { kind: "recompute"; folder: string; summary: Summary; node?: string }
  | { kind: "follow"; node: string; record: SuiteRecord }
  | { kind: "confirm" }
  | { kind: "history" | "rows" | "pool"; tournament: string; number: number };

export interface Replies {
  recompute: Outcome;
  follow: Summary;
  confirm: Outcome;
  history: ModelHistory;
  rows: RoundRow[];
  pool: PoolShard;
}

export type Answer =
  | { id: number; kind: "send"; sent: Sent }
  | { id: number; kind: "progress"; what: string; done: number; total: number }
  | { id: number; kind: "done"; value: unknown }
  | { id: number; kind: "failed"; message: string };

const post = (answer: Answer): void => postMessage(answer);
let node: Node;
let record: SuiteRecord;
let follower: Follower | undefined;

const sending = new Map<number, (got: Got) => void>();
let count = 0;
sendBy((sent) => new Promise((resolve) => {
  sending.set(++count, resolve);
  post({ id: count, kind: "send", sent });
}));

addEventListener("message", (event: MessageEvent<{ id: number; asked: Asked } | { id: number; got: Got }>) => {
  if ("got" in event.data) {
    sending.get(event.data.id)!(event.data.got);
    sending.delete(event.data.id);
    return;
  }
  const { id, asked } = event.data;
  const told = (what: string, done: number, total: number): void => post({ id, kind: "progress", what, done, total });
  answer(asked, told).then(
    (value) => post({ id, kind: "done", value }),
    (error: unknown) => post({ id, kind: "failed", message: error instanceof Error ? error.message : String(error) }),
  );
});

async function answer(asked: Asked, told: (what: string, done: number, total: number) => void): Promise<Replies[keyof Replies]> {
  switch (asked.kind) {
    case "recompute": {
      const outcome = await recompute(asked.summary, reader(asked.folder), told);
      return asked.node === undefined ? outcome : onChain(asked.node, asked.folder, asked.summary, outcome, told);
    }
    case "follow":
      if (!follower) {
        node = new Node(asked.node);
        record = asked.record;
        follower = new Follower(node, record, await Cache.open(asked.node, record));
      }
      await follower.follow(told);
      return follower.summary();
    case "confirm":
      return confirmed();
    case "history":
      return following().replay.tournaments.get(asked.tournament)!.history(asked.number);
    case "rows":
      return following().replay.tournaments.get(asked.tournament)!.rowsOf(asked.number);
    case "pool":
      return following().replay.tournaments.get(asked.tournament)!.pools.get(asked.number)!.shard();
  }
}

function following(): Follower {
  if (!follower?.head) throw new Error("Nothing was read from a node.");
  return follower;
}

/** The replay of the node's own log beside the words of its chain. */
async function confirmed(): Promise<Outcome> {
  const began = performance.now();
  const { replay, head, said } = following();
  const books = replay.content();
  const tally = new Tally(replay.differences.slice(), replay.differenceCount);
  await confirm(node, record, replay, head!, tally);
  await comparePrice(node, said.price, head!, tally);
  return tally.outcome(replay, books, began, true);
}

/** A snapshot that was recomputed beside the chain of a node: its block, its log, and the words after it. */
async function onChain(url: string, folder: string, summary: Summary, outcome: Outcome, told: (what: string, done: number, total: number) => void): Promise<Outcome> {
  const began = performance.now();
  const of = new Node(url);
  const { block } = summary;
  const tally = new Tally(outcome.differences, outcome.count);
  tally.compared = outcome.compared;
  const found = await headerOf(of, block.number);
  if (found.hash !== block.hash) throw new NodeFailed(`The node's block ${block.number} is ${found.hash}, and the snapshot's is ${block.hash}: it is of another chain, or the chain was reorganised.`, true);
  tally.compare("block", found.timestamp, block.timestamp, "time");
  const read = new Follower(of, summary.record, await Cache.open(url, summary.record), true);
  await read.follow(told, block.number);
  await compareLogs(read.logs, summary, reader(folder), tally);
  await confirm(of, summary.record, read.replay, found, tally);
  await comparePrice(of, summary.price, found, tally);
  return { ...outcome, differences: tally.listed, count: tally.count, compared: tally.compared, seconds: outcome.seconds + (performance.now() - began) / 1000, onChain: true };
}
