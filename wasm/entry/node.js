import { readFileSync } from "node:fs";
import { initSync } from "./cache_keys.js";

initSync({ module: readFileSync(new URL("./cache_keys.wasm", import.meta.url)) });

export * from "./cache_keys.js";
export const init = async () => {};
