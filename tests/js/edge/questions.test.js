// Health questions at the edge.

import assert from "node:assert/strict";
import { test } from "node:test";
import { asking, atEdge, having, POLICY, question, QUESTIONS, scene, until } from "./scene.js";
import { ADMIN_TOKEN } from "./service.js";

// A service that takes longer bodies than the Worker looks into; it reads them whole before it refuses what is in them.
const service = scene({ MAX_BODY_BYTES: "1048576" });
const AT_EDGE = { PERSONAL_ANSWERS_SECONDS: "600" };

test("a new question is looked up, then asked with its digest", async (t) => {
  const worker = await service.worker(t);
  const answer = await worker.ask(QUESTIONS, asking(question()));
  const digest = answer.headers.get("x-cache-key-digest");
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("x-cache"), "MISS");
  assert.equal(answer.headers.get("cache-status"), "MedInsight; fwd=miss; stored; source=embedded, MedInsightEdge; fwd=miss");
  assert.deepEqual(service.proxy.lines(), [`GET ${POLICY}`, `GET ${QUESTIONS}/${digest}`, `POST ${QUESTIONS}`]);
  assert.equal(service.proxy.requests[2].headers["x-cache-key-digest"], digest);
});

test("a question that was answered before, however it is spelled, makes no POST", async (t) => {
  const worker = await service.worker(t);
  const asked = question();
  const first = await worker.ask(QUESTIONS, asking(asked));
  service.proxy.clear();
  const respelled = { ...asked, concern: `  ${asked.concern.toUpperCase()} `, current_medications: ["ibuprofen", "WARFARIN", "Warfarin"] };
  const second = await worker.ask(QUESTIONS, asking(respelled));
  assert.deepEqual(service.proxy.lines(), [`GET ${QUESTIONS}/${first.headers.get("x-cache-key-digest")}`]);
  assert.equal(await second.text(), await first.text());
  assert.equal(second.headers.get("etag"), first.headers.get("etag"));
  assert.equal(second.headers.get("cache-control"), "private, no-store");
  assert.match(second.headers.get("cache-status"), /^MedInsight; hit; ttl=\d+; source=embedded, MedInsightEdge; fwd=uri-miss$/);
});

test("the policy is fetched once and then known for as long as it says", async (t) => {
  const worker = await service.worker(t);
  for (let number = 0; number < 5; number += 1) await worker.ask(QUESTIONS, asking(question()));
  assert.equal(service.proxy.lines().filter((line) => line === `GET ${POLICY}`).length, 1);
});

test("a policy that says that it is stale at once is asked for each time", async (t) => {
  const worker = await service.worker(t);
  service.proxy.changes = ({ path }) => (path === POLICY ? { "cache-control": "public, max-age=1" } : {});
  const asked = question();
  await worker.ask(QUESTIONS, asking(asked));
  await until("the policy is stale", async () => {
    service.proxy.clear();
    const answer = await worker.ask(QUESTIONS, asking(asked));
    assert.equal(answer.headers.get("x-cache"), "HIT");
    return service.proxy.lines().includes(`GET ${POLICY}`);
  });
  assert.ok(service.proxy.requests[0].headers["if-none-match"], "it is revalidated");
});

test("answers about persons do not lie at the edge unless the operator says so", async (t) => {
  const worker = await service.worker(t);
  const asked = question();
  for (let number = 0; number < 3; number += 1) await worker.ask(QUESTIONS, asking(asked));
  service.proxy.clear();
  assert.match((await worker.ask(QUESTIONS, asking(asked))).headers.get("cache-status"), /MedInsightEdge; fwd=uri-miss$/);
  assert.equal(service.proxy.count("GET"), 1);
});

test("an answer at the edge asks the service nothing and says how long it lives", async (t) => {
  const worker = await service.worker(t, AT_EDGE);
  const asked = question();
  const first = await worker.ask(QUESTIONS, asking(asked));
  const kept = await worker.ask(QUESTIONS, asking(asked));
  assert.match(kept.headers.get("cache-status"), /MedInsightEdge; fwd=uri-miss; stored$/);
  await atEdge(() => worker.ask(QUESTIONS, asking(asked)));
  service.proxy.clear();
  const hit = await worker.ask(QUESTIONS, asking(asked));
  assert.deepEqual(service.proxy.lines(), []);
  assert.equal(await hit.text(), await first.text());
  assert.equal(hit.headers.get("x-cache"), "HIT");
  assert.equal(hit.headers.get("cache-control"), "private, no-store");
  assert.ok(Number(hit.headers.get("age")) >= 0);
  const ttl = /, MedInsightEdge; hit; ttl=(\d+)$/.exec(hit.headers.get("cache-status"));
  assert.ok(Number(ttl[1]) > 590 && Number(ttl[1]) <= 600, ttl[0]);
  assert.deepEqual([...hit.headers.keys()].filter((name) => name.startsWith("x-edge")), []);
});

test("an answer lies at the edge no longer than the service keeps it fresh", async (t) => {
  const worker = await service.worker(t, AT_EDGE);
  const asked = question();
  await worker.ask(QUESTIONS, asking(asked));
  service.proxy.changes = ({ method }) => (method === "GET" ? { "cache-status": "MedInsight; hit; ttl=1", age: "3599" } : {});
  await worker.ask(QUESTIONS, asking(asked));
  await until("its life at the edge is over", async () => {
    service.proxy.clear();
    await worker.ask(QUESTIONS, asking(asked));
    return service.proxy.count("GET") === 1;
  });
});

test("a stale answer says so and does not lie at the edge", async (t) => {
  const worker = await service.worker(t, AT_EDGE);
  const asked = question();
  await worker.ask(QUESTIONS, asking(asked));
  service.proxy.changes = ({ method }) => (method === "GET" ? { "cache-status": "MedInsight; hit; ttl=-5", "x-cache": "STALE" } : {});
  for (let number = 0; number < 2; number += 1) {
    service.proxy.clear();
    const stale = await worker.ask(QUESTIONS, asking(asked));
    assert.equal(stale.headers.get("x-cache"), "STALE");
    assert.equal(stale.headers.get("cache-status"), "MedInsight; hit; ttl=-5, MedInsightEdge; fwd=uri-miss");
    assert.equal(service.proxy.count("GET"), 1);
  }
});

test("what is asked with credentials neither goes to the edge nor comes from there", async (t) => {
  const worker = await service.worker(t, AT_EDGE);
  const asked = question();
  await worker.ask(QUESTIONS, asking(asked));
  const withCredentials = asking(asked, { authorization: "Bearer an-invented-one" });
  for (let number = 0; number < 2; number += 1) await worker.ask(QUESTIONS, withCredentials);
  service.proxy.clear();
  await worker.ask(QUESTIONS, asking(asked));
  assert.equal(service.proxy.count("GET"), 1, "it was not kept");
  await atEdge(() => worker.ask(QUESTIONS, asking(asked)));
  service.proxy.clear();
  await worker.ask(QUESTIONS, withCredentials);
  assert.equal(service.proxy.requests[0]?.headers.authorization, "Bearer an-invented-one");
});

test("a reload goes past the edge", async (t) => {
  const worker = await service.worker(t, AT_EDGE);
  const asked = question();
  await atEdge(() => worker.ask(QUESTIONS, asking(asked)));
  service.proxy.clear();
  const answer = await worker.ask(QUESTIONS, asking(asked, { "cache-control": "no-cache" }));
  assert.match(answer.headers.get("cache-status"), /MedInsightEdge; fwd=request; stored$/);
  assert.equal(service.proxy.count("GET"), 1);
});

test("an answer by its digest is conditional, from the service and from the edge", async (t) => {
  const worker = await service.worker(t, AT_EDGE);
  const first = await worker.ask(QUESTIONS, asking(question()));
  const path = `${QUESTIONS}/${first.headers.get("x-cache-key-digest")}`;
  const known = having(`"other", W/${first.headers.get("etag")}`);
  const fromService = await worker.ask(path, known);
  await atEdge(() => worker.ask(path));
  service.proxy.clear();
  const fromEdge = await worker.ask(path, known);
  assert.deepEqual(service.proxy.lines(), []);
  for (const answer of [fromService, fromEdge]) {
    assert.equal(answer.status, 304);
    assert.equal(await answer.text(), "");
    assert.equal(answer.headers.get("etag"), first.headers.get("etag"));
    assert.equal(answer.headers.get("content-type"), null);
    assert.match(answer.headers.get("cache-status"), /^MedInsight; hit.*, MedInsightEdge; /);
  }
  assert.equal((await worker.ask(path, having('"other"'))).status, 200);
});

test("the tag that a client has of a question makes no 304 of the answer to a POST", async (t) => {
  const worker = await service.worker(t, AT_EDGE);
  const asked = question();
  const etag = (await worker.ask(QUESTIONS, asking(asked))).headers.get("etag");
  for (let number = 0; number < 2; number += 1) {
    assert.equal((await worker.ask(QUESTIONS, asking(asked, { "if-none-match": etag, "cache-control": "max-age=3600" }))).status, 200);
  }
});

test("a session is named back, and a question that is not sent leaves nothing behind for it", async (t) => {
  const worker = await service.worker(t);
  const asked = question();
  const stored = async (session) => {
    const answer = await worker.ask(`/api/v1/redis/session/${session}`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });
    return JSON.stringify(await answer.json()).includes("headache");
  };
  const [one, other] = [`session-one-${process.pid}`, `session-other-${process.pid}`];
  const sent = await worker.ask(QUESTIONS, asking(asked, { "x-session-id": one }));
  const notSent = await worker.ask(QUESTIONS, asking(asked, { "x-session-id": other }));
  assert.deepEqual([sent.headers.get("x-session-id"), notSent.headers.get("x-session-id")], [one, other]);
  assert.deepEqual([await stored(one), await stored(other)], [true, false]);
  const unnamed = await worker.ask(QUESTIONS, asking(asked));
  assert.match(unnamed.headers.get("x-session-id"), /^[0-9a-f]{32}$/);
  assert.equal(service.proxy.count("POST"), 1);
});

test("what the service refuses reaches it and comes back as it is", async (t) => {
  const worker = await service.worker(t, AT_EDGE);
  const asked = question();
  await worker.ask(QUESTIONS, asking(asked));
  const refused = [
    asking('{"concern": "cough", "symptoms": 7}'),
    asking("{"),
    asking('{"concern": "a", "concern": "b", "symptoms": "c"}'),
    asking(asked, { "content-type": "text/plain" }),
    asking(asked, { "x-session-id": "two words" }),
    asking(asked, { "x-cache-key-digest": "0".repeat(64) }),
    asking(asked, { "x-cache-key-digest": "nonsense" }),
    asking({ ...asked, symptoms: "a".repeat(300_000) }),
  ];
  const codes = [];
  for (const request of refused) {
    service.proxy.clear();
    const direct = await (await fetch(service.address + QUESTIONS, request)).json();
    const answer = await worker.ask(QUESTIONS, request);
    assert.equal(answer.headers.get("content-type"), "application/problem+json");
    assert.deepEqual(await answer.json(), direct);
    assert.deepEqual(service.proxy.lines(), [`POST ${QUESTIONS}`]);
    codes.push(direct.code);
  }
  assert.equal(new Set(codes).size, codes.length, codes.join());
});

test("a client that claims the right digest is answered like others", async (t) => {
  const worker = await service.worker(t);
  const asked = question();
  const digest = (await worker.ask(QUESTIONS, asking(asked))).headers.get("x-cache-key-digest");
  service.proxy.clear();
  const answer = await worker.ask(QUESTIONS, asking(asked, { "x-cache-key-digest": digest }));
  assert.equal(answer.headers.get("x-cache"), "HIT");
  assert.equal(service.proxy.count("POST"), 0);
});

test("a question is answered although the service has a new analyzer, which the next question knows of", async (t) => {
  const worker = await service.worker(t);
  service.proxy.rewrites = { [POLICY]: (policy) => JSON.stringify({ ...JSON.parse(policy), analyzer: "of-yesterday" }) };
  const asked = question();
  const answer = await worker.ask(QUESTIONS, asking(asked));
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("x-cache"), "MISS");
  assert.equal(service.proxy.count("POST"), 2);
  service.proxy.restore();
  await until("the new policy is known", async () => {
    service.proxy.clear();
    await worker.ask(QUESTIONS, asking(asked));
    return service.proxy.count("POST") === 0;
  });
});

test("a policy of another key specification is no policy", async (t) => {
  const worker = await service.worker(t);
  service.proxy.rewrites = { [POLICY]: (policy) => JSON.stringify({ ...JSON.parse(policy), key_specification: 2 }) };
  const answer = await worker.ask(QUESTIONS, asking(question()));
  assert.match(answer.headers.get("cache-status"), /, MedInsightEdge; fwd=bypass; detail=policy-unknown$/);
  assert.deepEqual(service.proxy.lines(), [`GET ${POLICY}`, `POST ${QUESTIONS}`]);
});
