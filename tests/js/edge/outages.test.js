// The Worker when the service behind it fails.

import assert from "node:assert/strict";
import { test } from "node:test";
import { asking, atEdge, POLICY, question, QUESTIONS, scene } from "./scene.js";

const service = scene();

test("without a policy questions pass through as they are", async (t) => {
  const worker = await service.worker(t);
  service.proxy.drops = ({ path }) => path === POLICY;
  for (const expected of ["MISS", "MISS"]) {
    const answer = await worker.ask(QUESTIONS, asking(question()));
    assert.equal(answer.headers.get("x-cache"), expected);
    assert.match(answer.headers.get("cache-status"), /, MedInsightEdge; fwd=bypass; detail=policy-unknown$/);
  }
  assert.deepEqual(service.proxy.lines(), [`GET ${POLICY}`, `POST ${QUESTIONS}`, `POST ${QUESTIONS}`], "it is not asked for each time");
  assert.equal(service.proxy.requests[1].headers["x-cache-key-digest"], undefined);
});

test("a lookup that fails does not keep a question from being answered", async (t) => {
  const worker = await service.worker(t);
  service.proxy.drops = ({ method, path }) => method === "GET" && path.startsWith(QUESTIONS);
  const asked = question();
  for (const expected of ["MISS", "HIT"]) {
    const answer = await worker.ask(QUESTIONS, asking(asked));
    assert.deepEqual([answer.status, answer.headers.get("x-cache")], [200, expected]);
  }
  assert.equal(service.proxy.count("POST"), 2);
});

test("a service that is down is a problem that says so, and what lies at the edge is still there", async (t) => {
  const worker = await service.worker(t, { PERSONAL_ANSWERS_SECONDS: "600" });
  const asked = question();
  await atEdge(() => worker.ask(QUESTIONS, asking(asked)));
  await atEdge(() => worker.ask("/api/v1/drug/info/aspirin"));
  service.proxy.drops = () => true;
  assert.equal((await worker.ask(QUESTIONS, asking(asked))).headers.get("x-cache"), "HIT");
  assert.equal((await worker.ask("/api/v1/drug/info/aspirin")).status, 200);
  for (const [path, init] of [[QUESTIONS, asking(question())], ["/api/v1/drug/info/warfarin", {}], ["/api/v1/redis/health", {}]]) {
    const answer = await worker.ask(path, init);
    assert.equal(answer.status, 502, path);
    assert.equal(answer.headers.get("content-type"), "application/problem+json");
    assert.equal(answer.headers.get("cache-control"), "no-store");
    const { code, detail, status, title, type } = await answer.json();
    assert.deepEqual([code, status, title, type], ["service_unreachable", 502, "Bad Gateway", "about:blank"]);
    assert.ok(detail);
  }
});

test("a variable that is wrong is named, and nothing is asked", async (t) => {
  for (const variables of [{ SERVICE_URL: "ftp://hub.example" }, { PERSONAL_ANSWERS_SECONDS: "for ever" }, { PERSONAL_ANSWERS_SECONDS: "3601" }]) {
    const worker = await service.worker(t, variables);
    const answer = await worker.ask(POLICY);
    assert.equal(answer.status, 500);
    assert.ok((await answer.json()).detail.startsWith(`${Object.keys(variables)[0]}: must be `));
  }
  assert.deepEqual(service.proxy.lines(), []);
});
