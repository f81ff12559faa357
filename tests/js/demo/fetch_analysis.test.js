// `fetchAnalysis()` in headless Chromium, against the real server, whose page brings the package.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { question } from "../edge/scene.js";
import { startService } from "../edge/service.js";

const PACKAGE = fileURLToPath(new URL("../../../wasm/pkg", import.meta.url));
let browser;
let service;
let page;

before(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
  service = await startService({ MEDINSIGHT_DEMO_PACKAGE: PACKAGE });
  page = await browser.newPage();
  await page.goto(`${service.address}/demo`);
});

after(async () => {
  await browser?.close();
  await service?.stop();
});

// Asks in the page, and returns the answer with the requests that it took and their statuses.
const ask = (asked, rewritesPolicy = false) =>
  page.evaluate(async ([asked, rewritesPolicy]) => {
    const { init } = await import("/demo/package/browser.js");
    const { fetchAnalysis } = await import("/demo/package/fetch.js");
    await init();
    const requests = [];
    const watched = async (url, options) => {
      const response = await fetch(url, options);
      requests.push([options.method ?? "GET", response.status]);
      const isPolicy = rewritesPolicy && url.endsWith("/policy");
      return isPolicy ? Response.json({ ...(await response.json()), analyzer: "of-yesterday" }) : response;
    };
    return { ...(await fetchAnalysis(asked, { fetch: watched })), requests };
  }, [asked, rewritesPolicy]);

test("a mismatch of digests is a 409, and the question is asked again without a claim", async () => {
  const { method, cache, requests } = await ask(question(), true);
  assert.deepEqual([method, cache], ["POST", "MISS"]);
  assert.deepEqual(requests, [["GET", 200], ["GET", 404], ["POST", 409], ["POST", 200]]);
});

test("a new question is a MISS by POST, and a HIT by GET when it is asked again", async () => {
  const asked = question();
  const first = await ask(asked);
  assert.deepEqual([first.method, first.cache, first.requests.at(-1)], ["POST", "MISS", ["POST", 200]]);
  const second = await ask({ ...asked, concern: asked.concern.toUpperCase() });
  assert.deepEqual([second.method, second.cache, second.requests], ["GET", "HIT", [["GET", 200]]]);
  assert.deepEqual(second.analysis, first.analysis);
});

test("an answer that the page has already is a 304", async () => {
  const { digest } = await ask(question());
  const statuses = await page.evaluate(async (address) => {
    const first = await fetch(address);
    const headers = { "if-none-match": first.headers.get("etag") };
    return [first.status, (await fetch(address, { headers, cache: "no-store" })).status];
  }, `/api/v1/analyze-health/${digest}`);
  assert.deepEqual(statuses, [200, 304]);
});
