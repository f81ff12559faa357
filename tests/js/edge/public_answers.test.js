// What is the same for everybody, at the edge.

import assert from "node:assert/strict";
import { test } from "node:test";
import { atEdge, having, scene, until } from "./scene.js";

const HUB = "https://hub.example";
const OTHER = "https://other.example";
const service = scene({ CORS_ALLOWED_ORIGINS: `${HUB},${OTHER}` });
const ASPIRIN = "/api/v1/drug/info/aspirin";

// Lets a copy be stale as soon as it is kept.
const shortLived = ({ path }) => (path === ASPIRIN ? { "cache-control": "public, max-age=1", age: "0" } : {});

function isKeptAndStale(worker) {
  return until("a stale copy is revalidated", async () =>
    (await worker.ask(ASPIRIN)).headers.get("cache-status").includes("MedInsightEdge; fwd=stale"));
}

test("facts are kept at the edge and say how old they are", async (t) => {
  const worker = await service.worker(t);
  const first = await worker.ask(ASPIRIN);
  assert.match(first.headers.get("cache-status"), /, MedInsightEdge; fwd=uri-miss; stored$/);
  // Else who asks before this answer is kept gets another one, which is kept instead.
  service.proxy.drops = () => true;
  await atEdge(() => worker.ask(ASPIRIN));
  service.proxy.restore();
  service.proxy.clear();
  const second = await worker.ask(ASPIRIN);
  assert.deepEqual(service.proxy.lines(), []);
  assert.equal(await second.text(), await first.text());
  assert.equal(second.headers.get("cache-control"), first.headers.get("cache-control"));
  assert.equal(second.headers.get("x-cache"), "HIT");
  assert.match(second.headers.get("age"), /^\d+$/);
  assert.match(second.headers.get("cache-status"), /^MedInsight; .*, MedInsightEdge; hit; ttl=3\d\d\d$/);
});

test("who has the facts is told so, by the service and by the edge", async (t) => {
  const worker = await service.worker(t);
  const { headers } = await fetch(service.address + ASPIRIN).then(() => fetch(service.address + ASPIRIN));
  const known = having(headers.get("etag"));
  const fromService = await worker.ask(ASPIRIN, known);
  assert.match(fromService.headers.get("cache-status"), /, MedInsightEdge; fwd=uri-miss$/);
  await atEdge(() => worker.ask(ASPIRIN));
  service.proxy.clear();
  const fromEdge = await worker.ask(ASPIRIN, known);
  assert.deepEqual(service.proxy.lines(), []);
  for (const answer of [fromService, fromEdge]) {
    assert.equal(answer.status, 304);
    assert.equal(answer.headers.get("etag"), headers.get("etag"));
    assert.match(answer.headers.get("cache-control"), /^public, max-age=\d+$/);
    assert.equal(answer.headers.get("content-type"), null);
  }
});

test("stale facts are revalidated, and kept for longer when they are still the same", async (t) => {
  const worker = await service.worker(t);
  service.proxy.changes = shortLived;
  await isKeptAndStale(worker);
  service.proxy.restore();
  const revalidated = await worker.ask(ASPIRIN);
  assert.equal(revalidated.status, 200);
  assert.match(revalidated.headers.get("cache-status"), /^MedInsight; hit; ttl=\d+; source=embedded, MedInsightEdge; fwd=stale; fwd-status=304; stored$/);
  assert.equal((await revalidated.json()).data.generic_name, "aspirin");
  const kept = await atEdge(() => worker.ask(ASPIRIN));
  assert.match(kept.headers.get("cache-status"), /, MedInsightEdge; hit; ttl=3\d\d\d$/);
});

test("stale facts are served when the service fails", async (t) => {
  const worker = await service.worker(t);
  service.proxy.changes = shortLived;
  await isKeptAndStale(worker);
  service.proxy.drops = () => true;
  await until("the copy is stale", async () => {
    const stale = await worker.ask(ASPIRIN);
    assert.equal(stale.status, 200);
    return stale.headers.get("x-cache") === "STALE" && /, MedInsightEdge; hit; ttl=-?\d+; detail=service-failed$/.test(stale.headers.get("cache-status"));
  });
});

test("an unknown drug is the service's 404 each time", async (t) => {
  const worker = await service.worker(t);
  for (let number = 0; number < 2; number += 1) {
    service.proxy.clear();
    const answer = await worker.ask("/api/v1/drug/info/invented");
    assert.deepEqual([answer.status, (await answer.json()).code], [404, "unknown_drug"]);
    assert.equal(service.proxy.count("GET"), 1);
  }
});

test("each page is told that it may read a copy, and no page is told of another one", async (t) => {
  const worker = await service.worker(t);
  const from = (origin) => worker.ask(ASPIRIN, { headers: { origin } });
  for (const origin of [HUB, OTHER]) {
    assert.equal((await from(origin)).headers.get("access-control-allow-origin"), origin);
    assert.equal((await atEdge(() => from(origin))).headers.get("access-control-allow-origin"), origin);
  }
  assert.equal((await from("https://evil.example")).headers.get("access-control-allow-origin"), null);
  assert.equal((await worker.ask(ASPIRIN)).headers.get("access-control-allow-origin"), null);
});
