// SPDX-License-Identifier: MIT
import { defineConfig } from "vitest/config";

// Relative addresses, so that the page works under any path; no inline scripts or styles, which its policy forbids.
export default defineConfig({
  base: "./",
  build: {
    outDir: "../nmr/page/built",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    license: { fileName: "licences.md" },
  },
  worker: { format: "es" },
  server: { fs: { allow: [".."] } },
  test: { include: ["test/*.test.ts"] },
});
