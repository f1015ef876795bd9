// SPDX-License-Identifier: MIT
// What takes long, off the page's thread.
import { reader, recompute, type Outcome } from "./compare";
import type { Summary } from "./snapshot";

export interface Asked {
  folder: string;
  summary: Summary;
}

export type Answer =
  | { kind: "progress"; what: string; done: number; total: number }
  | { kind: "done"; outcome: Outcome }
  | { kind: "failed"; message: string };

const post = (answer: Answer): void => postMessage(answer);

addEventListener("message", (event: MessageEvent<Asked>) => {
  const { folder, summary } = event.data;
  recompute(summary, reader(folder), (what, done, total) => post({ kind: "progress", what, done, total })).then(
    (outcome) => post({ kind: "done", outcome }),
    (error: unknown) => post({ kind: "failed", message: error instanceof Error ? error.message : String(error) }),
  );
});
