// SPDX-License-Identifier: MIT
// Events out of logs. viem does the same, and takes many times as long for each word of a long log; a test compares them.
import { getAddress, toEventSelector, type AbiEvent, type AbiParameter } from "viem";
import abi from "./abi.json";

/** A log with the time of its block. */
export interface RawLog {
  block: number;
  time: number;
  index: number;
  transaction: string;
  address: string;
  topics: string[];
  data: string;
}

// Values are by the names of the ABI, which the reader of an event knows.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Args = Record<string, any>;

type Read = (data: string, at: number) => unknown;

interface Kind {
  read: Read;
  /** Words in the head. */
  size: number;
  dynamic: boolean;
  /** Whether it is read only when it is asked for: lists of hashes, which nothing here asks for. */
  lazy?: boolean;
}

export interface Decoder {
  name: string;
  decode(log: { topics: string[]; data: string }): Args;
}

const WORD = 64;
const addresses = new Map<string, string>();

/** The decoders of a contract's events, by their topics. */
export function decodersOf(contract: keyof typeof abi): Map<string, Decoder> {
  const events = (abi[contract] as unknown as AbiEvent[]).filter((item) => item.type === "event");
  return new Map(events.map((event) => [toEventSelector(event), decoderOf(event)]));
}

function decoderOf(event: AbiEvent): Decoder {
  const indexed = event.inputs.filter((each) => each.indexed).map((each) => [each.name!, kindOf(each)] as const);
  const plain = event.inputs.filter((each) => !each.indexed).map((each) => [each.name!, kindOf(each)] as const);
  return {
    name: event.name,
    decode({ topics, data }) {
      if (topics.length !== indexed.length + 1) throw new Error(`${event.name} has ${indexed.length} indexed fields`);
      const args: Args = {};
      indexed.forEach(([name, kind], index) => { args[name] = kind.read(topics[index + 1]!, 2); });
      let at = 2;
      for (const [name, kind] of plain) {
        const start = kind.dynamic ? 2 + 2 * integer(data, at) : at;
        if (kind.lazy) Object.defineProperty(args, name, { enumerable: true, get: () => kind.read(data, start) });
        else args[name] = kind.read(data, start);
        at += WORD * kind.size;
      }
      return args;
    },
  };
}

function kindOf(field: AbiParameter): Kind {
  const { type } = field;
  if (type.endsWith("[]")) {
    const item = kindOf({ ...field, type: type.slice(0, -2) } as AbiParameter);
    return { size: 1, dynamic: true, lazy: type === "bytes32[]", read: (data, at) => list(item, data, at) };
  }
  if (type === "tuple") {
    const parts = (field as unknown as { components: readonly AbiParameter[] }).components.map((each) => [each.name!, kindOf(each)] as const);
    const size = parts.reduce((sum, [, kind]) => sum + kind.size, 0);
    return { size, dynamic: false, read: (data, at) => struct(parts, data, at) };
  }
  if (type === "bytes") return { size: 1, dynamic: true, read: (data, at) => `0x${bytes(data, at)}` };
  if (type === "string") return { size: 1, dynamic: true, read: (data, at) => text(bytes(data, at)) };
  if (type === "address") return { size: 1, dynamic: false, read: (data, at) => address(word(data, at)) };
  if (type === "bool") return { size: 1, dynamic: false, read: (data, at) => integer(data, at) === 1 };
  if (type === "bytes32") return { size: 1, dynamic: false, read: (data, at) => `0x${word(data, at)}` };
  return { size: 1, dynamic: false, read: (data, at) => BigInt(`0x${word(data, at)}`) };
}

function word(data: string, at: number): string {
  if (at + WORD > data.length) throw new Error("the data ends too early");
  return data.slice(at, at + WORD);
}

function integer(data: string, at: number): number {
  const value = Number.parseInt(word(data, at), 16);
  if (value > data.length && value !== 1) throw new Error("the data is shorter than it says");
  return value;
}

function bytes(data: string, at: number): string {
  const end = at + WORD + 2 * integer(data, at);
  if (end > data.length) throw new Error("the data ends within bytes");
  return data.slice(at + WORD, end);
}

function list(item: Kind, data: string, at: number): unknown[] {
  const length = integer(data, at);
  return Array.from({ length }, (_, index) => item.read(data, at + WORD * (1 + index * item.size)));
}

function struct(parts: (readonly [string, Kind])[], data: string, at: number): Args {
  const found: Args = {};
  for (const [name, kind] of parts) {
    found[name] = kind.read(data, at);
    at += WORD * kind.size;
  }
  return found;
}

function address(hex: string): string {
  let found = addresses.get(hex);
  if (!found) {
    found = getAddress(`0x${hex.slice(24)}`);
    addresses.set(hex, found);
  }
  return found;
}

/** The words of a chunk, which is the ABI encoding of one list. */
export function wordsOf(chunk: string): bigint[] {
  const words: bigint[] = [];
  for (let at = 2 + 2 * WORD; at + WORD <= chunk.length; at += WORD) words.push(BigInt(`0x${chunk.slice(at, at + WORD)}`));
  return words;
}

/** Text in UTF-8; a byte that is none reads as \xff. */
export function text(hex: string): string {
  const all = Uint8Array.from(hex.match(/../g) ?? [], (each) => Number.parseInt(each, 16));
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let found = "";
  for (let at = 0; at < all.length; ) {
    const lead = all[at]!;
    const length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    try {
      found += strict.decode(all.subarray(at, at + length));
      at += length;
    } catch {
      found += `\\x${lead.toString(16).padStart(2, "0")}`;
      at += 1;
    }
  }
  return found;
}
