/**
 * Loads the WebAssembly module. In browsers it has to be awaited once before any other function is called; calling it
 * again does nothing. In Node and Cloudflare Workers the module is loaded with the import, and this does nothing.
 *
 * @param module where the module is, or the module itself. It is only needed with a bundler that does not copy
 * `cache_keys.wasm` beside the code.
 */
export function init(module?: URL | string | Request | Response | BufferSource | WebAssembly.Module): Promise<void>;

/** The body of a request: JSON, as text or as UTF-8 bytes. */
export type RequestBody = string | Uint8Array | ArrayBuffer;

/** What every function throws. The message names the field and the rule, never the content. */
export interface CacheKeyError extends Error {
  /**
   * A stable name for programs. It is the server's: `not_utf8`, `not_json`, `not_an_object`, `duplicate_member`,
   * `too_deep`, `missing_field`, `wrong_type`, `empty_field`, `text_too_long`, `list_too_long`, `out_of_range`,
   * `unknown_value`, `key_too_long`; of keys `not_a_key`, `unknown_category`, `empty_identifier`, `empty_sub_key`,
   * `missing_sub_key`, `unexpected_sub_key`, `unknown_sub_key`, `bad_escape`, `not_a_digest`, `not_normalised`; and
   * `invalid_analyzer`, `invalid_secret`, `invalid_ttl`, `invalid_argument` for arguments of a wrong type, and `out_of_memory`.
   */
  code: string;
  /** The field, argument or variable that is to blame, when it is one. */
  field?: string;
}

/** The categories whose entries are asked for with a body. */
export type RequestCategory = "health_analysis" | "medication_interactions" | "drug_analysis";

/** A request in its normal form. */
export interface RequestDescription {
  /** The canonical JSON (RFC 8785) that the digest is computed from. */
  canonical: string;
  /** 64 lower-case hexadecimal characters. */
  digest: string;
  /** The key; the private one when a secret was given. */
  key: string;
}

/** The parts of a key, decoded. */
export interface KeyParts {
  category: string;
  identifier: string;
  subKey: string | null;
  /** Who entries under the key are about: what is personal never belongs into a shared cache. */
  dataClass: "personal" | "public" | "counter";
}

/** The server's variables such as `CACHE_TTL_HEALTH_ANALYSIS`, in seconds as text. */
export type TtlOverrides = { readonly [variable: string]: unknown };

/** How long entries live. The windows begin when freshness ends, as in RFC 5861; `Infinity` has no end. */
export interface Lifetime {
  freshForSeconds: number;
  staleWhileRevalidateSeconds: number;
  staleIfErrorSeconds: number;
}

/** A stored copy of an entry. */
export interface StoredCopy {
  /** When it was written, in milliseconds since 1970. */
  writtenAt: number;
  /** For how many whole seconds it was to be fresh then. */
  freshForSeconds: number;
}

/** What a stored copy is worth now. */
export interface Assessment {
  /**
   * `fresh`: serve it. `refresh-early`: serve it, and let one caller refresh it. `stale-while-revalidate`: serve it as
   * stale while one caller refreshes it. `stale-if-error`: serve it as stale only when the origin fails. `gone`: do not
   * serve it.
   */
  freshness: "fresh" | "refresh-early" | "stale-while-revalidate" | "stale-if-error" | "gone";
  ageSeconds: number;
  freshForSeconds: number;
}

