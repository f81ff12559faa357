// Workers compile no code from bytes; they give a compiled module for an import instead.
import module from "./cache_keys.wasm";
import { initSync } from "./cache_keys.js";

initSync({ module });

export * from "./cache_keys.js";
export const init = async () => {};
