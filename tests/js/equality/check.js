// Compares the package in this runtime with the native build.

import { outcomeOf } from "./outcome.js";

const MAX_REPORTED = 5;

// Checks the cases of some lines; returns how many there were and what differs.
export function checkLines(keys, lines) {
  const report = { cases: 0, differences: 0, examples: [] };
  for (const line of lines.split("\n")) {
    if (line === "") continue;
    report.cases += 1;
    const difference = differenceIn(keys, JSON.parse(line));
    if (difference === undefined) continue;
    report.differences += 1;
    if (report.examples.length < MAX_REPORTED) report.examples.push(difference);
  }
  return report;
}

function differenceIn(keys, testCase) {
  const expected = JSON.stringify(testCase.outcome);
  let got;
  try {
    got = JSON.stringify(outcomeOf(keys, testCase));
  } catch (error) {
    got = String(error);
  }
  return got === expected ? undefined : `${testCase.operation} ${JSON.stringify(testCase.input)}\n  native ${expected}\n  here   ${got}`;
}

// The SHA-256 of the normal forms of all characters, each in a context; see tests/vectors/README.md.
export async function fingerprint(keys) {
  const forms = [];
  for (let code = 0; code <= 0x10ffff; code += 1) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const character = String.fromCodePoint(code);
    forms.push(keys.normaliseText(`${character}A${character}\u0301`), "\n");
  }
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(forms.join("")));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Calls that are wrong in every way; each has to throw, and none may affect those after it.
export function abuse(keys) {
  const throwing = new Proxy({}, { get: () => { throw new Error("no"); }, ownKeys: () => { throw new Error("no"); } });
  const values = [undefined, null, true, 7, NaN, 10n, Symbol("s"), {}, [], () => 1, throwing, { length: 4e9 }];
  const wrong = [...values, "\ud800", "x".repeat(2 ** 20 + 1), new Uint8Array(2 ** 22), new Date(), /x/];
  let calls = 0;
  for (const name of Object.keys(keys).filter((name) => !NOT_ABUSED.includes(name))) {
    for (const value of wrong) {
      for (const parameters of [[value], [value, value], ["{}", value], ["{}", "a", value], [value, value, value, value]]) {
        calls += 1;
        try {
          keys[name](...parameters);
        } catch (error) {
          if (!(error instanceof Error) || typeof error.code !== "string") throw new Error(`${name}: ${error}`);
        }
      }
    }
  }
  return calls;
}

const NOT_ABUSED = ["init", "initSync", "default", "unicodeVersion"];
