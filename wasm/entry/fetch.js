import { healthAnalysisDigest } from "./cache_keys.js";

const QUESTIONS = "/api/v1/analyze-health";

// The version of the key specification that this package computes.
const KEY_SPECIFICATION = 1;

// The analyzer's revision by the address of the service, for as long as the service says.
const analyzers = new Map();

export const fetchAnalysis = async (question, options = {}) => {
  const body = isBody(question) ? question : JSON.stringify(question);
  const ask = asker(options);
  const analyzer = await currentAnalyzer(ask, options);
  if (analyzer === undefined) return answerOf(await post(ask, body, options));
  const digest = healthAnalysisDigest(body, analyzer);
  const found = await ask(`${QUESTIONS}/${digest}`);
  if (found.status === 200) return answerOf(found, "GET");
  const answer = await post(ask, body, options, digest);
  if (answer.status !== 409) return answerOf(answer);
  // Another digest than ours: the service has a new analyzer.
  analyzers.delete(addressOf(options));
  return answerOf(await post(ask, body, options));
};

const isBody = (question) =>
  typeof question === "string" || question instanceof Uint8Array || question instanceof ArrayBuffer;

const addressOf = ({ service = "" }) => String(service).replace(/\/$/, "");

const asker = (options) => {
  const { fetch = globalThis.fetch, signal = null } = options;
  return (path, init = {}) => {
    const headers = new Headers(options.headers);
    for (const [name, value] of Object.entries(init.headers ?? {})) headers.set(name, value);
    return fetch(addressOf(options) + path, { ...init, headers, signal });
  };
};

const post = (ask, body, { session }, digest) => {
  const headers = { "content-type": "application/json" };
  if (session !== undefined) headers["x-session-id"] = session;
  if (digest !== undefined) headers["x-cache-key-digest"] = digest;
  return ask(QUESTIONS, { method: "POST", headers, body });
};

// Without a policy there is no digest, and the question is asked all the same. Only the caller's own signal ends it.
const currentAnalyzer = async (ask, options) => {
  const known = analyzers.get(addressOf(options));
  if (known !== undefined && Date.now() < known.until) return known.analyzer;
  try {
    const response = await ask("/api/v1/cache/policy");
    const policy = response.ok ? await response.json() : {};
    if (policy.key_specification !== KEY_SPECIFICATION || typeof policy.analyzer !== "string") return undefined;
    analyzers.set(addressOf(options), { analyzer: policy.analyzer, until: Date.now() + freshFor(response.headers) });
    return policy.analyzer;
  } catch {
    options.signal?.throwIfAborted();
    return undefined;
  }
};

const freshFor = (headers) => {
  const maxAge = /max-age=(\d+)/.exec(headers.get("cache-control") ?? "")?.[1] ?? 0;
  return Math.max(0, Number(maxAge) - Number(headers.get("age") ?? 0)) * 1_000;
};

const answerOf = async (response, method = "POST") => {
  if (!response.ok) throw await problemOf(response);
  const { headers } = response;
  return {
    analysis: await response.json(),
    method,
    digest: headers.get("x-cache-key-digest"),
    cache: headers.get("x-cache"),
    cacheStatus: headers.get("cache-status"),
    ageSeconds: headers.has("age") ? Number(headers.get("age")) : null,
    session: headers.get("x-session-id"),
  };
};

const problemOf = async (response) => {
  const problem = await response.json().catch(() => ({}));
  const error = new Error(problem.detail ?? `the service answered with the status ${response.status}`);
  const { code = "unexpected_answer", field } = problem;
  const retryAfter = response.headers.get("retry-after");
  return Object.assign(error, { code, status: response.status }, field && { field }, retryAfter && { retryAfterSeconds: Number(retryAfter) });
};
