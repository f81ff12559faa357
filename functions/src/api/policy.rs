//! `GET /api/v1/cache/policy`: what a client has to know to compute the same keys, and how long answers live.

use super::answer::json;
use super::conditional::{self, EntityTag};
use super::openapi::{Header, Operation};
use super::{Problem, Services};
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, HeaderValue};
use medinsight_core::{DataClass, EntryKind, Lifetime, Window};
use schemars::JsonSchema;
use serde::Serialize;

/// Clients learn of a new analyzer within five minutes; until then the server refuses their digests and answers their
/// questions all the same.
const FOR_FIVE_MINUTES: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// What keys are made of, and how long entries live.
#[derive(JsonSchema, Serialize)]
struct PolicyResponse<'a> {
    /// The version of the key specification.
    key_specification: u32,
    /// The revision of what computes answers, part of every digest of a question.
    analyzer: &'a str,
    /// Whether entries lie under keys that only the server can compute. Clients use the digest in any case.
    keys_are_private: bool,
    entries: Vec<EntryPolicy>,
}

/// How long entries of one kind live, in seconds.
#[derive(JsonSchema, Serialize)]
struct EntryPolicy {
    category: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_key: Option<&'static str>,
    data_class: &'static str,
    fresh_for: u32,
    /// For how long a stale entry is served while it is refreshed; null for ever.
    stale_while_revalidate: Option<u32>,
    /// For how long a stale entry is served when the origin fails; null for ever.
    stale_if_error: Option<u32>,
}

/// Publishes the policy.
pub(super) async fn cache_policy(State(services): State<Services>, headers: HeaderMap) -> Result<Response, Problem> {
    let policy = services.cache.policy();
    let entries = EntryKind::ALL.into_iter().filter_map(|kind| Some(EntryPolicy::of(kind, policy.lifetime(kind)?)));
    let body = PolicyResponse {
        key_specification: 1,
        analyzer: services.analyses.analyzer().as_str(),
        keys_are_private: services.analyses.has_private_keys(),
        entries: entries.collect(),
    };
    let body = serde_json::to_vec(&body).map_err(|_| Problem::internal())?;
    let tag = EntityTag::of(&body)?;
    Ok(conditional::unless_known(tag, &headers, json(body, FOR_FIVE_MINUTES)))
}

impl EntryPolicy {
    fn of(kind: EntryKind, life: Lifetime) -> Self {
        Self {
            category: kind.category().as_str(),
            sub_key: sub_key(kind),
            data_class: match kind.data_class() {
                DataClass::Personal => "personal",
                DataClass::Public => "public",
                DataClass::Counter => "counter",
            },
            fresh_for: life.fresh_for_secs,
            stale_while_revalidate: secs(life.stale_while_revalidate),
            stale_if_error: secs(life.stale_if_error),
        }
    }
}

/// The sub-key of the kinds that share a category.
const fn sub_key(kind: EntryKind) -> Option<&'static str> {
    match kind {
        EntryKind::UserSession => Some("session"),
        EntryKind::UserPreferences => Some("preferences"),
        EntryKind::SymptomInput => Some("inputs"),
        EntryKind::AiSummary
        | EntryKind::HealthAnalysis
        | EntryKind::MedicationInteractions
        | EntryKind::DrugAnalysis
        | EntryKind::DrugInfo
        | EntryKind::SessionState
        | EntryKind::AnalysisProgress
        | EntryKind::Usage
        | EntryKind::Errors => None,
    }
}

const fn secs(window: Window) -> Option<u32> {
    match window {
        Window::Secs(secs) => Some(secs),
        Window::Unbounded => None,
    }
}

pub(super) fn describe() -> Operation {
    Operation::new("sessions", "cache_policy", "Tells what keys are made of, and how long entries live")
        .answer::<PolicyResponse<'static>>("The policy.", &[Header::CacheControl, Header::ETag])
        .conditional(&[Header::CacheControl, Header::ETag])
}
