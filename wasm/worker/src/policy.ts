// The service's policy: which analyzer computes the answers. Without it no digest can be computed.

import { publicLife } from "./edge_cache.js";
import { findPublic } from "./public_answers.js";
import { POLICY } from "./route.js";
import { LOOKUP_TIMEOUT_MS } from "./service.js";
import type { Visit } from "./visit.js";

/** The version of the key specification that the package computes. */
const KEY_SPECIFICATION = 1;

/** For how long a service that did not give its policy is not asked for it again: questions must not wait for it. */
const PAUSE_MS = 5_000;

/** What this isolate knows. It is data only: what belongs to one request must not be awaited by another. */
let known: { readonly analyzer: string | undefined; readonly until: number } | undefined;

/** The revision of the analyzer; undefined when the policy cannot be had, or is of another key specification. */
export async function currentAnalyzer(visit: Visit): Promise<string | undefined> {
  const now = Date.now();
  if (known === undefined || now >= known.until) known = (await askForPolicy(visit)) ?? { analyzer: undefined, until: now + PAUSE_MS };
  return known.analyzer;
}

/** Forgets the policy, because the service computed another digest. */
export function forgetPolicy({ cache, afterwards }: Visit): void {
  known = undefined;
  afterwards(cache.forItself().forget(POLICY));
}

/** Fresh for as long as its `Cache-Control` says, be it from the edge or from the service. */
async function askForPolicy({ service, cache, afterwards }: Visit): Promise<typeof known> {
  const lookup = { service, cache: cache.forItself(), path: POLICY, headers: new Headers(), timeoutMs: LOOKUP_TIMEOUT_MS, afterwards };
  try {
    const response = await findPublic(lookup);
    const life = response.status === 200 ? publicLife(response.headers) : undefined;
    const analyzer = life && analyzerOf(await response.json());
    return life && analyzer !== undefined ? { analyzer, until: Date.now() + life.ttlSeconds * 1_000 } : undefined;
  } catch {
    return undefined;
  }
}

function analyzerOf(policy: unknown): string | undefined {
  const { key_specification, analyzer } = policy as { key_specification?: unknown; analyzer?: unknown };
  return key_specification === KEY_SPECIFICATION && typeof analyzer === "string" ? analyzer : undefined;
}
