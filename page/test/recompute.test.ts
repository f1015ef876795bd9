// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { recompute, logsOf, type Outcome } from "../src/compare";
import { verdict } from "../src/check";
import { decodersOf } from "../src/decode";
import type { LogShard, ModelHistory, PoolShard, RoundRow, Summary } from "../src/snapshot";
import { decodeEventLog, type Abi, type Hex } from "viem";
import abi from "../src/abi.json";
import { audit, changed, summary, type History } from "./fixture";

const nobody = (): void => undefined;
const outcome = (changes = {}, of: Summary = summary()): Promise<Outcome> => recompute(of, changed(changes), nobody);
const found = (each: Outcome): string[][] => each.differences.map(({ where, what, expected, found: other }) => [where, what, expected, other]);

const topicOf = (name: string, contract: "Tournament" | "Pool" = "Tournament"): string => [...decodersOf(contract)].find(([, decoder]) => decoder.name === name)![0];

test.each<History>([".", "pools", "deserted"])("recompute, of the true snapshot in %s, finds no difference and the figures of the audit", async (history) => {
  const { books, count, differences, settlements, compared } = await recompute(summary(history), changed({}, history), nobody);
  const report = audit(history);

  expect(differences).toEqual([]);
  expect(count).toBe(0);
  expect(compared).toBeGreaterThan(200);
  expect(settlements).toBe(report.settlements);
  expect({ supply: books.supply, burned: books.burned, treasury: books.treasury }).toEqual({
    supply: report.figures.supply, burned: report.figures.burned, treasury: report.figures.treasury,
  });
  for (const [name, figures] of Object.entries(report.figures.tournaments)) {
    const { balance, idle, staked, rewards, burns, models, rounds, in_pools, pools } = books.tournaments[name]!;
    expect({ balance, idle, staked, rewards, burns, in_pools, models: models.label.length, rounds: rounds.length, pools: pools.length }).toEqual(figures);
  }
});

const ofPools = (changes = {}, of: Summary = summary("pools")): Promise<Outcome> => recompute(of, changed(changes, "pools"), nobody);

test("recompute, of a holding changed in a pool's shard, names it", async () => {
  const each = await ofPools({ "classic/pool-1": (shard: PoolShard) => { shard.holdings[0]![7] = "1"; } });

  expect(found(each)).toHaveLength(1);
  expect(found(each)[0]!.slice(0, 2)).toEqual(["classic, pool of model 1", "holdings[0][7]"]);
});

test.each<[string, number, string]>([
  ["EntryOrdered", 0, "batch of the order"],
  ["EntryCancelled", 0, "amount of the order"],
  ["ExitCancelled", 0, "shares of the order"],
  ["Booked", 0, "value"],
  ["Booked", 1, "fee"],
  ["Booked", 2, "shares"],
  ["ExitsRun", 1, "value"],
  ["ExitsRun", 3, "paid"],
  ["ExitsRun", 5, "manager paid"],
  ["EpochEnded", 0, "value"],
  ["EpochEnded", 3, "manager paid"],
  ["EntriesRun", 3, "used"],
  ["EntriesRun", 4, "shares"],
  ["Claimed", 1, "paid"],
  ["ManagerPaid", 0, "paid to the manager"],
])("recompute, of %s with another word %i, says that the %s differs", async (name, word, what) => {
  const topic = topicOf(name, "Pool");
  const each = await ofPools({
    "log-0": (shard: LogShard) => {
      const log = shard.logs.find((row) => row[4][0] === topic)!;
      const at = 2 + 64 * word;
      log[5] = log[5].slice(0, at) + (BigInt(`0x${log[5].slice(at, at + 64)}`) + 1n).toString(16).padStart(64, "0") + log[5].slice(at + 64);
    },
  });

  expect(found(each).map((difference) => difference[1])).toContain(what);
});

test.each(["EntriesRun", "ExitsRun"])("recompute, of a log without %s, says that stake moved without it", async (name) => {
  const topic = topicOf(name, "Pool");
  const each = await ofPools({ "log-0": (shard: LogShard) => { shard.logs.splice(shard.logs.findIndex((row) => row[4][0] === topic), 1); } });

  const kind = name === "EntriesRun" ? "stake that no entry accounts for" : "stake that left, and that no exit accounts for";
  expect(found(each).map(([, what]) => what)).toContain(kind);
});

test("recompute, of a payout changed in a model's shard, names model, round and both figures", async () => {
  const each = await outcome({ "classic/models-0": (models: ModelHistory[]) => { models[1]!.rounds[0]![5] = "-1"; } });

  expect(found(each)).toEqual([["classic, model 1", "rounds[0][5]", "-666666666000000000", "-1"]]);
  expect(verdict(each, undefined)).toBe("1 figure differs.");
});

test("recompute, of a payout changed in a round's shard, names it", async () => {
  const each = await outcome({ "classic/round-1": (rows: RoundRow[]) => { rows[0]![5] = "1"; } });

  expect(found(each)).toEqual([["classic, round 1", "[0][5]", "666666666000000000", "1"]]);
});

test("recompute, of a TVL changed in the summary, names it", async () => {
  const false_ = summary();
  false_.books.tournaments["classic"]!.idle = "7";

  expect(found(await outcome({}, false_)).map((each) => each.slice(0, 2))).toEqual([["summary", "tournaments.classic.idle"]]);
});

test("recompute, of a changed score word, finds that the settlement's sums do not follow from it", async () => {
  const settled = topicOf("Settled");
  const each = await outcome({
    "log-0": (shard: LogShard) => {
      const log = shard.logs.find((row) => row[4][0] === settled)!;
      log[5] = log[5].replace("0f4240", "0f4241");
    },
  });

  expect(each.count).toBeGreaterThan(0);
  expect(found(each).some(([where, what]) => where!.startsWith("classic, block") && what === "rewards")).toBe(true);
});

test("recompute, of a log without a deposit, says what cannot follow", async () => {
  const deposited = topicOf("Deposited");
  const each = await outcome({ "log-0": (shard: LogShard) => { shard.logs.splice(shard.logs.findIndex((row) => row[4][0] === deposited), 1); } });

  expect(found(each).map(([, what]) => what)).toContain("amount entered");
});

test.each<History>([".", "pools", "deserted"])("the decoder, of every log in %s, gives what viem gives", (history) => {
  const { log, record } = summary(history);
  const shard = changed({}, history)<LogShard>("log-0");
  const contracts = new Map(Object.values(record.parts).map((part) => [part.address, part.contract as keyof typeof abi]));
  return shard.then((content) => {
    for (const each of logsOf(content, log.addresses)) {
      const contract = contracts.get(each.address) ?? "Pool";
      const decoder = decodersOf(contract).get(each.topics[0]!)!;
      const other = decodeEventLog({ abi: abi[contract] as Abi, data: each.data as Hex, topics: each.topics as [Hex, ...Hex[]] });
      expect(decoder.name).toBe(other.eventName);
      expect(decoder.decode(each)).toEqual(other.args ?? {});
    }
  });
});

test("the verdict says that something is on the chain by a node of one's own alone", () => {
  expect(verdict({ count: 0 }, undefined)).toBe("The snapshot is consistent with itself. That does not show that it is on the chain.");
  expect(verdict({ count: 0 }, { node: "http://n", own: true })).toBe("Everything shown is on the chain, as your own node tells it.");
  expect(verdict({ count: 0 }, { node: "http://n", own: false })).toBe(
    "Everything shown agrees with http://n, a node that this page names. Only a node of your own tells what is on the chain.");
  expect(verdict({ count: 2 }, { node: "http://n", own: true })).toBe("2 figures differ.");
});
