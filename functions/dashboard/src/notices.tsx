// What somebody has to know at once: no connection, no store, alerts. Only what changes is said aloud.

import { useEffect, useState } from "preact/hooks";
import { duration, timeToTheSecond, words } from "./format.js";
import type { Live } from "./live.js";

/** For how long the page says that the connection is back. */
const GOOD_NEWS_MS = 6_000;

export function Notices({ live: { link, snapshot, isBack } }: { live: Live }) {
  const [isGoodNews, setIsGoodNews] = useState(false);
  useEffect(() => {
    setIsGoodNews(isBack);
    if (!isBack) return;
    const timer = setTimeout(() => setIsGoodNews(false), GOOD_NEWS_MS);
    return () => clearTimeout(timer);
  }, [isBack]);
  const isStoreSilent = link.is === "up" && snapshot !== null && snapshot.stats === null;
  return (
    <div class="notices">
      <div role="status">
        {link.is === "lost" && (
          <p class="notice bad">
            <b>The connection is lost.</b>{" "}
            {snapshot === null ? "Nothing has been read yet." : `The numbers are those of ${timeToTheSecond(snapshot.timestamp)}.`} Trying again.
          </p>
        )}
        {isGoodNews && link.is === "up" && <p class="notice good"><b>The connection is back.</b></p>}
        {isStoreSilent && (
          <p class="notice bad">
            <b>The store does not answer.</b> Requests are served without it. Counts and history stand still until it is back.
          </p>
        )}
        {snapshot?.health.status === "degraded" && <p class="notice bad"><b>The store is degraded.</b> {whyDegraded(snapshot.health.breaker)}</p>}
        {(snapshot?.stats?.alerts ?? []).map((alert) => (
          <p class="notice bad" key={alert.name}>
            <b>Alert: {words(alert.name)}.</b> {alert.value.toFixed(1)} %, the threshold is {alert.threshold} %, for{" "}
            {sinceThen(snapshot?.timestamp, alert.since)}.
          </p>
        ))}
      </div>
    </div>
  );
}

const sinceThen = (now: string | undefined, then: string): string =>
  duration(Math.max(0, (Date.parse(now ?? then) - Date.parse(then)) / 1_000));

function whyDegraded(breaker: { database: string; is_open: boolean; write_refusal: string | null }[]): string {
  const refused = breaker.find(({ write_refusal }) => write_refusal !== null);
  const open = breaker.find(({ is_open }) => is_open);
  if (refused !== undefined) return `The database of ${refused.database} refuses writes: ${words(refused.write_refusal ?? "")}.`;
  return open === undefined ? "One of its databases does not answer." : `The database of ${open.database} does not answer.`;
}
