// SPDX-License-Identifier: MIT
// Parts of a log in the browser's database. Where it has none, or none that works, all is read again.
import { keccak256, stringToHex } from "viem";
import type { Kept, Part } from "./live";
import type { SuiteRecord } from "./snapshot";

const STORE = "parts";

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("The database failed."));
  });
}

export class Cache implements Kept {
  private constructor(private readonly base: IDBDatabase | undefined, private readonly suite: string) {}

  /** What one node said of one record: another node, or a record that an address named, leaves nothing for these. */
  static async open(node: string, record: SuiteRecord): Promise<Cache> {
    const suite = keccak256(stringToHex(JSON.stringify([node, record])));
    try {
      const request = indexedDB.open("nmr-page", 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE);
      return new Cache(await settled(request), suite);
    } catch {
      return new Cache(undefined, suite);
    }
  }

  async all(): Promise<Part[]> {
    const range = IDBKeyRange.bound([this.suite, 0], [this.suite, Number.MAX_SAFE_INTEGER]);
    return (await this.use("readonly", (store) => store.getAll(range))) ?? [];
  }

  async put(part: Part): Promise<void> {
    await this.use("readwrite", (store) => store.put(part, [this.suite, part.first]));
  }

  async drop(part: Part): Promise<void> {
    await this.use("readwrite", (store) => store.delete([this.suite, part.first]));
  }

  private async use<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T | undefined> {
    if (!this.base) return undefined;
    try {
      return await settled(act(this.base.transaction(STORE, mode).objectStore(STORE)));
    } catch {
      // A full or broken database is no reason to stop.
      return undefined;
    }
  }
}
