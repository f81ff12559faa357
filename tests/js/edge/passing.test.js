// What the Worker has nothing to do with goes through it as it is.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { asking, question, QUESTIONS, scene } from "./scene.js";
import { ADMIN_TOKEN } from "./service.js";

const service = scene({ CORS_ALLOWED_ORIGINS: "https://hub.example" });
const DOCUMENT = JSON.parse(readFileSync(new URL("../../../functions/openapi.json", import.meta.url), "utf8"));
const LOOKED_AT = ["analyze_health", "find_analysis", "find_drug_info", "cache_policy", "find_document"];

// Every operation with a made-up name for each parameter.
function operations() {
  return Object.entries(DOCUMENT.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => ({ operationId, method: method.toUpperCase(), path: path.replaceAll(/\{\w+\}/g, "invented") })),
  );
}

function essence({ status, headers }) {
  const changing = ["date", "content-length", "transfer-encoding", "connection", "keep-alive"];
  return { status, headers: Object.fromEntries([...headers].filter(([name]) => !changing.includes(name))) };
}

test("all other routes, those of operators among them, are asked and answered as they are", async (t) => {
  const worker = await service.worker(t, { PERSONAL_ANSWERS_SECONDS: "600" });
  let compared = 0;
  for (const { method, path } of operations().filter(({ operationId }) => !LOOKED_AT.includes(operationId))) {
    for (const authorization of ["Bearer wrong", `Bearer ${ADMIN_TOKEN}`]) {
      const init = { method, headers: { authorization } };
      const direct = await fetch(service.address + path, init);
      service.proxy.clear();
      const passed = await worker.ask(path, init);
      assert.deepEqual(essence(passed), essence(direct), `${method} ${path}`);
      assert.deepEqual(service.proxy.lines(), [`${method} ${path}`]);
      assert.equal(service.proxy.requests[0].headers.authorization, authorization);
      await Promise.all([direct.text(), passed.text()]);
      compared += 1;
    }
  }
  assert.ok(compared >= 40, `${compared} routes`);
});

test("an operator deletes an entry through the Worker", async (t) => {
  const worker = await service.worker(t);
  const asked = question();
  const digest = (await worker.ask(QUESTIONS, asking(asked))).headers.get("x-cache-key-digest");
  const path = `/api/v1/redis/cache/health_analysis/${digest}`;
  const deleted = await worker.ask(path, { method: "DELETE", headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });
  assert.equal(deleted.status, 200);
  assert.equal((await worker.ask(QUESTIONS, asking(asked))).headers.get("x-cache"), "MISS");
});

test("the stream of an analysis comes through event by event", async (t) => {
  const worker = await service.worker(t);
  const queued = await (await worker.ask("/api/v1/drug/analyze", asking({ drug_name: "metformin" }))).json();
  const stream = await worker.ask(`/api/v1/drug/analyze/${queued.analysis_id}/stream`);
  assert.equal(stream.headers.get("content-type"), "text/event-stream");
  assert.match(await stream.text(), /"status":"completed"/);
});

test("preflights, other methods, queries and unknown routes are the service's", async (t) => {
  const worker = await service.worker(t);
  const preflight = { method: "OPTIONS", headers: { origin: "https://hub.example", "access-control-request-method": "POST", "access-control-request-headers": "x-cache-key-digest" } };
  const requests = [[QUESTIONS, preflight], [QUESTIONS, { method: "PUT" }], ["/api/v1/drug/info/aspirin", { method: "HEAD" }],
    ["/api/v1/drug/search?query=aspirin", {}], ["/api/v1/drug/info/aspirin?x=1", {}], ["/nowhere", {}]];
  for (const [path, init] of requests) {
    await fetch(service.address + path, init);
    const direct = await fetch(service.address + path, init);
    service.proxy.clear();
    assert.deepEqual(essence(await worker.ask(path, init)), essence(direct), path);
    assert.deepEqual(service.proxy.lines(), [`${init.method ?? "GET"} ${path}`]);
  }
});
