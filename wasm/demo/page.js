// The page: two phrasings, what their keys are made of, and what the server is asked.

import { loadKeys } from "./keys.js";
import { recordingFetch } from "./requests.js";

const EXAMPLES = {
  spelling: [
    { concern: "Headache", symptoms: "Throbbing pain on one side, worse in bright light", patient_age: "34", current_medications: "Warfarin, Ibuprofen 400 mg" },
    { concern: "  HEADACHE", symptoms: "throbbing   pain on one side, WORSE in bright light ", patient_age: "34", current_medications: "ibuprofen  400 MG, warfarin, Warfarin" },
  ],
  exponent: [
    { concern: "Blood count", symptoms: "White cells 10³ per microlitre", patient_age: "", current_medications: "" },
    { concern: "Blood count", symptoms: "White cells 103 per microlitre", patient_age: "", current_medications: "" },
  ],
  order: [
    { concern: "Ärger mit der Straße", symptoms: "Cough", patient_age: "", current_medications: "Metformin, Aspirin" },
    { concern: "a\u0308rger mit der STRASSE", symptoms: "cough", patient_age: "", current_medications: "ASPIRIN,, metformin" },
  ],
};

const PLACES = {
  browser: "Keys are computed in this page, by the WebAssembly package @medinsight/cache-keys. What you type stays here until you ask.",
  server: "Keys are computed by this server, which is sent what you type. With `cargo xtask wasm` they are computed in this page.",
};

const page = (id) => document.getElementById(id);
const place = document.documentElement.dataset.keysBy;
const phrasings = [...document.querySelectorAll(".phrasing")].map((form) => ({ form, description: undefined }));
let keys;

function questionOf({ form }) {
  const { concern, symptoms, patient_age: age, current_medications: medicines } = Object.fromEntries(new FormData(form));
  const question = { concern, symptoms };
  if (age.trim() !== "") question.patient_age = Number.isNaN(Number(age)) ? age : Number(age);
  if (medicines.trim() !== "") question.current_medications = medicines.split(",");
  return question;
}

function part({ form }, name) {
  return form.querySelector(`.${name}`);
}

// Computes a phrasing's key. An answer that comes after the next letter was typed is of no use.
async function describe(phrasing) {
  const body = JSON.stringify(questionOf(phrasing));
  phrasing.body = body;
  const result = await keys.describe(body).then((description) => ({ description }), (refusal) => ({ refusal }));
  if (phrasing.body !== body) return;
  Object.assign(phrasing, { description: undefined, refusal: undefined }, result);
  show(phrasing);
  compare();
}

function show(phrasing) {
  const { form, description, refusal } = phrasing;
  part(phrasing, "refusal").textContent = refusal?.message ?? "";
  for (const field of form.elements) {
    if (field.name) field.setAttribute("aria-invalid", String(refusal?.field === field.name));
  }
  part(phrasing, "canonical").textContent = description?.canonical ?? "";
  part(phrasing, "key").textContent = description?.key ?? "";
  form.querySelector("button").disabled = description === undefined;
}

// Says whether both phrasings have one key, and shows each normal form with what differs from the other.
function compare() {
  const [one, other] = phrasings.map(({ description }) => description);
  const verdict = page("verdict");
  if (one === undefined || other === undefined) {
    verdict.textContent = "The server would refuse one of these questions, so it has no key.";
    delete verdict.dataset.same;
  } else {
    const isSame = one.key === other.key;
    verdict.textContent = isSame ? "The same key: whoever asks second gets the first one's answer." : "Different keys: these are two questions.";
    verdict.dataset.same = String(isSame);
  }
  phrasings.forEach((phrasing, number) => showNormalForm(phrasing, phrasings[1 - number]));
}

function showNormalForm(phrasing, other) {
  const [own, others] = [phrasing, other].map(({ description }) => JSON.parse(description?.canonical ?? "{}"));
  const lines = Object.entries(own).filter(([name]) => name !== "analyzer").map(([name, value]) => {
    const text = Array.isArray(value) ? value.join(" | ") : String(value);
    const differs = other.description !== undefined && JSON.stringify(value) !== JSON.stringify(others[name]);
    const line = document.createElement("div");
    line.append(`${name}: `, differs ? Object.assign(document.createElement("mark"), { textContent: text }) : text);
    return line;
  });
  part(phrasing, "normal").replaceChildren(...lines);
}

async function ask(phrasing) {
  const button = phrasing.form.querySelector("button");
  const answer = part(phrasing, "answer");
  button.disabled = true;
  answer.textContent = "Asking ...";
  try {
    showAnswer(answer, await keys.ask(questionOf(phrasing), recordingFetch(page("requests"), page("no-requests"))));
  } catch (error) {
    answer.textContent = `No answer: ${error.message}`;
  } finally {
    button.disabled = phrasing.description === undefined;
  }
}

function showAnswer(answer, { analysis, cache }) {
  const badge = Object.assign(document.createElement("span"), { className: "badge", textContent: cache });
  badge.dataset.cache = cache;
  const head = document.createElement("p");
  head.append(badge, ` ${analysis.severity}: ${analysis.condition}`);
  const texts = [analysis.recommendation, analysis.disclaimer].map((text) => Object.assign(document.createElement("p"), { textContent: text, className: "hint" }));
  answer.replaceChildren(head, ...texts);
}

function fill(name) {
  EXAMPLES[name].forEach((example, number) => {
    for (const [field, value] of Object.entries(example)) phrasings[number].form.elements[field].value = value;
    describe(phrasings[number]);
  });
}

async function start() {
  for (const phrasing of phrasings) {
    phrasing.form.append(page("fields").content.cloneNode(true));
    phrasing.form.addEventListener("input", () => describe(phrasing));
    phrasing.form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask(phrasing);
    });
  }
  for (const button of document.querySelectorAll("[data-example]")) button.addEventListener("click", () => fill(button.dataset.example));
  keys = await loadKeys(place);
  page("place").textContent = PLACES[place];
  fill("spelling");
}

start().catch((error) => (page("place").textContent = `Keys cannot be computed: ${error.message}`));
