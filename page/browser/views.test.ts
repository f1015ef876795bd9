// SPDX-License-Identifier: MIT
// Every view, from a snapshot and live; what is recomputed; and what hostile content does.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { ModelHistory, Summary } from "../src/snapshot";
import { at, nodeBefore, ON_CHAIN, opened, stage, tampered, verdictOf, visitAnew } from "./stage";

visitAnew();

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

test.each([320, 1_280])("no view is wider than a screen of %i pixels", async (width) => {
  await at.page.setViewportSize({ width, height: 700 });
  for (const site of ["nmr/", "live/"]) {
    for (const [path, title] of [...VIEWS, [`owner/${stage.accounts[4]}`, "Owner"] as [string, string]]) {
      await at.page.goto(`${stage.site}${site}#/${path}`);
      await at.page.waitForFunction((wanted) => document.querySelector("main h2")?.textContent?.startsWith(wanted), title);
      expect(await at.page.evaluate(() => document.documentElement.scrollWidth - innerWidth), `${site}${path}`).toBeLessThanOrEqual(0);
    }
  }
});

test.each(["hover", "focus"] as const)("a word of the glossary, on %s, is explained within the screen", async (how) => {
  await at.page.setViewportSize({ width: 320, height: 640 });
  await opened(at, "nmr/", "#/round/0", "main table");
  for (const place of ["dl .term", "table .term"]) {
    const word = at.page.locator(place, { hasText: /^(threshold|MMC)/ }).first();
    const tip = word.locator("[role=tooltip]");
    expect(await tip.isVisible()).toBe(false);
    await word[how]();
    expect((await tip.innerText()).length).toBeGreaterThan(20);
    const { x, y, width, height } = (await tip.boundingBox())!;
    expect([x >= 0, y >= 0, x + width <= 320, y + height <= 640]).toEqual([true, true, true, true]);
    // No table or section cuts it off.
    expect(await tip.evaluate((element, [left, top]) => element.contains(document.elementFromPoint(left!, top!)), [x + width - 12, y + height - 3])).toBe(true);
  }
});

test("colours follow the system, or what the reader chose, in this visit and the next", async () => {
  const [light, dark] = ["rgb(255, 255, 255)", "rgb(17, 24, 22)"];
  const colour = (): Promise<string> => at.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await at.page.emulateMedia({ colorScheme: "light" });
  await opened(at, "nmr/", "#/", ".chart canvas");
  expect(await colour()).toBe(light);
  await at.page.emulateMedia({ colorScheme: "dark" });
  expect(await colour()).toBe(dark);
  await at.page.getByLabel("colours").selectOption("light");
  expect(await colour()).toBe(light);
  await at.page.reload();
  await at.page.locator(".chart canvas").first().waitFor();
  expect(await colour()).toBe(light);
  await at.page.emulateMedia({ colorScheme: "light" });
  await at.page.getByLabel("colours").selectOption("dark");
  expect(await colour()).toBe(dark);
});

test("charts are the same live as from a snapshot", async () => {
  const charts = async (site: string): Promise<string[]> => {
    const found: string[] = [];
    for (const path of ["", "rounds", "model/0"]) {
      // Else the charts of the view before stand until those of this one are there.
      await at.page.goto("about:blank");
      await opened(at, site, `#/${path}`, ".chart canvas");
      found.push(...(await at.page.locator(".chart").evaluateAll((places) => places.map((place) => place.getAttribute("aria-label")!))));
    }
    return found;
  };
  const found = await charts("nmr/");

  expect(found).toHaveLength(6);
  expect(await charts("live/")).toEqual(found);
});

async function documentOpened(content: Uint8Array | string): Promise<string> {
  await at.page.setInputFiles("#document", { name: "file.json", mimeType: "application/json", buffer: Buffer.from(content) });
  await at.page.locator("#published > *").first().waitFor();
  return at.page.locator("#published > *").first().innerText();
}

test("an opening list and evidence, opened from the reader's disk, are told by their hashes", async () => {
  const fileOf = async (name: string): Promise<Uint8Array> => new Uint8Array(await (await fetch(`${stage.site}${name}`)).arrayBuffer());
  await opened(at, "nmr/", "#/round/0", "#document");
  const before = at.requests.length;

  expect(await documentOpened(await fileOf("opening-0.json"))).toBe("The opening list, as its hash on the chain says: 6 of 7 submissions were valid.");
  expect(await at.page.locator("#published table").innerText()).toContain("It is not sealed to the <b>round's</b> key.");
  await opened(at, "nmr/", "#/round/0", "#document");
  expect(await documentOpened(await fileOf("evidence-0.json"))).toBe("The evidence, as its hash on the chain says: the meta model of 5 models with a stake.");
  expect(await at.page.locator("#published").innerText()).toMatch(/its CORR\s+0\.0235/);
  await opened(at, "nmr/", "#/round/0", "#document");
  expect(await documentOpened(await fileOf("opening-1.json"))).toMatch(/^The file's hash is 0x\w{64}: the chain has it neither as the opening list nor as the evidence of round 0\.$/);
  expect(at.requests.slice(before).filter((url) => url.includes("opening"))).toEqual([]);
  expect(at.errors).toEqual([]);
});

test("opened as a file, the page says in a sentence what it needs", async () => {
  await at.page.goto(new URL("../../nmr/page/built/index.html", import.meta.url).href);
  await at.page.locator(".waiting").waitFor();

  expect(await at.page.locator("main").innerText()).toMatch(/^If this stays, scripts are off, or the page was opened as a file\. Browsers load it only from a server/);
});

test("the leaderboard sorts by each figure, searches, and shows a hundred at a time", async () => {
  await tampered<Summary>(at.page, "summary", (summary) => {
    const { models } = summary.books.tournaments["classic"]!;
    const columns = models as unknown as Record<string, unknown[]>;
    for (const [name, column] of Object.entries(columns)) if (name !== "owners") columns[name] = Array.from({ length: 250 }, (_, model) => column[model % 7]);
    models.label = models.label.map((_, model) => `model ${model}`);
    models.streak = models.streak.map((_, model) => (model * 37) % 250);
  });
  await opened(at, "nmr/", "#/models", "main table");
  const status = at.page.locator("main [role=status]");
  const first = (): Promise<string> => at.page.locator("tbody tr").first().innerText();
  expect(await at.page.locator("tbody tr").count()).toBe(100);
  expect(await status.innerText()).toBe("250 of 250 models; page 1 of 3.");

  await at.page.click("button[data-sort=streak]");
  expect(await first()).toMatch(/249$/);
  expect(await at.page.locator("th", { hasText: "streak" }).getAttribute("aria-sort")).toBe("descending");
  await at.page.click("button[data-sort=streak]");
  expect(await first()).toMatch(/0$/);
  await at.page.getByRole("button", { name: "Next" }).click();
  await at.page.getByRole("button", { name: "Next" }).click();
  expect(await at.page.locator("tbody tr").count()).toBe(50);
  expect(await first()).toMatch(/200$/);
  expect(await at.page.getByRole("button", { name: "Next" }).isDisabled()).toBe(true);

  await at.page.fill("#search", "model 123");
  expect(await status.innerText()).toBe("1 of 250 models; page 1 of 1.");
  expect(await first()).toMatch(/^123\s+model 123/);
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
