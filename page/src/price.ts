// SPDX-License-Identifier: MIT
// Which price the page counts dollars by, whose it is and how old: typed here, said by a feed, or the buyback's latest.
import { duration, grouped, money, NMR, parseDecimal } from "./format";
import { feedsOf } from "./feed";
import type { Source, Summary } from "./snapshot";

const PLACES = 18;
const LARGEST_DOLLARS = 10n ** 9n;
const KEPT = "price";

/** Dollars for an NMR, times 10**decimals. */
export interface Price {
  answer: bigint;
  decimals: number;
  /** Whose word it is, and how old: both go on in a sentence after the price. */
  origin: string;
  age: string;
  /** Sentences about what else matters of it. */
  notes: string[];
}

/** What somebody typed as dollars for an NMR; undefined where it is no price. */
export function parsePrice(text: string): bigint | undefined {
  const found = parseDecimal(text, PLACES);
  return found && found <= LARGEST_DOLLARS * 10n ** BigInt(PLACES) ? found : undefined;
}

/** Count by a price from now on, in this tab; by none of one's own where the text is empty. */
export function keepPrice(text: string): void {
  if (text) sessionStorage.setItem(KEPT, JSON.stringify([text, Math.floor(Date.now() / 1000)]));
  else sessionStorage.removeItem(KEPT);
}

/** What was typed before, and when. */
export function typedPrice(): [string, number] | undefined {
  try {
    const [text, at] = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]") as [unknown, unknown];
    return typeof text === "string" && typeof at === "number" && parsePrice(text) ? [text, at] : undefined;
  } catch {
    return undefined;
  }
}

/** The price of what a source shows; undefined where none is known. */
export function priceOf({ summary }: Pick<Source, "summary">, typed = typedPrice()): Price | undefined {
  if (typed) return { answer: parsePrice(typed[0])!, decimals: PLACES, origin: "by you", age: `typed ${duration(Date.now() / 1000 - typed[1])} ago`, notes: [] };
  if (!summary.price) return ofLot(summary);
  const [answer, decimals, at, feed] = summary.price;
  const price = { answer: BigInt(answer), decimals };
  if (!feed) return { ...price, origin: "by whoever made the snapshot", age: "of an age that is not known", notes: [] };
  const name = feedsOf(summary.record).find(([, each]) => each.toLowerCase() === feed.toLowerCase())?.[0];
  if (name === undefined) return { ...price, origin: `by the feed ${feed}`, age: oldAt(summary, at), notes: [] };
  const average = Object.values(summary.record.parts).some((part) => part.contract === "UniswapV2TwapFeed" && part.address.toLowerCase() === feed.toLowerCase());
  const lot = latestLot(summary);
  return {
    ...price, origin: average ? `by the pool's average, the feed of ${name}` : `by the feed of ${name}`, age: oldAt(summary, at),
    notes: [...outdated(summary, name, at), ...(lot ? [`The reference of its latest lot was ${money(lot.reference, 18)}, ${oldAt(summary, lot.at)}.`] : []), ofCoin(name)],
  };
}

/** Millionths of a dollar that wei are worth, rounded down. */
export function dollars(price: Price, wei: bigint): bigint {
  return (wei * price.answer * 10n ** 6n) / NMR / 10n ** BigInt(price.decimals);
}

/** The price with whose it is and how old. */
export function priceWords(price: Price): string {
  return `${money(price.answer, price.decimals)} ${price.origin}, ${price.age}`;
}

/** Why there is no price from a feed, as a sentence; empty where there is one. */
export function whyNone(summary: Summary): string {
  if (summary.price) return "";
  return `${summary.no_price ?? "The snapshot was made without a price"}.`;
}

/** The reference of the lot that was kicked last: a price out of the log. */
function ofLot(summary: Summary): Price | undefined {
  const lot = latestLot(summary);
  if (!lot) return undefined;
  return {
    answer: lot.reference, decimals: 18, origin: `by the reference of lot ${lot.number} of ${lot.buyback}`, age: oldAt(summary, lot.at),
    notes: [...outdated(summary, lot.buyback, lot.at), whyNone(summary), ofCoin(lot.buyback)],
  };
}

function latestLot(summary: Summary): { buyback: string; number: number; at: number; reference: bigint } | undefined {
  const lots = Object.entries(summary.books.buybacks).flatMap(([buyback, { lots: each }]) =>
    each.map(([number, , at, , reference]) => ({ buyback, number, at, reference: BigInt(reference) })));
  return lots.filter((lot) => lot.reference > 0n).sort((one, other) => other.at - one.at || other.number - one.number)[0];
}

function oldAt({ block }: Summary, at: number): string {
  return `${duration(block.timestamp - at)} old at block ${grouped(block.number)}`;
}

/** A sentence where the buyback itself would not trade by a price of that age. */
function outdated(summary: Summary, name: string, at: number): string[] {
  const programme = summary.record.parts[name]?.arguments["programme"] as { max_age?: unknown } | undefined;
  const most = Number(programme?.max_age);
  return summary.block.timestamp - at > most ? [`That is old: ${name} itself trades by no price older than ${duration(most)}.`] : [];
}

function ofCoin(name: string): string {
  return `The stablecoin of ${name} counts as a dollar.`;
}
