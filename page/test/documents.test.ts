// SPDX-License-Identifier: MIT
// Files that an operator publishes by hash, and what is none of them.
import { keccak256 } from "viem";
import { expect, test } from "vitest";
import { documentOf } from "../src/documents";

const bytes = (content: unknown): Uint8Array => new TextEncoder().encode(`${typeof content === "string" ? content : JSON.stringify(content)}\n`);
const round = (opening: Uint8Array, evidence: Uint8Array = bytes("none")) => ({ id: 7, opened_list: keccak256(opening), evidence: keccak256(evidence) });

const OPENING = { submissions: [{ file: "0x", model: 0, valid: true }, { file: "0x", model: 3, reason: "late", valid: false }] };
const EVIDENCE = { meta_model: "0xab", meta_model_corr: -2345678, weights: [[0, "5000000000"], [3, "1"]], versions: { numpy: "2" } };

test("a file with the hash of the opening list tells which submissions count", () => {
  expect(documentOf(bytes(OPENING), round(bytes(OPENING)))).toEqual({
    kind: "opening", submissions: [{ model: 0, valid: true, reason: "" }, { model: 3, valid: false, reason: "late" }],
  });
});

test("a file with the hash of the evidence tells what each weighs", () => {
  expect(documentOf(bytes(EVIDENCE), round(bytes(OPENING), bytes(EVIDENCE)))).toEqual({
    kind: "evidence", weights: [[0, 5_000_000_000n], [3, 1n]], metaModel: "0xab", corr: -2_345_678n, versions: [["numpy", "2"]],
  });
});

test("a file with another hash is refused, whatever it says", () => {
  const changed = bytes({ submissions: [...OPENING.submissions, { model: 4, valid: true }] });

  expect(() => documentOf(changed, round(bytes(OPENING)))).toThrow(`The file's hash is ${keccak256(changed)}: the chain has it neither as the opening list nor as the evidence of round 7.`);
});

test.each([
  "[".repeat(1_000), "null", "\ud800", { submissions: 1 }, { submissions: [{ model: -1, valid: true }] }, { submissions: [{ model: 1, valid: "yes" }] },
  { submissions: [{ model: 1, valid: false, reason: {} }] }, { submissions: [null] },
])("a file with the hash of the opening list that is none, as %j, is refused in a sentence", (content) => {
  expect(() => documentOf(bytes(content), round(bytes(content)))).toThrow(/^The file has the hash that the operator published, and is no such document\.$/);
});

test.each([
  { ...EVIDENCE, weights: [[0, 5]] }, { ...EVIDENCE, weights: [[0, "-5"]] }, { ...EVIDENCE, weights: [["0", "5"]] }, { ...EVIDENCE, meta_model: 5 }, { ...EVIDENCE, meta_model_corr: "5" }, { ...EVIDENCE, meta_model_corr: 0.5 }, { ...EVIDENCE, versions: null },
])("a file with the hash of the evidence that is none, as %j, is refused in a sentence", (content) => {
  expect(() => documentOf(bytes(content), round(bytes(OPENING), bytes(content)))).toThrow(/^The file has the hash that the operator published, and is no such document\.$/);
});
