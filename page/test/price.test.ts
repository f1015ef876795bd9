// SPDX-License-Identifier: MIT
// The price from feeds that answer, lie or fail; and which price dollars are counted by.
import { toFunctionSelector } from "viem";
import { expect, test } from "vitest";
import { verdict } from "../src/check";
import { Tally } from "../src/compare";
import { comparePrice } from "../src/confirm";
import { feedsOf, readFeed, readPrice } from "../src/feed";
import { NodeFailed, type Header, type Rpc } from "../src/node";
import { dollars, parsePrice, priceOf, priceWords, whyNone } from "../src/price";
import type { Buyback, Part, PriceSaid, SuiteRecord, Summary } from "../src/snapshot";

const [FEED, OTHER] = [`0x${"11".repeat(20)}`, `0x${"22".repeat(20)}`];
const BLOCK: Header = { number: 57, hash: "0x57", timestamp: 1_000_000 };
const DECIMALS = toFunctionSelector("decimals()");

const word = (value: bigint): string => BigInt.asUintN(256, value).toString(16).padStart(64, "0");
/** Round, answer, updated at, answered in, decimals. */
type Told = [bigint, bigint, bigint, bigint, bigint];
const HONEST: Told = [7n, 1_250_000_000n, 999_820n, 7n, 8n];

/** A node whose feeds say what they are told, or whatever an answer is. */
function node(feeds: Record<string, Told | Error | string>): Rpc & { calls: unknown[] } {
  const calls: unknown[] = [];
  const ask = <T>(method: string, params: unknown[]): Promise<T> => Promise.resolve().then(() => {
    calls.push([method, params[1]]);
    const { to, data } = params[0] as { to: string; data: string };
    const told = feeds[to]!;
    if (told instanceof Error) throw told;
    if (!Array.isArray(told)) return told as T;
    const [round, answer, updatedAt, answeredIn, decimals] = told;
    return `0x${(data === DECIMALS ? [decimals] : [round, answer, updatedAt, updatedAt, answeredIn]).map(word).join("")}` as T;
  });
  return { url: "http://fake", calls, ask, askAll: (method, params) => Promise.all(params.map((each) => ask(method, each))) as never };
}

const part = (contract: string, address: string, args: Record<string, unknown> = {}): Part => ({ contract, address, block: 1, arguments: args, code_hash: "" });
const record = (parts: Record<string, Part>): SuiteRecord => ({ chain_id: 1, network: "test", first_block: 1, parts });
const buyback = (feed: unknown): Part => part("Buyback", `0x${"33".repeat(20)}`, { feed, programme: { max_age: 86_400 } });
const SUITE = record({ buyback: buyback(FEED), "buyback-feed": part("SettableFeed", FEED) });

test("a feed, at a block, is asked for that block and says its price and when", async () => {
  const asked = node({ [FEED]: HONEST });

  expect(await readFeed(asked, FEED, BLOCK)).toEqual(["1250000000", 8, 999_820, FEED]);
  expect(asked.calls).toEqual([["eth_call", "0x39"], ["eth_call", "0x39"]]);
});

test.each<[string, Told | Error | string, string]>([
  ["that reverts", new NodeFailed("execution reverted", true), "gives no answer"],
  ["that reverts with a reason", new NodeFailed("The node refuses eth_call: execution reverted: twap: window is not over.", true), "gives no answer: twap: window is not over"],
  ["that reverts with a hostile reason", new NodeFailed("The node refuses eth_call: execution reverted: \u202eevil.", true), "gives no answer"],
  ["whose node is silent", new NodeFailed("no answer within 20 s", false), "gives no answer"],
  ["that is no contract", "0x", "gives no answer that is a price"],
  ["that says less", `0x${"0".repeat(256)}`, "gives no answer that is a price"],
  ["that says no hex", `0x${"z".repeat(320)}`, "gives no answer that is a price"],
  ["that says no string", {} as unknown as string, "gives no answer that is a price"],
  ["of 0", [7n, 0n, 999_820n, 7n, 8n], "says a price that is not positive"],
  ["below 0", [7n, -1n, 999_820n, 7n, 8n], "says a price that is not positive"],
  ["of a round without an end", [7n, 1n, 0n, 7n, 8n], "says a price of a round that is not complete"],
  ["of an earlier round", [7n, 1n, 999_820n, 6n, 8n], "says a price of a round that is not complete"],
  ["from the future", [7n, 1n, 1_000_001n, 7n, 8n], "says a price from the future"],
  ["of too many decimals", [7n, 1n, 999_820n, 7n, 37n], "says a price that is too large to be one"],
  ["above a billion dollars", [7n, 10n ** 17n + 1n, 999_820n, 7n, 8n], "says a price that is too large to be one"],
])("a feed %s has no price", async (_, told, why) => {
  await expect(readFeed(node({ [FEED]: told }), FEED, BLOCK)).rejects.toThrow(new RegExp(`^${why}$`));
  expect(await readPrice(node({ [FEED]: told }), SUITE, BLOCK)).toEqual({ price: null, why: `The feed of buyback ${why}` });
});

test("a price, of several feeds, is the latest that answers", async () => {
  const two = record({ first: buyback(FEED), second: buyback(OTHER) });
  const later: Told = [9n, 13n, 999_900n, 9n, 0n];

  expect((await readPrice(node({ [FEED]: HONEST, [OTHER]: later }), two, BLOCK)).price).toEqual(["13", 0, 999_900, OTHER]);
  expect((await readPrice(node({ [FEED]: HONEST, [OTHER]: "0x" }), two, BLOCK)).price).toEqual(["1250000000", 8, 999_820, FEED]);
});

test("a price, of a record without a buyback or with a feed that is no address, is none, and nobody is asked", async () => {
  for (const suite of [record({}), record({ buyback: buyback("nonsense") }), record({ buyback: buyback(7) })]) {
    const asked = node({});
    expect(feedsOf(suite)).toEqual([]);
    expect(await readPrice(asked, suite, BLOCK)).toEqual({ price: null, why: "The suite has no buyback whose feed says a price" });
    expect(asked.calls).toEqual([]);
  }
});

const LOT: Buyback = { paid: "0", bought: "0", left: "0", ended: 0, fills: [], lots: [[1, 10, 900_000, "1", String(14n * 10n ** 18n), 0], [2, 20, 990_000, "1", String(15n * 10n ** 18n), 0]] };

function summary(price: PriceSaid | null, more: Partial<{ suite: SuiteRecord; lots: Buyback; why: string }> = {}): Summary {
  const buybacks = more.lots ? { buyback: more.lots } : {};
  return { block: BLOCK, price, record: more.suite ?? SUITE, books: { buybacks }, ...(more.why ? { no_price: more.why } : {}) } as unknown as Summary;
}

const shown = (of: Summary): [string, string[]] => {
  const price = priceOf({ summary: of }, undefined)!;
  return [priceWords(price), price.notes];
};
const COIN = "The stablecoin of buyback counts as a dollar.";

test("the price of a buyback's feed is told with its age, and the latest lot's reference beside it", () => {
  expect(shown(summary(["1250000000", 8, 999_820, FEED], { lots: LOT }))).toEqual([
    "$12.50 by the feed of buyback, 3 min old at block 57",
    ["The reference of its latest lot was $15.00, 2 h 46 min old at block 57.", COIN],
  ]);
});

test("the price of a feed that averages a pool says so", () => {
  const suite = record({ buyback: buyback(FEED), "buyback-feed": part("UniswapV2TwapFeed", FEED) });

  expect(shown(summary(["1", 0, 1_000_000, FEED], { suite }))).toEqual(["$1.00 by the pool's average, the feed of buyback, 0 s old at block 57", [COIN]]);
});

test("a price that is older than the buyback trades by is called old", () => {
  const old = "That is old: buyback itself trades by no price older than 1 d.";

  expect(shown(summary(["1", 0, 1_000_000 - 86_400, FEED]))[1]).toEqual([COIN]);
  expect(shown(summary(["1", 0, 1_000_000 - 86_401, FEED]))).toEqual(["$1.00 by the feed of buyback, 1 d old at block 57", [old, COIN]]);
});

test("a price from elsewhere is told as what it is", () => {
  expect(shown(summary(["1", 0, 999_940, OTHER]))).toEqual([`$1.00 by the feed ${OTHER}, 1 min old at block 57`, []]);
  expect(shown(summary(["12500000000000000000", 18, 0, ""]))).toEqual(["$12.50 by whoever made the snapshot, of an age that is not known", []]);
});

test("where no feed says a price, the reference of the latest lot is one", () => {
  expect(shown(summary(null, { lots: LOT, why: "The feed of buyback gives no answer" }))).toEqual([
    "$15.00 by the reference of lot 2 of buyback, 2 h 46 min old at block 57", ["The feed of buyback gives no answer.", COIN],
  ]);
});

test("where there is neither feed nor lot, there is no price, and a sentence says why", () => {
  expect(priceOf({ summary: summary(null) }, undefined)).toBeUndefined();
  expect(priceOf({ summary: summary(null, { lots: { ...LOT, lots: [] } }) }, undefined)).toBeUndefined();
  expect(whyNone(summary(null))).toBe("The snapshot was made without a price.");
  expect(whyNone(summary(null, { why: "The feed of buyback gives no answer" }))).toBe("The feed of buyback gives no answer.");
});

test("a price that the reader typed goes before all others", () => {
  const price = priceOf({ summary: summary(["1", 0, 999_820, FEED]) }, ["20.25", Math.floor(Date.now() / 1000) - 120])!;

  expect(priceWords(price)).toMatch(/^\$20\.25 by you, typed 2 min( 1 s)? ago$/);
});

test.each<[string, bigint]>([["12.5", 12_500_000_000_000_000_000n], ["1,000,000,000", 10n ** 27n], ["0.000000000000000001", 1n], [" 3 ", 3n * 10n ** 18n]])("%s dollars are a price", (typed, answer) => {
  expect(parsePrice(typed)).toBe(answer);
});

test.each(["", "0", "0.0", "-1", "1e3", "1000000000.1", "0.0000000000000000001", "$5", "NaN", "1.2.3", "."])("%j is no price", (typed) => {
  expect(parsePrice(typed)).toBeUndefined();
});

test("dollars are exact, and rounded down to a millionth", () => {
  const price = { answer: 33_333_333n, decimals: 8, origin: "", age: "", notes: [] };

  expect(dollars(price, 3n * 10n ** 18n)).toBe(999_999n);
  expect(dollars({ ...price, answer: 12_500_000_000n, decimals: 9 }, 10_999_999_999_999_999_999_999_999n)).toBe(137_499_999_999_999n);
});

test("a price is compared with what its feed says at the block", async () => {
  const differences = async (price: PriceSaid | null, told: Told | string): Promise<string[]> => {
    const tally = new Tally([], 0);
    await comparePrice(node({ [FEED]: told }), price, BLOCK, tally);
    return tally.listed.map((each) => `${each.what}: ${each.expected}, not ${each.found}`);
  };

  expect(await differences(["1250000000", 8, 999_820, FEED], HONEST)).toEqual([]);
  expect(await differences(["1250000001", 8, 999_820, FEED], HONEST)).toEqual([`of the feed ${FEED}[0]: 1250000000, not 1250000001`]);
  expect(await differences(["1250000000", 8, 999_820, FEED], "0x")).toEqual([`of the feed ${FEED}: gives no answer that is a price, not 1250000000, 8, 999820, ${FEED}`]);
  expect(await differences(["1250000000", 8, 0, ""], "0x")).toEqual([]);
  expect(await differences(null, "0x")).toEqual([]);
});

test("the verdict excepts a price that nobody can compare", () => {
  const own = { node: "http://127.0.0.1:8545", own: true };

  expect(verdict({ count: 0 }, own, "whoever made the snapshot named")).toBe("Everything shown but the price, which whoever made the snapshot named, is on the chain, as your own node tells it.");
  expect(verdict({ count: 0 }, undefined, "you typed")).toBe("The snapshot is consistent with itself. That does not show that it is on the chain.");
});
