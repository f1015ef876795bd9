// SPDX-License-Identifier: MIT
// All requests of the page and of its worker. A worker's requests are not under the policy that the page's meta tag has,
// so it hands them to the page.

export interface Sent {
  url: string;
  /** JSON to post; without it the URL is got. */
  body?: string;
  /** Milliseconds until the answer has to be there. */
  patience?: number;
}

export type Got = { kind: "answer"; ok: boolean; status: number; bytes: ArrayBuffer } | { kind: "late" | "unreachable" };
export type Sender = (sent: Sent) => Promise<Got>;

export const fetched: Sender = async ({ url, body, patience }) => {
  const posted = body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json" }, body };
  const signal = patience === undefined ? null : AbortSignal.timeout(patience);
  try {
    const answer = await fetch(url, { ...posted, signal, credentials: "omit", referrerPolicy: "no-referrer" });
    return { kind: "answer", ok: answer.ok, status: answer.status, bytes: await answer.arrayBuffer() };
  } catch (error) {
    return { kind: error instanceof DOMException && error.name === "TimeoutError" ? "late" : "unreachable" };
  }
};

let sender = fetched;

export const send: Sender = (sent) => sender(sent);

/** Let somebody else send. */
export function sendBy(other: Sender): void {
  sender = other;
}
