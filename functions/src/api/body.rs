//! Request bodies.

use super::Problem;
use crate::config::Limits;
use axum::body::to_bytes;
use axum::extract::Request;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use medinsight_core::RequestError;
use medinsight_core::request::check_object;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::future::Future;

/// Reads a JSON body of at most `max_bytes`. While it waits it keeps nothing of the request but the body.
pub(crate) fn read_json_body(
    request: Request,
    max_bytes: usize,
) -> impl Future<Output = Result<Bytes, Problem>> + Send + use<> {
    let checked = check(&request, max_bytes);
    let body = request.into_body();
    async move {
        checked?;
        // The reader fails when the body is too long and when the client goes away, and the latter hears no answer.
        to_bytes(body, max_bytes).await.map_err(|_| Problem::body_too_large(max_bytes))
    }
}

fn check(request: &Request, max_bytes: usize) -> Result<(), Problem> {
    if !is_json(request) {
        return Err(Problem::not_json_media_type());
    }
    if declared_length(request).is_some_and(|length| length > max_bytes) {
        return Err(Problem::body_too_large(max_bytes));
    }
    Ok(())
}

/// The members of a JSON object as they were sent. The body is checked as strictly as a question is, so that a value
/// means the same to whoever reads it later.
pub(super) struct Members<'a>(HashMap<String, &'a RawValue>);

impl<'a> Members<'a> {
    pub(super) fn of(body: &'a [u8]) -> Result<Self, Problem> {
        check_object(body)?;
        serde_json::from_slice(body).map(Self).map_err(|_| RequestError::NotAnObject.into())
    }

    /// A member's JSON text; `null` counts as absent.
    pub(super) fn raw(&self, field: &'static str) -> Option<&'a RawValue> {
        self.0.get(field).copied().filter(|value| value.get() != "null")
    }

    /// The JSON text of a member that has to be there.
    pub(super) fn required_raw(&self, field: &'static str) -> Result<&'a RawValue, Problem> {
        self.raw(field).ok_or_else(|| RequestError::MissingField { field }.into())
    }

    /// A member of a type that is described for people.
    pub(super) fn read<T: Deserialize<'a>>(
        &self,
        field: &'static str,
        expected: &'static str,
    ) -> Result<Option<T>, Problem> {
        let read = |value: &'a RawValue| {
            serde_json::from_slice(value.get().as_bytes())
                .map_err(|_| RequestError::WrongType { field, expected }.into())
        };
        self.raw(field).map(read).transpose()
    }
}

fn declared_length(request: &Request) -> Option<usize> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Whether the body is declared as JSON: `application/json` or a `+json` type, with or without parameters.
fn is_json(request: &Request) -> bool {
    let declared = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    declared.is_some_and(|declared| {
        let media_type = declared.split(';').next().unwrap_or_default().trim();
        let subtype = media_type.split_once('/').filter(|(kind, _)| kind.eq_ignore_ascii_case("application"));
        subtype.is_some_and(|(_, subtype)| {
            let (_, suffix) = subtype.rsplit_once('+').unwrap_or_default();
            subtype.eq_ignore_ascii_case("json") || suffix.eq_ignore_ascii_case("json")
        })
    })
}

/// What can be wrong with every JSON body, for the document.
pub(super) fn problems() -> impl Iterator<Item = Problem> {
    let unreadable = [
        RequestError::NotUtf8,
        RequestError::NotJson { line: 1, column: 1 },
        RequestError::NotAnObject,
        RequestError::DuplicateMember { field: None },
        RequestError::TooDeep,
    ];
    let refused = [Problem::not_json_media_type(), Problem::body_too_large(Limits::DEFAULT_BODY_BYTES)];
    unreadable.map(Problem::from).into_iter().chain(refused)
}
