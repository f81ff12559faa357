// The page at /dashboard in headless Chromium, as somebody who is on call uses it: on the real service with a real Redis.
// With SCREENSHOTS, the name of a folder, it leaves pictures of both themes there.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, beforeEach, test } from "node:test";
import { chromium } from "playwright-core";
import { ADMIN_TOKEN, startService } from "../edge/service.js";
import { asking, question, QUESTIONS, until } from "../edge/scene.js";
import { fillHour } from "./invented.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PHONE = { width: 360, height: 740 };
const SESSION = "9f86d081-884c-4d65-9a2f-eaa0c55ad015";
const MAX_TRANSFER_BYTES = 200_000;

// Patience with a busy machine.
const SETTINGS = { ORIGIN_ANSWER_PRICE: "0.02 EUR", REDIS_COMMAND_TIMEOUT_MS: "2000", REDIS_CONNECT_TIMEOUT_MS: "2000", CACHE_BUDGET_MS: "4000" };

let browser;
let service;

before(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
  service = await startService(SETTINGS);
});

beforeEach(() => service.proxy.restore());

after(async () => {
  await Promise.all([browser?.close(), service?.stop()]);
});

// Opens the page at some address; nothing on it may fail, break its policy or ask another server.
async function open(t, { at = service.address, expected = /^$/, ...options } = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
  page.on("request", (request) => new URL(request.url()).origin === at || wrong.push(`asked ${request.url()}`));
  t.after(async () => {
    await context.close();
    assert.deepEqual(wrong.filter((text) => !expected.test(text)), []);
  });
  await page.goto(`${at}/dashboard`);
  return page;
}

async function signIn(page, token = ADMIN_TOKEN) {
  await page.getByLabel("Admin token").fill(token);
  await page.keyboard.press("Enter");
}

// Runs in the page: whether no plot is wider than its place.
function fitting() {
  const plots = [...document.querySelectorAll(".plot")];
  return plots.length > 0 && plots.every((plot) => plot.scrollWidth <= plot.clientWidth);
}

async function openSignedIn(t, options) {
  const page = await open(t, options);
  await signIn(page);
  await page.locator(".tile").first().waitFor();
  return page;
}

const tile = (page, name) => page.locator(".tile").filter({ has: page.locator("dt", { hasText: new RegExp(`^${name}$`) }) }).locator(".value");
const numberOf = async (page, name) => Number((await tile(page, name).textContent()).replace(/[^\d.]/g, ""));

async function ask(session = SESSION, text = question()) {
  const answer = await fetch(`${service.address}${QUESTIONS}`, asking(text, { "x-session-id": session }));
  assert.equal(answer.status, 200);
}

const findDrug = (name) => fetch(`${service.address}/api/v1/drug/info/${name}`);

// What axe finds that keeps people out.
async function serious(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate("axe.run(document)");
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target)}`);
}

async function shown(t, page, text) {
  await page.getByText(text).first().waitFor({ timeout: 20_000 });
}

test("a wrong token is refused in plain words, and the right one opens the page", async (t) => {
  const page = await open(t, { expected: /status of 401/ });
  await signIn(page, "a wrong token of some length");
  await shown(t, page, "This token was refused.");
  assert.equal(await page.getByLabel("Admin token").getAttribute("aria-invalid"), "true");
  assert.equal(await page.evaluate(() => document.activeElement.id), "token");
  await signIn(page);
  await page.locator(".tile").first().waitFor();
  assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]), [0, 0, ""]);
  await page.reload();
  await page.getByLabel("Admin token").waitFor();
});

test("numbers move while people ask, on a page that is small and soon there", async (t) => {
  const page = await open(t);
  const bytes = [];
  page.on("response", (response) => bytes.push(response.request().sizes().then(({ responseBodySize }) => responseBodySize).catch(() => 0)));
  const begun = performance.now();
  await page.reload();
  await signIn(page);
  await page.locator(".tile").first().waitFor();
  t.diagnostic(`usable, sign-in included, after ${Math.round(performance.now() - begun)} ms`);
  await shown(t, page, "live");
  const loaded = (await page.evaluate(() => performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation")).filter(({ name }) => name.includes("/dashboard")).map(({ transferSize }) => transferSize))).reduce((sum, size) => sum + size, 0);
  assert.ok(loaded > 50_000 && loaded < MAX_TRANSFER_BYTES, `${loaded}`);
  t.diagnostic(`${loaded} bytes`);
  const before = await numberOf(page, "Requests");
  const again = question();
  for (let number = 0; number < 20; number += 1) await ask(SESSION, again);
  await until("the requests are counted", async () => (await numberOf(page, "Requests")) >= before + 20);
  await until("the hits are counted", async () => (await numberOf(page, "Hit rate")) > 50);
  assert.match(await tile(page, "Money saved").textContent(), /€0\.\d\d/);
  assert.match(await tile(page, "From the store").textContent(), /ms$/);
  assert.match(await page.locator(".legend").first().textContent(), /requests \d+/);
  const table = page.locator("figure").first();
  await table.getByText("numbers").click();
  await table.locator("tbody tr").first().waitFor();
  assert.ok((await table.locator("tbody tr").count()) >= 1);
});

test("the entries that are hit most are there, and the largest of a sample", async (t) => {
  for (let number = 0; number < 5; number += 1) await findDrug("metformin");
  const page = await openSignedIn(t);
  await shown(t, page, "drug_info:metformin");
  await page.getByLabel("Category").selectOption("drug_info");
  await page.getByRole("button", { name: "Look at 500 of them" }).click();
  await shown(t, page, /The largest of \d+ entries, which are all/);
});

test("what was sampled of each category is there, and what it is not enough for is said", async (t) => {
  for (let number = 0; number < 3; number += 1) await findDrug("warfarin");
  const advice = async () => (await fetch(`${service.address}/api/v1/redis/advice`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } })).json();
  const sampled = ({ categories }) => categories.find(({ category }) => category === "drug_info").sampled_requests;
  await until("the requests are in the sample", async () => sampled(await advice()) >= 3);
  const page = await openSignedIn(t);
  const row = page.getByRole("region", { name: "Numbers on times to live" }).getByRole("row", { name: /^drug info/ });
  await row.waitFor();
  assert.ok(Number(await row.getByRole("cell").nth(1).textContent()) >= 3);
  await shown(t, page, /too few requests were sampled/);
});

test("an entry is looked up and cleared after a confirmation", async (t) => {
  await findDrug("aspirin");
  const page = await openSignedIn(t, { expected: /status of 400/ });
  await page.getByLabel("Key", { exact: true }).fill("medinsight:drug_info:aspirin");
  await page.keyboard.press("Enter");
  await shown(t, page, "There is this entry.");
  assert.equal((await findDrug("aspirin")).headers.get("x-cache"), "HIT");
  await page.getByRole("button", { name: "Clear the entry" }).click();
  await shown(t, page, "The entry was cleared.");
  assert.equal((await findDrug("aspirin")).headers.get("x-cache"), "MISS");
  await page.getByLabel("Key", { exact: true }).fill("usage:health_analysis:requests");
  await page.keyboard.press("Enter");
  await shown(t, page, "It was refused: category: counters are out of reach.");
});

test("a pattern is counted first, and cleared when that is confirmed", async (t) => {
  await Promise.all(["ibuprofen", "ibuprofen", "warfarin"].map(findDrug));
  const page = await openSignedIn(t);
  await page.getByLabel("Pattern", { exact: true }).fill("drug_info:ibu*");
  await page.keyboard.press("Enter");
  await shown(t, page, "1 entries match. Nothing was cleared yet.");
  await page.getByRole("button", { name: "Leave it" }).click();
  assert.equal((await findDrug("ibuprofen")).headers.get("x-cache"), "HIT");
  await page.getByRole("button", { name: "Count what matches" }).click();
  await page.getByRole("button", { name: "Clear 1 entries" }).click();
  await shown(t, page, "Cleared; 1 were removed.");
  assert.equal((await findDrug("ibuprofen")).headers.get("x-cache"), "MISS");
  assert.equal((await findDrug("warfarin")).headers.get("x-cache"), "HIT");
});

test("a session is erased without its contents being shown", async (t) => {
  await ask(SESSION);
  const page = await openSignedIn(t);
  await page.getByLabel("Session id").fill(SESSION);
  await page.keyboard.press("Enter");
  await shown(t, page, /Stored for this session: .*symptom data/);
  assert.doesNotMatch(await page.locator("body").textContent(), /Throbbing/);
  await page.getByRole("button", { name: "Erase the session" }).click();
  await shown(t, page, /Erased; \d+ entries were removed/);
  await page.getByRole("button", { name: "Look it up" }).last().click();
  await shown(t, page, "Nothing is stored for this session.");
});

test("Redis dies and comes back, and the page says both", async (t) => {
  const page = await openSignedIn(t, { expected: /status of 503/ });
  await shown(t, page, "connected");
  await service.redis.kill();
  await ask(SESSION);
  await shown(t, page, "The store does not answer.");
  await service.redis.start();
  await until("the page says nothing any more", async () => (await page.getByText("The store does not answer.").count()) === 0);
  await until("the store is connected", async () => (await page.locator(".status").textContent()).endsWith("is connected"));
});

test("a lost connection is said plainly, with how old the numbers are, and so is that it is back", async (t) => {
  const page = await openSignedIn(t, { at: service.proxy.address, expected: /ERR_|Failed to load/ });
  service.proxy.drops = () => true;
  service.proxy.cut();
  await shown(t, page, "The connection is lost.");
  assert.match(await page.locator(".notice").textContent(), /The numbers are those of \d\d:\d\d:\d\d/);
  service.proxy.restore();
  await shown(t, page, "The connection is back.");
});

test("a token that is no longer right leads back to the form", async (t) => {
  const page = await openSignedIn(t, { at: service.proxy.address, expected: /status of 401|ERR_/ });
  await page.route("**/redis/live", (route) => route.fulfill({ status: 401, json: { detail: "Authorization: must be Bearer with the admin token" } }));
  service.proxy.cut();
  await page.getByLabel("Admin token").waitFor();
  await shown(t, page, "Signed out:");
});

test("without streams the page asks again and again", async (t) => {
  const polled = await startService({ ...SETTINGS, DASHBOARD_STREAMS: "0" });
  const page = await openSignedIn(t, { at: polled.address });
  // After the page, which would miss it.
  t.after(polled.stop);
  await shown(t, page, "asked every 5 s");
  // Nothing was counted yet.
  assert.equal(await tile(page, "Requests").textContent(), "0");
  await shown(t, page, "Nothing was counted yet.");
  await fetch(`${polled.address}/api/v1/drug/info/aspirin`);
  await until("the request is counted", async () => (await numberOf(page, "Requests")) === 1);
});

test("what was counted before this process began is shown, by hour and by day", async (t) => {
  const old = await startService(SETTINGS);
  fillHour(old.redis.port);
  await fetch(`${old.address}/api/v1/drug/info/aspirin`);
  for (const colorScheme of ["light", "dark"]) {
    const page = await openSignedIn(t, { at: old.address, colorScheme, viewport: { width: 1280, height: 860 } });
    await until("the hour is there", async () => (await numberOf(page, "Requests")) > 20_000);
    assert.ok((await numberOf(page, "Hit rate")) > 70);
    assert.match(await tile(page, "From the origin").textContent(), /^\d\.\d s$/);
    await shown(t, page, "drug_info:ibuprofen");
    await shown(t, page, "store timed out");
    await shown(t, page, "live");
    if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/dashboard-${colorScheme}.png` });
    const hour = await numberOf(page, "Requests");
    await page.getByRole("button", { name: "Last day" }).click();
    await shown(t, page, "Requests in 5 minutes");
    await until("the day is there", async () => (await numberOf(page, "Requests")) >= hour);
  }
  t.after(old.stop);
});

test("everything can be reached with the keyboard, and what has the focus shows it", async (t) => {
  const page = await openSignedIn(t);
  const seen = [];
  for (let number = 0; number < 60; number += 1) {
    await page.keyboard.press("Tab");
    const [name, outline] = await page.evaluate(() => [document.activeElement.id || document.activeElement.textContent, getComputedStyle(document.activeElement).outlineStyle]);
    seen.push(name);
    if (name !== "title") assert.notEqual(outline, "none", name);
    if (name === "session") break;
  }
  for (const name of ["Last hour", "Last day", "Sign out", "sampled", "entry", "pattern", "session"]) assert.ok(seen.includes(name), `${name} in ${seen}`);
});

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds nothing serious and nothing is cut off on a phone, in ${colorScheme}`, async (t) => {
    const page = await open(t, { colorScheme, viewport: { width: 1280, height: 900 } });
    assert.deepEqual(await serious(page), []);
    await signIn(page);
    await page.locator(".tile").first().waitFor();
    await page.locator("figure").first().getByText("numbers").click();
    assert.deepEqual(await serious(page), []);
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), colorScheme);
    await page.setViewportSize(PHONE);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), PHONE.width);
    await until("every plot is drawn anew", () => page.evaluate(fitting));
    assert.deepEqual(await serious(page), []);
    await page.getByRole("button", { name: /colours$/ }).click();
    assert.notEqual(await page.evaluate(() => document.documentElement.dataset.theme), colorScheme);
    assert.deepEqual(await serious(page), []);
  });
}

test("no page can be put into a frame or given a script, and no other file is served", async () => {
  for (const path of ["", "/page.js", "/page.css"]) {
    const { headers } = await fetch(`${service.address}/dashboard${path}`);
    const rules = headers.get("content-security-policy").split("; ");
    for (const rule of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"]) assert.ok(rules.includes(rule), rule);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
  }
  for (const path of ["index.html", "..%2F..%2FCargo.toml", "nothing"]) {
    const answer = await fetch(`${service.address}/dashboard/${path}`);
    assert.deepEqual([answer.status, (await answer.json()).code], [404, "unknown_route"], path);
  }
});
