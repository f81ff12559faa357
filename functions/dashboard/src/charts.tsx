// What happened over time.

import { useMemo } from "preact/hooks";
import type { History } from "./answers.js";
import { Chart, type Line } from "./chart.js";
import { compact, millis, words } from "./format.js";
import { shares, sum, times, total } from "./series.js";
import type { Theme } from "./theme.js";

const EMPTY: History = {
  window: "hour",
  step_seconds: 60,
  starts_at: 0,
  points: 0,
  endpoints: {},
  bypass_by_reason: {},
  store_failures: {},
  entry_failures: {},
  latency: { store: none(), origin: none() },
};

function none() {
  return { answers: [], p50_ms: [], p90_ms: [], p99_ms: [], whole: { answers: 0, p50_ms: null, p90_ms: null, p99_ms: null } };
}

export function Charts({ history, theme }: { history: History | null; theme: Theme }) {
  const charts = useMemo(() => chartsOf(history ?? EMPTY), [history]);
  return (
    <div class="charts">
      {charts.map((chart) => <Chart key={chart.title} {...chart} theme={theme} />)}
    </div>
  );
}

function chartsOf(history: History) {
  const at = times(history);
  const [requests, hits] = [total(history, "requests"), total(history, "cache_hits")];
  const each = history.step_seconds === 60 ? "a minute" : `in ${history.step_seconds / 60} minutes`;
  const percentile = (of: "store" | "origin"): Line[] => [
    { name: "p50", values: history.latency[of].p50_ms, colour: 1 },
    { name: "p90", values: history.latency[of].p90_ms, colour: 2 },
    { name: "p99", values: history.latency[of].p99_ms, colour: 3 },
  ];
  const trouble: Line[] = [
    { name: "failures", values: total(history, "failures"), colour: 4 },
    ...mostOften(history.bypass_by_reason).map(([reason, values], place): Line => ({ name: words(reason), values, colour: place === 0 ? 3 : place === 1 ? 5 : 2 })),
  ];
  return [
    {
      title: `Requests ${each}`,
      times: at,
      lines: [
        { name: "requests", values: requests, colour: 2 },
        { name: "hits", values: hits, colour: 1 },
        { name: "stale", values: total(history, "stale"), colour: 3 },
        { name: "coalesced", values: total(history, "coalesced"), colour: 5 },
      ] satisfies Line[],
      show: compact,
    },
    { title: "Hit rate", times: at, lines: [{ name: "hits", values: shares(hits, requests), colour: 1 }] satisfies Line[], show: percentage, most: 100 },
    { title: "Time of answers from the store", times: at, lines: percentile("store"), show: millis, scale: "logarithmic" as const },
    { title: "Time of answers from the origin", times: at, lines: percentile("origin"), show: millis, scale: "logarithmic" as const },
    { title: `Failures and bypasses ${each}`, times: at, lines: trouble, show: compact },
    { title: `Seconds saved ${each}`, times: at, lines: [{ name: "seconds", values: total(history, "saved_millis").map((saved) => saved / 1_000), colour: 5 }] satisfies Line[], show: compact },
  ];
}

const percentage = (value: number | null | undefined): string => (value == null ? "–" : `${value.toFixed(value === 100 ? 0 : 1)} %`);

/** The three reasons that occurred most. */
function mostOften(reasons: Record<string, number[]>): [string, number[]][] {
  return Object.entries(reasons).sort(([, one], [, other]) => sum(other) - sum(one)).slice(0, 3);
}
