//! Keys and the texts in them.

use medinsight_core::{CacheKey, DrugName, text};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::failure::Failure;
use crate::{argument, object};

/// Builds a key from the texts of its parts. Drug names are normalised, everything else stands as it is.
///
/// @throws {CacheKeyError} when the category is unknown, or a part is not what the category needs.
#[wasm_bindgen(js_name = buildKey)]
pub fn build_key(
    #[wasm_bindgen(unchecked_param_type = "string")] category: &JsValue,
    #[wasm_bindgen(unchecked_param_type = "string")] identifier: &JsValue,
    #[wasm_bindgen(js_name = subKey, unchecked_optional_param_type = "string | null")] sub_key: &JsValue,
) -> Result<String, JsValue> {
    let category = argument::text(category, "category")?;
    let identifier = argument::text(identifier, "identifier")?;
    let sub_key = argument::optional_text(sub_key, "subKey")?;
    let key = CacheKey::build(&category, &identifier, sub_key.as_deref()).map_err(Failure::from)?;
    Ok(key.into())
}

/// Takes a key apart. It reads exactly the keys that can be built.
///
/// @throws {CacheKeyError} when the text is no key.
#[wasm_bindgen(js_name = parseKey, unchecked_return_type = "KeyParts")]
pub fn parse_key(#[wasm_bindgen(unchecked_param_type = "string")] key: &JsValue) -> Result<JsValue, JsValue> {
    let key = parse(key)?;
    Ok(object::of(&[
        ("category", JsValue::from_str(key.kind().category().as_str())),
        ("identifier", JsValue::from_str(&key.identifier())),
        ("subKey", object::text_or_null(key.sub_key().as_deref())),
        ("dataClass", JsValue::from_str(key.kind().data_class().as_str())),
    ]))
}

/// Brings a text into the normal form that keys and digests are computed from.
#[wasm_bindgen(js_name = normaliseText)]
pub fn normalise_text(#[wasm_bindgen(unchecked_param_type = "string")] text: &JsValue) -> Result<String, JsValue> {
    Ok(text::normalise(&argument::text(text, "text")?))
}

/// Brings a drug's name into the form that keys use: normalised, with `_` for spaces.
///
/// @throws {CacheKeyError} when nothing is left of the name.
#[wasm_bindgen(js_name = normaliseDrugName)]
pub fn normalise_drug_name(#[wasm_bindgen(unchecked_param_type = "string")] name: &JsValue) -> Result<String, JsValue> {
    Ok(drug_name(name)?.as_str().to_owned())
}

/// The version of Unicode that texts are normalised by.
#[wasm_bindgen(js_name = unicodeVersion)]
#[must_use]
pub fn unicode_version() -> String {
    text::UNICODE_VERSION.to_owned()
}

pub(crate) fn parse(key: &JsValue) -> Result<CacheKey, Failure> {
    Ok(argument::text(key, "key")?.parse::<CacheKey>()?)
}

pub(crate) fn drug_name(name: &JsValue) -> Result<DrugName, Failure> {
    Ok(DrugName::new(&argument::text(name, "name")?)?)
}
