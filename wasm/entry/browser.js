import start from "./cache_keys.js";

export * from "./cache_keys.js";

// The address is written so that bundlers which know the pattern take the file along.
export const init = async (module) => {
  await start({ module_or_path: module ?? new URL("./cache_keys.wasm", import.meta.url) });
};
