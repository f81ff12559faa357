//! Errors as JavaScript sees them: `Error` objects with a stable `code`, and `field` where one is to blame.

use js_sys::{Error, RangeError, TypeError};
use medinsight_core::{InvalidAnalyzerRevision, InvalidKeySecret, InvalidTtl, KeyError, RequestError};
use wasm_bindgen::JsValue;

use crate::object;

/// An error to throw.
pub(crate) struct Failure {
    error: Error,
}

impl Failure {
    fn new(error: Error, code: &str, field: Option<&str>) -> Self {
        object::set(&error, "code", &JsValue::from_str(code));
        if let Some(field) = field {
            object::set(&error, "field", &JsValue::from_str(field));
        }
        Self { error }
    }

    /// An argument that its type rules out.
    pub(crate) fn argument(name: &str, rule: &str) -> Self {
        Self::new(TypeError::new(&[name, ": ", rule].concat()).into(), "invalid_argument", Some(name))
    }

    /// An argument that there is no memory for.
    pub(crate) fn out_of_memory(name: &str) -> Self {
        let rule = ": needs more memory than there is";
        Self::new(RangeError::new(&[name, rule].concat()).into(), "out_of_memory", Some(name))
    }
}

impl From<Failure> for JsValue {
    fn from(failure: Failure) -> Self {
        failure.error.into()
    }
}

impl From<RequestError> for Failure {
    fn from(error: RequestError) -> Self {
        Self::new(Error::new(&error.message()), error.code(), error.field())
    }
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        Self::new(Error::new(error.message()), error.code(), None)
    }
}

impl From<InvalidAnalyzerRevision> for Failure {
    fn from(error: InvalidAnalyzerRevision) -> Self {
        Self::new(Error::new(error.message()), error.code(), Some("analyzer"))
    }
}

impl From<InvalidKeySecret> for Failure {
    fn from(error: InvalidKeySecret) -> Self {
        Self::new(Error::new(error.message()), error.code(), Some("secret"))
    }
}

impl From<InvalidTtl> for Failure {
    fn from(error: InvalidTtl) -> Self {
        Self::new(Error::new(&error.message()), error.code(), Some(error.variable()))
    }
}
