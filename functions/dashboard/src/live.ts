// Keeps the page up to date: by the service's stream where there is one, or else by asking again and again.

import { useEffect, useState } from "preact/hooks";
import type { History, Snapshot, Window } from "./answers.js";
import { Refused, type Service } from "./service.js";

/** By what the page hears of news; one event does not tell whether more will come. */
export type Means = "stream" | "polling" | "unknown";

/** Whether the page hears of news. */
export type Link =
  | { is: "opening" }
  | { is: "up"; by: Means }
  | { is: "lost"; since: number };

/** After how long a silent stream counts as lost; the service speaks every two seconds. */
const SILENCE_MS = 8_000;
const POLL_MS = 5_000;
const RETRY_MS = 1_000;
const HISTORY_MS: Record<Window, number> = { hour: 5_000, day: 60_000 };

export interface Live {
  link: Link;
  snapshot: Snapshot | null;
  previous: Snapshot | null;
  /** Whether the link has been lost and is there again. */
  isBack: boolean;
}

/** The newest snapshot and the one before; `onRefused` is told when the token is not, or no longer, right. */
export function useLive(service: Service, onRefused: (detail: string) => void): Live {
  const [live, setLive] = useState<Live>({ link: { is: "opening" }, snapshot: null, previous: null, isBack: false });
  useEffect(() => {
    const ended = new AbortController();
    void follow(service, ended.signal, {
      told: (snapshot, by) =>
        setLive((live) => ({
          link: { is: "up", by },
          snapshot,
          previous: live.snapshot,
          isBack: live.link.is === "lost" || live.isBack,
        })),
      lost: () => setLive((live) => (live.link.is === "lost" ? live : { ...live, isBack: false, link: { is: "lost", since: Date.now() } })),
      refused: onRefused,
    });
    return () => ended.abort();
  }, [service]);
  return live;
}

interface Listener {
  told(snapshot: Snapshot, by: Means): void;
  lost(): void;
  refused(detail: string): void;
}

async function follow(service: Service, ended: AbortSignal, listener: Listener): Promise<void> {
  let by: Means = "unknown";
  while (!ended.aborted) {
    let told = 0;
    try {
      for await (const snapshot of withinSilence(service, ended)) {
        told += 1;
        if (told > 1) by = "stream";
        listener.told(snapshot, by);
      }
      // A stream of one event is what a service without streams has.
      if (told <= 1) by = "polling";
      await pause(told > 1 ? 0 : POLL_MS, ended);
    } catch (error) {
      if (ended.aborted) return;
      if (error instanceof Refused && error.isAboutTheToken) return listener.refused(error.message);
      listener.lost();
      await pause(RETRY_MS, ended);
    }
  }
}

async function* withinSilence(service: Service, ended: AbortSignal): AsyncGenerator<Snapshot> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    for await (const snapshot of service.snapshots(AbortSignal.any([ended, silence.signal]))) {
      clearTimeout(timer);
      yield snapshot;
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
    }
  } finally {
    clearTimeout(timer);
  }
}

function pause(millis: number, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, millis);
    ended.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** The history of a window, read anew as long as somebody looks. */
export function useHistory(service: Service, window: Window): History | null {
  return useRegularly(() => service.history(window), HISTORY_MS[window], [service, window]);
}

/** What is read anew as long as somebody looks. An answer that fails leaves the old one there. */
export function useRegularly<T extends object>(read: () => Promise<T>, millis: number, on: readonly unknown[]): T | null {
  const [answer, setAnswer] = useState<T | null>(null);
  useEffect(() => {
    let isOver = false;
    const again = async () => {
      if (document.visibilityState === "hidden") return;
      const answer = await read().catch(() => null);
      if (answer !== null && !isOver) setAnswer(answer);
    };
    void again();
    const timer = setInterval(() => void again(), millis);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, [...on]);
  return answer;
}
