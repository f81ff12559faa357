// Looking something up, and clearing it: first what it is about, then a confirmation, then the deed.

import { useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import type { Entry } from "./answers.js";
import { Facts } from "./facts.js";
import { bytes, count, duration, words } from "./format.js";
import { partsOf, type EntryName, type Service } from "./service.js";

/** What entries are of. */
export const CATEGORIES = [
  "health_analysis",
  "medication_interactions",
  "drug_analysis",
  "drug_info",
  "symptom",
  "ai_summary",
  "user",
  "session_state",
  "analysis_progress",
];

export function Management({ service }: { service: Service }) {
  return (
    <section aria-labelledby="manage" class="manage">
      <h2 id="manage">Look up and clear</h2>
      <p class="hint">Every look and every clear is written into the audit log.</p>
      <div class="columns three">
        <EntryCard service={service} />
        <PatternCard service={service} />
        <SessionCard service={service} />
      </div>
    </section>
  );
}

/** What a deed needs: a question that is answered first, and the deed. */
interface Plan {
  question: string;
  facts?: ComponentChildren;
  /** Nothing when there is nothing to do. */
  deed: { name: string; run: () => Promise<string> } | null;
}

interface CardProps {
  title: string;
  label: string;
  hint: string;
  id: string;
  /** What the button does before anything is cleared. */
  look: string;
  plan: (text: string) => Promise<Plan>;
}

function Card({ title, label, hint, id, look, plan }: CardProps) {
  const [text, setText] = useState("");
  const [planned, setPlanned] = useState<Plan | null>(null);
  const [said, setSaid] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const lookButton = useRef<HTMLButtonElement>(null);

  const run = async (work: () => Promise<void>) => {
    setIsBusy(true);
    setSaid("");
    await work().catch((error: unknown) => {
      setPlanned(null);
      setSaid(error instanceof Error ? `It was refused: ${error.message}.` : "It failed.");
    });
    setIsBusy(false);
  };
  const ask = (event: Event) => {
    event.preventDefault();
    setPlanned(null);
    void run(async () => setPlanned(await plan(text.trim())));
  };
  const confirm = () =>
    run(async () => {
      setSaid((await planned?.deed?.run()) ?? "");
      setPlanned(null);
      lookButton.current?.focus();
    });
  const leave = () => {
    setPlanned(null);
    lookButton.current?.focus();
  };

  return (
    <div class="card">
      <h3>{title}</h3>
      <form onSubmit={ask}>
        <label for={id}>{label}</label>
        <input
          id={id}
          value={text}
          required
          spellcheck={false}
          autocomplete="off"
          aria-describedby={`${id}-hint`}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setPlanned(null);
          }}
        />
        <p class="hint" id={`${id}-hint`}>{hint}</p>
        <button ref={lookButton} aria-disabled={isBusy}>{look}</button>
      </form>
      <div role="status" class="said">
        {planned !== null && <p>{planned.question}</p>}
        {said !== "" && <p>{said}</p>}
      </div>
      {planned !== null && (
        <>
          {planned.facts}
          {planned.deed !== null && (
            <div class="line">
              <button type="button" class="danger" aria-disabled={isBusy} onClick={() => void confirm()}>{planned.deed.name}</button>
              <button type="button" class="quiet" onClick={leave}>Leave it</button>
            </div>
          )}
        </>
      )}
    </div>
  );
}

function EntryCard({ service }: { service: Service }) {
  const plan = async (text: string): Promise<Plan> => {
    const name = partsOf(text);
    if (name === null) throw new Error("a key is category:identifier, optionally followed by :sub_key");
    const { entry } = await service.entry(name);
    if (entry === null) return { question: "There is no such entry.", deed: null };
    return { question: "There is this entry.", facts: <EntryFacts entry={entry} />, deed: { name: "Clear the entry", run: () => clearEntry(service, name) } };
  };
  return <Card id="entry" title="An entry" label="Key" hint="As drug_info:aspirin, with or without medinsight: before it." look="Look it up" plan={plan} />;
}

async function clearEntry(service: Service, name: EntryName): Promise<string> {
  const { deleted } = await service.deleteEntry(name);
  return deleted ? "The entry was cleared." : "It was gone already.";
}

function PatternCard({ service }: { service: Service }) {
  const plan = async (pattern: string): Promise<Plan> => {
    const { keys_found } = await service.clear(pattern, "count");
    if (keys_found === 0) return { question: "Nothing matches.", deed: null };
    const run = async () => {
      const { keys_deleted, is_sweeping } = await service.clear(pattern, "clear");
      return is_sweeping ? `Cleared; ${count(keys_deleted)} were removed so far.` : `Cleared; ${count(keys_deleted)} were removed.`;
    };
    return { question: `${count(keys_found)} entries match. Nothing was cleared yet.`, deed: { name: `Clear ${count(keys_found)} entries`, run } };
  };
  return <Card id="pattern" title="A pattern" label="Pattern" hint="As drug_info, drug_info:*, or drug_info:asp*." look="Count what matches" plan={plan} />;
}

function SessionCard({ service }: { service: Service }) {
  const plan = async (id: string): Promise<Plan> => {
    const session = await service.session(id);
    const parts = Object.entries(session).filter(([name, value]) => value !== null && name !== "timestamp" && name !== "session_id");
    if (parts.length === 0) return { question: "Nothing is stored for this session.", deed: null };
    const run = async () => `Erased; ${count((await service.eraseSession(id)).keys_deleted)} entries were removed.`;
    // What a person wrote is for nobody to see here.
    const names = parts.map(([name]) => words(name)).join(", ");
    return { question: `Stored for this session: ${names}. Erasing removes the analysis that it names, too.`, deed: { name: "Erase the session", run } };
  };
  return <Card id="session" title="A session" label="Session id" hint="What is in it is not shown, only what there is." look="Look it up" plan={plan} />;
}

function EntryFacts({ entry }: { entry: Entry }) {
  const yes = (value: boolean | null) => (value === null ? "–" : value ? "yes" : "no");
  const facts: [string, string][] = [
    ["age", duration(entry.age_secs)],
    ["fresh for", duration(entry.fresh_for_secs)],
    ["removed in", entry.expires_in_secs === null ? "never" : duration(entry.expires_in_secs)],
    ["size", bytes(entry.size_bytes)],
    ["sealed", entry.key_id === null ? yes(entry.is_sealed) : `by key ${entry.key_id}`],
    ["compressed", yes(entry.is_compressed)],
    ["origin took", entry.origin_cost_ms === null ? "–" : `${count(entry.origin_cost_ms)} ms`],
    ["is served", entry.is_current === false ? "no, its category was cleared" : "yes, while it is fresh enough"],
  ];
  return <Facts facts={facts} />;
}
