// SPDX-License-Identifier: MIT
// How long the page takes in Chromium: `node measure.mjs URL` prints JSON for `python -m benchmarks.page`.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const PROGRAMS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const TRIES = 5;
const executablePath = process.env.CHROMIUM ?? PROGRAMS.find((each) => existsSync(each));
const [url] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });

/** Milliseconds from the navigation until a view stands, without anything kept from before. */
async function firstView(path, wanted) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const sizes = [];
  page.on("requestfinished", (request) => sizes.push(request.sizes()));
  const began = performance.now();
  await page.goto(`${url}${path}`);
  await page.locator(wanted).first().waitFor();
  const taken = performance.now() - began;
  await page.waitForLoadState("networkidle");
  const bytes = (await Promise.all(sizes)).reduce((sum, each) => sum + each.responseBodySize, 0);
  await context.close();
  return { taken, bytes, requests: sizes.length };
}

const median = (values) => [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)];
const views = {};
for (const [name, path, wanted] of [["overview", "#/", ".cards"], ["leaderboard", "#/models", "main table"], ["model", "#/model/0", "main table"], ["round", "#/round/10", "main table"]]) {
  const tries = [];
  for (let count = 0; count < TRIES; count++) tries.push(await firstView(path, wanted));
  views[name] = { milliseconds: median(tries.map((each) => each.taken)), bytes: tries[0].bytes, requests: tries[0].requests };
}

/** Seconds of processors that all processes of the browser took so far. */
async function processors() {
  const { processInfo } = await system.send("SystemInfo.getProcessInfo");
  return processInfo.reduce((sum, each) => sum + each.cpuTime, 0);
}

const system = await browser.newBrowserCDPSession();
const page = await browser.newPage();
page.setDefaultTimeout(600_000);
await page.goto(`${url}#/check`);
await page.locator("#recompute").waitFor();
const before = await processors();
await page.click("#recompute");
const verdict = await page.locator("#verdict").innerText();
const worked = (await processors()) - before;
const seconds = Number(/Done in ([\d.]+) s/.exec(await page.locator("main [role=status]").innerText())[1]);
const facts = await page.locator("#outcome dl > div").evaluateAll((rows) => rows.map((row) => [row.querySelector("dt").textContent, row.querySelector("dd").textContent]));
console.log(JSON.stringify({ views, recompute: { seconds, worked, verdict, facts: Object.fromEntries(facts) }, browser: browser.version() }));
await browser.close();
