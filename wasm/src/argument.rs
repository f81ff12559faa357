//! Arguments: JavaScript values that are checked before they are copied.

use js_sys::{Array, ArrayBuffer, Reflect, Uint8Array};
use medinsight_core::{AnalyzerRevision, KeySecret, RequestError, TtlPolicy, UnixMillis};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::failure::Failure;

/// The longest argument, in UTF-16 code units or bytes. Memory of a WebAssembly instance only ever grows.
const MAX_LENGTH: u32 = 1 << 20;

const TOO_LONG: &str = "must not be longer than 1048576";

/// The largest whole number below which a double skips none.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

#[wasm_bindgen]
extern "C" {
    type Text;

    #[wasm_bindgen(method, getter)]
    fn length(this: &Text) -> u32;

    #[wasm_bindgen(method, js_name = isWellFormed)]
    fn is_well_formed(this: &Text) -> bool;

    #[wasm_bindgen(catch, js_namespace = Object)]
    fn entries(object: &JsValue) -> Result<Array<Array>, JsValue>;
}

/// The bytes of a body. A text with a lone surrogate has none: UTF-8 cannot hold it.
pub(crate) fn body(value: &JsValue) -> Result<Vec<u8>, Failure> {
    if value.is_string() {
        if !is_short(value.unchecked_ref(), "body")?.is_well_formed() {
            return Err(RequestError::NotUtf8.into());
        }
        return Ok(value.as_string().unwrap_or_default().into_bytes());
    }
    let bytes: Uint8Array = if value.has_type::<Uint8Array>() {
        value.clone().unchecked_into()
    } else if value.has_type::<ArrayBuffer>() {
        Uint8Array::new(value)
    } else {
        return Err(Failure::argument("body", "must be text, a Uint8Array or an ArrayBuffer"));
    };
    if bytes.length() > MAX_LENGTH {
        return Err(Failure::argument("body", TOO_LONG));
    }
    Ok(bytes.to_vec())
}

/// A text that UTF-8 can hold.
pub(crate) fn text(value: &JsValue, name: &str) -> Result<String, Failure> {
    if !value.is_string() {
        return Err(Failure::argument(name, "must be text"));
    }
    if !is_short(value.unchecked_ref(), name)?.is_well_formed() {
        return Err(Failure::argument(name, "must not have lone surrogates"));
    }
    Ok(value.as_string().unwrap_or_default())
}

fn is_short<'a>(text: &'a Text, name: &str) -> Result<&'a Text, Failure> {
    if text.length() > MAX_LENGTH { Err(Failure::argument(name, TOO_LONG)) } else { Ok(text) }
}

/// A text, or nothing for `undefined` and `null`.
pub(crate) fn optional_text(value: &JsValue, name: &str) -> Result<Option<String>, Failure> {
    if value.is_null_or_undefined() { Ok(None) } else { text(value, name).map(Some) }
}

pub(crate) fn analyzer(value: &JsValue) -> Result<AnalyzerRevision, Failure> {
    Ok(AnalyzerRevision::new(text(value, "analyzer")?)?)
}

pub(crate) fn secret(value: &JsValue) -> Result<Option<KeySecret>, Failure> {
    Ok(optional_text(value, "secret")?.map(|secret| KeySecret::new(&secret)).transpose()?)
}

/// The lifetimes that the members of an object set; members with other names are left alone, whatever they are.
pub(crate) fn policy(value: &JsValue) -> Result<TtlPolicy, Failure> {
    if value.is_null_or_undefined() {
        return Ok(TtlPolicy::default());
    }
    let entries = entries(value).map_err(|_| Failure::argument("overrides", "must be an object"))?;
    let mut variables = Vec::new();
    for entry in entries.iter() {
        let name = entry.get(0).as_string().filter(|name| TtlPolicy::is_variable(name));
        if let Some(name) = name {
            let value = text(&entry.get(1), &name)?;
            variables.push((name, value));
        }
    }
    Ok(TtlPolicy::from_variables(variables.iter().map(|(name, value)| (name.as_str(), value.as_str())))?)
}

/// A point in time, as `Date.now()` gives it.
pub(crate) fn time(value: &JsValue, name: &str) -> Result<UnixMillis, Failure> {
    let millis = value.as_f64().filter(|millis| (0.0..=MAX_SAFE_INTEGER).contains(millis));
    let millis = millis.ok_or_else(|| Failure::argument(name, "must be milliseconds since 1970"))?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above; parts of a ms go")]
    Ok(UnixMillis(millis as u64))
}

/// A whole number of seconds.
pub(crate) fn seconds(value: &JsValue, name: &str) -> Result<u32, Failure> {
    let is_whole = |secs: &f64| (0.0..=f64::from(u32::MAX)).contains(secs) && f64::from(*secs as u32) == *secs;
    let secs = value.as_f64().filter(is_whole).ok_or_else(|| Failure::argument(name, "must be whole seconds"))?;
    Ok(secs as u32)
}

/// A member of an object; none of what is no object, and of one whose accessors throw.
pub(crate) fn member(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}
