// The health question as a careful team writes it with fastify and bentocache: a yardstick of `cargo xtask bench`.
//
// One process. Redis is the only layer, so that all processes have the same answers; its commands are pipelined by the
// client. bentocache computes an answer once in this process. Without Redis the origin answers.
//
// REDIS_URL, ORIGIN_URL and PORT are its settings.

import { createHash } from "node:crypto";
import { BentoCache, bentostore } from "bentocache";
import { redisDriver } from "bentocache/drivers/redis";
import fastify from "fastify";
import { Redis } from "ioredis";

const PATH = "/api/v1/analyze-health";
const FRESH_FOR = "1h";
const REDIS_TIMEOUT_MS = 250;
const PREFIX = "node";
const CLEAR_BATCH = 1000;
const FLUSH_EVERY_MS = 1000;

const redis = new Redis(process.env.REDIS_URL, {
  enableAutoPipelining: true,
  enableOfflineQueue: false,
  lazyConnect: true,
  commandTimeout: REDIS_TIMEOUT_MS,
  connectTimeout: REDIS_TIMEOUT_MS,
  maxRetriesPerRequest: 1,
  retryStrategy: (attempt) => Math.min(50 * attempt, 500),
});
// An outage shows in the commands that fail, also at the start.
redis.on("error", () => {});
await redis.connect().catch(() => {});

const store = bentostore().useL2Layer(redisDriver({ connection: redis, prefix: PREFIX }));
const cache = new BentoCache({
  default: "answers",
  stores: { answers: store },
  // Without it a Redis that is down fails requests.
  suppressL2Errors: true,
});

const text = (maxLength, minLength = 0) => ({ type: "string", minLength, maxLength });
const list = { type: "array", maxItems: 64, items: text(256), default: [] };
const question = {
  type: "object",
  required: ["concern", "symptoms"],
  properties: {
    concern: text(2000, 1),
    symptoms: text(8000, 1),
    patient_age: { type: ["integer", "null"], minimum: 0, maximum: 150 },
    patient_gender: { ...text(64), type: ["string", "null"] },
    medical_history: list,
    current_medications: list,
  },
};

const normal = (text) => text.normalize("NFC").toLowerCase().trim().replace(/\s+/g, " ");
const normalSet = (texts) => [...new Set(texts.map(normal))].sort();

/** The question in its normal form, as the text that the key is made of and that the origin is sent. */
function canonical(body) {
  return JSON.stringify({
    concern: normal(body.concern),
    symptoms: normal(body.symptoms),
    patient_age: body.patient_age ?? undefined,
    patient_gender: body.patient_gender == null ? undefined : normal(body.patient_gender),
    medical_history: normalSet(body.medical_history),
    current_medications: normalSet(body.current_medications),
  });
}

async function ask(body) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(process.env.ORIGIN_URL + PATH, { method: "POST", headers, body });
  if (!answer.ok) {
    throw new Error(`the origin answered ${answer.status}`);
  }
  return answer.text();
}

/** Counts a request in the same round trip; a count that is lost is missed by nobody. */
function countRequest() {
  redis.incr(`${PREFIX}:usage:requests`).catch(() => {});
}

// Only known after the trip: counted here and flushed each second.
let hits = 0;

function flushHits() {
  const flushed = hits;
  hits = 0;
  redis.incrby(`${PREFIX}:usage:hits`, flushed).catch(() => {
    hits += flushed;
  });
}

async function clear(pattern) {
  let [cursor, cleared] = ["0", 0];
  do {
    const [next, keys] = await redis.scan(cursor, "MATCH", pattern, "COUNT", CLEAR_BATCH);
    cleared += keys.length > 0 ? await redis.unlink(...keys) : 0;
    cursor = next;
  } while (cursor !== "0");
  return cleared;
}

const app = fastify();

app.post(PATH, { schema: { body: question } }, async (request, reply) => {
  const body = canonical(request.body);
  const key = `health_analysis:${createHash("sha256").update(body).digest("hex")}`;
  let outcome = "HIT";
  countRequest();
  const answer = await cache.getOrSet({
    key,
    ttl: FRESH_FOR,
    factory: () => {
      outcome = "MISS";
      return ask(body);
    },
  });
  hits += outcome === "HIT";
  return reply.header("x-cache", outcome).type("application/json").send(answer);
});

app.post("/api/v1/redis/cache/clear-pattern", async (request) => ({ cleared: await clear(request.body.pattern) }));

setInterval(flushHits, FLUSH_EVERY_MS);
await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT) });
