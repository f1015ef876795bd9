// SPDX-License-Identifier: MIT
import { defineConfig } from "vitest/config";

// In one browser and one chain, one file after the other.
export default defineConfig({
  test: { include: ["browser/*.test.ts"], fileParallelism: false, testTimeout: 60_000, hookTimeout: 60_000 },
});
