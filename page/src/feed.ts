// SPDX-License-Identifier: MIT
// The price of an NMR, as the feeds of the recorded buybacks say it at a block: asked of the node, and of nobody else.
import { toFunctionSelector } from "viem";
import { hex, NodeFailed, type Header, type Rpc } from "./node";
import type { PriceSaid, SuiteRecord } from "./snapshot";

const ROUND = toFunctionSelector("latestRoundData()");
const DECIMALS = toFunctionSelector("decimals()");
const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
/** Why a feed reverts, as nodes tell it, in plain characters. */
const REVERTED = /execution reverted: ([ -~]{1,100})\.$/;
const SIGN = 1n << 255n;
/** As the buyback's own limits: beyond them an answer is no price. */
const LARGEST_DECIMALS = 36n;
const LARGEST_DOLLARS = 10n ** 9n;

/** Why a feed has no price; goes on after the feed's name. */
export class NoPrice extends Error {}

/** Name of each recorded buyback, with the address of its feed. */
export function feedsOf(record: SuiteRecord): [string, string][] {
  return Object.entries(record.parts).flatMap(([name, part]): [string, string][] => {
    const feed: unknown = part.contract === "Buyback" ? part.arguments["feed"] : undefined;
    return typeof feed === "string" && ADDRESS.test(feed) ? [[name, feed]] : [];
  });
}

/** What a feed says at a block. Throws NoPrice where that is no price. */
export async function readFeed(node: Rpc, feed: string, block: Header): Promise<PriceSaid> {
  const [[round, answer, , updatedAt, answeredIn], [decimals]] = [await wordsOf(node, feed, ROUND, 5, block), await wordsOf(node, feed, DECIMALS, 1, block)] as [bigint[], bigint[]];
  if (answer! === 0n || answer! >= SIGN) throw new NoPrice("says a price that is not positive");
  if (updatedAt! === 0n || answeredIn! < round!) throw new NoPrice("says a price of a round that is not complete");
  if (updatedAt! > BigInt(block.timestamp)) throw new NoPrice("says a price from the future");
  if (decimals! > LARGEST_DECIMALS || answer! > LARGEST_DOLLARS * 10n ** decimals!) throw new NoPrice("says a price that is too large to be one");
  return [String(answer), Number(decimals), Number(updatedAt), feed];
}

/** The latest price of all feeds of the record; or why there is none, as the beginning of a sentence. */
export async function readPrice(node: Rpc, record: SuiteRecord, block: Header): Promise<{ price: PriceSaid | null; why: string }> {
  const found: PriceSaid[] = [];
  let why = "The suite has no buyback whose feed says a price";
  for (const [name, feed] of feedsOf(record)) {
    try {
      found.push(await readFeed(node, feed, block));
    } catch (error) {
      if (!(error instanceof NoPrice)) throw error;
      why = `The feed of ${name} ${error.message}`;
    }
  }
  const [price = null] = found.sort((one, other) => other[2] - one[2]);
  return { price, why };
}

async function wordsOf(node: Rpc, to: string, data: string, count: number, block: Header): Promise<bigint[]> {
  let answer: unknown;
  try {
    answer = await node.ask("eth_call", [{ to, data }, hex(block.number)]);
  } catch (error) {
    // A feed that reverts is an error of the node's, too.
    if (!(error instanceof NodeFailed)) throw error;
    const [, reason] = REVERTED.exec(error.message) ?? [];
    throw new NoPrice(reason ? `gives no answer: ${reason}` : "gives no answer");
  }
  if (typeof answer !== "string" || !new RegExp(`^0x[0-9a-fA-F]{${64 * count}}$`).test(answer)) throw new NoPrice("gives no answer that is a price");
  return Array.from({ length: count }, (_, index) => BigInt(`0x${answer.slice(2 + 64 * index, 66 + 64 * index)}`));
}
