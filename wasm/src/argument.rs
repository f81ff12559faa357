//! Arguments: JavaScript values that are checked before they are copied.

use std::cell::RefCell;

use js_sys::{Array, ArrayBuffer, Object, Reflect, Uint8Array};
use medinsight_core::{AnalyzerRevision, KeySecret, RequestError, TtlPolicy, UnixMillis};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::failure::Failure;
use crate::memory;

/// The longest argument, in UTF-16 code units or bytes. Memory of a WebAssembly instance only ever grows.
const MAX_LENGTH: u32 = 1 << 20;

const TOO_LONG: &str = "must not be longer than 1048576";

/// The largest whole number below which a double skips none.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// The fewest UTF-16 code units that are worth a call of the runtime's encoder.
const LONG_TEXT: u32 = 64;

/// A UTF-16 code unit has at most three bytes of UTF-8.
const BYTES_PER_UNIT: u32 = 3;

thread_local! {
    static ENCODER: TextEncoder = TextEncoder::new();

    /// The analyzer of the last call, which nearly always is the next one's, too.
    static LAST_ANALYZER: RefCell<Option<(JsValue, AnalyzerRevision)>> = const { RefCell::new(None) };
}

#[wasm_bindgen]
extern "C" {
    type Text;

    #[wasm_bindgen(method, getter)]
    fn length(this: &Text) -> u32;

    #[wasm_bindgen(method, js_name = isWellFormed)]
    fn is_well_formed(this: &Text) -> bool;

    type TextEncoder;

    #[wasm_bindgen(constructor)]
    fn new() -> TextEncoder;

    #[wasm_bindgen(method, js_name = encodeInto)]
    fn encode_into(this: &TextEncoder, text: &Text, bytes: &mut [u8]) -> Encoded;

    type Encoded;

    #[wasm_bindgen(method, getter)]
    fn written(this: &Encoded) -> u32;

    #[wasm_bindgen(catch, js_namespace = Object)]
    fn entries(object: &JsValue) -> Result<Array<Array>, JsValue>;
}

/// The bytes of a body. A text with a lone surrogate has none: UTF-8 cannot hold it.
pub(crate) fn body(value: &JsValue) -> Result<Vec<u8>, Failure> {
    if value.is_string() {
        utf8(value.unchecked_ref(), "body")?.ok_or_else(|| RequestError::NotUtf8.into())
    } else if value.has_type::<Uint8Array>() {
        copy(value.unchecked_ref())
    } else if value.has_type::<ArrayBuffer>() {
        copy(&Uint8Array::new(value))
    } else {
        Err(Failure::argument("body", "must be text, a Uint8Array or an ArrayBuffer"))
    }
}

fn copy(bytes: &Uint8Array) -> Result<Vec<u8>, Failure> {
    check_length(bytes.length(), "body")?;
    Ok(bytes.to_vec())
}

/// A text that UTF-8 can hold.
pub(crate) fn text(value: &JsValue, name: &str) -> Result<String, Failure> {
    if !value.is_string() {
        return Err(Failure::argument(name, "must be text"));
    }
    let bytes = utf8(value.unchecked_ref(), name)?;
    let bytes = bytes.ok_or_else(|| Failure::argument(name, "must not have lone surrogates"))?;
    Ok(String::from_utf8(bytes).unwrap_or_default())
}

/// The bytes of a text, or nothing when it has a lone surrogate, for which an encoder writes another character. It has
/// none when there are as many bytes as code units, because all are ASCII then.
fn utf8(text: &Text, name: &str) -> Result<Option<Vec<u8>>, Failure> {
    let length = text.length();
    check_length(length, name)?;
    let bytes = encode(text, length);
    let is_ascii = bytes.len() == length as usize;
    Ok(Some(bytes).filter(|_| is_ascii || text.is_well_formed()))
}

/// What wasm-bindgen does is quick for a few characters only: it copies ASCII one by one.
fn encode(text: &Text, length: u32) -> Vec<u8> {
    if length < LONG_TEXT {
        return text.as_string().unwrap_or_default().into_bytes();
    }
    let mut bytes = vec![0; (length * BYTES_PER_UNIT) as usize];
    let written = ENCODER.with(|encoder| encoder.encode_into(text, &mut bytes)).written();
    bytes.truncate(written as usize);
    bytes
}

fn check_length(length: u32, name: &str) -> Result<(), Failure> {
    if length > MAX_LENGTH { Err(Failure::argument(name, TOO_LONG)) } else { memory::require(length, name) }
}

/// A text, or nothing for `undefined` and `null`.
pub(crate) fn optional_text(value: &JsValue, name: &str) -> Result<Option<String>, Failure> {
    if value.is_null_or_undefined() { Ok(None) } else { text(value, name).map(Some) }
}

/// The analyzer. To see that it is the same text again takes one call, to read it takes several.
pub(crate) fn analyzer(value: &JsValue) -> Result<AnalyzerRevision, Failure> {
    let is_same = |last: &&(JsValue, AnalyzerRevision)| Object::is(&last.0, value);
    let known = LAST_ANALYZER.with_borrow(|last| last.as_ref().filter(is_same).map(|(_, analyzer)| analyzer.clone()));
    known.map_or_else(|| read_analyzer(value), Ok)
}

fn read_analyzer(value: &JsValue) -> Result<AnalyzerRevision, Failure> {
    let analyzer = AnalyzerRevision::new(text(value, "analyzer")?)?;
    LAST_ANALYZER.set(Some((value.clone(), analyzer.clone())));
    Ok(analyzer)
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
