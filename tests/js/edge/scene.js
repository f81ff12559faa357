// What the tests of the Worker have in common: one service for a file of tests, and a Worker of its own for each test.

import { after, before, beforeEach } from "node:test";
import { startService } from "./service.js";
import { startWorker } from "./worker.js";

export const QUESTIONS = "/api/v1/analyze-health";
export const POLICY = "/api/v1/cache/policy";

// The service of a file; `settings` are more variables of it.
export function scene(settings) {
  const scene = {
    // A Worker for a test, ended with it.
    worker: async (t, variables) => {
      const worker = await startWorker(scene.proxy.address, variables);
      t.after(worker.stop);
      return worker;
    },
  };
  before(async () => Object.assign(scene, await startService(settings)));
  beforeEach(() => {
    scene.proxy.restore();
    scene.proxy.clear();
  });
  after(() => scene.stop?.());
  return scene;
}

let questions = 0;

// A question that no other test asks.
export function question() {
  questions += 1;
  return { concern: `Headache ${process.pid} ${questions}`, symptoms: "Throbbing pain on one side", current_medications: ["Warfarin", "Ibuprofen"] };
}

// What a client sends that has an answer already. `fetch` would add `no-cache`, which is another wish.
export function having(tags) {
  return { headers: { "if-none-match": tags, "cache-control": "max-age=3600" } };
}

export function asking(question, headers = {}) {
  const body = typeof question === "string" ? question : JSON.stringify(question);
  return { method: "POST", headers: { "content-type": "application/json", ...headers }, body };
}

// Asks until the answer comes from the edge: a copy is written after the answer was sent.
export async function atEdge(ask) {
  let answer;
  await until("the answer lies at the edge", async () => {
    answer = await ask();
    return answer.headers.get("cache-status")?.includes("MedInsightEdge; hit");
  });
  return answer;
}

export async function until(what, condition) {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`it takes too long until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
