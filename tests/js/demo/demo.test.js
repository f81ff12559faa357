// The page at /demo in headless Chromium, as a person uses it.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";
import { healthAnalysisDigest } from "@medinsight/cache-keys";
import { chromium } from "playwright-core";
import { until } from "../edge/scene.js";
import { startService } from "../edge/service.js";

const PACKAGE = fileURLToPath(new URL("../../../wasm/pkg", import.meta.url));
const PHONE = { width: 360, height: 740 };
let browser;
let built;
let notBuilt;

before(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
  built = await startService({ MEDINSIGHT_DEMO_PACKAGE: PACKAGE });
  notBuilt = await startService({ MEDINSIGHT_DEMO_PACKAGE: "/nowhere" });
});

after(async () => {
  await Promise.all([browser?.close(), built?.stop(), notBuilt?.stop()]);
});

// Opens the page; nothing on it may fail, break its policy or ask another server.
async function open(t, service, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
  page.on("request", (request) => new URL(request.url()).origin === service.address || wrong.push(`asked ${request.url()}`));
  t.after(async () => {
    const expected = wrong.filter((text) => !/status of 404|status of 422/.test(text));
    await context.close();
    assert.deepEqual(expected, []);
  });
  await page.goto(`${service.address}/demo`);
  await key(page, "one");
  return page;
}

const phrasing = (page, name) => page.locator(`[data-phrasing="${name}"]`);
const verdict = (page) => page.locator("#verdict").textContent();

async function key(page, name) {
  const shown = phrasing(page, name).locator(".key");
  await until("a key is shown", async () => (await shown.textContent()).startsWith("medinsight:health_analysis:"));
  return shown.textContent();
}

async function ask(page, name) {
  const before = await page.locator("#requests li").count();
  await phrasing(page, name).getByRole("button", { name: "Ask" }).click();
  await until("the answer is there", async () => (await page.locator("#requests li").count()) > before && (await phrasing(page, name).locator(".answer .badge").count()) === 1);
  return phrasing(page, name).locator(".answer .badge").textContent();
}

for (const [place, service] of [["in the page", () => built], ["by the server", () => notBuilt]]) {
  test(`keys computed ${place} change with every letter that matters, and are the server's`, async (t) => {
    const page = await open(t, service());
    const isInPage = place === "in the page";
    assert.match(await page.locator("#place").textContent(), isInPage ? /in this page/ : /cargo xtask wasm/);
    const concern = phrasing(page, "one").getByLabel("Concern");
    const first = await key(page, "one");
    await concern.press("End");
    await concern.press("s");
    await until("the key changes", async () => (await key(page, "one")) !== first);
    await concern.press("Backspace");
    await concern.pressSequentially("   ");
    await until("the key is the first one again", async () => (await key(page, "one")) === first);
    const { analyzer } = await (await fetch(`${service().address}/api/v1/cache/policy`)).json();
    const question = { concern: "Headache", symptoms: "Throbbing pain on one side, worse in bright light", patient_age: 34, current_medications: ["Warfarin", "Ibuprofen 400 mg"] };
    assert.equal(first, `medinsight:health_analysis:${healthAnalysisDigest(JSON.stringify(question), analyzer)}`);
    assert.match(await phrasing(page, "one").locator(".canonical").textContent(), /^\{"analyzer":".*"concern":"headache"/);
    assert.match(await phrasing(page, "one").locator(".normal").textContent(), /concern: headache/);
  });

  test(`a MISS turns into a HIT for the other phrasing, with keys computed ${place}`, async (t) => {
    const page = await open(t, service());
    assert.match(await verdict(page), /^The same key/);
    assert.equal(await ask(page, "one"), "MISS");
    assert.equal(await ask(page, "other"), "HIT");
    const newest = page.locator("#requests li").first();
    assert.match(await newest.textContent(), /MedInsight; hit; ttl=\d+/);
    assert.match(await newest.textContent(), /\d+\.\d ms/);
    assert.equal(await newest.locator(".method").textContent(), place === "in the page" ? "GET" : "POST");
  });
}

test("phrasings that mean something else have different keys, and what differs is marked", async (t) => {
  const page = await open(t, built);
  await page.getByRole("button", { name: "10³ is not 103" }).click();
  await until("the verdict is there", async () => (await verdict(page)).startsWith("Different keys"));
  assert.match(await phrasing(page, "one").locator("mark").textContent(), /10³/);
  await page.getByRole("button", { name: "Another order, another case" }).click();
  await until("the verdict is there", async () => (await verdict(page)).startsWith("The same key"));
  assert.equal(await page.locator("mark").count(), 0);
});

test("what the server would refuse has no key, and the field is named", async (t) => {
  for (const service of [built, notBuilt]) {
    const page = await open(t, service);
    const age = phrasing(page, "one").getByLabel("Age");
    await age.fill("151");
    const refusal = phrasing(page, "one").getByRole("alert");
    await until("the refusal is there", async () => (await refusal.textContent()).startsWith("patient_age: "));
    assert.equal(await age.getAttribute("aria-invalid"), "true");
    assert.equal(await phrasing(page, "one").getByRole("button", { name: "Ask" }).isDisabled(), true);
    assert.equal(await phrasing(page, "one").locator(".key").textContent(), "");
    await age.fill("34");
    await key(page, "one");
  }
});

test("everything can be done with the keyboard alone", async (t) => {
  const page = await open(t, built);
  const focused = () => page.evaluate(() => document.activeElement.name || document.activeElement.textContent);
  const order = [];
  for (let number = 0; number < 8; number += 1) {
    await page.keyboard.press("Tab");
    order.push(await focused());
  }
  assert.deepEqual(order.slice(3), ["concern", "symptoms", "patient_age", "current_medications", "Ask"]);
  await page.keyboard.press("Enter");
  await until("the answer is there", async () => (await phrasing(page, "one").locator(".answer .badge").count()) === 1);
});

for (const colorScheme of ["light", "dark"]) {
  test(`on a phone nothing is cut off, and texts can be read, in ${colorScheme}`, async (t) => {
    const page = await open(t, built, { viewport: PHONE, colorScheme });
    await ask(page, "one");
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), PHONE.width);
    assert.deepEqual(await page.evaluate(lowContrasts), []);
    if (process.env.SCREENSHOTS) {
      await page.screenshot({ path: `${process.env.SCREENSHOTS}/phone-${colorScheme}.png`, fullPage: true });
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.screenshot({ path: `${process.env.SCREENSHOTS}/desk-${colorScheme}.png`, fullPage: true });
    }
  });
}

test("no page can be put into a frame or given a script, and no other file is served", async () => {
  const { headers } = await fetch(`${built.address}/demo`);
  const policy = headers.get("content-security-policy");
  for (const rule of ["default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "frame-ancestors 'none'"]) assert.ok(policy.includes(rule), rule);
  for (const path of ["package.json", "package/package.json", "package/..%2Fpackage.json", "..%2F..%2FCargo.toml", "nothing"]) {
    const answer = await fetch(`${built.address}/demo/${path}`);
    assert.deepEqual([answer.status, (await answer.json()).code], [404, "unknown_route"], path);
  }
});

// Runs in the page: texts whose contrast is below 4.5 (WCAG 2.2, 1.4.3).
function lowContrasts() {
  const channels = (color) => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d");
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (color) => {
    const [r, g, b] = channels(color).map((value) => value / 255).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = (element) => {
    const own = getComputedStyle(element).backgroundColor;
    return channels(own)[3] === 0 && element.parentElement ? background(element.parentElement) : own;
  };
  const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== "");
  return [...document.body.querySelectorAll("*")].filter((element) => hasText(element) && element.checkVisibility() && !element.disabled).flatMap((element) => {
    const [light, dark] = [luminance(getComputedStyle(element).color), luminance(background(element))].sort((a, b) => b - a);
    const contrast = (light + 0.05) / (dark + 0.05);
    return contrast < 4.5 ? [`${element.tagName} ${element.className}: ${contrast.toFixed(2)}`] : [];
  });
}
