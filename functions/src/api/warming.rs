//! `POST /api/v1/cache/warm-cache`: computes what is not in the cache yet, for an operator.

use super::access::Admin;
use super::answer::private_json;
use super::audit::{Action, Outcome, Resource};
use super::body::{self, Members, read_json_body};
use super::drug::parse_name;
use super::openapi::{Header, Operation};
use super::{Problem, Services};
use crate::cache::Deadline;
use crate::warming::{self, Fate};
use axum::Extension;
use axum::extract::{Request, State};
use axum::response::Response;
use futures_util::StreamExt;
use futures_util::stream;
use medinsight_core::{AnalysisVariant, Category, HealthAnalysisRequest, RequestError};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;
use std::future::Future;
use std::time::Duration;

/// The most questions of one request, and the most drugs.
const MAX_ITEMS: usize = 32;

/// How many are computed at the same time.
const AT_ONCE: usize = 4;

/// What is left of the request's time for its answer.
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
    /// What became of each drug, in their order: of the facts about it and its overview the worse one.
    drugs: Vec<Fate>,
}

/// Computes the answers that are not fresh.
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
    let category = if questions.is_empty() { Category::DrugInfo } else { Category::HealthAnalysis };
    let audit = admin.audit(Action::WarmCache, Resource::Answers(category));
    let deadline = Deadline::after(deadline.remaining().saturating_sub(TIME_TO_ANSWER));
    let questions = questions
        .into_iter()
        .map(|question| HealthAnalysisRequest::from_json(question.get().as_bytes()).ok())
        .collect();
    let data = Warmed {
        questions: each(questions, |question| warm_question(&services, question, deadline)).await,
        drugs: each(drugs, |drug| warm_drug(&services, drug, deadline)).await,
    };
    audit.close(Outcome::Done);
    private_json(&WarmCacheResponse { success: true, message: "see what became of each item", data })
}

/// The fates in the order of the items.
async fn each<T, F: Future<Output = Fate>>(items: Vec<T>, warm: impl Fn(T) -> F) -> Vec<Fate> {
    stream::iter(items).map(warm).buffered(AT_ONCE).collect().await
}

async fn warm_question(services: &Services, question: Option<HealthAnalysisRequest>, deadline: Deadline) -> Fate {
    let Some(question) = question else { return Fate::Invalid };
    warming::by(deadline, services.analyses.warm(question, deadline)).await
}

async fn warm_drug(services: &Services, name: String, deadline: Deadline) -> Fate {
    let (Ok(drug), drugs) = (parse_name(&name), &services.drugs) else { return Fate::Invalid };
    let info = warming::by(deadline, drugs.warm_info(&drug, deadline)).await;
    let overview = warming::by(deadline, drugs.warm_analysis(&drug, AnalysisVariant::default(), deadline)).await;
    info.max(overview)
}

pub(super) fn describe() -> Operation {
    let list = |items| json!({ "type": ["array", "null"], "maxItems": MAX_ITEMS, "items": items });
    let questions =
        list(json!({ "description": "A body of `analyze_health`; what is none is reported as `invalid`." }));
    let drugs = list(json!({ "type": "string", "description": "Any name of a drug." }));
    let body = json!({ "type": "object", "properties": { "questions": questions, "drugs": drugs } });
    let example =
        json!({ "questions": [{ "concern": "Headache", "symptoms": "Throbbing pain" }], "drugs": ["Aspirin"] });
    Operation::new("sessions", "warm_cache", "Computes the answers that are not fresh")
        .body(body, example)
        .answer::<WarmCacheResponse>("What became of each item.", &[Header::CacheControl])
        .problems(body::problems())
        .problems([RequestError::WrongType { field: "drugs", expected: "a list of texts" }.into()])
        .problems([Problem::too_many("questions", MAX_ITEMS)])
}
