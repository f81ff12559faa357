// Which requests the Worker has something to do with. All others pass it untouched.

export const QUESTIONS = "/api/v1/analyze-health";
export const POLICY = "/api/v1/cache/policy";

export type Route =
  /** A health question. */
  | { readonly kind: "question" }
  /** The answer to a health question by its digest. */
  | { readonly kind: "analysis"; readonly digest: string }
  /** What is the same for everybody. */
  | { readonly kind: "public"; readonly path: string }
  | { readonly kind: "other" };

const PUBLIC = /^\/api\/v1\/(drug\/info\/[^/]+|cache\/policy|openapi\.json)$/;
const ANALYSIS = /^\/api\/v1\/analyze-health\/([0-9a-f]{64})$/;

export function routeOf(request: Request): Route {
  const { pathname, search } = new URL(request.url);
  if (search !== "") return { kind: "other" };
  if (request.method === "POST" && pathname === QUESTIONS) return { kind: "question" };
  if (request.method !== "GET") return { kind: "other" };
  const digest = ANALYSIS.exec(pathname)?.[1];
  if (digest !== undefined) return { kind: "analysis", digest };
  return PUBLIC.test(pathname) ? { kind: "public", path: pathname } : { kind: "other" };
}

export function analysisPath(digest: string): string {
  return `${QUESTIONS}/${digest}`;
}
