import * as keys from "@medinsight/cache-keys";
import { abuse, checkLines, fingerprint } from "./check.js";

export async function runInNode(chunks) {
  await keys.init();
  const calls = abuse(keys);
  const reports = chunks.map((chunk) => checkLines(keys, chunk));
  return { version: process.version, reports, calls, unicode: keys.unicodeVersion(), fingerprint: await fingerprint(keys) };
}
