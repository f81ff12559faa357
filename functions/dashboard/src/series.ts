// Sums over the history.

import type { EndpointHistory, History } from "./answers.js";

type Name = keyof EndpointHistory;

/** The endpoints whose requests are clients'; the interactions of medicines are asked for by health questions. */
const ASKED = ["health_analysis", "drug_analysis", "drug_info"];

export const sum = (numbers: readonly number[] = []): number => numbers.reduce((sum, number) => sum + number, 0);

/** A series over all endpoints that clients ask. */
export function total(history: History, name: Name): number[] {
  const series = ASKED.map((endpoint) => history.endpoints[endpoint]?.[name] ?? []);
  return Array.from({ length: history.points }, (_, point) => sum(series.map((numbers) => numbers[point] ?? 0)));
}

/** What a share of another series it is, in percent; nothing where that is zero. */
export function shares(parts: readonly number[], of: readonly number[]): (number | null)[] {
  return of.map((whole, point) => (whole === 0 ? null : Math.min(100, ((parts[point] ?? 0) / whole) * 100)));
}

/** When each point begins, in seconds since 1970. */
export const times = (history: History): number[] =>
  Array.from({ length: history.points }, (_, point) => history.starts_at / 1_000 + point * history.step_seconds);
