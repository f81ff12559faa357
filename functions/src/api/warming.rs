//! `POST /api/v1/cache/warm-cache`: computes what is not in the cache yet, for an operator.

use super::access::Admin;
use super::answer::private_json;
use super::audit::{Action, Resource};
use super::body::{self, Members, read_json_body};
use super::openapi::{Header, Operation};
use super::{Problem, Services};
use crate::cache::Deadline;
use axum::Extension;
use axum::extract::{Request, State};
use axum::response::Response;
use futures_util::StreamExt;
use futures_util::stream;
use medinsight_core::{Category, HealthAnalysisRequest, RequestError};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;
use std::time::Duration;

/// The most questions of one request, and the most drugs.
const MAX_ITEMS: usize = 32;

/// How many are computed at the same time.
const AT_ONCE: usize = 4;

/// With less time than this left nothing new is begun.
const TIME_TO_ANSWER: Duration = Duration::from_secs(1);

#[derive(JsonSchema, Serialize)]
struct WarmCacheResponse {
    success: bool,
    message: &'static str,
    data: Warmed,
}

#[derive(JsonSchema, Serialize)]
struct Warmed {
    /// What became of each question, in their order.
    questions: Vec<Fate>,
    /// What became of each drug, in their order.
    drugs: Vec<Fate>,
}

/// What became of one item.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "WarmingFate")]
enum Fate {
    /// The cache had it.
    Fresh,
    /// It was computed, and the cache has it now.
    Computed,
    /// It was computed, and the store did not take it.
    NotStored,
    /// It is no question.
    Invalid,
    /// The origin failed.
    Failed,
    /// There was no time left for it, or it cannot be warmed here.
    Skipped,
}

/// Computes the answers that are not fresh. Drugs are read and skipped: their answers are not computed here.
pub(super) async fn warm_cache(
    admin: Admin,
    State(services): State<Services>,
    Extension(deadline): Extension<Deadline>,
    request: Request,
) -> Result<Response, Problem> {
    let body = read_json_body(request, services.limits.body_bytes).await?;
    let members = Members::of(&body)?;
    let questions: Vec<&RawValue> = members.read("questions", "a list of health questions")?.unwrap_or_default();
    let drugs: Vec<String> = members.read("drugs", "a list of texts")?.unwrap_or_default();
    for (field, count) in [("questions", questions.len()), ("drugs", drugs.len())] {
        if count > MAX_ITEMS {
            return Err(Problem::too_many(field, MAX_ITEMS));
        }
    }
    let audit = admin.audit(Action::WarmCache, Resource::Answers(Category::HealthAnalysis));
    let questions: Vec<_> =
        questions.into_iter().map(|question| HealthAnalysisRequest::from_json(question.get().as_bytes())).collect();
    let warming = questions.into_iter().map(|question| warm(&services, question.ok(), deadline));
    let questions: Vec<Fate> = stream::iter(warming).buffered(AT_ONCE).collect().await;
    audit.close(super::audit::Outcome::Done);
    let data = Warmed { questions, drugs: vec![Fate::Skipped; drugs.len()] };
    let message = if drugs.is_empty() { "questions warmed" } else { "questions warmed; drugs are not warmed yet" };
    private_json(&WarmCacheResponse { success: true, message, data })
}

async fn warm(services: &Services, question: Option<HealthAnalysisRequest>, deadline: Deadline) -> Fate {
    let Some(question) = question else { return Fate::Invalid };
    if deadline.remaining() < TIME_TO_ANSWER {
        return Fate::Skipped;
    }
    match services.analyses.warm(question, deadline).await {
        Ok(answer) if answer.status.is_from_store() => Fate::Fresh,
        Ok(answer) if answer.is_stored => Fate::Computed,
        Ok(_) => Fate::NotStored,
        Err(_) => Fate::Failed,
    }
}

pub(super) fn describe() -> Operation {
    let list = |items| json!({ "type": ["array", "null"], "maxItems": MAX_ITEMS, "items": items });
    let questions =
        list(json!({ "description": "A body of `analyze_health`; what is none is reported as `invalid`." }));
    let drugs = list(json!({ "type": "string" }));
    let body = json!({ "type": "object", "properties": { "questions": questions, "drugs": drugs } });
    let example = json!({ "questions": [{ "concern": "Headache", "symptoms": "Throbbing pain" }] });
    Operation::new("sessions", "warm_cache", "Computes the answers that are not fresh")
        .body(body, example)
        .answer::<WarmCacheResponse>("What became of each item.", &[Header::CacheControl])
        .problems(body::problems())
        .problems([RequestError::WrongType { field: "drugs", expected: "a list of texts" }.into()])
        .problems([Problem::too_many("questions", MAX_ITEMS)])
}
