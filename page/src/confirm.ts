// SPDX-License-Identifier: MIT
// What the replay of a log says beside what a node's chain holds at that block: code, words of the ledger, rounds, sums.
import { decodeFunctionResult, encodeFunctionData, keccak256, type Abi, type Hex } from "viem";
import abi from "./abi.json";
import type { Tally } from "./compare";
import { NoPrice, readFeed } from "./feed";
import { patiently, type Header, type Rpc } from "./node";
import { IDLE_ROW, POLICY_ROW, type Replay } from "./replay";
import type { PriceSaid, SuiteRecord } from "./snapshot";

const WORDS = 1_024;
/** For no feed. */
const NOBODY = `0x${"0".repeat(40)}`;

interface Asked {
  where: string;
  what: string;
  to: string;
  contract: keyof typeof abi;
  call: string;
  args: unknown[];
  /** Compare what the chain says; a figure that differs goes to the tally. */
  compare(found: never): void;
}

/** Compare the code of all parts with the record's hashes. */
export async function compareCodes(node: Rpc, record: SuiteRecord, at: unknown, tally: Tally): Promise<void> {
  const parts = Object.entries(record.parts);
  const codes = await patiently(() => node.askAll<Hex>("eth_getCode", parts.map(([, part]) => [part.address, at])));
  parts.forEach(([name, part], index) => tally.compare(name, part.code_hash, keccak256(codes[index]!), "hash of the code"));
}

/** Compare a price that a feed said with what it says at that block. */
export async function comparePrice(node: Rpc, price: PriceSaid | null, block: Header, tally: Tally): Promise<void> {
  if (!price?.[3]) return;
  try {
    tally.compare("price", await readFeed(node, price[3], block), price, `of the feed ${price[3]}`);
  } catch (error) {
    if (!(error instanceof NoPrice)) throw error;
    tally.compare("price", error.message, price.join(", "), `of the feed ${price[3]}`);
  }
}

/** Compare everything of the replay that the chain stores in words. */
export async function confirm(node: Rpc, record: SuiteRecord, replay: Replay, block: Header, tally: Tally): Promise<void> {
  const at = { blockHash: block.hash, requireCanonical: true };
  await compareCodes(node, record, at, tally);
  const asked = [...sums(record, replay, tally), ...lenses(record, replay, tally), ...ledgers(replay, tally), ...ofPools(replay, tally)];
  const calls = asked.map((each) => [{ to: each.to, data: encodeFunctionData({ abi: abi[each.contract] as Abi, functionName: each.call, args: each.args }) }, at]);
  const answers = await patiently(() => node.askAll<Hex>("eth_call", calls));
  asked.forEach((each, index) => {
    let found: unknown;
    try {
      found = decodeFunctionResult({ abi: abi[each.contract] as Abi, functionName: each.call, data: answers[index]! });
    } catch {
      tally.compare(each.where, "an answer of the contract", String(answers[index]).slice(0, 80), each.what);
      return;
    }
    each.compare(found as never);
  });
}

function sums(record: SuiteRecord, replay: Replay, tally: Tally): Asked[] {
  const found: Asked[] = [];
  const one = (where: string, contract: keyof typeof abi, to: string, call: string, args: unknown[], what: string, expected: bigint): void => {
    found.push({ where, what, to, contract, call, args, compare: (value: bigint) => tally.compare(where, String(expected), String(value), what) });
  };
  const named = (contract: string): [string, string][] => Object.entries(record.parts).filter(([, part]) => part.contract === contract).map(([name, part]) => [name, part.address]);
  const [[tokenName, token] = ["", ""]] = named("Numeraire");
  one(tokenName, "Numeraire", token, "totalSupply", [], "supply", replay.supply);
  for (const [name, treasury] of named("Treasury")) {
    one(name, "Numeraire", token, "balanceOf", [treasury], "NMR of the treasury", replay.balances.get(treasury) ?? 0n);
    one(name, "Treasury", treasury, "reserved", [], "reserved", replay.reserved);
  }
  for (const [name, books] of replay.tournaments) {
    one(name, "Numeraire", token, "balanceOf", [books.address], "NMR of the tournament", replay.balances.get(books.address) ?? 0n);
    one(name, "Tournament", books.address, "model_count", [], "models", BigInt(books.modelCount));
    one(name, "Tournament", books.address, "last_opened", [], "round opened last", BigInt(books.lastOpened));
    one(name, "Tournament", books.address, "idle_total", [], "idle", books.idleTotal * 10n ** 9n);
  }
  return found;
}

/** TVL and its parts, as the lens adds them up. */
function lenses(record: SuiteRecord, replay: Replay, tally: Tally): Asked[] {
  const books = [...replay.tournaments.values()];
  const compare = (where: string) => (told: { tvl: bigint; escrows: readonly Record<string, unknown>[] }): void => {
    let tvl = 0n;
    for (const [index, each] of books.entries()) {
      const { idle, atRisk, waiting } = each.parts();
      const balance = replay.balances.get(each.address) ?? 0n;
      tvl += idle + atRisk + waiting;
      for (const [name, value] of Object.entries({ tournament: each.address, models: each.modelCount, balance, idle, at_risk: atRisk, waiting })) {
        tally.compare(where, String(value), String(told.escrows[index]?.[name]), `${each.address}: ${name}`);
      }
    }
    tally.compare(where, String(tvl), String(told.tvl), "TVL");
  };
  const lens = Object.entries(record.parts).filter(([, part]) => part.contract === "Lens");
  return lens.map(([where, { address }]) => ({ where, what: "figures", to: address, contract: "Lens", call: "figures_of", args: [books.map((each) => each.address), NOBODY], compare: compare(where) }));
}

function ledgers(replay: Replay, tally: Tally): Asked[] {
  const found: Asked[] = [];
  for (const [where, books] of replay.tournaments) {
    const groups = Math.ceil(books.modelCount / 4);
    const rows = [...Array.from({ length: books.ring }, (_, place) => place), IDLE_ROW, POLICY_ROW];
    for (const row of rows) {
      for (let first = 0; first < groups; first += WORDS) {
        const count = Math.min(WORDS, groups - first);
        const what = `words of row ${row}`;
        const compare = (words: readonly bigint[]): void => {
          for (let group = first; group < first + count; group++) {
            const word = words[group - first] ?? -1n;
            tally.compare(where, String(books.word(row, group)), String(row < IDLE_ROW ? bare(word) : word), `row ${row}, models ${4 * group} to ${4 * group + 3}`);
          }
        };
        found.push({ where, what, to: books.address, contract: "Tournament", call: "words", args: [BigInt(row), BigInt(first), BigInt(count)], compare });
      }
    }
    for (const [id, round] of books.rounds) {
      const expected = {
        staked: (books.staked.get(id) ?? 0n) * 10n ** 9n, locked: round.locked, void: round.void, at_risk: round.atRisk * 10n ** 9n, factor: round.factor, clip: round.clip,
        granted: round.granted, opened_list: round.openedList, root: round.root, chunks: BigInt(round.chunks), evidence: round.evidence, final_at: BigInt(round.finalAt),
      };
      const compare = (told: Record<string, unknown>): void => {
        for (const [name, value] of Object.entries(expected)) tally.compare(where, String(value), String(told[name]), `round ${id}: ${name}`);
        for (const [name, value] of Object.entries(round.terms)) tally.compare(where, String(value), String((told["terms"] as Record<string, unknown>)[name]), `round ${id}: ${name}`);
      };
      found.push({ where, what: `round ${id}`, to: books.address, contract: "Tournament", call: "round_info", args: [BigInt(id)], compare });
    }
  }
  return found;
}

/** A word whose lanes are all 0 belongs to no round, whatever its tag says. */
function bare(word: bigint): bigint {
  return word & ((1n << 240n) - 1n) ? word : 0n;
}

function ofPools(replay: Replay, tally: Tally): Asked[] {
  const found: Asked[] = [];
  for (const [name, books] of replay.tournaments) {
    for (const pool of books.pools.values()) {
      const where = `${name}, pool of model ${pool.model}`;
      const shown = pool.content();
      for (const call of ["owed", "credit"] as const) {
        found.push({ where, what: call, to: pool.address, contract: "Pool", call, args: [], compare: (value: bigint) => tally.compare(where, shown[call], String(value), call) });
      }
      shown.places.forEach((place, number) => {
        const told: Record<string, string> = {
          value: place.value, epoch: String(place.epoch), shares: place.shares, manager_shares: place.manager_shares, mark: place.mark, fees: place.fees,
          exit_orders: place.exits, entry_orders: place.entries, manager_exit: place.manager_exit, manager_entry: place.manager_entry,
        };
        const compare = (view: Record<string, unknown>): void => {
          for (const [field, value] of Object.entries(told)) tally.compare(where, value, String(view[field]), `place ${number}: ${field}`);
        };
        found.push({ where, what: `place ${number}`, to: pool.address, contract: "Pool", call: "place_view", args: [BigInt(number)], compare });
      });
    }
  }
  return found;
}
