// `POST /api/v1/analyze-health`: a question whose answer is there already becomes a GET, or nothing at all.

import { healthAnalysisDigest } from "@medinsight/cache-keys";
import { lookUpAnalysis } from "./analyses.js";
import { withCacheStatus, type Forwarded } from "./cache_status.js";
import { currentAnalyzer, forgetPolicy } from "./policy.js";
import { QUESTIONS } from "./route.js";
import { LOOKUP_TIMEOUT_MS, ServiceUnreachable } from "./service.js";
import type { Visit } from "./visit.js";

const DIGEST = "x-cache-key-digest";
const SESSION = "x-session-id";

/** The longest body that is looked into: the longest that the service takes by default. */
const MAX_BODY_BYTES = 262_144;

/** What belongs to the body of a question, or means something else for a GET than for a POST. */
const ONLY_FOR_POST = [DIGEST, SESSION, "content-length", "content-type", "if-none-match", "if-match", "range"];

export async function answerQuestion(visit: Visit): Promise<Response> {
  const { request, service } = visit;
  if (!isUnderstood(request)) return service.pass(request);
  const body = await request.arrayBuffer();
  const analyzer = await currentAnalyzer(visit);
  if (analyzer === undefined) return forwarded(await ask(visit, body), { why: "bypass", detail: "policy-unknown" });
  const digest = digestOf(body, analyzer);
  const claimed = request.headers.get(DIGEST) ?? digest;
  // What is wrong with a question, or with what the client claims of it, is for the service to say.
  if (digest === undefined || claimed !== digest) return ask(visit, body);
  return (await found(visit, digest)) ?? forwarded(await askClaiming(visit, body, digest), { why: "miss" });
}

/** Whether the service would look into the body, too. What it would refuse has to reach it. */
function isUnderstood({ headers }: Request): boolean {
  const mediaType = headers.get("content-type")?.split(";")[0]?.trim() ?? "";
  const length = headers.get("content-length");
  const session = headers.get(SESSION);
  return (
    /^application\/(json|.*\+json)$/i.test(mediaType) &&
    length !== null && Number(length) <= MAX_BODY_BYTES &&
    (session === null || /^[!-~]{1,128}$/.test(session)) &&
    !headers.has("content-encoding")
  );
}

function digestOf(body: ArrayBuffer, analyzer: string): string | undefined {
  try {
    return healthAnalysisDigest(body, analyzer);
  } catch {
    return undefined;
  }
}

/** The answer without a POST, if there is one. A lookup that fails is none: the question is asked all the same. */
async function found(visit: Visit, digest: string): Promise<Response | undefined> {
  const headers = new Headers(visit.request.headers);
  ONLY_FOR_POST.forEach((name) => headers.delete(name));
  try {
    const response = await lookUpAnalysis(visit, digest, headers, LOOKUP_TIMEOUT_MS);
    return response.status === 200 ? inSession(response, visit.request) : undefined;
  } catch (error) {
    if (error instanceof ServiceUnreachable) return undefined;
    throw error;
  }
}

/** Names the session, as the answer to a POST does. The service has not heard of it. */
function inSession(response: Response, request: Request): Response {
  response.headers.set(SESSION, request.headers.get(SESSION) ?? randomSession());
  return response;
}

/** 128 random bits, as the service makes them. */
function randomSession(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Asks with the digest. A service that computed another one has a new analyzer, which the next question learns of. */
async function askClaiming(visit: Visit, body: ArrayBuffer, digest: string): Promise<Response> {
  const response = await ask(visit, body, digest);
  if (response.status !== 409 || visit.request.headers.has(DIGEST)) return response;
  forgetPolicy(visit);
  return ask(visit, body);
}

function ask({ request, service }: Visit, body: ArrayBuffer, digest?: string): Promise<Response> {
  const headers = new Headers(request.headers);
  if (digest !== undefined) headers.set(DIGEST, digest);
  return service.post(QUESTIONS, headers, body);
}

function forwarded(response: Response, how: Omit<Forwarded, "kind">): Response {
  return withCacheStatus(response, { kind: "forwarded", ...how });
}
