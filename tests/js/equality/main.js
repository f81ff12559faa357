// `node main.js <cases> <unicode.json> <chromium>`: compares every runtime with the native build.

import { readFileSync } from "node:fs";
import { runInChromium } from "./chromium.js";
import { runInNode } from "./node.js";
import { runInWorkerd } from "./workerd.js";

const MAX_CHUNK = 4 << 20;

const [cases, unicodeFile, chromiumPath] = process.argv.slice(2);
const chunks = chunksOf(readFileSync(cases, "utf8"));
const unicode = JSON.parse(readFileSync(unicodeFile, "utf8"));
const packageDirectory = new URL("../../../wasm/pkg/", import.meta.url);

const runtimes = {
  Node: () => runInNode(chunks),
  workerd: () => runInWorkerd(chunks, packageDirectory),
  Chromium: () => runInChromium(chunks, packageDirectory, chromiumPath),
};

let failed = 0;
for (const [name, run] of Object.entries(runtimes)) {
  const start = performance.now();
  const result = await run();
  failed += conclude(name, result, ((performance.now() - start) / 1000).toFixed(1));
}
process.exit(failed === 0 ? 0 : 1);

// Prints what a runtime came to, and returns how many things differ.
function conclude(name, result, seconds) {
  const sum = (member) => result.reports.reduce((total, report) => total + report[member], 0);
  for (const example of result.reports.flatMap((report) => report.examples).slice(0, 5)) console.log(example);
  const tables = result.unicode === unicode.unicode_version && result.fingerprint === unicode.normal_forms_sha256;
  if (!tables) console.log(`${name}: Unicode ${result.unicode} with normal forms ${result.fingerprint}`);
  const verdict = `${sum("cases")} cases, ${sum("differences")} differences, ${result.calls} wrong calls survived`;
  console.log(`${name} ${result.version}: ${verdict}, Unicode ${tables ? "as pinned" : "DIFFERS"}, ${seconds} s`);
  return sum("differences") + (tables ? 0 : 1) + (sum("cases") < 20_000 ? 1 : 0);
}

function chunksOf(text) {
  const chunks = [];
  for (let start = 0; start < text.length; ) {
    const end = start + MAX_CHUNK < text.length ? text.lastIndexOf("\n", start + MAX_CHUNK) + 1 : text.length;
    chunks.push(text.slice(start, end));
    start = end;
  }
  return chunks;
}
