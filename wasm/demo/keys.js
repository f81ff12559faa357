// Computes keys and asks questions: by the WebAssembly package in this page, or by the server while the package is not built.

const QUESTIONS = "/api/v1/analyze-health";

// What computes keys. `describe(body)` gives the canonical JSON, the digest and the key, or throws an error that names the
// field; `ask(question, fetch)` asks the server as cheaply as it can.
export async function loadKeys(place) {
  return place === "browser" ? inThisPage() : byTheServer();
}

async function inThisPage() {
  const [keys, { fetchAnalysis }] = await Promise.all([import("/demo/package/browser.js"), import("/demo/package/fetch.js")]);
  await keys.init();
  const { analyzer } = await (await fetch("/api/v1/cache/policy")).json();
  return {
    describe: async (body) => keys.describeRequest("health_analysis", body, analyzer),
    ask: (question, fetch) => fetchAnalysis(question, { fetch }),
  };
}

function byTheServer() {
  const post = { method: "POST", headers: { "content-type": "application/json" } };
  return {
    describe: async (body) => resultOf(await fetch("/demo/describe", { ...post, body })),
    ask: async (question, fetch) => {
      const response = await fetch(QUESTIONS, { ...post, body: JSON.stringify(question) });
      const analysis = await resultOf(response);
      return { analysis, cache: response.headers.get("x-cache") };
    },
  };
}

async function resultOf(response) {
  const body = await response.json();
  if (response.ok) return body;
  throw Object.assign(new Error(body.detail), { field: body.field });
}
