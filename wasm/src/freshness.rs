//! How long entries live and what may be done with them now.

use medinsight_core::{Freshness, Lifetime, Window};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::failure::Failure;
use crate::{argument, key, object};

/// How long the entry under a key lives; `null` for a counter, which has no life.
///
/// @param overrides the server's variables such as `CACHE_TTL_HEALTH_ANALYSIS`; other members are ignored.
/// @throws {CacheKeyError} when the key or a variable is wrong.
#[wasm_bindgen(unchecked_return_type = "Lifetime | null")]
pub fn lifetime(
    #[wasm_bindgen(unchecked_param_type = "string")] key: &JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "TtlOverrides | null")] overrides: &JsValue,
) -> Result<JsValue, JsValue> {
    Ok(life(key, overrides)?.map_or(JsValue::NULL, |life| {
        object::of(&[
            ("freshForSeconds", JsValue::from(life.fresh_for_secs)),
            ("staleWhileRevalidateSeconds", window(life.stale_while_revalidate)),
            ("staleIfErrorSeconds", window(life.stale_if_error)),
        ])
    }))
}

/// For how many seconds a new entry under a key is fresh: up to 5 % less than its lifetime says, always the same for one
/// key, so that entries written together do not expire together; `null` for a counter.
///
/// @param overrides as for `lifetime`.
/// @throws {CacheKeyError} when the key or a variable is wrong.
#[wasm_bindgen(js_name = freshForSeconds, unchecked_return_type = "number | null")]
pub fn fresh_for(
    #[wasm_bindgen(unchecked_param_type = "string")] key: &JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "TtlOverrides | null")] overrides: &JsValue,
) -> Result<JsValue, JsValue> {
    let parsed = key::parse(key)?;
    Ok(object::number_or_null(life(key, overrides)?.map(|life| life.jittered_secs(&parsed))))
}

/// What may be done with a stored copy of the entry under a key; `null` for a counter.
///
/// @param entry when the copy was written, and for how long it was to be fresh then.
/// @param now the time, as `Date.now()` gives it.
/// @param overrides as for `lifetime`.
/// @throws {CacheKeyError} when an argument is wrong.
#[wasm_bindgen(js_name = assessFreshness, unchecked_return_type = "Assessment | null")]
pub fn assess_freshness(
    #[wasm_bindgen(unchecked_param_type = "string")] key: &JsValue,
    #[wasm_bindgen(unchecked_param_type = "StoredCopy")] entry: &JsValue,
    #[wasm_bindgen(unchecked_param_type = "number")] now: &JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "TtlOverrides | null")] overrides: &JsValue,
) -> Result<JsValue, JsValue> {
    let written_at = argument::time(&argument::member(entry, "writtenAt"), "writtenAt")?;
    let fresh_for = argument::seconds(&argument::member(entry, "freshForSeconds"), "freshForSeconds")?;
    let now = argument::time(now, "now")?;
    Ok(life(key, overrides)?.map_or(JsValue::NULL, |life| {
        let assessment = Freshness::assess_parts(&life, written_at, fresh_for, now);
        object::of(&[
            ("freshness", JsValue::from_str(assessment.freshness.as_str())),
            ("ageSeconds", JsValue::from(assessment.age.as_secs_f64())),
            ("freshForSeconds", JsValue::from(assessment.fresh_for.as_secs_f64())),
        ])
    }))
}

fn life(key: &JsValue, overrides: &JsValue) -> Result<Option<Lifetime>, Failure> {
    Ok(argument::policy(overrides)?.lifetime(key::parse(key)?.kind()))
}

/// A window in seconds; `Infinity` when it never ends.
fn window(window: Window) -> JsValue {
    match window {
        Window::Secs(secs) => JsValue::from(secs),
        Window::Unbounded => JsValue::from(f64::INFINITY),
    }
}
