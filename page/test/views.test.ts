// SPDX-License-Identifier: MIT
// What views compute beside the replay.
import { expect, test } from "vitest";
import { timeOf } from "../src/chart";
import type { RoundRow, Tournament } from "../src/snapshot";
import { shares, weightedMean } from "../src/views";
import { file, summary } from "./fixture";

test("the mean of a round's scores by stake is that of its rows", () => {
  const [[name, each]] = Object.entries(summary().books.tournaments) as [[string, Tournament]];
  const round = each.rounds.find((one) => one.scored)!;
  const rows = file<RoundRow[]>(`${name}/round-${round.id}`).filter((row) => row[2] || row[3]);
  const stake = rows.reduce((sum, row) => sum + Number(row[1]), 0);

  expect(rows).toHaveLength(round.scored);
  expect(weightedMean(round, round.weighted_primary)).toBeCloseTo(rows.reduce((sum, row) => sum + (Number(row[1]) * row[2]) / 1e8, 0) / stake, 8);
  expect(weightedMean({ weight: String(4n * 10n ** 18n) }, String(3n * 10n ** 9n * 2_000_000n + 10n ** 9n * -1_000_000n))).toBe(0.0125);
  expect(weightedMean({ weight: "0" }, "0")).toBeNull();
});

test("concentration, of equal stakes, is as many models; of one, is that one", () => {
  expect(shares(Array.from({ length: 20 }, () => 5))).toEqual({ sum: 100, top: 0.5, effective: expect.closeTo(20, 9) as number });
  expect(shares([7])).toEqual({ sum: 7, top: 1, effective: 1 });
});

test("an axis of times names days in days, and hours in 24 of them", () => {
  const noon = Date.UTC(2026, 10, 29, 17, 30) / 1000;

  expect(timeOf(noon, 3_600)).toBe("17:30");
  expect(timeOf(noon, 86_400)).toBe("2026-11-29");
  expect(timeOf(Date.UTC(2026, 10, 30) / 1000, 3_600)).toBe("2026-11-30");
});
