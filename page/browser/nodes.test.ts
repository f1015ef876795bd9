// SPDX-License-Identifier: MIT
// Nodes that limit what they give, are slow, or die.
import { expect, test } from "vitest";
import { at, nodeBefore, ON_CHAIN, opened, stage, verdictOf, visitAnew } from "./stage";

visitAnew();

test("a node that the page's policy does not name is not asked", async () => {
  const node = await nodeBefore((_, pass) => pass());
  await opened(at, "nmr/", `?node=${encodeURIComponent(node.url)}`, "[role=alert]");

  expect(await at.page.locator("[role=alert]").innerText()).toBe("The node cannot be reached, or the page's policy does not name it.");
  expect(node.calls).toEqual([]);
  await node.close();
});

test("a node that limits ranges is asked for shorter ones, and the next visit reads what is kept", async () => {
  const node = await nodeBefore(async (call, pass) => {
    const { fromBlock, toBlock } = (call.params[0] ?? {}) as { fromBlock: string; toBlock: string };
    const refused = call.method === "eth_getLogs" && Number(toBlock) - Number(fromBlock) >= 16;
    return refused ? { id: call.id, error: { code: -32_005, message: "query returned more than 10000 results" } } : pass();
  });
  const asked = (): number => node.calls.filter((call) => call.method === "eth_getLogs").length;
  const path = `any/?node=${encodeURIComponent(node.url)}`;
  await opened(at, path, "#/check", "#recompute");
  expect(await verdictOf(at, "#recompute")).toBe(ON_CHAIN);
  const before = asked();
  expect(before).toBeGreaterThan(5);

  await at.page.reload();
  await at.page.locator("#recompute").waitFor();
  expect(asked()).toBe(before);
  await node.close();
});

test("what one node said is not believed of another", async () => {
  const node = await nodeBefore(async (call, pass) => {
    const reply = (await pass()) as { result: unknown };
    if (call.method === "eth_getLogs") reply.result = [];
    return reply;
  });
  await opened(at, "any/", `?node=${encodeURIComponent(node.url)}`, "#source");
  await opened(at, "any/", `?node=${encodeURIComponent(stage.node)}#/check`, "#recompute");

  expect(await verdictOf(at, "#recompute")).toBe(ON_CHAIN);
  await node.close();
});

test("a node that takes no batches is asked one by one", async () => {
  const node = await nodeBefore(async (call, pass) => ({ ...((await pass()) as object), id: call.id }));
  await at.page.route(node.url, async (route) => {
    const body = route.request().postData() ?? "";
    if (body.startsWith("[")) await route.fulfill({ json: { id: null, error: { code: -32_600, message: "batches are not allowed" } }, headers: { "access-control-allow-origin": "*" } });
    else await route.continue();
  });
  await opened(at, `any/?node=${encodeURIComponent(node.url)}`, "#/check", "#recompute");

  expect(await verdictOf(at, "#recompute")).toBe(ON_CHAIN);
  await node.close();
});

test("a node that dies while it is read is named in a sentence", async () => {
  let left = 4;
  const node = await nodeBefore((_, pass) => (left-- > 0 ? pass() : Promise.reject(new Error("dead"))));
  await opened(at, `any/?node=${encodeURIComponent(node.url)}`, "", "[role=alert]");

  expect(await at.page.locator("[role=alert]").innerText()).toBe("The node answers 500, and no JSON.");
  await node.close();
});

test("a page whose node cannot be read lets the reader try again, use the snapshot, or type another node", async () => {
  await opened(at, "any/", "?node=http://127.0.0.1:1", "[role=alert]");
  expect(await at.page.getByRole("link", { name: "Use the snapshot" }).count()).toBe(1);
  expect(await at.page.getByRole("button", { name: "Try again" }).count()).toBe(1);
  // A link's node is not offered as if it were the reader's own.
  expect(await at.page.inputValue("#node")).toBe("");

  await at.page.fill("#node", stage.node);
  await at.page.getByRole("button", { name: "Read" }).last().click();
  await at.page.locator("#source").waitFor();
  expect(await at.page.locator("#source").innerText()).toContain("Live from a node, at block ");
});

test("a page without snapshot and node asks the reader to type one", async () => {
  await at.page.route("**/any/config.json", async (route) => {
    const config = (await (await route.fetch()).json()) as { snapshot: string | null; node: string | null };
    await route.fulfill({ json: { ...config, snapshot: null, node: null } });
  });
  await opened(at, "any/", "", "[role=alert]");
  expect(await at.page.locator("[role=alert]").innerText()).toBe("No node is named, or none by http: type one.");

  await at.page.fill("#node", stage.node);
  await at.page.getByRole("button", { name: "Read" }).last().click();
  await at.page.locator("#source").waitFor();
  expect(await at.page.locator("#source").innerText()).toContain("Live from a node, at block ");
});

test("a node that is slow has a bar, and after a minute the page says what is quicker", async () => {
  await at.page.clock.install();
  const node = await nodeBefore((call, pass) => (call.method === "eth_getLogs" ? new Promise(() => undefined) : pass()));
  await opened(at, `any/?node=${encodeURIComponent(node.url)}`, "", "progress");
  expect(await at.page.locator("#long").isVisible()).toBe(false);
  await at.page.clock.runFor(61_000);

  expect(await at.page.locator("#long").innerText()).toBe("This takes more than a minute. A snapshot is quicker: use the one of this page.");
  await node.close();
});
