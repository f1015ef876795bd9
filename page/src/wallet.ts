// SPDX-License-Identifier: MIT
// A wallet by EIP-6963 and EIP-1193: simulated calls, permits, and what becomes of a transaction.
import { decodeErrorResult, decodeFunctionResult, encodeAbiParameters, encodeFunctionData, keccak256, toHex, type Abi, type EIP1193Provider, type Hex } from "viem";
import abi from "./abi.json";
import { Tally } from "./compare";
import { compareCodes } from "./confirm";
import { hex, NodeFailed, type Rpc } from "./node";
import type { Part, SuiteRecord } from "./snapshot";

/** Where the token keeps `allowance`, so that a deposit is simulated before its permit is signed; a test compares it. */
const ALLOWANCE_SLOT = 2n;
const PERMIT_SECONDS = 1_800;
const LOOK = 1_000;
const STUCK = 180_000;
/** Looks without a trace after which a transaction counts as dropped. */
const LOST = 20;

/** What the token says where nothing is allowed. */
const NOT_ALLOWED = "erc20: insufficient allowance";

/** What a wallet or a contract refused, in a sentence; with the contract's reason, if it is one. */
export class Refused extends Error {
  constructor(message: string, readonly reason?: string) {
    super(message);
  }
}

export interface Call {
  contract: "Numeraire" | "Tournament" | "Pool" | "PoolFactory";
  to: string;
  name: string;
  args: readonly unknown[];
}

type Request = (asked: { method: string; params?: unknown }) => Promise<unknown>;

interface Failure {
  code?: number;
  message?: string;
  data?: unknown;
  cause?: unknown;
}

export function dataOf(call: Call): Hex {
  return encodeFunctionData({ abi: abi[call.contract] as Abi, functionName: call.name, args: call.args });
}

/** The reason of a refused call in the contract's own words; undefined where an error has none. */
export function reasonOf(error: unknown): string | undefined {
  for (let at = error as Failure | undefined, depth = 0; at && depth < 6; depth++) {
    const data = typeof at.data === "object" && at.data !== null ? ((at.data as Failure).data ?? (at.data as { originalError?: Failure }).originalError?.data) : at.data;
    if (typeof data === "string" && data.startsWith("0x08c379a0")) {
      try {
        return String(decodeErrorResult({ abi: [], data: data as Hex }).args?.[0]);
      } catch {
        return undefined;
      }
    }
    const told = /reverted(?: with reason string)?:? '?([a-z_0-9]+: [^'",]+)/.exec(at.message ?? "");
    if (told) return told[1]!.trim();
    at = (at.cause ?? (typeof at.data === "object" ? at.data : undefined)) as Failure | undefined;
  }
  return undefined;
}

/** What a wallet's failure means. */
export function told(error: unknown): string {
  const { code, message } = error as Failure;
  if (code === 4001) return "You rejected it in the wallet: nothing was sent.";
  if (code === 4100) return "The wallet does not let this page use that account.";
  if (code === 4900 || code === 4901) return "The wallet is not connected to the chain.";
  if (code === -32002) return "The wallet already asks you something: open it.";
  const reason = reasonOf(error);
  return reason === undefined ? `The wallet says: ${String(message ?? error).slice(0, 300)}` : `The contract refuses: ${reason}.`;
}

/** What becomes of a transaction. */
export type Fate =
  | { kind: "waiting" | "stuck" | "replaced" | "dropped" }
  | { kind: "mined"; block: number }
  | { kind: "refused"; block: number; reason: string };

export class Wallet implements Rpc {
  readonly url = "the wallet";

  private constructor(private readonly provider: EIP1193Provider, readonly account: string, private readonly record: SuiteRecord) {}

  /** Ask a wallet for its account, and make sure of chain and code. */
  static async connect(provider: EIP1193Provider, record: SuiteRecord): Promise<Wallet> {
    const accounts = (await asked(provider, "eth_requestAccounts")) as string[];
    if (!/^0x[0-9a-fA-F]{40}$/.test(accounts[0] ?? "")) throw new Refused("The wallet gives this page no account.");
    const wallet = new Wallet(provider, accounts[0]!, record);
    await wallet.requireChain();
    const tally = new Tally([], 0);
    await compareCodes(wallet, record, "latest", tally);
    if (tally.count) throw new Refused(`The code of ${tally.listed.map((each) => each.where).join(", ")} is not that of the record: this page does not act.`);
    return wallet;
  }

  async requireChain(): Promise<void> {
    const chain = Number(await asked(this.provider, "eth_chainId"));
    if (chain !== this.record.chain_id) throw new Refused(`The wallet is on chain ${chain}, and the suite is on chain ${this.record.chain_id}: switch it there.`);
  }

  ask<T>(method: string, params: unknown[]): Promise<T> {
    return asked(this.provider, method, params) as Promise<T>;
  }

  askAll<T>(method: string, params: unknown[][]): Promise<T[]> {
    return Promise.all(params.map((each) => this.ask<T>(method, each)));
  }

  only(contract: string): Part {
    const found = Object.values(this.record.parts).filter((part) => part.contract === contract);
    if (found.length !== 1) throw new Refused(`The record has no ${contract}.`);
    return found[0]!;
  }

  /** Make sure that a pool, which the record does not have, is one of a tournament's factory. */
  async requirePool(pool: string, tournament: string): Promise<void> {
    for (const { contract, address, arguments: given } of Object.values(this.record.parts)) {
      if (contract !== "PoolFactory" || given["tournament"] !== tournament) continue;
      if (await this.read<boolean>({ contract, to: address, name: "is_pool", args: [pool] })) return;
    }
    throw new Refused(`${pool} is no pool of this tournament's factory: this page does not act on it.`);
  }

  async read<T>(call: Call): Promise<T> {
    const answer = await this.ask<Hex>("eth_call", [{ to: call.to, data: dataOf(call) }, "latest"]);
    return decodeFunctionResult({ abi: abi[call.contract] as Abi, functionName: call.name, data: answer }) as T;
  }

  /** What a call would return to the account now. `allowing` is a spender and wei that a permit will allow. */
  async simulate<T>(call: Call, allowing?: { spender: string; amount: bigint }): Promise<T> {
    const from = this.account;
    const overrides: unknown[] = [];
    if (allowing) {
      const slot = entry(entry(toHex(ALLOWANCE_SLOT, { size: 32 }), from), allowing.spender);
      overrides.push({ [this.only("Numeraire").address]: { stateDiff: { [slot]: toHex(allowing.amount, { size: 32 }) } } });
    }
    let answer: Hex;
    try {
      answer = await this.ask<Hex>("eth_call", [{ from, to: call.to, data: dataOf(call) }, "latest", ...overrides]);
    } catch (error) {
      throw new Refused(told(error), reasonOf(error));
    }
    return answer === "0x" ? (undefined as T) : (decodeFunctionResult({ abi: abi[call.contract] as Abi, functionName: call.name, data: answer }) as T);
  }

  /** Simulate a call once a spender is allowed an amount; false where the wallet's node cannot assume that it is. */
  async simulateAllowed(call: Call, allowing: { spender: string; amount: bigint } | undefined): Promise<boolean> {
    try {
      await this.simulate(call, allowing);
      return true;
    } catch (error) {
      if (allowing && error instanceof Refused && (error.reason === undefined || error.reason === NOT_ALLOWED)) return false;
      throw error;
    }
  }

  /** A signed permit over exactly an amount; its domain is computed here. Undefined where the wallet signs none. */
  async permit(spender: string, amount: bigint): Promise<{ deadline: bigint; v: number; r: Hex; s: Hex } | undefined> {
    const token = this.only("Numeraire").address;
    const nonce = await this.read<bigint>({ contract: "Numeraire", to: token, name: "nonces", args: [this.account] });
    const { timestamp } = await this.ask<{ timestamp: string }>("eth_getBlockByNumber", ["latest", false]);
    const deadline = BigInt(timestamp) + BigInt(PERMIT_SECONDS);
    const field = (name: string, type: string): { name: string; type: string } => ({ name, type });
    const message = {
      types: {
        EIP712Domain: [field("name", "string"), field("version", "string"), field("chainId", "uint256"), field("verifyingContract", "address")],
        Permit: [field("owner", "address"), field("spender", "address"), field("value", "uint256"), field("nonce", "uint256"), field("deadline", "uint256")],
      },
      primaryType: "Permit",
      domain: { name: "Numeraire", version: "1", chainId: this.record.chain_id, verifyingContract: token },
      message: { owner: this.account, spender, value: String(amount), nonce: String(nonce), deadline: String(deadline) },
    };
    let signature: string;
    try {
      signature = await this.ask<string>("eth_signTypedData_v4", [this.account, JSON.stringify(message)]);
    } catch (error) {
      if ([4200, -32601].includes((error as Failure).code ?? 0)) return undefined;
      throw new Refused(told(error));
    }
    if (!/^0x[0-9a-f]{130}$/i.test(signature)) return undefined;
    const v = Number(`0x${signature.slice(130)}`);
    return { deadline, v: v < 27 ? v + 27 : v, r: signature.slice(0, 66) as Hex, s: `0x${signature.slice(66, 130)}` };
  }

  /** Send a call; gives the transaction's hash. */
  async send(call: Call): Promise<string> {
    await this.requireChain();
    try {
      return await this.ask<string>("eth_sendTransaction", [{ from: this.account, to: call.to, data: dataOf(call), value: "0x0" }]);
    } catch (error) {
      throw new Refused(told(error));
    }
  }

  /** Follow a transaction to its end; `each` hears what is known meanwhile. */
  async follow(hash: string, call: Call, each: (fate: Fate) => void, look = LOOK, stuck = STUCK): Promise<Fate> {
    const began = Date.now();
    let nonce = Number(await this.ask<string>("eth_getTransactionCount", [this.account, "latest"]));
    let missing = 0;
    for (;;) {
      const receipt = await this.ask<{ status: string; blockNumber: string } | null>("eth_getTransactionReceipt", [hash]);
      if (receipt) {
        const block = Number(receipt.blockNumber);
        return Number(receipt.status) === 1 ? { kind: "mined", block } : { kind: "refused", block, reason: await this.reasonAt(call, block) };
      }
      const known = await this.ask<{ nonce: string } | null>("eth_getTransactionByHash", [hash]);
      if (known) [nonce, missing] = [Number(known.nonce), 0];
      else {
        missing++;
        const next = Number(await this.ask<string>("eth_getTransactionCount", [this.account, "latest"]));
        if (next > nonce) return { kind: "replaced" };
        if (missing >= LOST) return { kind: "dropped" };
      }
      each({ kind: Date.now() - began > stuck ? "stuck" : "waiting" });
      await new Promise((resolve) => setTimeout(resolve, look));
    }
  }

  private async reasonAt(call: Call, block: number): Promise<string> {
    try {
      await this.ask("eth_call", [{ from: this.account, to: call.to, data: dataOf(call) }, hex(block)]);
    } catch (error) {
      return reasonOf(error) ?? "its node gives no reason";
    }
    return "its node gives no reason; perhaps it had too little gas";
  }
}

async function asked(provider: EIP1193Provider, method: string, params?: unknown[]): Promise<unknown> {
  const request = provider.request as Request;
  try {
    return await request.call(provider, params === undefined ? { method } : { method, params });
  } catch (error) {
    if (method === "eth_requestAccounts") throw new Refused(told(error));
    // Batches of code that a node refuses read as any other failure of a node.
    if (method === "eth_getCode") throw new NodeFailed(told(error), true);
    throw error;
  }
}

/** An entry of a HashMap at a slot. */
function entry(slot: Hex, key: string): Hex {
  return keccak256(encodeAbiParameters([{ type: "bytes32" }, { type: "address" }], [slot, key as Hex]));
}
