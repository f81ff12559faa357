// What a request brings along on its way through the Worker.

import { EdgeCache } from "./edge_cache.js";
import { Service } from "./service.js";
import { settingsOf, type Env, type Settings } from "./settings.js";

export interface Visit {
  readonly request: Request;
  readonly settings: Settings;
  readonly service: Service;
  readonly cache: EdgeCache;
  /** Lets work go on after the answer was sent. */
  readonly afterwards: (work: Promise<unknown>) => void;
}

export async function visitOf(request: Request, env: Env, context: ExecutionContext): Promise<Visit> {
  const settings = settingsOf(env);
  return {
    request,
    settings,
    service: new Service(settings.serviceUrl),
    cache: await EdgeCache.open(request),
    afterwards: (work) => context.waitUntil(work),
  };
}

/** What the client wants of caches (RFC 9111 section 5.2.1). */
export function wantsReload(request: Request): boolean {
  return /(^|,)\s*(no-cache|no-store|max-age=0)\s*(,|$)/i.test(request.headers.get("cache-control") ?? "");
}
