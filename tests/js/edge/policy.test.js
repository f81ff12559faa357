// The package is set up from the policy that the service publishes.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as keys from "@medinsight/cache-keys";
import { asking, POLICY, question, QUESTIONS, scene } from "./scene.js";

const service = scene({ CACHE_TTL_HEALTH_ANALYSIS: "120", CACHE_REVALIDATE_DRUG_INFO: "7200" });
await keys.init();

const policy = async () => (await fetch(service.address + POLICY)).json();

// Any key of an entry; the identifiers of some are digests.
function keyOf({ category, sub_key: subKey }) {
  const isOfDigest = ["health_analysis", "medication_interactions"].includes(category);
  return keys.buildKey(category, isOfDigest ? "0".repeat(64) : "a", subKey);
}

function overridesOf(entries) {
  const variable = ({ category, sub_key: subKey }) => {
    const begin = category === "drug_info" ? "CACHE_REVALIDATE" : "CACHE_TTL";
    return [begin, category, subKey].filter(Boolean).join("_").toUpperCase().replace("SYMPTOM_INPUTS", "SYMPTOM_INPUT");
  };
  return Object.fromEntries(entries.map((entry) => [variable(entry), String(entry.fresh_for)]));
}

test("the digest of a question with the policy's analyzer is the service's", async () => {
  const { analyzer, key_specification: specification } = await policy();
  assert.equal(specification, 1);
  const asked = question();
  const answer = await fetch(service.address + QUESTIONS, asking(asked));
  const digest = keys.healthAnalysisDigest(JSON.stringify(asked), analyzer);
  assert.equal(answer.headers.get("x-cache-key-digest"), digest);
  assert.equal((await fetch(`${service.address}${QUESTIONS}/${digest}`)).headers.get("x-cache"), "HIT");
});

test("every entry of the policy has the package's class and, with its lifetimes as overrides, the package's windows", async () => {
  const { entries } = await policy();
  assert.equal(entries.find(({ category }) => category === "health_analysis").fresh_for, 120);
  const overrides = overridesOf(entries);
  const seconds = (window) => (window === Infinity ? null : window);
  for (const entry of entries) {
    const key = keyOf(entry);
    const { freshForSeconds, staleWhileRevalidateSeconds, staleIfErrorSeconds } = keys.lifetime(key, overrides);
    const windows = [freshForSeconds, staleWhileRevalidateSeconds, staleIfErrorSeconds].map(seconds);
    assert.deepEqual(windows, [entry.fresh_for, entry.stale_while_revalidate, entry.stale_if_error], entry.category);
    assert.equal(keys.parseKey(key).dataClass, entry.data_class);
  }
});
