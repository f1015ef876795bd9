// SPDX-License-Identifier: MIT
// Every view, from a snapshot and live; what is recomputed; and what hostile content does.
import { readFileSync } from "node:fs";
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { ModelHistory, Summary } from "../src/snapshot";
import { launched, nodeBefore, ON_CHAIN, opened, stage, tampered, verdictOf, visit, type Visit } from "./stage";

let browser: Browser;
let context: BrowserContext;
let at: Visit;

beforeAll(async () => { browser = await launched(); });
afterAll(() => browser.close());
beforeEach(async () => {
  context = await browser.newContext();
  at = await visit(context);
});
afterEach(() => context.close());

const VIEWS: [string, string][] = [
  ["", "Total value locked"], ["rounds", "Rounds"], ["round/0", "Round 0"], ["models", "Leaderboard"], ["model/0", "Model 0 ridge"], ["model/6", "Model 6 pool"],
  ["pools", "Pools"], ["pool/6", "Pool of model 6 pool"], ["act", "Act"], ["check", "Check"], ["glossary", "Glossary"],
];

test.each(["nmr/", "nmr/?live"])("every view of %s shows what it is about, without an error, and asks nobody else", async (site) => {
  const live = site.includes("?");
  await opened(at, site, "#/", "#source");
  expect(await at.page.locator("#source").innerText()).toContain(live ? "Live from a node, at block " : "A snapshot of block ");
  for (const [path, title] of [...VIEWS, [`owner/${stage.accounts[4]}`, "Owner"] as [string, string]]) {
    await at.page.goto(`${stage.site}${site}#/${path}`);
    await at.page.waitForFunction((wanted) => document.querySelector("main h2")?.textContent?.startsWith(wanted), title);
  }
  const own = at.requests.filter((url) => !url.startsWith(stage.site));
  expect(own.every((url) => live && url.startsWith(stage.node))).toBe(true);
  expect(at.errors).toEqual([]);
});

const CONSISTENT = "The snapshot is consistent with itself. That does not show that it is on the chain.";

test("recompute, of the snapshot, says what that shows, and its comparison with the chain says more", async () => {
  await opened(at, "nmr/", "#/check", "#recompute");

  expect(await verdictOf(at, "#recompute")).toBe(CONSISTENT);
  expect(await verdictOf(at, "#compare")).toBe(ON_CHAIN);
  expect(at.errors).toEqual([]);
});

test("recompute, live, compares the replay with the words of the chain", async () => {
  await opened(at, "live/", "#/check", "#recompute");

  expect(await verdictOf(at, "#recompute")).toBe(ON_CHAIN);
});

test("recompute, of a payout changed in the snapshot, finds it", async () => {
  await tampered<ModelHistory[]>(at.page, "classic/models-0", (models) => { models[2]!.rounds[0]![5] = "1"; });
  await opened(at, "nmr/", "#/check", "#recompute");

  expect(await verdictOf(at, "#recompute")).toBe("1 figure differs.");
  expect(await at.page.locator("#outcome table").first().innerText()).toContain("classic, model 2");
});

test("a comparison with the chain, of a log that was made up consistently, finds it", async () => {
  // A node that serves another log than the chain's words come from.
  const node = await nodeBefore(async (call, pass) => {
    const reply = (await pass()) as { result: { transactionHash: string }[] };
    if (call.method === "eth_getLogs") for (const log of reply.result) log.transactionHash = `0x${"7".repeat(64)}`;
    return reply;
  });
  await opened(at, "any/", "#/check", "#compare");
  await at.page.fill("#witness", node.url);

  expect(await verdictOf(at, "#compare")).toMatch(/^[\d,]+ figures differ\.$/);
  await node.close();
});

test("a comparison with a node of another chain says so", async () => {
  const node = await nodeBefore(async (call, pass) => {
    const reply = (await pass()) as { result: { hash: string } };
    if (call.method === "eth_getBlockByNumber") reply.result.hash = `0x${"7".repeat(64)}`;
    return reply;
  });
  await opened(at, "any/", "#/check", "#compare");
  await at.page.fill("#witness", node.url);
  await at.page.click("#compare");

  expect(await at.page.locator("#outcome [role=alert]").innerText()).toMatch(/^The node's block \d+ is 0x7+, and the snapshot's is 0x\w+: it is of another chain, or the chain was reorganised\.$/);
  await node.close();
});

test("labels, however hostile, are text that stays in its place", async () => {
  const long = "A\u202e<script>alert(1)</script>".padEnd(10_000, "x");
  await tampered<Summary>(at.page, "summary", (summary) => { summary.books.tournaments["classic"]!.models.label[0] = long; });
  await at.page.setViewportSize({ width: 320, height: 640 });
  await opened(at, "nmr/", "#/models", "bdi.foreign");

  const shown = await at.page.locator("bdi.foreign").allInnerTexts();
  expect(shown).toContain("<img src=x onerror=alert(1)>");
  expect(shown.some((each) => each.startsWith("A\ufffd<script>") && each.length === 64)).toBe(true);
  expect(shown.join("")).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
  expect(await at.page.locator("main script, main img").count()).toBe(0);
  expect(await at.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  expect(at.errors).toEqual([]);
});

test.each<[string, unknown, string]>([
  ["of no shape", [1], "The address names no deployment record: its shape cannot be."],
  ["of a huge ring", "ring", "The address names no deployment record: its arguments of classic cannot be."],
  ["of markup", "markup", "The address names no deployment record: its parts cannot be."],
])("a record in the address %s is refused in a sentence", async (_, content, sentence) => {
  const record = structuredClone(stage.record) as unknown as { parts: Record<string, { address: string; arguments: Record<string, unknown> }> };
  if (content === "ring") record.parts["classic"]!.arguments["ring"] = 1e9;
  if (content === "markup") record.parts["classic"]!.address = "<img src=x onerror=alert(1)>";
  await at.page.route("**/evil.json", (route) => route.fulfill({ json: typeof content === "string" ? record : content }));
  await opened(at, "nmr/", "?record=evil.json", "[role=alert]");

  expect(await at.page.locator("[role=alert]").innerText()).toBe(sentence);
});

test("a record in the address from another server is not asked for", async () => {
  await opened(at, "nmr/", "?record=https://evil.example/record.json", "[role=alert]");

  expect(await at.page.locator("[role=alert]").innerText()).toBe("A record is only read from this page's own server.");
  expect(at.requests.filter((url) => url.startsWith("https://evil"))).toEqual([]);
});

const AXE = readFileSync(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

test.each(["light", "dark"] as const)("axe finds nothing in any view, %s", async (colorScheme) => {
  await at.page.emulateMedia({ colorScheme });
  await at.page.setViewportSize({ width: 1_100, height: 900 });
  await opened(at, "nmr/", "#/", "#source");
  for (const [path, title] of VIEWS) {
    await at.page.goto(`${stage.site}nmr/#/${path}`);
    await at.page.waitForFunction((wanted) => document.querySelector("main h2")?.textContent?.startsWith(wanted), title);
    const found = await at.page.evaluate(`(() => { ${AXE}; return axe.run(document, { resultTypes: ["violations"] }).then((each) => each.violations.map((one) => one.id + ": " + one.nodes.map((node) => node.html).slice(0, 3).join(" "))); })()`);
    expect(found, path).toEqual([]);
  }
});

test("the first view, of a snapshot, takes few requests and bytes", async () => {
  await opened(at, "nmr/", "#/", "#source");
  await at.page.waitForLoadState("networkidle");

  expect(at.requests.map((url) => url.slice(`${stage.site}nmr/`.length).replace(/-[\w-]{8}\./, ".")).sort()).toEqual(
    ["", "assets/index.css", "assets/index.js", "config.json", "icon.svg", "snapshot/summary.json.gz"]);
  expect(await at.bytes()).toBeLessThan(400_000);
});
