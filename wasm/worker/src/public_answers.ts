// What is the same for everybody: facts about drugs, the policy, the OpenAPI document. It is kept at the edge for as long as
// the service says, asked for anew after that, and served stale for a day when the service fails.

import { withCacheStatus } from "./cache_status.js";
import { unlessKnown } from "./conditional.js";
import { publicLife, type EdgeCache, type StoredAnswer } from "./edge_cache.js";
import { isFailure, ServiceUnreachable, type Service } from "./service.js";
import { wantsReload, type Visit } from "./visit.js";

/** For how long a stale copy is kept, to be revalidated or to stand in for a service that fails. */
const KEEP_STALE_SECONDS = 86_400;

/** Where an answer is looked for. */
export interface Lookup {
  readonly service: Service;
  readonly cache: EdgeCache;
  readonly path: string;
  /** What the service is asked with. */
  readonly headers: Headers;
  readonly timeoutMs?: number;
  readonly afterwards: Visit["afterwards"];
}

export async function answerPublic(visit: Visit, path: string): Promise<Response> {
  const { request, service, cache, afterwards } = visit;
  const lookup = { service, cache, path, headers: new Headers(request.headers), afterwards };
  if (wantsReload(request)) return fetchAndKeep(lookup, "request");
  return unlessKnown(request, await findPublic(lookup));
}

export async function findPublic(lookup: Lookup): Promise<Response> {
  const stored = await lookup.cache.find(lookup.path);
  if (stored === undefined) return fetchAndKeep(lookup, "uri-miss");
  const { response, ttlSeconds } = stored;
  return ttlSeconds > 0 ? served(response, "HIT", { kind: "hit", ttlSeconds }) : revalidate(lookup, stored);
}

async function fetchAndKeep(lookup: Lookup, why: "uri-miss" | "request" | "stale"): Promise<Response> {
  const { service, path, headers, timeoutMs } = lookup;
  return kept(lookup, await service.get(path, headers, timeoutMs), why);
}

/** Asks whether a stale copy is still what the service would say (RFC 9111 section 4.3). */
async function revalidate(lookup: Lookup, stored: StoredAnswer): Promise<Response> {
  const headers = new Headers(lookup.headers);
  const etag = stored.response.headers.get("etag");
  headers.delete("if-none-match");
  if (etag !== null) headers.set("if-none-match", etag);
  const response = await lookup.service.get(lookup.path, headers, lookup.timeoutMs).catch(failed);
  if (response === undefined || isFailure(response.status)) {
    return served(stored.response, "STALE", { kind: "stale", ttlSeconds: stored.ttlSeconds });
  }
  return kept(lookup, response.status === 304 ? freshened(stored.response, response.headers) : response, "stale", response.status);
}

function failed(error: unknown): undefined {
  if (!(error instanceof ServiceUnreachable)) throw error;
}

/** The stored answer with the headers of the 304 (RFC 9111 section 4.3.4). */
function freshened(stored: Response, update: Headers): Response {
  const headers = new Headers(stored.headers);
  headers.delete("age");
  for (const [name, value] of update) if (name !== "content-length") headers.set(name, value);
  return new Response(stored.body, { headers });
}

/** Passes an answer on, and keeps a copy if it may be kept. One that is no longer there leaves no copy behind. */
function kept(lookup: Lookup, response: Response, why: "uri-miss" | "request" | "stale", status = response.status): Response {
  const { cache, path, afterwards } = lookup;
  const life = response.status === 200 ? publicLife(response.headers) : undefined;
  if (life !== undefined) {
    afterwards(cache.keep(path, response.clone(), life, life.ttlSeconds + KEEP_STALE_SECONDS));
  } else if (response.status === 404 || response.status === 410) {
    afterwards(cache.forget(path));
  }
  const changed = status === response.status ? {} : { status };
  return withCacheStatus(response, { kind: "forwarded", why, ...changed, isStored: life !== undefined });
}

/** An answer from the edge. */
export function served(
  response: Response,
  xCache: "HIT" | "STALE",
  handling: { readonly kind: "hit" | "stale"; readonly ttlSeconds: number },
): Response {
  const own = withCacheStatus(response, handling);
  if (own.headers.has("x-cache")) own.headers.set("x-cache", xCache);
  return own;
}
