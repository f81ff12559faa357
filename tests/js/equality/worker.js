// Runs inside workerd: cases come in as the bodies of requests.

import * as keys from "@medinsight/cache-keys";
import { abuse, checkLines, fingerprint } from "./check.js";

export default {
  async fetch(request) {
    await keys.init();
    if (request.method === "POST") return Response.json(checkLines(keys, await request.text()));
    return Response.json({ calls: abuse(keys), unicode: keys.unicodeVersion(), fingerprint: await fingerprint(keys) });
  },
};
