// What the operator decides, in the variables of `wrangler.jsonc`.

export interface Env {
  /** Where the service is: an http or https address, with the stage if it has one. */
  readonly SERVICE_URL?: string;
  /** For how many seconds at most an answer about a person may lie in the edge cache; 0, the default, for never. */
  readonly PERSONAL_ANSWERS_SECONDS?: string;
}

export interface Settings {
  /** Without a slash at its end. */
  readonly serviceUrl: string;
  readonly personalSeconds: number;
}

/** The longest that an answer about a person may lie at the edge: as long as the service keeps one fresh by default. */
const LONGEST_PERSONAL_SECONDS = 3_600;

/** A variable that is wrong. */
export class InvalidSetting extends Error {}

export function settingsOf(env: Env): Settings {
  return { serviceUrl: serviceUrl(env.SERVICE_URL), personalSeconds: personalSeconds(env.PERSONAL_ANSWERS_SECONDS) };
}

function serviceUrl(text = ""): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isAddress = url !== undefined && /^https?:$/.test(url.protocol);
  if (!isAddress || url.search !== "" || url.hash !== "" || url.username !== "") {
    throw new InvalidSetting("SERVICE_URL: must be an http or https address");
  }
  return url.href.replace(/\/$/, "");
}

function personalSeconds(text = "0"): number {
  const seconds = Number(text);
  if (!/^\d{1,4}$/.test(text) || seconds > LONGEST_PERSONAL_SECONDS) {
    throw new InvalidSetting(`PERSONAL_ANSWERS_SECONDS: must be from 0 to ${LONGEST_PERSONAL_SECONDS}`);
  }
  return seconds;
}
