// SPDX-License-Identifier: MIT
// A wallet that the test injects, and that signs with anvil's accounts.
import { decodeFunctionResult, encodeFunctionData, parseAbi, type Abi, type Hex } from "viem";
import { beforeEach, expect, test } from "vitest";
import abi from "../src/abi.json";
import type { Summary } from "../src/snapshot";
import { ask, at, opened, stage, tampered, visitAnew } from "./stage";

type Answers = Record<string, (params: unknown[], pass: () => Promise<unknown>) => unknown>;

const NMR = 10n ** 18n;
const STAKER = stage.accounts[5]!;
const BACKER = stage.accounts[6]!;
const [TOKEN, TOURNAMENT] = ["Numeraire", "Tournament"].map((name) => Object.values(stage.record.parts).find((part) => part.contract === name)!.address) as [string, string];
const PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

let asked: { method: string; params: unknown[] }[];

visitAnew();
beforeEach(() => { asked = []; });

/** Inject a wallet of an account, some of whose answers are others. */
async function wallet(account: string, answers: Answers = {}, info: { name?: string; icon?: string } = {}): Promise<void> {
  await at.page.exposeFunction("walletAsk", async (method: string, params: unknown[] = []) => {
    asked.push({ method, params });
    const pass = (): Promise<unknown> => (method === "eth_requestAccounts" ? Promise.resolve([account]) : ask(method, ...params));
    try {
      return { result: await (answers[method] ? answers[method](params, pass) : pass()) };
    } catch (error) {
      const { code, message, data } = error as { code?: number; message: string; data?: unknown };
      return { error: { code, message, data } };
    }
  });
  await at.page.addInitScript(({ name, icon }) => {
    const provider = {
      request: async ({ method, params }: { method: string; params?: unknown[] }) => {
        const { result, error } = await (window as unknown as { walletAsk(method: string, params?: unknown[]): Promise<{ result: unknown; error?: { message: string } }> }).walletAsk(method, params);
        if (error) throw Object.assign(new Error(error.message), error);
        return result;
      },
      on: () => undefined,
      removeListener: () => undefined,
    };
    const detail = Object.freeze({ info: { uuid: "1b3f1e0c-0000-4000-8000-000000000001", name, icon, rdns: "example.wallet" }, provider });
    const announce = (): boolean => dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
    addEventListener("eip6963:requestProvider", announce);
    announce();
  }, { name: info.name ?? "Test wallet", icon: info.icon ?? PIXEL });
}

async function connected(account: string, site = "live/", answers: Answers = {}): Promise<void> {
  await wallet(account, answers);
  await opened(at, site, "#/act", ".wallet");
  await at.page.click(".wallet");
  await at.page.locator("#account, [role=alert]").first().waitFor();
}

/** Fill the form and simulate; gives the outcome, or the refusal. */
async function simulated(kind: string, typed: Record<string, string>): Promise<string> {
  await at.page.selectOption("#act-kind", kind);
  for (const [field, value] of Object.entries(typed)) {
    if (field === "place") await at.page.selectOption("#act-place", value);
    else await at.page.fill(`#act-${field}`, value);
  }
  await at.page.click("#act-simulate");
  return at.page.locator("#act-plan, #act-refusal").innerText();
}

async function sent(): Promise<string> {
  await at.page.click("#act-send");
  await at.page.waitForFunction(() => /^(Done|It is in|You reject|The wallet|The contract)/.test(document.querySelector("#act-fate")?.textContent ?? ""));
  return at.page.locator("#act-fate").innerText();
}

async function read<T>(contract: keyof typeof abi, to: string, functionName: string, ...args: unknown[]): Promise<T> {
  const data = encodeFunctionData({ abi: abi[contract] as Abi, functionName, args });
  return decodeFunctionResult({ abi: abi[contract] as Abi, functionName, data: await ask<Hex>("eth_call", { to, data }, "latest") }) as T;
}

async function send(from: string, contract: keyof typeof abi, to: string, functionName: string, ...args: unknown[]): Promise<void> {
  await ask("eth_sendTransaction", { from, to, data: encodeFunctionData({ abi: abi[contract] as Abi, functionName, args }) });
}

const balanceOf = (account: string): Promise<bigint> => read("Numeraire", TOKEN, "balanceOf", account);
const idleOf = async (model: number): Promise<bigint> => {
  const [word] = await read<bigint[]>("Tournament", TOURNAMENT, "words", 128n, BigInt(Math.floor(model / 4)), 1n);
  return ((word! >> BigInt(60 * (model % 4))) & ((1n << 60n) - 1n)) * 10n ** 9n;
};

test.each(["live/", "nmr/"])("a staker, at %s, deposits by a permit and leaves a round", async (site) => {
  await send(STAKER, "Numeraire", TOKEN, "approve", TOURNAMENT, 0n);
  await connected(STAKER, site);
  const [balance, idle] = [await balanceOf(STAKER), await idleOf(1)];
  expect(await at.page.locator("#account").innerText()).toBe(STAKER);

  expect(await simulated("deposit", { model: "1", amount: "12.5" })).toMatch(/^Your account has [\d,.]+ NMR and then [\d,.]+ NMR\. Model 1 has [\d,.]+ NMR idle and then [\d,.]+ NMR, which you can withdraw at any time\.$/);
  expect(asked.map((each) => each.method)).not.toContain("eth_sendTransaction");
  expect(await sent()).toMatch(/^Done in block \d+\. Transaction 0x/);
  expect(await balanceOf(STAKER)).toBe(balance - (12n * NMR + NMR / 2n));
  expect(await idleOf(1)).toBe(idle + 12n * NMR + NMR / 2n);
  expect(await read("Numeraire", TOKEN, "allowance", STAKER, TOURNAMENT)).toBe(0n);
  const permit = JSON.parse(String(asked.find((each) => each.method === "eth_signTypedData_v4")!.params[1])) as { domain: unknown; message: { value: string } };
  expect(permit.domain).toEqual({ name: "Numeraire", version: "1", chainId: 31_337, verifyingContract: TOKEN });
  expect(permit.message.value).toBe("12500000000000000000");

  expect(await simulated("leave", { model: "1", round: "3", amount: "10" })).toMatch(/^10 NMR leave round 3\. Model 1 has [\d,.]+ NMR idle and then [\d,.]+ NMR\.$/);
  expect(await sent()).toMatch(/^Done in block/);
  expect(await idleOf(1)).toBe(idle + 22n * NMR + NMR / 2n);
  expect(at.errors).toEqual([]);
});

test("a staker registers, sets a policy, stakes and withdraws", async () => {
  await connected(STAKER);
  const count = await read<bigint>("Tournament", TOURNAMENT, "model_count");

  expect(await simulated("register", { label: "<b>mine</b>" })).toBe(`Model ${count} becomes yours, labelled <b>mine</b>. It moves no NMR.`);
  expect(await sent()).toMatch(/^Done in block/);
  expect(await read("Tournament", TOURNAMENT, "owner_of", count)).toBe(STAKER);
  expect(await simulated("policy", { model: String(count), amount: "40" })).toBe(`In each round model ${count} has 40 NMR at stake, as far as its NMR goes. It moves no NMR now.`);
  expect(await sent()).toMatch(/^Done in block/);
  expect(await simulated("stake", { model: "1", amount: "5" })).toMatch(/^Your account has [\d,.]+ NMR and then [\d,.]+ NMR\. They are at stake for model 1 in round 3, and may burn there\. Until it locks you can leave\.$/);
  expect(await sent()).toMatch(/^Done in block/);
  const balance = await balanceOf(STAKER);
  expect(await simulated("withdraw", { model: "1", amount: "7" })).toBe("7 NMR of model 1 come to your account.");
  expect(await sent()).toMatch(/^Done in block/);
  expect(await balanceOf(STAKER)).toBe(balance + 7n * NMR);
});

test("a backer enters a pool by an exact approval, cancels, leaves and claims", async () => {
  await connected(BACKER);
  const balance = await balanceOf(BACKER);

  expect(await simulated("enter", { place: "3", amount: "20" })).toBe("20 NMR go from your account to the pool, and buy shares of place 3 at its next fill, as far as they fit. Until then you can cancel.");
  expect(await sent()).toMatch(/^Done in block/);
  expect(await balanceOf(BACKER)).toBe(balance - 20n * NMR);
  expect(await simulated("cancel", { place: "3" })).toBe("20 NMR that wait come back to your account.");
  expect(await sent()).toMatch(/^Done in block/);
  expect(await balanceOf(BACKER)).toBe(balance);
  expect(await simulated("exit", { place: "3" })).toBe("The contract refuses: pool: more than you hold.");
  expect(await simulated("claim", { place: "3" })).toBe("The contract refuses: pool: nothing to claim.");
  const pool = (await at.page.locator("#act-pool").inputValue());
  expect(await read("Numeraire", TOKEN, "allowance", BACKER, pool)).toBe(0n);
});

test("the forms fit a screen of 320 pixels, and a pool's label stays in its place", async () => {
  await at.page.setViewportSize({ width: 320, height: 640 });
  await connected(BACKER);
  for (const kind of await at.page.locator("#act-kind option").evaluateAll((options) => options.map((each) => (each as HTMLOptionElement).value))) {
    await at.page.selectOption("#act-kind", kind);
    expect(await at.page.evaluate(() => Math.max(document.documentElement.scrollWidth, ...[...document.querySelectorAll("main *")].map((each) => each.getBoundingClientRect().right))), kind).toBeLessThanOrEqual(320);
  }
  expect(await at.page.locator("#act-pool option").first().textContent()).toMatch(/^of model 6 · \u2068pool\u2069 · 0x/);
});

test("a backer orders all shares out, and claims after the checkpoint", async () => {
  await connected(STAKER);
  const balance = await balanceOf(STAKER);

  const words = await simulated("exit", { place: "0" });
  expect(words).toMatch(/^All your shares of place 0 are ordered out\. They are worth [\d.]+ NMR now, and the next checkpoint pays their exact part; claim it then\.$/);
  expect(await sent()).toMatch(/^Done in block/);
  const pool = await at.page.locator("#act-pool").inputValue();
  // An order runs in a later block than its own, which is told by its time.
  await ask("evm_increaseTime", 5);
  await ask("evm_mine");
  const checkpoint = encodeFunctionData({ abi: parseAbi(["function checkpoint(uint256)"]), args: [0n] });
  await ask("eth_sendTransaction", { from: stage.accounts[9], to: pool, data: checkpoint });
  const worth = /worth ([\d.]+) NMR/.exec(words)![1]!;
  expect(await simulated("claim", { place: "0" })).toMatch(new RegExp(`^${worth.slice(0, 8)}[\\d.]* NMR come to your account, and shares that were bought are booked\\.$`));
  expect(await sent()).toMatch(/^Done in block/);
  expect(await balanceOf(STAKER)).toBeGreaterThan(balance + 40n * NMR);
});

test("a wallet whose node assumes no allowance simulates a deposit once it is allowed", async () => {
  await send(STAKER, "Numeraire", TOKEN, "approve", TOURNAMENT, 0n);
  await connected(STAKER, "live/", { eth_call: ([call, block]) => ask("eth_call", call, block) });

  expect(await simulated("deposit", { model: "1", amount: "2" })).toMatch(/ The wallet's node cannot simulate it before it is allowed: that comes then, before it is sent\.$/);
  expect(await sent()).toMatch(/^Done in block/);
  await simulated("deposit", { model: "1", amount: "9,999,999" });
  expect(await sent()).toMatch(/^The contract refuses: erc20: /);
  expect(asked.filter((each) => each.method === "eth_sendTransaction")).toHaveLength(1);
});

test("a pool that its tournament's factory did not create is not acted on", async () => {
  const fake = stage.accounts[11]!;
  await tampered<Summary>(at.page, "summary", (summary) => { summary.books.tournaments["classic"]!.pools[0]!.address = fake; });
  await connected(BACKER, "nmr/");

  expect(await simulated("enter", { place: "3", amount: "20" })).toBe(`${fake} is no pool of this tournament's factory: this page does not act on it.`);
  expect(asked.map((each) => each.method)).not.toContain("eth_sendTransaction");
});

test("what a contract refuses is told in its words, and nothing is sent", async () => {
  await connected(STAKER);

  expect(await simulated("deposit", { model: "1", amount: "9,999,999" })).toMatch(/^The contract refuses: erc20: .+\.$/);
  expect(await simulated("withdraw", { model: "2", amount: "1" })).toMatch(/^The contract refuses: models: .+\.$/);
  expect(await simulated("leave", { model: "1", round: "0", amount: "1" })).toMatch(/^The contract refuses: .+\.$/);
  expect(await simulated("deposit", { model: "1", amount: "1e9" })).toBe("That is no amount of NMR with at most 9 decimals.");
  expect(asked.map((each) => each.method)).not.toContain("eth_sendTransaction");
});

test("a transaction that is rejected in the wallet is said so", async () => {
  await connected(STAKER, "live/", { eth_sendTransaction: () => { throw Object.assign(new Error("User rejected"), { code: 4001 }); } });
  await simulated("withdraw", { model: "1", amount: "1" });

  expect(await sent()).toBe("You rejected it in the wallet: nothing was sent.");
});

test("a wallet on another chain is not acted with", async () => {
  await connected(STAKER, "live/", { eth_chainId: () => "0x1" });

  expect(await at.page.locator("[role=alert]").innerText()).toBe("The wallet is on chain 1, and the suite is on chain 31337: switch it there.");
});

test("contracts of other code are not acted on", async () => {
  await connected(STAKER, "live/", { eth_getCode: async ([address], pass) => (String(address) === TOURNAMENT ? "0x00" : pass()) });

  expect(await at.page.locator("[role=alert]").innerText()).toBe("The code of classic is not that of the record: this page does not act.");
});

test("a wallet's name is text, and its icon only ever an image", async () => {
  await wallet(STAKER, {}, { name: "<img src=x onerror=alert(1)>", icon: "javascript:alert(1)" });
  await opened(at, "nmr/", "#/act", ".wallet");

  expect(await at.page.locator(".wallet").innerText()).toBe("<img src=x onerror=alert(1)>");
  expect(await at.page.locator("main img").count()).toBe(0);
});

test.each(["nmr/?node=http://127.0.0.1:1", "nmr/?record=config.json"])("a page at %s does not act", async (path) => {
  await wallet(STAKER);
  await at.page.route("http://127.0.0.1:1/", (route) => route.abort());
  // Where the named source cannot be read, there is nothing to act on either.
  await opened(at, path, "#/act", "[role=alert], #hindered");

  expect(await at.page.locator(".wallet").count()).toBe(0);
  expect(asked).toEqual([]);
});

test("a page with the devnet's node in its address only reads", async () => {
  await wallet(STAKER);
  await opened(at, "any/", `?node=${encodeURIComponent(stage.node)}#/act`, "#hindered");

  expect(await at.page.locator("#hindered").innerText()).toBe("The address of this page names a record or a node, which may be anybody's: it only reads. Open it without them to act.");
  expect(asked).toEqual([]);
});

test("a page in a frame does not act", async () => {
  await wallet(STAKER);
  await at.page.route("**/frame.html", (route) => route.fulfill({ contentType: "text/html", body: "<iframe src='nmr/#/act' width=900 height=700></iframe>" }));
  await at.page.goto(`${stage.site}frame.html`);
  const hindered = at.page.frameLocator("iframe").locator("#hindered");

  expect(await hindered.innerText()).toBe("This page is in a frame of another page, which could lay something over its buttons. It does not act there: open it by itself.");
  expect(asked).toEqual([]);
});
