// What lies at the edge, by the Cache API. How long an answer is fresh is told by the service; the cache's own idea of
// freshness only bounds how long a copy is kept at all.

const NAME = "medinsight";

/** What a copy remembers of the answer beside it. No client sees these. */
const COMPUTED_AT = "x-edge-computed-at";
const FRESH_UNTIL = "x-edge-fresh-until";
const CACHE_CONTROL = "x-edge-cache-control";

/** How old an answer is, and for how long it is fresh. */
export interface Life {
  readonly ageSeconds: number;
  /** Negative when it is stale. */
  readonly ttlSeconds: number;
}

export interface StoredAnswer extends Life {
  /** As the service gave it, with the `Age` that it has now. */
  readonly response: Response;
}

export class EdgeCache {
  private constructor(
    private readonly cache: Cache,
    private readonly host: string,
    private readonly site: string | null,
  ) {}

  static async open(request: Request): Promise<EdgeCache> {
    return new EdgeCache(await caches.open(NAME), new URL(request.url).origin, request.headers.get("origin"));
  }

  /** For what the Worker asks on its own account, on behalf of no page. */
  forItself(): EdgeCache {
    return new EdgeCache(this.cache, this.host, null);
  }

  async find(path: string): Promise<StoredAnswer | undefined> {
    const copy = await this.cache.match(this.key(path));
    return copy === undefined ? undefined : asStored(copy);
  }

  /** Keeps a copy of an answer for `keepSeconds`. */
  async keep(path: string, response: Response, life: Life, keepSeconds: number): Promise<void> {
    const headers = new Headers(response.headers);
    const now = Date.now();
    headers.set(COMPUTED_AT, String(now - life.ageSeconds * 1_000));
    headers.set(FRESH_UNTIL, String(now + life.ttlSeconds * 1_000));
    headers.set(CACHE_CONTROL, response.headers.get("cache-control") ?? "");
    headers.set("cache-control", `public, max-age=${keepSeconds}`);
    headers.delete("age");
    await this.cache.put(this.key(path), new Response(response.body, { headers }));
  }

  async forget(path: string): Promise<void> {
    await this.cache.delete(this.key(path));
  }

  /** Which page may read an answer is in its headers (`Vary: Origin`), and the Cache API knows no `Vary`. */
  private key(path: string): string {
    const url = new URL(this.host + path);
    if (this.site !== null) url.searchParams.set("origin", this.site);
    return url.href;
  }
}

function asStored(copy: Response): StoredAnswer {
  const now = Date.now();
  const headers = new Headers(copy.headers);
  const ageSeconds = Math.max(0, Math.floor((now - Number(headers.get(COMPUTED_AT))) / 1_000));
  const ttlSeconds = Math.floor((Number(headers.get(FRESH_UNTIL)) - now) / 1_000);
  headers.set("cache-control", headers.get(CACHE_CONTROL) ?? "");
  headers.set("age", String(ageSeconds));
  for (const own of [COMPUTED_AT, FRESH_UNTIL, CACHE_CONTROL, "cf-cache-status"]) headers.delete(own);
  return { response: new Response(copy.body, { headers }), ageSeconds, ttlSeconds };
}

/** The life of an answer that may be kept for everybody (RFC 9111 section 4.2.1); undefined for others. */
export function publicLife(headers: Headers): Life | undefined {
  const directives = headers.get("cache-control") ?? "";
  if (!/(^|[\s,])public([\s,]|$)/.test(directives) || /no-store|no-cache|private/.test(directives)) return undefined;
  const maxAge = /(?:^|[\s,])s-maxage=(\d+)/.exec(directives) ?? /(?:^|[\s,])max-age=(\d+)/.exec(directives);
  return lifeOf(Number(headers.get("age") ?? 0), maxAge === null ? 0 : Number(maxAge[1]));
}

/** The life of an answer from the service's store, which is the first in the list of caches. */
export function storedLife(headers: Headers): Life | undefined {
  const ttl = /^MedInsight; hit; ttl=(-?\d+)/.exec(headers.get("cache-status") ?? "");
  const ageSeconds = Number(headers.get("age") ?? 0);
  return ttl === null ? undefined : lifeOf(ageSeconds, ageSeconds + Number(ttl[1]));
}

function lifeOf(ageSeconds: number, freshForSeconds: number): Life | undefined {
  const ttlSeconds = freshForSeconds - ageSeconds;
  return ttlSeconds > 0 ? { ageSeconds, ttlSeconds } : undefined;
}
