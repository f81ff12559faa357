//! `/api/v1/redis/session/{session_id}`: everything that is stored for a session, and its erasure.

use super::access::Admin;
use super::answer::private_json;
use super::audit::{Action, Resource};
use super::ids::{self, id_of_path};
use super::openapi::{Header, Operation};
use super::{Problem, Services};
use crate::analysis::Summary;
use crate::cache::Deadline;
use crate::store::StoreError;
use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use bytes::Bytes;
use futures_util::future::try_join_all;
use medinsight_core::{CacheKey, EntryKind, KeyError};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// What is stored under the id of a session, by category and sub-key.
const PARTS: [(&str, Option<&str>); 6] = [
    ("user", Some("session")),
    ("user", Some("preferences")),
    ("symptom", Some("inputs")),
    ("ai_summary", None),
    ("session_state", None),
    ("analysis_progress", None),
];

/// The first members are those of the earlier service. What is not stored is null.
#[derive(JsonSchema, Serialize)]
struct SessionResponse<'a> {
    /// Milliseconds since 1970.
    timestamp: u64,
    session_id: &'a str,
    #[schemars(with = "Option<Value>")]
    session_data: Option<&'a RawValue>,
    #[schemars(with = "Option<Value>")]
    symptom_data: Option<&'a RawValue>,
    #[schemars(with = "Option<Value>")]
    ai_summary: Option<&'a RawValue>,
    #[schemars(with = "Option<Value>")]
    preferences: Option<&'a RawValue>,
    #[schemars(with = "Option<Value>")]
    session_state: Option<&'a RawValue>,
    #[schemars(with = "Option<Value>")]
    analysis_progress: Option<&'a RawValue>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(rename = "SessionErasedResponse")]
struct ErasedResponse<'a> {
    /// Milliseconds since 1970.
    timestamp: u64,
    session_id: &'a str,
    keys_deleted: usize,
    /// The keys of what was removed, as they were stored.
    removed: Vec<&'a str>,
    /// Whether the session's summary named an analysis, which was removed if it was still there.
    named_an_analysis: bool,
}

/// Shows what is stored for a session.
pub(super) async fn show_session(
    admin: Admin,
    State(services): State<Services>,
    Extension(deadline): Extension<Deadline>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let id = id_of_path(id, "session_id")?;
    let keys = keys_of(&id)?;
    let audit = admin.audit(Action::ReadSession, Resource::Session(&id));
    services.cache.flush().await;
    let payloads = try_join_all(keys.iter().map(|key| services.cache.kept(key, deadline))).await;
    let payloads = audit.close_with(payloads.map_err(Problem::from))?;
    let mut values = payloads.iter().map(as_json);
    let mut next = || values.next().flatten();
    let (session_data, preferences, symptom_data) = (next(), next(), next());
    private_json(&SessionResponse {
        timestamp: services.cache.clock().now().0,
        session_id: &id,
        session_data,
        symptom_data,
        ai_summary: next(),
        preferences,
        session_state: next(),
        analysis_progress: next(),
    })
}

/// Removes everything that is stored for a session, and the analysis that its summary names. Computations of it that are
/// under way can store nothing any more.
pub(super) async fn erase_session(
    admin: Admin,
    State(services): State<Services>,
    Extension(deadline): Extension<Deadline>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let id = id_of_path(id, "session_id")?;
    let keys = keys_of(&id)?;
    let audit = admin.audit(Action::EraseSession, Resource::Session(&id));
    let erased = erase(&services, keys, deadline).await.map_err(Problem::from);
    let Erased { removed, named_an_analysis } = audit.close_with(erased)?;
    private_json(&ErasedResponse {
        timestamp: services.cache.clock().now().0,
        session_id: &id,
        keys_deleted: removed.len(),
        removed: removed.iter().map(CacheKey::as_str).collect(),
        named_an_analysis,
    })
}

struct Erased {
    removed: Vec<CacheKey>,
    named_an_analysis: bool,
}

async fn erase(services: &Services, mut keys: Vec<CacheKey>, deadline: Deadline) -> Result<Erased, StoreError> {
    // What waits for a trip would come back after the erasure.
    services.cache.flush_all().await?;
    let analyses = analyses_of(services, &keys, deadline).await?;
    let named_an_analysis = !analyses.is_empty();
    keys.extend(analyses);
    let deleted = try_join_all(keys.iter().map(|key| services.cache.delete(key))).await?;
    let removed = keys.into_iter().zip(deleted).filter(|(_, was_there)| *was_there).map(|(key, _)| key).collect();
    Ok(Erased { removed, named_an_analysis })
}

/// The keys of the analysis that the session's summary names.
async fn analyses_of(services: &Services, keys: &[CacheKey], deadline: Deadline) -> Result<Vec<CacheKey>, StoreError> {
    let summary = keys.iter().find(|key| key.kind() == EntryKind::AiSummary);
    let Some(summary) = summary else { return Ok(Vec::new()) };
    let Some(payload) = services.cache.kept(summary, deadline).await? else { return Ok(Vec::new()) };
    let digest = Summary::digest_in(&payload).and_then(|digest| digest.parse().ok());
    Ok(digest.map(|digest| services.analyses.keys_of(&digest)).unwrap_or_default())
}

fn keys_of(id: &str) -> Result<Vec<CacheKey>, KeyError> {
    PARTS.into_iter().map(|(category, sub_key)| CacheKey::build(category, id, sub_key)).collect()
}

/// A payload as JSON; a value of the earlier service that is none is left out.
fn as_json(payload: &Option<Bytes>) -> Option<&RawValue> {
    serde_json::from_slice(payload.as_ref()?).ok()
}

pub(super) fn describe_show_session() -> Operation {
    describe("show_session", "Shows everything that is stored for a session")
        .answer::<SessionResponse<'static>>("What is stored; null is what is not.", &[Header::CacheControl])
}

pub(super) fn describe_erase_session() -> Operation {
    describe("erase_session", "Removes everything that is stored for a session, and the analysis that it names")
        .answer::<ErasedResponse<'static>>("What was removed.", &[Header::CacheControl])
}

fn describe(name: &'static str, summary: &'static str) -> Operation {
    Operation::new("redis", name, summary)
        .path_parameter("session_id", "The session.", ids::schema())
        .problems([Problem::invalid_id("session_id"), Problem::store_failed()])
}
