// `fetchAnalysis()`: the same without an edge.

import assert from "node:assert/strict";
import { test } from "node:test";
import { init } from "@medinsight/cache-keys";
import { fetchAnalysis } from "@medinsight/cache-keys/fetch";
import { startProxy } from "./proxy.js";
import { POLICY, question, QUESTIONS, scene } from "./scene.js";

const service = scene();
const options = () => ({ service: service.proxy.address });
await init();

// The service under an address that nobody has asked for a policy.
async function unheardOf(t) {
  const proxy = await startProxy(new URL(service.address).host);
  t.after(proxy.close);
  return proxy;
}

test("a question is sent when there is no answer, and not sent when there is one", async () => {
  const asked = question();
  const first = await fetchAnalysis(asked, { ...options(), session: "an-invented-session" });
  assert.deepEqual([first.method, first.cache, first.session, first.ageSeconds], ["POST", "MISS", "an-invented-session", null]);
  assert.equal(typeof first.analysis.condition, "string");
  assert.deepEqual(service.proxy.lines(), [`GET ${POLICY}`, `GET ${QUESTIONS}/${first.digest}`, `POST ${QUESTIONS}`]);
  assert.equal(service.proxy.requests[2].headers["x-cache-key-digest"], first.digest);
  service.proxy.clear();
  const second = await fetchAnalysis(JSON.stringify(asked).toUpperCase().replaceAll(/"[A-Z_]+":/g, (name) => name.toLowerCase()), options());
  assert.deepEqual([second.method, second.cache, second.digest, second.session], ["GET", "HIT", first.digest, null]);
  assert.deepEqual(second.analysis, first.analysis);
  assert.ok(second.ageSeconds >= 0 && second.cacheStatus.startsWith("MedInsight; hit"));
  assert.deepEqual(service.proxy.lines(), [`GET ${QUESTIONS}/${first.digest}`]);
});

test("bytes are a question, too, and more headers go with every request", async () => {
  const body = new TextEncoder().encode(JSON.stringify(question()));
  const { method } = await fetchAnalysis(body, { ...options(), headers: { authorization: "Bearer an-invented-one" } });
  assert.equal(method, "POST");
  assert.ok(service.proxy.requests.every(({ headers }) => headers.authorization === "Bearer an-invented-one"));
});

test("a question that the service would refuse is refused here, and nothing of it is sent", async () => {
  await fetchAnalysis(question(), options());
  service.proxy.clear();
  const refusal = { code: "out_of_range", field: "patient_age" };
  await assert.rejects(fetchAnalysis({ ...question(), patient_age: 151 }, options()), refusal);
  await assert.rejects(fetchAnalysis("{", options()), { code: "not_json" });
  assert.deepEqual(service.proxy.lines(), []);
});

test("the service's problem is an error with its code, field and status", async () => {
  const wrong = fetchAnalysis(question(), { ...options(), session: "two words" });
  await assert.rejects(wrong, (error) => {
    assert.ok(error instanceof Error);
    assert.deepEqual([error.code, error.status], ["invalid_session_id", 400]);
    assert.match(error.message, /X-Session-Id/i);
    return true;
  });
});

test("an answer that is no problem is an error, too", async () => {
  const wrong = fetchAnalysis(question(), { ...options(), fetch: async () => new Response("<h1>", { status: 503, headers: { "retry-after": "7" } }) });
  await assert.rejects(wrong, { code: "unexpected_answer", status: 503, retryAfterSeconds: 7, message: "the service answered with the status 503" });
});

test("the caller's signal ends it with its reason, also between two requests", async () => {
  const reason = new Error("the person went away");
  await assert.rejects(fetchAnalysis(question(), { ...options(), signal: AbortSignal.abort(reason) }), reason);
  const controller = new AbortController();
  const hangUpAfterLookup = async (url, init) => {
    const response = await fetch(url, init);
    if (url.includes(`${QUESTIONS}/`)) controller.abort(reason);
    return response;
  };
  service.proxy.clear();
  await assert.rejects(fetchAnalysis(question(), { ...options(), signal: controller.signal, fetch: hangUpAfterLookup }), reason);
  assert.equal(service.proxy.count("POST"), 0);
});

test("without a policy the question is sent at once", async (t) => {
  const proxy = await unheardOf(t);
  proxy.drops = ({ path }) => path === POLICY;
  const { method, cache } = await fetchAnalysis(question(), { service: proxy.address });
  assert.deepEqual([method, cache], ["POST", "MISS"]);
  assert.deepEqual(proxy.lines(), [`GET ${POLICY}`, `POST ${QUESTIONS}`]);
});

test("a service with a new analyzer is sent the question a second time, and the new policy is fetched", async (t) => {
  const proxy = await unheardOf(t);
  proxy.rewrites = { [POLICY]: (policy) => JSON.stringify({ ...JSON.parse(policy), analyzer: "of-yesterday" }) };
  const asked = question();
  assert.equal((await fetchAnalysis(asked, { service: proxy.address })).cache, "MISS");
  assert.equal(proxy.count("POST"), 2);
  proxy.restore();
  assert.equal((await fetchAnalysis(asked, { service: proxy.address })).method, "GET");
});

test("a service that is not there is what fetch says of it", async () => {
  service.proxy.drops = () => true;
  await assert.rejects(fetchAnalysis(question(), options()), TypeError);
});
