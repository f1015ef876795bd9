// SPDX-License-Identifier: MIT
// A deployment record that an address names: it may be anybody's, so it is looked at before it is used, and only read.
import { readJson, type Part, type SuiteRecord } from "./snapshot";

const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
const NAME = /^[A-Za-z0-9][A-Za-z0-9 _.+-]{0,63}$/;
const LARGEST_RING = 128;
const MOST_PARTS = 128;

/** Fetch a record. Throws an Error with a sentence where it is none. */
export async function foreignRecord(address: string): Promise<SuiteRecord> {
  const url = new URL(address, location.href);
  if (url.origin !== location.origin) throw new Error("A record is only read from this page's own server.");
  return checkedRecord(await readJson<unknown>(url.href));
}

/** The record that a value is. Throws an Error with a sentence where it is none. */
export function checkedRecord(value: unknown): SuiteRecord {
  const record = objectOf(value) as unknown as SuiteRecord;
  const { chain_id, first_block } = record;
  if (!natural(chain_id) || !natural(first_block)) throw invalid("chain or first block");
  const parts = Object.entries(objectOf(record.parts)) as [string, Part][];
  if (parts.length > MOST_PARTS) throw invalid("number of parts");
  for (const [name, part] of parts) {
    if (!NAME.test(name) || typeof objectOf(part).address !== "string" || !ADDRESS.test(part.address) || typeof part.contract !== "string") throw invalid("parts");
    if (part.contract === "Tournament") {
      const { ring, hour, first_round } = objectOf(part.arguments) as Record<string, unknown>;
      if (!natural(ring) || ring < 1 || ring > LARGEST_RING || !natural(hour) || !natural(first_round)) throw invalid(`arguments of ${name}`);
      if (!/^\d{1,30}$/.test(String(part.arguments["min_stake"]))) throw invalid(`arguments of ${name}`);
    }
  }
  const count = (contract: string): number => parts.filter(([, part]) => part.contract === contract).length;
  if (count("Numeraire") !== 1 || count("Treasury") !== 1 || !count("Tournament")) throw invalid("parts");
  return record;
}

function objectOf(value: unknown): Record<string, unknown> & Part {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid("shape");
  return value as Record<string, unknown> & Part;
}

function natural(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function invalid(what: string): Error {
  return new Error(`The address names no deployment record: its ${what} cannot be.`);
}
