// SPDX-License-Identifier: MIT
// The snapshot that `python -m tests.library.page.fixture` wrote.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { Summary } from "../src/snapshot";

const FOLDER = new URL("../.cache/snapshot/", import.meta.url);

export function file<T>(name: string): T {
  return JSON.parse(gunzipSync(readFileSync(new URL(`${name}.json.gz`, FOLDER))).toString()) as T;
}

export interface Audit {
  settlements: number;
  figures: {
    supply: string;
    burned: string;
    treasury: { balance: string; reserved: string };
    tournaments: Record<string, Record<string, string | number>>;
  };
}

export const audit = (): Audit => JSON.parse(readFileSync(new URL("audit.json", FOLDER), "utf8")) as Audit;
export const summary = (): Summary => file<Summary>("summary");

/** Files of the snapshot, some of them changed. */
export function changed(changes: Record<string, (content: never) => void>): <T>(name: string) => Promise<T> {
  return <T>(name: string): Promise<T> => {
    const content = file<T>(name);
    changes[name]?.(content as never);
    return Promise.resolve(content);
  };
}
