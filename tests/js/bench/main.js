// `node main.js <request> <rounds>`: nanoseconds for a key, as JSON: by the package, from bytes and from a text, and by
// the best that JavaScript has for the same meaning.

import { readFileSync } from "node:fs";
import { createHash } from "node:crypto";
import * as keys from "@medinsight/cache-keys";
import canonicalize from "canonicalize";

const KEYS = 10_000;
const ANALYZER = "embedded-1";

const [file, rounds] = process.argv.slice(2);
const bytes = readFileSync(file);
const text = bytes.toString();

const contenders = {
  bytes: () => keys.healthAnalysisKey(bytes, ANALYZER),
  text: () => keys.healthAnalysisKey(text, ANALYZER),
  javascript: () => keyInJavaScript(text),
};

// Lower-casing stands in for case folding, which JavaScript does not have; it checks nothing and finds no duplicates.
function keyInJavaScript(body) {
  const { concern, symptoms, patient_age, patient_gender, medical_history, current_medications } = JSON.parse(body);
  const object = {
    analyzer: ANALYZER,
    concern: normalise(concern),
    symptoms: normalise(symptoms),
    patient_age,
    patient_gender: normalise(patient_gender),
    medical_history: set(medical_history),
    current_medications: set(current_medications),
  };
  const hash = createHash("sha256").update("medinsight/v1/health_analysis\n").update(canonicalize(object));
  return `medinsight:health_analysis:${hash.digest("hex")}`;
}

const normalise = (value) => value.normalize("NFC").toLowerCase().normalize("NFC").replace(/\s+/gu, " ").trim();

const set = (items) => [...new Set(items.map(normalise).filter((item) => item !== ""))].sort();

if (contenders.javascript() !== contenders.bytes()) throw new Error("the contenders do not make the same key");

function nanoseconds(contender) {
  const start = process.hrtime.bigint();
  for (let count = 0; count < KEYS; count += 1) contender();
  return Number(process.hrtime.bigint() - start) / KEYS;
}

const results = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
for (const contender of Object.values(contenders)) nanoseconds(contender);
for (let round = 0; round < Number(rounds); round += 1) {
  for (const [name, contender] of Object.entries(contenders)) results[name].push(Math.round(nanoseconds(contender)));
}
console.log(JSON.stringify(results));
