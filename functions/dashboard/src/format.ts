// Numbers and times for people. What is not known is a dash.

const UNKNOWN = "–";
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

export const count = (number: number | null | undefined): string => (number == null ? UNKNOWN : whole.format(number));

export const compact = (number: number | null | undefined): string =>
  number == null ? UNKNOWN : Math.abs(number) < 100_000 ? whole.format(number) : short.format(number);

export function percent(part: number, of: number): string {
  if (of === 0) return UNKNOWN;
  const share = Math.min(1, part / of) * 100;
  return `${share.toFixed(share > 0 && share < 1 ? 2 : 1)} %`;
}

export function bytes(number: number | null | undefined): string {
  if (number == null) return UNKNOWN;
  const units = ["B", "KB", "MB", "GB", "TB"];
  const step = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, number)) / 10));
  return `${(number / 1024 ** step).toFixed(step === 0 ? 0 : 1)} ${units[step]}`;
}

export function millis(number: number | null | undefined): string {
  if (number == null) return UNKNOWN;
  if (number < 1) return `${number.toFixed(2)} ms`;
  if (number < 1_000) return `${number.toFixed(number < 10 ? 1 : 0)} ms`;
  return `${(number / 1_000).toFixed(1)} s`;
}

export function duration(seconds: number | null | undefined): string {
  if (seconds == null) return UNKNOWN;
  if (seconds < 120) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function money(amount: number, currency: string): string {
  return new Intl.NumberFormat("en", { style: "currency", currency, maximumFractionDigits: amount < 100 ? 2 : 0 }).format(amount);
}

export const time = (millis: number): string => new Date(millis).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });

export const timeToTheSecond = (at: string | number): string => new Date(at).toLocaleTimeString("en-GB");

/** `drug_analysis` as people write it. */
export const words = (name: string): string => name.replace(/[_-]/g, " ");

/** A key that fits on a line: a digest or an id by its first characters. */
export function shortKey(key: string): string {
  const name = key.replace(/^medinsight:/, "");
  return name.replace(/[0-9a-f]{24,}/g, (digest) => `${digest.slice(0, 12)}…`);
}
