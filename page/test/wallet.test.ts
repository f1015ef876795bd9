// SPDX-License-Identifier: MIT
// What becomes of a transaction, and what errors of wallets mean.
import { encodeErrorResult, type EIP1193Provider } from "viem";
import { expect, test } from "vitest";
import { fateWords } from "../src/acting";
import type { SuiteRecord } from "../src/snapshot";
import { reasonOf, told, Wallet, type Call, type Fate } from "../src/wallet";

const ACCOUNT = `0x${"11".repeat(20)}`;
const RECORD: SuiteRecord = { chain_id: 7, network: "local", first_block: 0, parts: {} };
const CALL: Call = { contract: "Numeraire", to: `0x${"22".repeat(20)}`, name: "approve", args: [ACCOUNT, 1n] };
const reverted = encodeErrorResult({ abi: [{ type: "error", name: "Error", inputs: [{ name: "", type: "string" }] }], errorName: "Error", args: ["ledger: too little"] });

type Answers = Record<string, unknown[]>;

/** A wallet whose answers to each method come in order; the last one stays. */
async function wallet(answers: Answers): Promise<Wallet> {
  const left = new Map(Object.entries(answers).map(([method, each]) => [method, [...each]]));
  const request = ({ method }: { method: string }): Promise<unknown> => {
    if (method === "eth_requestAccounts") return Promise.resolve([ACCOUNT]);
    if (method === "eth_chainId") return Promise.resolve("0x7");
    const each = left.get(method)!;
    const answer = each.length > 1 ? each.shift() : each[0];
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  return Wallet.connect({ request } as unknown as EIP1193Provider, RECORD);
}

async function followed(answers: Answers, stuck = 60_000): Promise<[Fate, Fate[]]> {
  const heard: Fate[] = [];
  const fate = await (await wallet(answers)).follow("0x1", CALL, (each) => heard.push(each), 0, stuck);
  return [fate, heard];
}

const WAITING = { eth_getTransactionReceipt: [null], eth_getTransactionByHash: [{ nonce: "0x4" }], eth_getTransactionCount: ["0x4"] };

test("a transaction that is mined after a while, is waiting and then done", async () => {
  const [fate, heard] = await followed({ ...WAITING, eth_getTransactionReceipt: [null, null, { status: "0x1", blockNumber: "0x10" }] });

  expect(heard).toEqual([{ kind: "waiting" }, { kind: "waiting" }]);
  expect(fate).toEqual({ kind: "mined", block: 16 });
  expect(fateWords(fate)).toBe("Done in block 16.");
});

test("a transaction that is mined and refused, has the contract's reason", async () => {
  const failure = Object.assign(new Error("execution reverted"), { data: reverted });
  const [fate] = await followed({ ...WAITING, eth_getTransactionReceipt: [{ status: "0x0", blockNumber: "0x10" }], eth_call: [failure] });

  expect(fateWords(fate)).toBe("It is in block 16, and was refused: ledger: too little. Nothing of it happened but its fee.");
});

test("a transaction whose nonce another one took, was replaced", async () => {
  const [fate] = await followed({ ...WAITING, eth_getTransactionByHash: [{ nonce: "0x4" }, null], eth_getTransactionCount: ["0x4", "0x5"] });

  expect(fate).toEqual({ kind: "replaced" });
  expect(fateWords(fate)).toMatch(/^It was replaced: /);
});

test("a transaction that no node knows any more, was dropped", async () => {
  const [fate] = await followed({ ...WAITING, eth_getTransactionByHash: [{ nonce: "0x4" }, null] });

  expect(fate).toEqual({ kind: "dropped" });
  expect(fateWords(fate)).toMatch(/^It was dropped: /);
});

test("a transaction that waits for long, is stuck", async () => {
  const [, heard] = await followed({ ...WAITING, eth_getTransactionReceipt: [null, null, { status: "0x1", blockNumber: "0x10" }] }, -1);

  expect(heard[0]).toEqual({ kind: "stuck" });
  expect(fateWords(heard[0]!)).toBe("It still waits: its fee may be too low. Speed it up or cancel it in the wallet.");
});

test.each<[object, string]>([
  [{ code: 4001, message: "no" }, "You rejected it in the wallet: nothing was sent."],
  [{ code: 4100, message: "no" }, "The wallet does not let this page use that account."],
  [{ code: 4900, message: "no" }, "The wallet is not connected to the chain."],
  [{ code: -32002, message: "no" }, "The wallet already asks you something: open it."],
  [{ code: 3, message: "execution reverted", data: reverted }, "The contract refuses: ledger: too little."],
  [{ code: -32603, message: "Internal error", data: { data: reverted } }, "The contract refuses: ledger: too little."],
  [{ code: -32603, message: "Internal error", data: { originalError: { data: reverted } } }, "The contract refuses: ledger: too little."],
  [{ code: 3, message: "execution reverted: ledger: too little" }, "The contract refuses: ledger: too little."],
  [{ code: -1, message: "odd" }, "The wallet says: odd"],
])("the failure %o reads %s", (failure, sentence) => {
  expect(told(failure)).toBe(sentence);
});

test("a reason, of data that is no string, is none", () => {
  expect(reasonOf({ data: "0x08c379a0ff" })).toBeUndefined();
});

test("a signature, of a wallet that signs no typed data, is none; one that is rejected is said so", async () => {
  const token = { contract: "Numeraire", address: `0x${"33".repeat(20)}`, block: 0, arguments: {}, code_hash: "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470" };
  const record = { ...RECORD, parts: { numeraire: token } };
  const provider = (error: object): EIP1193Provider => ({
    request: ({ method }: { method: string }) => {
      const answers: Record<string, unknown> = { eth_requestAccounts: [ACCOUNT], eth_chainId: "0x7", eth_getCode: "0x", eth_call: `0x${"0".repeat(64)}`, eth_getBlockByNumber: { timestamp: "0x1" } };
      return method in answers ? Promise.resolve(answers[method]) : Promise.reject(error as Error);
    },
  }) as unknown as EIP1193Provider;

  expect(await (await Wallet.connect(provider({ code: 4200, message: "unsupported" }), record)).permit(ACCOUNT, 1n)).toBeUndefined();
  await expect((await Wallet.connect(provider({ code: 4001, message: "no" }), record)).permit(ACCOUNT, 1n)).rejects.toThrow("You rejected it in the wallet: nothing was sent.");
});
