//! Plain JavaScript objects.

use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;

/// A new object with these members.
pub(crate) fn of(members: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in members {
        set(&object, name, value);
    }
    object.into()
}

/// Sets a member of an object that was just made.
pub(crate) fn set(object: &JsValue, name: &str, value: &JsValue) {
    // A new object refuses no member.
    let _ = Reflect::set(object, &JsValue::from_str(name), value);
}

/// A number, or null.
pub(crate) fn number_or_null(number: Option<u32>) -> JsValue {
    number.map_or(JsValue::NULL, JsValue::from)
}

/// A text, or null.
pub(crate) fn text_or_null(text: Option<&str>) -> JsValue {
    text.map_or(JsValue::NULL, JsValue::from_str)
}
