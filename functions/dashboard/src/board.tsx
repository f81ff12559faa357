// Everything at a glance, kept up to date.

import { useEffect, useMemo, useState } from "preact/hooks";
import type { Window } from "./answers.js";
import { TimesToLive } from "./advice.js";
import { Charts } from "./charts.js";
import { words } from "./format.js";
import { Keys } from "./keys.js";
import { type Link, useHistory, useLive } from "./live.js";
import { Management } from "./management.js";
import { Notices } from "./notices.js";
import type { Service } from "./service.js";
import { Endpoints, Errors, Store } from "./tables.js";
import type { Theme } from "./theme.js";
import { Tiles } from "./tiles.js";

function means(link: Link): string {
  if (link.is !== "up") return link.is === "lost" ? "no connection" : "connecting…";
  return { stream: "live", polling: "asked every 5 s", unknown: "" }[link.by];
}

interface BoardProps {
  service: Service;
  theme: Theme;
  chooseOther: () => void;
  onLeave: (reason: string) => void;
}

export function Board({ service, theme, chooseOther, onLeave }: BoardProps) {
  const [window, setWindow] = useState<Window>("hour");
  const live = useLive(service, (detail) => onLeave(`Signed out: ${detail}.`));
  const history = useHistory(service, window);
  const { snapshot, link } = live;
  useEffect(() => document.getElementById("title")?.focus(), []);
  const charts = useMemo(() => <Charts history={history} theme={theme} />, [history, theme]);
  const advice = useMemo(() => <TimesToLive service={service} />, [service]);
  const keys = useMemo(() => <Keys service={service} />, [service]);
  const management = useMemo(() => <Management service={service} />, [service]);
  return (
    <>
      <header class="top">
        <h1 id="title" tabIndex={-1}>Response cache</h1>
        {snapshot !== null && (
          <span class={`status status-${snapshot.health.status}`}>
            <span class="unseen">The store is </span>
            {snapshot.health.status}
          </span>
        )}
        <span class="link">{means(link)}</span>
        <div class="choices" role="group" aria-label="How far back">
          {(["hour", "day"] as const).map((choice) => (
            <button key={choice} type="button" aria-pressed={window === choice} onClick={() => setWindow(choice)}>Last {choice}</button>
          ))}
        </div>
        <button type="button" class="quiet" onClick={chooseOther}>{theme === "light" ? "Dark" : "Light"} colours</button>
        <button type="button" class="quiet" onClick={() => onLeave("")}>Sign out</button>
      </header>
      <main>
        <Notices live={live} />
        {snapshot !== null && <Tiles live={live} history={history} window={window} />}
        <section aria-labelledby="traffic">
          <h2 id="traffic">Last {window}</h2>
          {charts}
        </section>
        <section aria-labelledby="endpoints">
          <h2 id="endpoints">Endpoints, last {window}</h2>
          <Endpoints history={history} />
        </section>
        <div class="columns">
          <section aria-labelledby="errors">
            <h2 id="errors">Errors and bypasses, last {window}</h2>
            <Errors history={history} />
          </section>
          <section aria-labelledby="store">
            <h2 id="store">Store{snapshot?.health.store === undefined ? "" : `: ${words(snapshot.health.store)}`}</h2>
            {snapshot !== null && <Store snapshot={snapshot} />}
          </section>
        </div>
        {advice}
        {keys}
        {management}
      </main>
    </>
  );
}
