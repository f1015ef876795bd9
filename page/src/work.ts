// SPDX-License-Identifier: MIT
// The page's end of its worker.
import { fetched } from "./sending";
import type { Answer, Asked, Replies } from "./worker";
import workerUrl from "./worker?worker&url";

interface Policy {
  createScriptURL(url: string): string;
}

/** Trusted Types, where the browser has them: only this page's own worker becomes a script. */
const policy: Policy = ((): Policy => {
  const rules: Policy = {
    createScriptURL(url) {
      if (url !== workerUrl) throw new Error("This is no script of the page.");
      return new URL(url, location.href).href;
    },
  };
  const factory = (globalThis as { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } }).trustedTypes;
  return factory ? factory.createPolicy("nmr", rules) : rules;
})();

export type Told = (what: string, done: number, total: number) => void;

interface Waiting {
  told: Told;
  done(value: unknown): void;
  failed(error: Error): void;
}

/** A worker that answers one question after the other. */
export class Work {
  private readonly worker = new Worker(policy.createScriptURL(workerUrl), { type: "module" });
  private readonly waiting = new Map<number, Waiting>();
  private count = 0;

  constructor() {
    this.worker.addEventListener("error", (event) => {
      for (const each of this.waiting.values()) each.failed(new Error(event.message || "The worker could not start."));
      this.waiting.clear();
    });
    this.worker.addEventListener("message", (event: MessageEvent<Answer>) => {
      const answer = event.data;
      if (answer.kind === "send") {
        void fetched(answer.sent).then((got) => this.worker.postMessage({ id: answer.id, got }, got.kind === "answer" ? [got.bytes] : []));
        return;
      }
      const waiting = this.waiting.get(answer.id);
      if (!waiting) return;
      if (answer.kind === "progress") return waiting.told(answer.what, answer.done, answer.total);
      this.waiting.delete(answer.id);
      if (answer.kind === "done") waiting.done(answer.value);
      else waiting.failed(new Error(answer.message));
    });
  }

  ask<K extends Asked["kind"]>(asked: Asked & { kind: K }, told: Told = () => undefined): Promise<Replies[K]> {
    const id = ++this.count;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { told, done: (value) => resolve(value as Replies[K]), failed: reject });
      this.worker.postMessage({ id, asked });
    });
  }

  end(): void {
    this.worker.terminate();
  }
}
