// The service's routes, asked with the operator's token, which is nowhere but in this object.

import type { Advice, Cleared, Deleted, Erased, History, Hottest, KeysPage, Problem, Session, ShownEntry, Snapshot, Window } from "./answers.js";
import { eventsOf } from "./events.js";

/** The service answered, and what it answered is a problem. */
export class Refused extends Error {
  constructor(readonly status: number, detail: string) {
    super(detail);
  }

  /** Whether another token might help. */
  get isAboutTheToken(): boolean {
    return this.status === 401 || this.status === 403;
  }
}

export class Service {
  readonly #token: string;
  // Relative to the page, so that a stage in the path of an API does not matter.
  readonly #base = new URL("api/v1/", document.baseURI);

  constructor(token: string) {
    this.#token = token;
  }

  /** Whether the token opens the routes of operators; if not, this throws. */
  async check(): Promise<void> {
    await this.#json("redis/health");
  }

  history(window: Window): Promise<History> {
    return this.#json(`redis/history?window=${window}`);
  }

  hottest(): Promise<Hottest> {
    return this.#json("redis/hottest");
  }

  advice(): Promise<Advice> {
    return this.#json("redis/advice");
  }

  keys(pattern: string, cursor: string | null): Promise<KeysPage> {
    const from = cursor === null ? "" : `?cursor=${encodeURIComponent(cursor)}`;
    return this.#json(`redis/keys/${encodeURIComponent(pattern)}${from}`);
  }

  entry(entry: EntryName): Promise<ShownEntry> {
    return this.#json(pathOf(entry));
  }

  deleteEntry(entry: EntryName): Promise<Deleted> {
    return this.#json(pathOf(entry), { method: "DELETE" });
  }

  clear(pattern: string, how: "count" | "clear"): Promise<Cleared> {
    const body = JSON.stringify({ pattern, dry_run: how === "count" });
    return this.#json("redis/cache/clear-pattern", { method: "POST", body, headers: { "content-type": "application/json" } });
  }

  session(id: string): Promise<Session> {
    return this.#json(`redis/session/${encodeURIComponent(id)}`);
  }

  eraseSession(id: string): Promise<Erased> {
    return this.#json(`redis/session/${encodeURIComponent(id)}`, { method: "DELETE" });
  }

  /** What the service tells by itself, until it ends the stream: a server after a while, a Lambda function at once. */
  async *snapshots(signal: AbortSignal): AsyncGenerator<Snapshot> {
    const response = await this.#ask("redis/live", { signal });
    for await (const data of eventsOf(response)) yield JSON.parse(data) as Snapshot;
  }

  async #json<T>(path: string, init: RequestInit = {}): Promise<T> {
    const response = await this.#ask(path, { signal: AbortSignal.timeout(20_000), ...init });
    return (await response.json()) as T;
  }

  async #ask(path: string, init: RequestInit): Promise<Response> {
    const headers = { ...init.headers, authorization: `Bearer ${this.#token}` };
    const response = await fetch(new URL(path, this.#base), { cache: "no-store", credentials: "omit", ...init, headers });
    if (response.ok) return response;
    const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
    throw new Refused(response.status, problem.detail ?? `the service answered with ${response.status}`);
  }
}

export interface EntryName {
  category: string;
  identifier: string;
  subKey: string;
}

function pathOf({ category, identifier, subKey }: EntryName): string {
  const query = subKey === "" ? "" : `?sub_key=${encodeURIComponent(subKey)}`;
  return `redis/cache/${encodeURIComponent(category)}/${encodeURIComponent(identifier)}${query}`;
}

/** The parts of a key, `medinsight:category:identifier` or with a sub-key; nothing when it is none. */
export function partsOf(key: string): EntryName | null {
  const parts = key.replace(/^medinsight:/, "").split(":");
  if (parts.length < 2 || parts.length > 3) return null;
  try {
    const [category = "", identifier = "", subKey = ""] = parts.map(decodeURIComponent);
    return { category, identifier, subKey };
  } catch {
    return null;
  }
}
