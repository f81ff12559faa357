// The Worker in workerd, as `wrangler deploy` would upload it: wrangler has written its bundle.

import { readFileSync, readdirSync } from "node:fs";
import { Miniflare } from "miniflare";

const FOLDER = new URL("../../../wasm/worker/", import.meta.url);
const BUNDLE = new URL("dist/", FOLDER);

// Starts a Worker with an empty edge cache; `variables` are more of its variables.
export async function startWorker(service, variables = {}) {
  const configuration = JSON.parse(readFileSync(new URL("wrangler.jsonc", FOLDER), "utf8").replaceAll(/^\s*\/\/.*$/gm, ""));
  const miniflare = new Miniflare({
    compatibilityDate: configuration.compatibility_date,
    bindings: { ...configuration.vars, SERVICE_URL: service, ...variables },
    modules: modules(),
  });
  const address = await miniflare.ready;
  // Over a real connection: requests that Miniflare dispatches itself do not say how long they are.
  // Miniflare compresses answers on its own account, which is nothing of the Worker's.
  const ask = (path, init = {}) => {
    const headers = { "accept-encoding": "identity", ...init.headers };
    return fetch(new URL(path, address), { redirect: "manual", ...init, headers });
  };
  return { ask, stop: () => miniflare.dispose() };
}

function modules() {
  const files = readdirSync(BUNDLE).filter((file) => /\.(js|wasm)$/.test(file));
  // The first one is the Worker.
  return files.sort((a, b) => Number(b === "index.js") - Number(a === "index.js")).map((path) => {
    const contents = readFileSync(new URL(path, BUNDLE));
    return path.endsWith(".wasm") ? { type: "CompiledWasm", path, contents } : { type: "ESModule", path, contents: contents.toString() };
  });
}
