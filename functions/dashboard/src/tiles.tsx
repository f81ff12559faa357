// The numbers to look at first.

import type { ComponentChildren } from "preact";
import type { History, Snapshot, Window } from "./answers.js";
import { bytes, compact, count, duration, millis, money, percent } from "./format.js";
import type { Live } from "./live.js";
import { sum, total } from "./series.js";

interface TilesProps {
  live: Live;
  history: History | null;
  window: Window;
}

export function Tiles({ live, history, window }: TilesProps) {
  const { snapshot } = live;
  if (snapshot === null) return null;
  const of = (name: Parameters<typeof total>[1]) => (history === null ? null : sum(total(history, name)));
  const [requests, hits] = [of("requests"), of("cache_hits")];
  const store = history?.latency.store.whole;
  const { memory, operations, connections } = snapshot.performance;
  const saved = snapshot.stats?.money_saved;
  return (
    <dl class="tiles" aria-label={`Numbers of the last ${window}`}>
      <Tile name="Requests" value={compact(requests)}>{rate(live)}</Tile>
      <Tile name="Hit rate" value={percent(hits ?? 0, requests ?? 0)}>{compact(hits)} hits</Tile>
      <Tile name="Stale" value={compact(of("stale"))}>of the hits</Tile>
      <Tile name="Coalesced" value={compact(of("coalesced"))}>shared a computation</Tile>
      <Tile name="Bypassed" value={compact(of("bypass"))} isBad={(of("bypass") ?? 0) > 0}>without the store</Tile>
      <Tile name="Failures" value={compact(of("failures"))} isBad={(of("failures") ?? 0) > 0}>{percent(of("failures") ?? 0, requests ?? 0)} of requests</Tile>
      <Tile name="From the store" value={millis(store?.p50_ms)}>p99 {millis(store?.p99_ms)}</Tile>
      <Tile name="From the origin" value={millis(history?.latency.origin.whole.p50_ms)}>p99 {millis(history?.latency.origin.whole.p99_ms)}</Tile>
      <Tile name="Time saved" value={duration((of("saved_millis") ?? 0) / 1_000)}>the origin would have taken</Tile>
      <Tile name="Money saved" value={saved == null ? "–" : money(saved.price_of_an_answer * ((hits ?? 0) + (of("coalesced") ?? 0)), saved.currency)}>
        {saved == null ? <>set <code>ORIGIN_ANSWER_PRICE</code></> : `${money(saved.amount, saved.currency)} since counting began`}
      </Tile>
      <Tile name="Memory" value={bytes(number(memory["used_memory"]))}>{limit(snapshot)}</Tile>
      <Tile name="Evicted" value={compact(operations["evicted_keys"])}>{compact(operations["expired_keys"])} expired</Tile>
      <Tile name="Connections" value={count(connections["connected_clients"])}>{pool(snapshot)}</Tile>
      <Tile name="Breaker" value={isOpen(snapshot) ? "open" : "closed"} isBad={isOpen(snapshot)}>{whyOpen(snapshot)}</Tile>
    </dl>
  );
}

interface TileProps {
  name: string;
  value: string;
  isBad?: boolean;
  children: ComponentChildren;
}

function Tile({ name, value, isBad = false, children }: TileProps) {
  return (
    <div class={isBad ? "tile bad" : "tile"}>
      <dt>{name}</dt>
      <dd class="value">{value}</dd>
      <dd class="more">{children}</dd>
    </div>
  );
}

/** Requests a second between the last two snapshots. */
function rate({ snapshot, previous }: Live): string {
  const seconds = (Date.parse(snapshot?.timestamp ?? "") - Date.parse(previous?.timestamp ?? "")) / 1_000;
  const [now, before] = [requestsOf(snapshot), requestsOf(previous)];
  if (now === null || before === null || !(seconds > 0)) return "– a second";
  return `${compact(Math.max(0, Math.round(((now - before) / seconds) * 10) / 10))} a second`;
}

function requestsOf(snapshot: Snapshot | null): number | null {
  const endpoints = snapshot?.stats?.cache_performance;
  return endpoints === undefined ? null : sum(["health_analysis", "drug_analysis", "drug_info"].map((name) => endpoints[name]?.requests ?? 0));
}

const number = (value: number | string | null | undefined): number | null => (typeof value === "number" ? value : null);

function limit({ performance }: Snapshot): string {
  const [used, most] = [number(performance.memory["used_memory"]), number(performance.memory["maxmemory"])];
  return most === null || most === 0 || used === null ? "no limit known" : `${percent(used, most)} of ${bytes(most)}`;
}

function pool({ health }: Snapshot): string {
  const [open, most] = [sum(health.connection_pool_stats.map((pool) => pool.connections)), sum(health.connection_pool_stats.map((pool) => pool.max_connections))];
  return most === 0 ? "in memory" : `${open} of ${most} of this process`;
}

const isOpen = ({ health }: Snapshot): boolean => health.breaker.some(({ is_open }) => is_open);

function whyOpen({ health }: Snapshot): string {
  const open = health.breaker.find(({ is_open }) => is_open);
  return open === undefined ? (health.breaker.length === 0 ? "nothing to break" : "of this process") : (open.opened_for ?? "");
}
