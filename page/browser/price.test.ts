// SPDX-License-Identifier: MIT
// What dollars are counted by: the buyback's feed, its latest lot, or what the reader types; and nodes that fail or lie.
import { toFunctionSelector } from "viem";
import { expect, test } from "vitest";
import type { Config, Summary } from "../src/snapshot";
import { at, nodeBefore, opened, stage, tampered, verdictOf, visitAnew } from "./stage";

const ROUND = toFunctionSelector("latestRoundData()");
const FEED = Object.values(stage.record.parts).find((part) => part.contract === "SettableFeed")!.address.toLowerCase();
const COIN = "The stablecoin of buyback counts as a dollar.";

visitAnew();

const said = (): Promise<string> => at.page.locator("#priced").innerText();
const titleOf = async (selector: string): Promise<string> => (await at.page.locator(selector).first().getAttribute("title"))!;

/** NMR and dollars of the card of TVL, exact. */
async function tvl(): Promise<{ nmr: string; dollars: string; price: string }> {
  const nmr = await titleOf(".card .figure data");
  const [, dollars, price] = /^\$(\S+) at (.*)$/.exec(await titleOf(".card .note data"))!;
  return { nmr: nmr.replace(" NMR", ""), dollars: dollars!, price: price! };
}

/** An integer of a number with so many decimals. */
const integer = (text: string, decimals: number): bigint => {
  const [whole, part = ""] = text.replaceAll(",", "").split(".");
  return BigInt(whole! + part.padEnd(decimals, "0"));
};

/** The overview, of a node that answers for the feed as it likes. */
async function overviewOf(answer: (words: string[]) => unknown): Promise<() => Promise<void>> {
  const node = await nodeBefore(async (call, pass) => {
    const [asked] = call.params as [{ to?: string; data?: string }];
    if (call.method !== "eth_call" || asked.to?.toLowerCase() !== FEED || asked.data !== ROUND) return pass();
    const { result } = (await pass()) as { result: string };
    const told = answer(result.slice(2).match(/.{64}/g)!);
    return typeof told === "string" ? { id: call.id, result: told } : { id: call.id, error: { code: 3, message: "execution reverted" } };
  });
  await opened(at, `any/?node=${encodeURIComponent(node.url)}`, "#/", "#priced");
  return node.close;
}

test.each(["nmr/", "live/"])("dollars, at %s, are counted by the feed of the buyback, and say so with its age", async (site) => {
  await opened(at, site, "#/", "#priced");

  expect(await said()).toMatch(/^One NMR is \$12\.50 by the feed of buyback, (\d+ (min|s) ?)+ old at block \d+\. The reference of its latest lot was \$15\.00, 3 h( \d+ min)? old at block \d+\. The stablecoin of buyback counts as a dollar\.$/);
  const { nmr, dollars, price } = await tvl();
  expect(integer(dollars, 6)).toBe((integer(nmr, 18) * 125n) / 10n ** 13n);
  expect(price).toMatch(/^\$12\.50 by the feed of buyback, (\d+ (min|s) ?)+ old at block \d+$/);
  for (const caption of await at.page.locator(".caption", { hasText: /^(TVL|The same chain|NMR in the suite)/ }).allInnerTexts()) expect(caption).toContain(`; dollars at ${price}`);
  expect(at.requests.every((url) => url.startsWith(stage.site) || url.startsWith(stage.node))).toBe(true);
  expect(at.errors).toEqual([]);
});

test.each<[string, (words: string[]) => unknown, string]>([
  ["fails on its call", () => undefined, "gives no answer"],
  ["gives nothing for it", () => "0x", "gives no answer that is a price"],
  ["tells a price from the future", ([round, answer, , , last]) => `0x${round}${answer}${"f".repeat(16).padStart(64, "0").repeat(2)}${last}`, "says a price from the future"],
  ["tells a huge price", ([round, , began, at, last]) => `0x${round}7${"f".repeat(63)}${began}${at}${last}`, "says a price that is too large to be one"],
])("dollars, of a node that %s, are counted by the latest lot, and the page says why", async (_, answer, why) => {
  const close = await overviewOf(answer);

  expect(await said()).toMatch(new RegExp(`^One NMR is \\$15\\.00 by the reference of lot 1 of buyback, 3 h( \\d+ min)? old at block \\d+\\. The feed of buyback ${why}\\. ${COIN}$`));
  expect((await tvl()).price).toMatch(/^\$15\.00 by the reference of lot 1 of buyback, 3 h( \d+ min)? old at block \d+$/);
  await close();
});

test("dollars, of a price that nobody renewed for a week, say how old it is", async () => {
  const close = await overviewOf(([round, answer, began, updated, last]) => `0x${round}${answer}${began}${(BigInt(`0x${updated}`) - 604_800n).toString(16).padStart(64, "0")}${last}`);

  expect(await said()).toMatch(/ by the feed of buyback, 7 d old at block \d+\. That is old: buyback itself trades by no price older than 1 d\. /);
  await close();
});

test("a suite without a buyback has no price and no dollars", async () => {
  await at.page.route("**/live/config.json", async (route) => {
    const config = (await (await route.fetch()).json()) as Config;
    delete config.record.parts["buyback"];
    await route.fulfill({ json: config });
  });
  await opened(at, "live/", "#/", "#priced");

  expect(await said()).toBe("No price is known: amounts are in NMR alone. The suite has no buyback whose feed says a price.");
  expect(await at.page.locator("main").innerText()).not.toContain("$");
  expect(await at.page.locator(".card p.note").first().innerText()).toBe("no price is known");
});

test("a price that the reader types counts in this tab, until it is forgotten", async () => {
  await opened(at, "nmr/", "#/", "#priced");
  await at.page.fill("#price", "twelve");
  await at.page.click("#price-use");
  expect(await at.page.locator("#price-refused").innerText()).toBe("That is no price: type dollars for one NMR, such as 12.50.");

  await at.page.fill("#price", "20");
  await at.page.click("#price-use");
  await at.page.locator("#price-forget").waitFor();
  expect(await said()).toMatch(/^One NMR is \$20\.00 by you, typed (\d+ (min|s) ?)+ ago\.$/);
  expect(await at.page.evaluate(() => document.activeElement?.id)).toBe("price");
  const { nmr, dollars } = await tvl();
  expect(integer(dollars, 6)).toBe((integer(nmr, 18) * 20n) / 10n ** 12n);

  await at.page.goto(`${stage.site}nmr/#/check`);
  expect(await verdictOf(at, "#compare")).toBe("Everything shown but the price, which you typed, is on the chain, as your own node tells it.");
  await opened(at, "live/", "#/", "#price-forget");
  expect(await said()).toMatch(/^One NMR is \$20\.00 by you, /);
  await at.page.click("#price-forget");
  await at.page.locator("#price-forget").waitFor({ state: "detached" });
  expect(await said()).toMatch(/^One NMR is \$12\.50 by the feed /);
});

test("a price that was changed in the snapshot is found by the comparison with the chain", async () => {
  await tampered<Summary>(at.page, "summary", (summary) => { summary.price![0] = "9990000000"; });
  await opened(at, "nmr/", "#/check", "#compare");

  expect(await verdictOf(at, "#compare")).toBe("1 figure differs.");
  expect(await at.page.locator("#outcome table").first().innerText()).toContain("1250000000");
});
