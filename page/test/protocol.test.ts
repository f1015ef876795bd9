// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { text } from "../src/decode";
import { duration, exact, money, parseNmr, rounded } from "../src/format";
import { explain } from "../src/glossary";
import { clipOf, decodeWord, FACTOR, factorOf, keptOf, nextOf, payout, stateOf, type Progress } from "../src/protocol";
import { shares } from "../src/views";

const RULE = { primary: 20_000n, contribution: 10_000n, factor: FACTOR, clip: 50_000_000_000n };

test("payout, of a score within the clip, is stake times the weighted score", () => {
  // 40 NMR × 0.01 × 2 × 0.8 = 0.64 NMR
  expect(payout(40n * FACTOR, 1_000_000n, 0n, { ...RULE, factor: 800_000_000n })).toBe(640_000_000n);
  expect(payout(40n * FACTOR, -1_000_000n, 0n, { ...RULE, factor: 800_000_000n })).toBe(-640_000_000n);
});

test("payout, beyond the clip, is the clip", () => {
  expect(payout(100n * FACTOR, 90_000_000n, 90_000_000n, RULE)).toBe(5n * FACTOR);
  expect(payout(100n * FACTOR, -90_000_000n, 0n, RULE)).toBe(-5n * FACTOR);
});

test("payout, of a part of a gwei, is rounded toward zero", () => {
  expect(payout(1n, 1_000_000n, 0n, RULE)).toBe(0n);
  expect(payout(99n, -1_000_000n, 0n, RULE)).toBe(-1n);
});

test("factor and clip, of a round at its lock, follow at risk and grant", () => {
  expect(factorOf(100n, 120n)).toBe(833_333_333n);
  expect(factorOf(0n, 120n)).toBe(FACTOR);
  expect(factorOf(200n, 120n)).toBe(FACTOR);
  expect(clipOf(50_000_000_000n, 3n, 120n)).toBe(25_000_000_000n);
  expect(clipOf(50_000_000_000n, 0n, 0n)).toBe(50_000_000_000n);
});

test("kept, below the smallest stake, is nothing", () => {
  expect(keptOf(10n, 8n, false, 5n)).toBe(8n);
  expect(keptOf(10n, 8n, true, 5n)).toBe(10n);
  expect(keptOf(10n, 4n, false, 5n)).toBe(0n);
});

test("a score word, with negative scores, gives group and scores of four lanes", () => {
  const lane = (primary: bigint, contribution: bigint): bigint => (primary & 0xfffffffn) | ((contribution & 0xfffffffn) << 28n);
  const word = (7n << 224n) | lane(-1n, 2n) | (lane(134_217_727n, -134_217_728n) << 168n);

  expect(decodeWord(word)).toEqual({ group: 7, scores: [[-1n, 2n], [0n, 0n], [0n, 0n], [134_217_727n, -134_217_728n]] });
});

const AT: Progress = { locksAt: 100, resolvesAt: 200, expiresAt: 900, locked: false, void: false, published: false, finalAt: 0, staked: 5n };

test.each<[string, Partial<Progress>, number]>([
  ["open", {}, 99],
  ["past its deadline", {}, 100],
  ["expired", {}, 100 + 24],
  ["locked", { locked: true }, 110],
  ["unsealed", { locked: true, published: true }, 150],
  ["proposed", { locked: true, published: true, finalAt: 300 }, 299],
  ["final", { locked: true, published: true, finalAt: 300 }, 300],
  ["expired", { locked: true, published: true, finalAt: 300 }, 900],
  ["void", { void: true }, 50],
  ["closed", { locked: true, published: true, staked: 0n }, 150],
])("the state is %s, of %o at %i", (state, changes, now) => {
  expect(stateOf({ ...AT, ...changes }, now, 1)).toBe(state);
});

test("what comes next, of an open round, is its lock; of a closed one nothing", () => {
  expect(nextOf(AT, 40, 1)).toEqual({ what: "locks", at: 100 });
  expect(nextOf({ ...AT, locked: true, staked: 0n }, 150, 1)).toBeUndefined();
});

test("amounts, exact and rounded, have separators and lose nothing unsaid", () => {
  expect(exact(1_234_567n * 10n ** 18n + 1n, 18)).toBe("1,234,567.000000000000000001");
  expect(rounded(-1_999n * 10n ** 15n, 18, 2)).toBe("−1.99");
  expect(rounded(-1n, 18, 2)).toBe("0.00");
  expect(rounded(5n, 0, 0)).toBe("5");
});

test.each([["12.5", 12_500_000_000_000_000_000n], ["1,000", 1_000n * 10n ** 18n], ["0.000000001", 10n ** 9n]])("typed NMR %s is %i wei", (typed, wei) => {
  expect(parseNmr(typed)).toBe(wei);
});

test.each(["", "-1", "1e3", "0.0000000001", "1.", ".5", "12 5"])("typed NMR %j is none", (typed) => {
  expect(parseNmr(typed)).toBeUndefined();
});

test("durations have two units at most", () => {
  expect([duration(0), duration(59), duration(3_600), duration(90_061)]).toEqual(["0 s", "59 s", "1 h", "1 d 1 h"]);
});

test("concentration, of equal stakes, is that of as many models", () => {
  const { top, effective } = shares(Array.from({ length: 20 }, () => 3));
  expect(top).toBeCloseTo(0.5);
  expect(effective).toBeCloseTo(20);
});

test("text, of bytes that are no UTF-8, shows them", () => {
  expect(text("61ff62")).toBe("a\\xffb");
  expect(text("e282ac")).toBe("€");
  expect(text("e282")).toBe("\\xe2\\x82");
  expect(text("efbbbf61")).toBe("\ufeffa");
});

test("the glossary, of a word with links, is plain text", () => {
  expect(explain("tvl")).toContain("Total value locked");
  expect(explain("tvl")).not.toContain("](");
});

test.each<[bigint, number, string]>([
  [15n, 0, "$15.00"], [125n, 1, "$12.50"], [1_234_567_891n, 8, "$12.34567891"], [100n, 2, "$1.00"], [1n, 3, "$0.001"], [1_000_000n, 0, "$1,000,000.00"], [0n, 8, "$0.00"],
])("%d with %i decimals is %s", (value, decimals, shown) => {
  expect(money(value, decimals)).toBe(shown);
});
