// SPDX-License-Identifier: MIT
// Chromium, and the devnet that `python -m tests.browser.stage` started.
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync, gzipSync } from "node:zlib";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";

interface Stage {
  node: string;
  site: string;
  accounts: string[];
  record: { parts: Record<string, { contract: string; address: string }> };
}

if (!process.env["STAGE"]) throw new Error("There is no devnet: run `make page-test`.");
export const stage = JSON.parse(process.env["STAGE"]) as Stage;

const PROGRAMS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

function launched(): Promise<Browser> {
  const executablePath = process.env["CHROMIUM"] ?? PROGRAMS.find((each) => existsSync(each));
  if (!executablePath) throw new Error("Chromium is missing: install Debian's package `chromium`, or name another in CHROMIUM.");
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

/** A page whose errors and requests are noted. */
export interface Visit {
  page: Page;
  errors: string[];
  requests: string[];
  bytes(): Promise<number>;
}

async function visit(context: BrowserContext): Promise<Visit> {
  const page = await context.newPage();
  const errors: string[] = [];
  const requests: string[] = [];
  const sizes: Promise<number>[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => { if (message.type() === "error") errors.push(message.text()); });
  page.on("request", (request) => requests.push(request.url()));
  page.on("requestfinished", (request) => sizes.push(request.sizes().then((each) => each.responseBodySize, () => 0)));
  return { page, errors, requests, bytes: async () => (await Promise.all(sizes)).reduce((sum, each) => sum + each, 0) };
}

/** The page of the test that runs, in a file that calls `visitAnew`. */
export let at: Visit;

/** Let each test of a file visit with a browser context of its own. */
export function visitAnew(): void {
  let browser: Browser;
  let context: BrowserContext;
  beforeAll(async () => { browser = await launched(); });
  afterAll(() => browser.close());
  beforeEach(async () => {
    context = await browser.newContext();
    at = await visit(context);
  });
  afterEach(() => context.close());
}

/** Change a file of the snapshot on its way to the page. */
export async function tampered<T>(page: Page, name: string, change: (content: T) => void): Promise<void> {
  await page.route(`**/${name}.json.gz`, async (route) => {
    const answer = await route.fetch();
    const content = JSON.parse(gunzipSync(await answer.body()).toString()) as T;
    change(content);
    await route.fulfill({ status: 200, body: gzipSync(JSON.stringify(content)), contentType: "application/octet-stream" });
  });
}

interface Call {
  id: number;
  method: string;
  params: unknown[];
}

/** A node before the devnet's, which does with each call as it likes. */
export async function nodeBefore(answer: (call: Call, pass: () => Promise<unknown>) => Promise<unknown>): Promise<{ url: string; calls: Call[]; close(): Promise<void> }> {
  const calls: Call[] = [];
  const server: Server = createServer((request, response) => {
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("access-control-allow-headers", "*");
    if (request.method === "OPTIONS") return void response.end();
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(parts).toString()) as Call | Call[];
      const one = async (call: Call): Promise<unknown> => {
        calls.push(call);
        const pass = async (): Promise<unknown> => (await fetch(stage.node, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(call) })).json();
        return answer(call, pass);
      };
      (Array.isArray(body) ? Promise.all(body.map(one)) : one(body)).then(
        (reply) => response.end(JSON.stringify(reply)),
        () => { response.statusCode = 500; response.end(); },
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, calls, close: () => new Promise((resolve) => { server.closeAllConnections(); server.close(() => resolve()); }) };
}

/** Ask the devnet something. */
export async function ask<T>(method: string, ...params: unknown[]): Promise<T> {
  const answer = await fetch(stage.node, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }) });
  const reply = (await answer.json()) as { result?: T; error?: { code: number; message: string; data?: unknown } };
  if (reply.error) throw Object.assign(new Error(reply.error.message), reply.error);
  return reply.result as T;
}

export const ON_CHAIN = "Everything shown is on the chain, as your own node tells it.";

/** Open a view of a site, and wait until something stands. */
export async function opened(at: Visit, site: string, path = "", wanted = "main h2"): Promise<void> {
  await at.page.goto(`${stage.site}${site}${path}`);
  await at.page.locator(wanted).first().waitFor();
}

/** Press a button of the view "Check", and wait for the verdict. */
export async function verdictOf(at: Visit, button: string): Promise<string> {
  await at.page.click(button);
  return at.page.locator("#verdict").innerText();
}
