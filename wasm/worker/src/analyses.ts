// The answers to health questions. They are about persons, so they lie at the edge only if the operator wants them to, and
// then no longer than the service itself says that they are fresh.

import { withCacheStatus } from "./cache_status.js";
import { unlessKnown } from "./conditional.js";
import { storedLife } from "./edge_cache.js";
import { served } from "./public_answers.js";
import { analysisPath } from "./route.js";
import { wantsReload, type Visit } from "./visit.js";

/** `GET /api/v1/analyze-health/{digest}`, passed on with the client's conditions. */
export async function findAnalysis(visit: Visit, digest: string): Promise<Response> {
  const response = await lookUpAnalysis(visit, digest, new Headers(visit.request.headers));
  return unlessKnown(visit.request, response);
}

/** Looks for the answer at the edge and then at the service, which is asked with `headers`. */
export async function lookUpAnalysis(visit: Visit, digest: string, headers: Headers, timeoutMs?: number): Promise<Response> {
  const path = analysisPath(digest);
  const mayUseEdge = mayLieAtEdge(visit);
  const isReload = wantsReload(visit.request);
  const stored = mayUseEdge && !isReload ? await visit.cache.find(path) : undefined;
  if (stored !== undefined && stored.ttlSeconds > 0) {
    return served(stored.response, "HIT", { kind: "hit", ttlSeconds: stored.ttlSeconds });
  }
  const response = await visit.service.get(path, headers, timeoutMs);
  const isStored = mayUseEdge && keepForItsLife(visit, path, response);
  return withCacheStatus(response, { kind: "forwarded", why: isReload ? "request" : "uri-miss", isStored });
}

/** An answer to a request with credentials is for whoever has them (RFC 9111 section 3.5). */
function mayLieAtEdge({ request, settings }: Visit): boolean {
  return settings.personalSeconds > 0 && !request.headers.has("authorization");
}

/** Keeps an answer that came from the service's store, and so says how long it lives there. */
function keepForItsLife({ cache, settings, afterwards }: Visit, path: string, response: Response): boolean {
  const life = response.status === 200 ? storedLife(response.headers) : undefined;
  if (life === undefined) return false;
  const ttlSeconds = Math.min(life.ttlSeconds, settings.personalSeconds);
  afterwards(cache.keep(path, response.clone(), { ...life, ttlSeconds }, ttlSeconds));
  return true;
}
