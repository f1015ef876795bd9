// SPDX-License-Identifier: MIT
// A node over JSON-RPC, which may be slow, limit what it gives, or say what is not true.
import { send } from "./sending";

const PATIENCE = 20_000;
const BATCH = 100;
const PAUSES = [250, 1_000, 4_000];

/** What a node did not do. `refused` is an answer of its own; otherwise it gave none. */
export class NodeFailed extends Error {
  constructor(message: string, readonly refused: boolean) {
    super(message);
  }
}

export interface Rpc {
  readonly url: string;
  ask<T>(method: string, params: unknown[]): Promise<T>;
  askAll<T>(method: string, params: unknown[][]): Promise<T[]>;
}

interface Reply {
  id: number;
  result?: unknown;
  error?: { code?: number; message?: string };
}

export class Node implements Rpc {
  private id = 0;
  private batches = true;

  constructor(readonly url: string, private readonly patience = PATIENCE) {}

  async ask<T>(method: string, params: unknown[]): Promise<T> {
    const [reply] = await this.post([{ method, params }], false);
    return this.result<T>(method, reply);
  }

  async askAll<T>(method: string, params: unknown[][]): Promise<T[]> {
    const found: T[] = [];
    for (let at = 0; at < params.length; at += BATCH) {
      const part = params.slice(at, at + BATCH);
      if (this.batches && part.length > 1) {
        try {
          const replies = await this.post(part.map((each) => ({ method, params: each })), true);
          for (const reply of replies) found.push(this.result<T>(method, reply));
          continue;
        } catch (error) {
          if (!(error instanceof NodeFailed && error.refused)) throw error;
          // Some nodes take one request at a time.
          this.batches = false;
          found.length = at;
        }
      }
      for (const each of part) found.push(await this.ask<T>(method, each));
    }
    return found;
  }

  private result<T>(method: string, reply: Reply | undefined): T {
    if (!reply || reply.error || reply.result === undefined) {
      throw new NodeFailed(`The node refuses ${method}: ${String(reply?.error?.message ?? "no result").slice(0, 200)}.`, true);
    }
    return reply.result as T;
  }

  private async post(calls: { method: string; params: unknown[] }[], batch: boolean): Promise<Reply[]> {
    const first = this.id;
    this.id += calls.length;
    const bodies = calls.map((call, index) => ({ jsonrpc: "2.0", id: first + index, ...call }));
    const got = await send({ url: this.url, body: JSON.stringify(batch ? bodies : bodies[0]), patience: this.patience });
    if (got.kind === "late") throw new NodeFailed(`The node gave no answer within ${this.patience / 1_000} s.`, false);
    if (got.kind !== "answer") throw new NodeFailed("The node cannot be reached, or the page's policy does not name it.", false);
    let found: unknown;
    try {
      found = JSON.parse(new TextDecoder().decode(got.bytes));
    } catch {
      throw new NodeFailed(`The node answers ${got.status}, and no JSON.`, false);
    }
    if (!got.ok && (typeof found !== "object" || found === null)) throw new NodeFailed(`The node answers ${got.status}.`, true);
    const replies = (batch ? (Array.isArray(found) ? found : []) : [found]) as Reply[];
    const byId = new Map(replies.map((reply) => [reply.id, reply]));
    return bodies.map((body) => byId.get(body.id) ?? (batch ? { id: body.id, error: { message: "batches are not answered" } } : (found as Reply)));
  }
}

/** Do something again after a pause, as long as the node is only silent. */
export async function patiently<T>(act: () => Promise<T>, pauses: readonly number[] = PAUSES): Promise<T> {
  for (const pause of pauses) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof NodeFailed) || error.refused) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return act();
}

export const hex = (value: number): string => `0x${value.toString(16)}`;

export interface Header {
  number: number;
  hash: string;
  timestamp: number;
}

/** A block by its number, or the latest. */
export async function headerOf(node: Rpc, number: number | "latest"): Promise<Header> {
  const found = await patiently(() => node.ask<Record<string, string> | null>("eth_getBlockByNumber", [number === "latest" ? number : hex(number), false]));
  if (!found) throw new NodeFailed(`The node has no block ${number}.`, true);
  return { number: Number(found["number"]), hash: String(found["hash"]), timestamp: Number(found["timestamp"]) };
}
