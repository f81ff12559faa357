// What the service's routes answer, as far as the page shows it. functions/openapi.json has all of it.

export type Window = "hour" | "day";

export interface Problem {
  detail: string;
}

export interface Snapshot {
  timestamp: string;
  health: Health;
  /** Null while the store does not tell. */
  stats: Stats | null;
  performance: Performance;
}

export interface Health {
  status: "connected" | "degraded" | "disconnected" | "embedded";
  encryption: string;
  store: string;
  version: string | null;
  connection_pool_stats: { database: string; connections: number; max_connections: number }[];
  breaker: { database: string; is_open: boolean; opened_for: string | null; write_refusal: string | null }[];
}

export interface Stats {
  cache_performance: Record<string, EndpointStats>;
  error_rates: Record<string, unknown>;
  entry_sizes: { categories: Record<string, { count: number; bytes: number; average_bytes: number | null; largest_at_most_bytes: number | null }> };
  alerts: { name: string; value: number; threshold: number; since: string }[];
  money_saved: { amount: number; currency: string; price_of_an_answer: number } | null;
}

export interface EndpointStats {
  requests: number;
  cache_hits: number;
  stale: number;
  coalesced: number;
  negative: number;
  bypass: number;
  seconds_saved: number;
}

/** Null is what a server does not say. */
export interface Performance {
  memory: Record<string, number | string | null>;
  connections: Record<string, number | null>;
  operations: Record<string, number | null>;
  keyspace: { keys: number | null };
}

export interface History {
  window: Window;
  step_seconds: number;
  starts_at: number;
  points: number;
  endpoints: Record<string, EndpointHistory>;
  bypass_by_reason: Record<string, number[]>;
  store_failures: Record<string, number[]>;
  entry_failures: Record<string, number[]>;
  latency: Record<"store" | "origin", LatencyHistory>;
}

export interface EndpointHistory {
  requests: number[];
  cache_hits: number[];
  stale: number[];
  coalesced: number[];
  negative: number[];
  bypass: number[];
  failures: number[];
  saved_millis: number[];
}

export interface Percentiles {
  answers: number;
  p50_ms: number | null;
  p90_ms: number | null;
  p99_ms: number | null;
}

export interface LatencyHistory {
  answers: number[];
  p50_ms: (number | null)[];
  p90_ms: (number | null)[];
  p99_ms: (number | null)[];
  whole: Percentiles;
}

export interface Hottest {
  categories: Record<string, { key: string; hits: number }[]>;
}

export interface Suggestion {
  basis: "half" | "double" | "knee";
  ttl_secs: number;
  miss_ratio: number;
  origin_calls_saved_per_day: number;
  origin_secs_saved_per_day: number | null;
}

export interface CategoryAdvice {
  category: string;
  fresh_for_secs: number;
  sampled_requests: number;
  hit_age_secs: { p50: number; p90: number; p99: number } | null;
  miss_ratio_curve: { ttl_secs: number; miss_ratio: number }[];
  miss_ratio: number | null;
  suggestions: Suggestion[];
  not_enough_data: string | null;
}

export interface Advice {
  is_sampling: boolean;
  categories: CategoryAdvice[];
}

export interface Entry {
  key: string;
  age_secs: number | null;
  fresh_for_secs: number | null;
  expires_in_secs: number | null;
  size_bytes: number;
  is_sealed: boolean | null;
  key_id: number | null;
  is_compressed: boolean | null;
  origin_cost_ms: number | null;
  is_current: boolean | null;
}

export interface KeysPage {
  entries: Entry[];
  next_cursor: string | null;
}

export interface ShownEntry {
  entry: Entry | null;
}

export interface Deleted {
  deleted: boolean;
  key: string;
}

export interface Cleared {
  keys_found: number;
  keys_deleted: number;
  is_sweeping: boolean;
}

export type Session = Record<string, unknown>;

export interface Erased {
  keys_deleted: number;
}
