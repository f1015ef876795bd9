// SPDX-License-Identifier: MIT
// The rules of docs/protocol.md that the page needs, in gwei and bigint: payout, score words, states of rounds.

export const FACTOR = 10n ** 9n;
export const RATIO = 10n ** 12n;
export const LANES = 4;
export const MAX_ROUND = 65_535;
const SCORE = 28n;
const SCORE_MASK = (1n << SCORE) - 1n;
const LARGEST_SCORE = (1n << (SCORE - 1n)) - 1n;

/** Multipliers have 4 decimals, the factor 9, the clip 12. */
export interface Rule {
  primary: bigint;
  contribution: bigint;
  factor: bigint;
  clip: bigint;
}

export const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);
export const least = (one: bigint, other: bigint): bigint => (one < other ? one : other);

/** Gwei that a stake gains, or loses below 0; one product, rounded toward zero once. */
export function payout(stake: bigint, primary: bigint, contribution: bigint, rule: Rule): bigint {
  const weighted = (primary * rule.primary + contribution * rule.contribution) * rule.factor;
  const change = (stake * least(magnitude(weighted), rule.clip * FACTOR)) / (RATIO * FACTOR);
  return weighted > 0n ? change : -change;
}

export function factorOf(threshold: bigint, atRisk: bigint): bigint {
  return threshold === 0n || atRisk === 0n ? FACTOR : least(FACTOR, (threshold * FACTOR) / atRisk);
}

export function clipOf(clip: bigint, granted: bigint, atRisk: bigint): bigint {
  return atRisk === 0n ? clip : least(clip, (granted * RATIO) / atRisk);
}

/** What stays at stake of a settled value; the rest goes to idle. */
export function keptOf(value: bigint, target: bigint, compound: boolean, minStake: bigint): bigint {
  const keeps = compound ? value : least(value, target);
  return keeps >= minStake ? keeps : 0n;
}

/** The group of a score word, and CORR and MMC of its four models. */
export function decodeWord(word: bigint): { group: number; scores: [bigint, bigint][] } {
  const scores: [bigint, bigint][] = [];
  for (let lane = 0n; lane < 4n; lane++) {
    const bits = word >> (lane * 2n * SCORE);
    scores.push([signed(bits & SCORE_MASK), signed((bits >> SCORE) & SCORE_MASK)]);
  }
  return { group: Number(word >> 224n), scores };
}

function signed(bits: bigint): bigint {
  return bits > LARGEST_SCORE ? bits - (1n << SCORE) : bits;
}

export type State =
  | "open" | "past its deadline" | "locked" | "unsealed" | "proposed" | "final" | "void" | "expired" | "closed";

/** What decides about a round's state; times in unix seconds. */
export interface Progress {
  locksAt: number;
  resolvesAt: number;
  expiresAt: number;
  locked: boolean;
  void: boolean;
  published: boolean;
  finalAt: number;
  staked: bigint;
}

export function stateOf(round: Progress, now: number, hour: number): State {
  const expired = now >= round.expiresAt || (!round.published && now >= round.locksAt + 24 * hour);
  if (round.staked === 0n && (round.locked || round.void || expired)) return "closed";
  if (round.void) return "void";
  if (expired) return "expired";
  if (!round.locked) return now < round.locksAt ? "open" : "past its deadline";
  if (!round.published) return "locked";
  if (!round.finalAt) return "unsealed";
  return now < round.finalAt ? "proposed" : "final";
}

/** What comes next, and when or until when; undefined for a closed round. */
export function nextOf(round: Progress, now: number, hour: number): { what: string; at: number } | undefined {
  switch (stateOf(round, now, hour)) {
    case "open": return { what: "locks", at: round.locksAt };
    case "past its deadline": return { what: "anyone locks it, or it expires", at: round.locksAt + 24 * hour };
    case "locked": return { what: "the operator publishes what was opened, or it expires", at: round.locksAt + 24 * hour };
    case "unsealed":
      return now < round.resolvesAt
        ? { what: "the outcome is known", at: round.resolvesAt }
        : { what: "the operator proposes scores, or it expires", at: round.expiresAt };
    case "proposed": return { what: "the scores are final", at: round.finalAt };
    case "final": return { what: "anyone settles it", at: round.expiresAt };
    case "void": case "expired": return { what: "anyone settles it without burns or rewards", at: now };
    default: return undefined;
  }
}
