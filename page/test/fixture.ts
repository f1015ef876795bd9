// SPDX-License-Identifier: MIT
// The snapshots that `python -m tests.library.page.fixture` wrote.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { Summary } from "../src/snapshot";

/** Where a history is below the folder: the audit's own, or those of pools. */
export type History = "." | "pools" | "deserted";

const FOLDER = new URL("../.cache/snapshot/", import.meta.url);

export function file<T>(name: string, history: History = "."): T {
  return JSON.parse(gunzipSync(readFileSync(new URL(`${history}/${name}.json.gz`, FOLDER))).toString()) as T;
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

export const audit = (history: History = "."): Audit => JSON.parse(readFileSync(new URL(`${history}/audit.json`, FOLDER), "utf8")) as Audit;
export const summary = (history: History = "."): Summary => file<Summary>("summary", history);

/** Files of the snapshot, some of them changed. */
export function changed(changes: Record<string, (content: never) => void>, history: History = "."): <T>(name: string) => Promise<T> {
  return <T>(name: string): Promise<T> => {
    const content = file<T>(name, history);
    changes[name]?.(content as never);
    return Promise.resolve(content);
  };
}
