import { chromium } from "playwright-core";
import { serve } from "./server.js";

// The package as a page without a bundler uses it: fetched, and compiled while it streams.
export async function runInChromium(chunks, packageDirectory, executablePath) {
  const server = await serve({ "/package/": packageDirectory, "/": new URL(".", import.meta.url) }, chunks);
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  try {
    const page = await browser.newPage();
    await page.goto(`${server.origin}/page.html`);
    const result = await page.evaluate((count) => globalThis.run(count), chunks.length);
    return { version: browser.version(), ...result };
  } finally {
    await browser.close();
    await server.close();
  }
}
