// A service whose keys are private: clients and the edge go on using the digest, and no secret leaves the service.

import assert from "node:assert/strict";
import { test } from "node:test";
import { asking, POLICY, question, QUESTIONS, scene } from "./scene.js";

const service = scene({ CACHE_KEY_SECRET: "an invented secret of enough length" });

test("the edge finds answers by the digest of the question", async (t) => {
  const worker = await service.worker(t);
  assert.equal((await (await worker.ask(POLICY)).json()).keys_are_private, true);
  const asked = question();
  await worker.ask(QUESTIONS, asking(asked));
  service.proxy.clear();
  assert.equal((await worker.ask(QUESTIONS, asking(asked))).headers.get("x-cache"), "HIT");
  assert.equal(service.proxy.count("POST"), 0);
});
