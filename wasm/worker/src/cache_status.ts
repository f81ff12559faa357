// The Worker's own member of `Cache-Status` (RFC 9211). It stands behind the service's: the list grows at its end, with the
// cache that is nearest to the client.

const NAME = "MedInsightEdge";

/** What the edge cache did with a request. */
export type Handling =
  | { readonly kind: "hit"; readonly ttlSeconds: number }
  /** Served although it is stale, because the service failed. */
  | { readonly kind: "stale"; readonly ttlSeconds: number }
  | Forwarded;

export interface Forwarded {
  readonly kind: "forwarded";
  /** Why it went to the service (section 2.2). */
  readonly why: "bypass" | "miss" | "uri-miss" | "request" | "stale";
  /** The status of the service's answer, when the client is given another one. */
  readonly status?: number;
  readonly isStored?: boolean;
  readonly detail?: "policy-unknown";
}

export function cacheStatus(handling: Handling): string {
  switch (handling.kind) {
    case "hit":
      return `${NAME}; hit; ttl=${handling.ttlSeconds}`;
    case "stale":
      return `${NAME}; hit; ttl=${handling.ttlSeconds}; detail=service-failed`;
    case "forwarded":
      return [`${NAME}; fwd=${handling.why}`, ...parameters(handling)].join("; ");
  }
}

function parameters({ status, isStored, detail }: Forwarded): string[] {
  const stored = isStored === true ? ["stored"] : [];
  return [...(status === undefined ? [] : [`fwd-status=${status}`]), ...stored, ...(detail === undefined ? [] : [`detail=${detail}`])];
}

/** The answer with the Worker's member. */
export function withCacheStatus(response: Response, handling: Handling): Response {
  const own = new Response(response.body, response);
  const members = [response.headers.get("cache-status"), cacheStatus(handling)].filter((member) => member !== null);
  own.headers.set("cache-status", members.join(", "));
  return own;
}
