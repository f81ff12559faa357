import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Miniflare } from "miniflare";

const require = createRequire(import.meta.url);

// The package as a Worker's bundle has it: the entry of the condition `workerd`, and the module beside it.
export async function runInWorkerd(chunks, packageDirectory) {
  const exported = JSON.parse(readFileSync(new URL("package.json", packageDirectory))).exports["."];
  const entry = new URL(exported.workerd, packageDirectory);
  const text = (url) => readFileSync(url, "utf8").replaceAll('"@medinsight/cache-keys"', '"./workerd.js"');
  const script = (path, url) => ({ type: "ESModule", path, contents: text(url) });
  const miniflare = new Miniflare({
    compatibilityDate: "2025-09-01",
    modules: [
      script("worker.js", new URL("worker.js", import.meta.url)),
      script("check.js", new URL("check.js", import.meta.url)),
      script("outcome.js", new URL("outcome.js", import.meta.url)),
      script("workerd.js", entry),
      script("cache_keys.js", new URL("cache_keys.js", packageDirectory)),
      { type: "CompiledWasm", path: "cache_keys.wasm", contents: readFileSync(new URL("cache_keys.wasm", packageDirectory)) },
    ],
  });
  try {
    const ask = async (init) => {
      const response = await miniflare.dispatchFetch("http://worker.test/", init);
      if (response.status !== 200) throw new Error(`workerd: ${await response.text()}`);
      return response.json();
    };
    const reports = [];
    for (const body of chunks) reports.push(await ask({ method: "POST", body }));
    return { version: require("workerd/package.json").version, reports, ...(await ask()) };
  } finally {
    await miniflare.dispose();
  }
}
