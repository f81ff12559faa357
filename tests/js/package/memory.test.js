// A call that there is no memory for is refused before it begins, and does not affect those after it.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

// The module begins with about twenty pages of 64 KiB.
const MAX_PAGES = 64;

const SCRIPT = `
  import { healthAnalysisKey, normaliseText } from "@medinsight/cache-keys";
  const question = JSON.stringify({ concern: "Headache", symptoms: "Throbbing" });
  const before = healthAnalysisKey(question, "embedded-1");
  const codes = new Set();
  const [text, bytes] = ["\\u0390".repeat(2 ** 20), new Uint8Array(2 ** 20)];
  const calls = [() => normaliseText(text), () => healthAnalysisKey(bytes, "embedded-1")];
  for (let round = 0; round < 5_000; round += 1) {
    for (const call of calls) try { call(); } catch (error) { codes.add(error.code); }
  }
  const after = healthAnalysisKey(question, "embedded-1");
  console.log(JSON.stringify({ codes: [...codes], isSame: before === after }));
`;

test("arguments that there is no memory for are refused, however often, and others are not", () => {
  const limit = `--wasm-max-mem-pages=${MAX_PAGES}`;
  const output = execFileSync(process.execPath, [limit, "--input-type=module", "--eval", SCRIPT], { encoding: "utf8", cwd: new URL(".", import.meta.url) });
  assert.deepEqual(JSON.parse(output), { codes: ["out_of_memory"], isSame: true });
});

test("the longest texts that grow most are normalised where there is memory", async () => {
  const { normaliseText } = await import("@medinsight/cache-keys");
  assert.equal(normaliseText("\u0390".repeat(2 ** 20)), "\u0390".repeat(2 ** 20));
  assert.equal(normaliseText("\uFB03".repeat(2 ** 20)), "ffi".repeat(2 ** 20));
});
