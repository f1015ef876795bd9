// SPDX-License-Identifier: MIT
// What an operator publishes of a round as files whose hashes are on the chain: docs/sealing.md has their form.
import { keccak256 } from "viem";
import type { Round } from "./snapshot";

export const LARGEST = 16 * 2 ** 20;

export interface Submission {
  model: number;
  valid: boolean;
  reason: string;
}

/** An opening list tells which submissions count, evidence what each weighs in the meta model, in gwei, and its CORR, 8 decimals. */
export type Document =
  | { kind: "opening"; submissions: Submission[] }
  | { kind: "evidence"; weights: [number, bigint][]; metaModel: string | null; corr: bigint | null; versions: [string, string][] };

/** Which document of a round a file is, told by its hash alone. Throws an Error with a sentence where it is none. */
export function documentOf(content: Uint8Array, round: Pick<Round, "id" | "opened_list" | "evidence">): Document {
  const hash = keccak256(content);
  if (hash !== round.opened_list && hash !== round.evidence) throw new Error(`The file's hash is ${hash}: the chain has it neither as the opening list nor as the evidence of round ${round.id}.`);
  try {
    const found = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content)) as Record<string, unknown>;
    return hash === round.opened_list ? opening(found) : evidence(found);
  } catch {
    throw new Error("The file has the hash that the operator published, and is no such document.");
  }
}

function opening(found: Record<string, unknown>): Document {
  const submissions = list(found["submissions"]).map((each): Submission => {
    const { model, valid, reason = "" } = each as Record<string, unknown>;
    if (!natural(model) || typeof valid !== "boolean" || typeof reason !== "string") throw new TypeError("no submission");
    return { model, valid, reason };
  });
  return { kind: "opening", submissions };
}

function evidence(found: Record<string, unknown>): Document {
  const weights = list(found["weights"]).map((each): [number, bigint] => {
    const [model, weight] = each as [unknown, unknown];
    if (!natural(model) || typeof weight !== "string" || !/^\d{1,19}$/.test(weight)) throw new TypeError("no weight");
    return [model, BigInt(weight)];
  });
  const metaModel = found["meta_model"];
  if (metaModel !== null && typeof metaModel !== "string") throw new TypeError("no hash");
  const corr = found["meta_model_corr"];
  if (corr !== null && !Number.isSafeInteger(corr)) throw new TypeError("no score");
  return { kind: "evidence", weights, metaModel, corr: corr === null ? null : BigInt(corr as number), versions: Object.entries(found["versions"] as object).map(([name, each]): [string, string] => [name, String(each)]) };
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new TypeError("no list");
  return value;
}

function natural(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
