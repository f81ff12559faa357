// Which entries are hit most, and which are largest.

import { useEffect, useState } from "preact/hooks";
import type { Entry } from "./answers.js";
import { bytes, compact, duration, shortKey, words } from "./format.js";
import { useRegularly } from "./live.js";
import { CATEGORIES } from "./management.js";
import type { Service } from "./service.js";

const HOTTEST_MS = 15_000;
/** How many pages of keys a sample has, a hundred entries each. */
const SAMPLE_PAGES = 5;
const SHOWN = 10;

export function Keys({ service }: { service: Service }) {
  return (
    <div class="columns">
      <section aria-labelledby="hottest">
        <h2 id="hottest">Hit most, last hour</h2>
        <HottestKeys service={service} />
        <p class="hint">Keys of answers about persons are written nowhere: those are what the process that was asked has served lately.</p>
      </section>
      <section aria-labelledby="largest">
        <h2 id="largest">Largest entries</h2>
        <LargestEntries service={service} />
      </section>
    </div>
  );
}

function HottestKeys({ service }: { service: Service }) {
  const hottest = useRegularly(() => service.hottest(), HOTTEST_MS, [service]);
  const categories = Object.entries(hottest?.categories ?? {}).filter(([, keys]) => keys.length > 0);
  if (categories.length === 0) return <p class="nothing">Nothing was hit twice yet.</p>;
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">key</th>
          <th scope="col">hits, at least</th>
        </tr>
      </thead>
      {categories.map(([category, keys]) => (
        <tbody key={category}>
          <tr class="group">
            <th scope="rowgroup" colSpan={2}>{words(category)}</th>
          </tr>
          {keys.map(({ key, hits }) => (
            <tr key={key}>
              <td class="text key" title={key}>{shortKey(key)}</td>
              <td>{compact(hits)}</td>
            </tr>
          ))}
        </tbody>
      ))}
    </table>
  );
}

interface Sample {
  entries: Entry[];
  looked: number;
  isWhole: boolean;
}

function LargestEntries({ service }: { service: Service }) {
  const [category, setCategory] = useState("health_analysis");
  const [sample, setSample] = useState<Sample | string | null>(null);
  const look = async (event: Event) => {
    event.preventDefault();
    setSample("Looking…");
    setSample(await take(service, category).catch((error: unknown) => (error instanceof Error ? error.message : "It failed.")));
  };
  return (
    <>
      <form class="line" onSubmit={(event) => void look(event)}>
        <label for="sampled">Category</label>
        <select id="sampled" value={category} onChange={(event) => setCategory(event.currentTarget.value)}>
          {CATEGORIES.map((name) => <option key={name} value={name}>{words(name)}</option>)}
        </select>
        <button>Look at {SAMPLE_PAGES * 100} of them</button>
      </form>
      <div role="status">
        {typeof sample === "string" && <p>{sample}</p>}
        {sample !== null && typeof sample !== "string" && (
          <p class="hint">
            {sample.looked === 0 ? "There are none." : `The largest of ${sample.looked} entries${sample.isWhole ? ", which are all" : "; there are more"}.`}
          </p>
        )}
      </div>
      {sample !== null && typeof sample !== "string" && sample.entries.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">key</th>
              <th scope="col">size</th>
              <th scope="col">age</th>
            </tr>
          </thead>
          <tbody>
            {sample.entries.map((entry) => (
              <tr key={entry.key}>
                <td class="text key" title={entry.key}>{shortKey(entry.key)}</td>
                <td>{bytes(entry.size_bytes)}</td>
                <td>{duration(entry.age_secs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

async function take(service: Service, category: string): Promise<Sample> {
  const entries: Entry[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < SAMPLE_PAGES; page += 1) {
    const answer = await service.keys(category, cursor);
    entries.push(...answer.entries);
    cursor = answer.next_cursor;
    if (cursor === null) break;
  }
  const looked = entries.length;
  entries.sort((one, other) => other.size_bytes - one.size_bytes);
  return { entries: entries.slice(0, SHOWN), looked, isWhole: cursor === null };
}
