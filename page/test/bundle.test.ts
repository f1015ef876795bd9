// SPDX-License-Identifier: MIT
// What `vite build` wrote: how large it is, and what its policy allows.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

const BUILT = new URL("../../nmr/page/built/", import.meta.url);
const files = readdirSync(BUILT, { recursive: true, encoding: "utf8" }).filter((name) => /\.\w+$/.test(name));
const page = readFileSync(new URL("index.html", BUILT), "utf8");
const LARGEST = 150_000;

test("the bundle, compressed, has at most 150 kB with its worker", () => {
  const sizes = files.map((name) => gzipSync(readFileSync(new URL(name, BUILT))).length);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(LARGEST);
});

test("the page has a strict policy, and nothing inline or from others", () => {
  const policy = /Content-Security-Policy"\s+content="([^"]*)"/.exec(page)![1]!.split("; ");
  expect(policy).toEqual([
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "worker-src 'self'", "img-src 'self' data:", "connect-src 'self'",
    "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'", "trusted-types nmr",
  ]);
  expect(page).not.toMatch(/<script(?![^>]*\bsrc="\.\/)[^>]*>/);
  expect(page).not.toMatch(/<style|style=|https?:/);
});

test("the bundle, of any file, has no eval", () => {
  for (const name of files.filter((each) => each.endsWith(".js"))) {
    expect(readFileSync(new URL(name, BUILT), "utf8")).not.toMatch(/\beval\(|new Function\(/);
  }
});
