// Numbers by endpoint, by reason and by database.

import type { History, Snapshot } from "./answers.js";
import { Facts } from "./facts.js";
import { bytes, compact, count, duration, percent, words } from "./format.js";
import { sum } from "./series.js";

export function Endpoints({ history }: { history: History | null }) {
  const names = Object.keys(history?.endpoints ?? {});
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Numbers by endpoint">
      <table>
        <thead>
          <tr>
            {["endpoint", "requests", "hit rate", "stale", "coalesced", "negative", "bypass", "failures", "saved"].map((name) => <th scope="col" key={name}>{name}</th>)}
          </tr>
        </thead>
        <tbody>
          {names.map((name) => {
            const of = history?.endpoints[name];
            const [requests, hits] = [sum(of?.requests), sum(of?.cache_hits)];
            return (
              <tr key={name}>
                <th scope="row">{words(name)}</th>
                <td>{compact(requests)}</td>
                <td>{percent(hits, requests)}</td>
                <td>{compact(sum(of?.stale))}</td>
                <td>{compact(sum(of?.coalesced))}</td>
                <td>{compact(sum(of?.negative))}</td>
                <td>{compact(sum(of?.bypass))}</td>
                <td>{compact(sum(of?.failures))}</td>
                <td>{duration(sum(of?.saved_millis) / 1_000)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

export function Errors({ history }: { history: History | null }) {
  const kinds: [string, Record<string, number[]>][] = [
    ["bypass", history?.bypass_by_reason ?? {}],
    ["store", history?.store_failures ?? {}],
    ["entry", history?.entry_failures ?? {}],
  ];
  const rows = kinds.flatMap(([kind, reasons]) => Object.entries(reasons).map(([reason, values]) => ({ kind, reason, times: sum(values) })));
  if (rows.length === 0) return <p class="nothing">None.</p>;
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">what</th>
          <th scope="col" class="text">reason</th>
          <th scope="col">times</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ kind, reason, times }) => (
          <tr key={`${kind} ${reason}`}>
            <th scope="row">{kind}</th>
            <td class="text">{words(reason)}</td>
            <td>{count(times)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Store({ snapshot: { health, performance, stats } }: { snapshot: Snapshot }) {
  const of = (section: Record<string, number | string | null>, name: string) => (typeof section[name] === "number" ? section[name] : null);
  const facts: [string, string][] = [
    ["version", health.version ?? "–"],
    ["entries are", health.encryption === "sealed" ? "sealed" : "not sealed"],
    ["keys", count(performance.keyspace.keys)],
    ["memory at most", bytes(of(performance.memory, "used_memory_peak"))],
    ["fragmentation", String(performance.memory["mem_fragmentation_ratio"] ?? "–")],
    ["operations a second", count(of(performance.operations, "instantaneous_ops_per_sec"))],
    ["rejected connections", count(of(performance.connections, "rejected_connections"))],
    ...health.breaker.map(({ database, is_open, opened_for, write_refusal }): [string, string] => [
      `circuit to ${database}`,
      is_open ? `open: ${words(opened_for ?? "")}` : write_refusal === null ? "closed" : `closed, writes refused: ${words(write_refusal)}`,
    ]),
  ];
  const sizes = Object.entries(stats?.entry_sizes.categories ?? {}).filter(([, size]) => size.count > 0);
  return (
    <>
      <Facts facts={facts} />
      {sizes.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Entries stored since counting began">
          <table>
            <caption>Entries stored since counting began</caption>
            <thead>
              <tr>
                <th scope="col">category</th>
                <th scope="col">entries</th>
                <th scope="col">average</th>
                <th scope="col">largest at most</th>
              </tr>
            </thead>
            <tbody>
              {sizes.map(([category, size]) => (
                <tr key={category}>
                  <th scope="row">{words(category)}</th>
                  <td>{compact(size.count)}</td>
                  <td>{bytes(size.average_bytes)}</td>
                  <td>{bytes(size.largest_at_most_bytes)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
