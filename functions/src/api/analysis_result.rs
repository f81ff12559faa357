//! `POST /api/v1/cache/analysis-result/{request_digest}`: stores an answer that was computed elsewhere. Answers are shared
//! by everybody who asks the same, so only operators may do that.

use super::access::Admin;
use super::answer::private_json;
use super::audit::{Action, Resource};
use super::body::{self, Members, read_json_body};
use super::ids::digest_of_path;
use super::openapi::{Header, Operation, schema};
use super::{Problem, Services};
use crate::cache::{Deadline, Kept};
use crate::origin::HealthAnalysis;
use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use medinsight_core::{EntryKind, RequestError};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

const FIELD: &str = "analysis_result";

#[derive(JsonSchema, Serialize)]
#[schemars(rename = "AnalysisStoredResponse")]
struct StoredResponse {
    success: bool,
    message: &'static str,
    data: Stored,
}

#[derive(JsonSchema, Serialize)]
#[schemars(rename = "AnalysisStored")]
struct Stored {
    request_digest: String,
}

/// Stores the answer to the question with a digest. The body is `{"analysis_result": ...}` with an answer exactly as
/// `POST /api/v1/analyze-health` gives it; members that such an answer does not have are left out.
pub(super) async fn store_analysis(
    admin: Admin,
    State(services): State<Services>,
    Extension(deadline): Extension<Deadline>,
    digest: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let digest = digest_of_path(digest)?;
    let body = read_json_body(request, services.limits.body_bytes).await?;
    let answer: Option<HealthAnalysis> = Members::of(&body)?.read(FIELD, "an answer of analyze-health")?;
    let answer = answer.ok_or(RequestError::MissingField { field: FIELD })?;
    let payload = serde_json::to_vec(&answer).map_err(|_| Problem::internal())?.into();
    let life_secs = services.cache.longest_life_secs(EntryKind::HealthAnalysis);
    let key = services.analyses.key_of(&digest);
    let audit = admin.audit(Action::StoreAnalysis, Resource::Entry(&key));
    let stored = services.cache.keep(&key, &Kept { payload, life_secs }, deadline).await;
    audit.close_with(stored.map_err(Problem::from))?;
    let data = Stored { request_digest: digest.to_hex() };
    private_json(&StoredResponse { success: true, message: "analysis stored", data })
}

pub(super) fn describe() -> Operation {
    let errors =
        [RequestError::MissingField { field: FIELD }, RequestError::WrongType { field: FIELD, expected: "an answer" }];
    let properties = json!({ FIELD: schema::of_answer("HealthAnalysis") });
    let body = json!({ "type": "object", "required": [FIELD], "properties": properties });
    Operation::new("sessions", "store_analysis", "Stores the answer to the question with a digest")
        .path_parameter("request_digest", "The digest of the question.", schema::digest())
        .body(body, json!({ FIELD: example() }))
        .answer::<StoredResponse>("It is stored.", &[Header::CacheControl])
        .link("find_analysis", "request_digest", "$request.path.request_digest")
        .problems(body::problems())
        .problems(errors.map(Problem::from))
        .problems([Problem::invalid_digest(), Problem::store_failed()])
}

fn example() -> Value {
    json!({
        "condition": "Tension headache",
        "explanation": "Muscles of the neck are tense.",
        "natural_remedies": ["Rest"],
        "severity": "mild",
        "recommendation": "Rest, and drink water. This is general information.",
        "when_to_see_doctor": ["It lasts for more than a week."],
        "disclaimer": "General information, not medical advice.",
    })
}
