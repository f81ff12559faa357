// What the package makes of a case, in the form that the native build writes. It runs in every runtime, so it uses
// nothing but the language and what all of them have.

export function outcomeOf(keys, { operation, input }) {
  try {
    return operations[operation](keys, input);
  } catch (error) {
    if (!(error instanceof Error) || typeof error.code !== "string") throw error;
    return { code: error.code, field: error.field ?? null, message: error.message };
  }
}

const operations = {
  build_key: (keys, input) => ({ key: keys.buildKey(input.category, input.identifier, input.sub_key) }),
  parse_key: (keys, input) => {
    const { category, dataClass, identifier, subKey } = keys.parseKey(input.key);
    return { category, data_class: dataClass, identifier, sub_key: subKey };
  },
  normalise_text: (keys, input) => ({ text: keys.normaliseText(input.text) }),
  normalise_drug_name: (keys, input) => {
    const text = keys.normaliseDrugName(input.text);
    same(attempt(keys.drugInfoKey, input.text), attempt((name) => keys.buildKey("drug_info", name), text), "keys");
    return { text };
  },
  freshness: (keys, input) => {
    const { key, overrides } = input;
    const copy = { writtenAt: input.written_at, freshForSeconds: input.fresh_for_secs };
    const assessed = keys.assessFreshness(key, copy, input.now, overrides);
    const life = keys.lifetime(key, overrides);
    return assessed && {
      age_ms: Math.round(assessed.ageSeconds * 1000),
      fresh_for: assessed.freshForSeconds,
      freshness: assessed.freshness,
      jittered: keys.freshForSeconds(key, overrides),
      life: [life.freshForSeconds, life.staleWhileRevalidateSeconds, life.staleIfErrorSeconds],
    };
  },
  health_analysis: (keys, input) =>
    request(keys, "health_analysis", input, [
      (body) => keys.healthAnalysisDigest(body, input.analyzer),
      (body) => keys.healthAnalysisKey(body, input.analyzer, input.secret),
    ]),
  medication_interactions: (keys, input) =>
    request(keys, "medication_interactions", input, [
      (body) => keys.medicationSetDigest(body, input.analyzer),
      (body) => keys.medicationSetKey(body, input.analyzer, input.secret),
    ]),
  drug_analysis: (keys, input) => request(keys, "drug_analysis", input, [keys.drugAnalysisDigest, keys.drugAnalysisKey]),
};

// Every function that takes the body has to agree, and so have bytes, buffers and, where there is one, the text.
function request(keys, category, input, [digestOf, keyOf]) {
  const bytes = input.body === undefined ? decodeBase64(input.body_base64) : new TextEncoder().encode(input.body);
  const describe = (body) => keys.describeRequest(category, body, input.analyzer, input.secret);
  const text = textOf(bytes);
  if (text !== undefined) same(attempt(describe, text), attempt(describe, bytes.buffer), "text and bytes");
  const { canonical, digest, key } = describe(bytes);
  same(digestOf(text ?? bytes), digest, "digests");
  same(keyOf(bytes), key, "keys");
  return { canonical, digest, key };
}

// The text that UTF-16 makes of the bytes. A lone surrogate, as WTF-8 writes it, becomes what JavaScript holds for it.
function textOf(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const at = bytes.findIndex((byte, index) => byte === 0xed && bytes[index + 1] >= 0xa0 && bytes[index + 2] === 0x80);
    if (at < 0) return undefined;
    const [before, after] = [textOf(bytes.slice(0, at)), textOf(bytes.slice(at + 3))];
    const surrogate = String.fromCharCode(0xd000 | ((bytes[at + 1] & 0x3f) << 6));
    return before === undefined || after === undefined ? undefined : before + surrogate + after;
  }
}

function attempt(f, argument) {
  try {
    return f(argument);
  } catch (error) {
    return { code: error.code, field: error.field ?? null, message: error.message };
  }
}

function same(one, other, what) {
  if (JSON.stringify(one) !== JSON.stringify(other)) throw new Error(`${what} do not agree`);
}

function decodeBase64(encoded) {
  return Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
}
