import type { RequestBody } from "./index.js";

/** A health question. Absent, `null` and empty mean the same. */
export interface HealthQuestion {
  concern: string;
  symptoms: string;
  /** In years, a whole number from 0 to 150. */
  patient_age?: number | null;
  patient_gender?: string | null;
  medical_history?: readonly string[] | null;
  current_medications?: readonly string[] | null;
}

/** The answer to a health question: general information, not medical advice. */
export interface HealthAnalysis {
  condition: string;
  explanation: string;
  natural_remedies: string[];
  severity: "mild" | "moderate" | "critical";
  recommendation: string;
  when_to_see_doctor: string[];
  detected_medications?: DetectedMedication[];
  medication_interactions?: MedicationInteraction[];
  disclaimer: string;
}

export interface DetectedMedication {
  name: string;
  class: string;
  uses: string[];
  common_side_effects: string[];
  relevant_to_condition: boolean;
}

export interface MedicationInteraction {
  medications: [string, string];
  severity: "minor" | "moderate" | "major" | "contraindicated";
  effect: string;
  advice: string;
  source: string;
}

export interface FetchAnalysisOptions {
  /** The address of the service, with the stage if it has one; in browsers the page's own origin when absent. */
  service?: string | URL;
  /**
   * The session: 1 to 128 visible ASCII characters. It is named only when the question has to be sent. An answer that was
   * there already is fetched without the service learning whose session it was for, so nothing is kept for that session.
   */
  session?: string;
  /** Ends the whole of it, also between two requests. The promise is rejected with the signal's reason. */
  signal?: AbortSignal;
  /** More headers for every request, such as `Authorization`. */
  headers?: HeadersInit;
  /** Used instead of the global `fetch`. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

/** An answer and how it was come by. What a page of another site may not read is `null`. */
export interface FetchedAnalysis {
  analysis: HealthAnalysis;
  /** `GET`: the answer was there, and the question was not sent. */
  method: "GET" | "POST";
  /** The digest of the question, from the service. */
  digest: string | null;
  /** `X-Cache`: `HIT`, `STALE`, `MISS`, `COALESCED` or `BYPASS`. */
  cache: string | null;
  /** `Cache-Status` (RFC 9211): each cache on the way, the one nearest to the client last. */
  cacheStatus: string | null;
  /** Seconds since the answer was computed; `null` when it was computed for this question. */
  ageSeconds: number | null;
  /** The session that the service stored the question for; `null` after a `GET`. */
  session: string | null;
}

/** What a service that refuses or fails is reported as. The message is the problem's `detail`. */
export interface ServiceError extends Error {
  /** The problem's `code`, or `unexpected_answer` when the answer is no problem. */
  code: string;
  /** The field or header that is to blame, when it is one. */
  field?: string;
  /** The HTTP status. */
  status: number;
  /** After how many seconds another attempt makes sense, when the service says so. */
  retryAfterSeconds?: number;
}

/**
 * Asks a health question as cheaply as possible: computes its digest here, fetches the answer if there is one, and sends
 * the question if there is none. `init()` has to be awaited before.
 *
 * The service's policy is fetched once and again when its `Cache-Control` says so. Without it the question is sent at once;
 * so it is, a second time, when the service has a new analyzer since.
 *
 * ```js
 * import { init } from "@medinsight/cache-keys";
 * import { fetchAnalysis } from "@medinsight/cache-keys/fetch";
 *
 * await init();
 * const { analysis, method, cache } = await fetchAnalysis({ concern: "Headache", symptoms: "Throbbing" });
 * ```
 *
 * @param question the question, or the body that stands for it.
 * @throws {CacheKeyError} when the service would refuse the question; nothing of it was sent then.
 * @throws {ServiceError} when the service refuses it or fails.
 * @throws the signal's reason, or what `fetch` throws when there is no connection.
 */
export function fetchAnalysis(question: HealthQuestion | RequestBody, options?: FetchAnalysisOptions): Promise<FetchedAnalysis>;
