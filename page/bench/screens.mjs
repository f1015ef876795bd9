// SPDX-License-Identifier: MIT
// Screenshots of the page for the docs, of the devnet that `python -m tests.browser.stage` starts: `make page-screens`.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const PROGRAMS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const { site } = JSON.parse(process.env.STAGE);
const [folder] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? PROGRAMS.find((each) => existsSync(each)),
  args: ["--no-sandbox", "--disable-dev-shm-usage", "--font-render-hinting=none"],
});
const SHOTS = [
  ["overview", "light", "#/", ".cards", { width: 1_000, height: 760 }],
  ["model", "dark", "#/model/0", "main table", { width: 1_000, height: 560 }],
];
for (const [name, colorScheme, path, wanted, viewport] of SHOTS) {
  const page = await browser.newPage({ viewport, colorScheme });
  await page.goto(`${site}nmr/${path}`);
  await page.locator(wanted).first().waitFor();
  await page.locator("canvas").first().waitFor();
  if (name === "model") {
    await page.locator("summary").last().click();
    await page.locator("section", { hasText: "Payouts" }).first().evaluate((element) => element.scrollIntoView());
  }
  await page.screenshot({ path: `${folder}/page-${name}.png` });
  await page.close();
}
await browser.close();
