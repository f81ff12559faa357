// The package in a bundle of esbuild, which does not take the module along, in headless Chromium.

import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { test } from "node:test";
import { healthAnalysisKey } from "@medinsight/cache-keys";
import { chromium } from "playwright-core";
import { build } from "../../../wasm/node_modules/esbuild/lib/main.js";
import { serve } from "../equality/server.js";

const BODY = JSON.stringify({ concern: "Headache", symptoms: "Throbbing" });
const RESOLVE_DIR = fileURLToPath(new URL(".", import.meta.url));
const MODULE = new URL("../../../wasm/pkg/cache_keys.wasm", import.meta.url);
const PAGE = '<!doctype html><meta charset="utf-8"><script type="module" src="/bundle.js"></script>';
const CODE = `
  import { healthAnalysisKey, init } from "@medinsight/cache-keys";
  globalThis.key = init("/cache_keys.wasm").then(() => healthAnalysisKey(${JSON.stringify(BODY)}, "embedded-1"));
`;

test("a bundle computes the key when the module lies beside it", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "medinsight-bundle-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const outfile = join(directory, "bundle.js");
  await build({ stdin: { contents: CODE, resolveDir: RESOLVE_DIR }, bundle: true, minify: true, format: "esm", outfile });
  writeFileSync(join(directory, "page.html"), PAGE);
  copyFileSync(MODULE, join(directory, "cache_keys.wasm"));
  const server = await serve({ "/": pathToFileURL(`${directory}/`) }, []);
  t.after(server.close);
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
  t.after(() => browser.close());
  const page = await browser.newPage();
  await page.goto(`${server.origin}/page.html`);
  await page.waitForFunction(() => globalThis.key !== undefined);
  assert.equal(await page.evaluate(() => globalThis.key), healthAnalysisKey(BODY, "embedded-1"));
});
