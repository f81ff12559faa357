//! The Hub's backend, which has the routes and the bodies of this service.

use super::answer::{HealthAnalysis, MedicationInteractions};
use super::drug_answer::{DrugAnalysis, DrugFacts};
use super::failure::{CallFailure, Repeatable};
use super::guard::{Attempt, Guard};
use super::http::HttpClient;
use super::{Answering, EmbeddedOrigin, Origin, OriginError, Source, checks};
use crate::cache::Deadline;
use crate::config::{ApiKey, BaseUrl, UpstreamConfig};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request};
use http_body_util::Full;
use medinsight_core::{
    AnalysisVariant, AnalyzerRevision, DrugName, HealthAnalysisRequest, InvalidAnalyzerRevision, MedicationSet,
    percent_encode,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;
use tokio::time::sleep;

/// How often the state of an analysis is asked for that goes on in the background.
const ASKED_EVERY: Duration = Duration::from_secs(1);

/// The Hub's backend.
#[derive(Debug)]
pub(super) struct UpstreamOrigin {
    revision: AnalyzerRevision,
    url: BaseUrl,
    api_key: Option<ApiKey>,
    http: HttpClient,
    guard: Guard,
    embedded: EmbeddedOrigin,
}

/// A health question as the backend reads it: in its normal form, and nothing of who asks it.
#[derive(Serialize)]
struct Question<'a> {
    concern: &'a str,
    symptoms: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    patient_age: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patient_gender: Option<&'a str>,
    medical_history: &'a [String],
    current_medications: &'a [String],
}

/// The part that matters of the answer to `GET /api/v1/drug/info/{drug_name}`.
#[derive(Deserialize)]
struct DrugInfo {
    data: DrugFacts,
}

/// The part that matters of how far an analysis of a drug has got.
#[derive(Deserialize)]
struct Progress {
    analysis_id: String,
    status: String,
    #[serde(default)]
    results: Option<DrugAnalysis>,
}

/// The stable name of a problem.
#[derive(Deserialize)]
struct Problem {
    code: String,
}

impl UpstreamOrigin {
    /// The backend at an address. What our own rules add to its answers is part of the revision.
    pub(super) fn new(
        config: &UpstreamConfig,
        http: HttpClient,
        guard: Guard,
        embedded: EmbeddedOrigin,
    ) -> Result<Self, InvalidAnalyzerRevision> {
        let revision = AnalyzerRevision::new(format!("upstream-{}+{}", config.revision, embedded.revision()))?;
        let (url, api_key) = (config.url.clone(), config.api_key.clone());
        Ok(Self { revision, url, api_key, http, guard, embedded })
    }

    async fn ask(
        &self,
        question: &HealthAnalysisRequest,
        interactions: &MedicationInteractions,
        until: Deadline,
    ) -> Result<HealthAnalysis, CallFailure> {
        let body = &to_json(&Question::of(question))?;
        let path = "/api/v1/analyze-health";
        let call = |until| -> Attempt<'_, _> {
            Box::pin(async move {
                let answer: HealthAnalysis = self.exchange(Method::POST, path, body, until).await?;
                checks::analysis(answer, question, interactions, Source::Upstream)
            })
        };
        self.guard.call(until, Repeatable::Unbegun, call).await
    }

    async fn look_up(&self, drug: &DrugName, until: Deadline) -> Result<DrugFacts, CallFailure> {
        let path = &format!("/api/v1/drug/info/{}", escaped(drug.as_str()));
        let call = |until| -> Attempt<'_, _> {
            Box::pin(async move {
                let info: DrugInfo = self.exchange(Method::GET, path, &Bytes::new(), until).await?;
                checks::facts(info.data, Source::Upstream)
            })
        };
        self.guard.call(until, Repeatable::Always, call).await
    }

    /// Begins an analysis, or finds a finished one, and waits until it is over.
    async fn analyse(
        &self,
        drug: &DrugName,
        variant: &AnalysisVariant,
        until: Deadline,
    ) -> Result<DrugAnalysis, CallFailure> {
        let body = &to_json(&json!({
            "drug_name": drug.as_str().replace('_', " "),
            "analysis_type": variant.analysis_type.as_str(),
            "include_competitors": variant.include_competitors,
            "include_market_data": variant.include_market_data,
            "include_clinical_data": variant.include_clinical_data,
        }))?;
        let begin = |until| -> Attempt<'_, Progress> {
            Box::pin(self.exchange(Method::POST, "/api/v1/drug/analyze", body, until))
        };
        let mut progress = self.guard.call(until, Repeatable::Unbegun, begin).await?;
        let (path, nothing) = (&progress.status_path()?, &Bytes::new());
        let ask = |until| -> Attempt<'_, Progress> { Box::pin(self.exchange(Method::GET, path, nothing, until)) };
        loop {
            match progress {
                Progress { results: Some(results), .. } => return checks::drug_analysis(results, Source::Upstream),
                Progress { status, .. } if status == "failed" => return Err(CallFailure::Refused),
                Progress { .. } if until.remaining() <= ASKED_EVERY => return Err(CallFailure::TimedOut),
                Progress { .. } => sleep(ASKED_EVERY).await,
            }
            progress = self.guard.call(until, Repeatable::Always, ask).await?;
        }
    }

    /// Sends one request and reads its answer.
    async fn exchange<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &Bytes,
        until: Deadline,
    ) -> Result<T, CallFailure> {
        let mut request = Request::builder().method(method).uri(self.url.at(path));
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some(key) = self.api_key.as_ref().and_then(ApiKey::as_bearer) {
            request = request.header(AUTHORIZATION, key);
        }
        let request = request.body(Full::new(body.clone())).map_err(|_| CallFailure::Refused)?;
        self.http.send(request, until).await?.read(is_unknown_drug)
    }
}

impl Origin for UpstreamOrigin {
    fn revision(&self) -> &AnalyzerRevision {
        &self.revision
    }

    fn analyze<'a>(
        &'a self,
        question: &'a HealthAnalysisRequest,
        interactions: &'a MedicationInteractions,
        until: Deadline,
    ) -> Answering<'a, HealthAnalysis> {
        Box::pin(async move { self.ask(question, interactions, until).await.map_err(OriginError::from) })
    }

    fn interactions<'a>(&'a self, medications: &'a MedicationSet) -> Answering<'a, MedicationInteractions> {
        self.embedded.interactions(medications)
    }

    fn generic_name(&self, drug: &DrugName) -> DrugName {
        self.embedded.generic_name(drug)
    }

    fn drug_facts<'a>(&'a self, drug: &'a DrugName, until: Deadline) -> Answering<'a, DrugFacts> {
        Box::pin(async move { self.look_up(drug, until).await.map_err(OriginError::from) })
    }

    fn drug_analysis<'a>(
        &'a self,
        drug: &'a DrugName,
        variant: &'a AnalysisVariant,
        until: Deadline,
    ) -> Answering<'a, DrugAnalysis> {
        Box::pin(async move { self.analyse(drug, variant, until).await.map_err(OriginError::from) })
    }
}

impl<'a> Question<'a> {
    fn of(request: &'a HealthAnalysisRequest) -> Self {
        Self {
            concern: request.concern(),
            symptoms: request.symptoms(),
            patient_age: request.patient_age(),
            patient_gender: request.patient_gender(),
            medical_history: request.medical_history(),
            current_medications: request.current_medications(),
        }
    }
}

impl Progress {
    /// The id comes from somebody else, and becomes part of an address.
    fn status_path(&self) -> Result<String, CallFailure> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let id = &self.analysis_id;
        if (1..=128).contains(&id.len()) && id.bytes().all(is_allowed) {
            Ok(format!("/api/v1/drug/analyze/{id}/status"))
        } else {
            Err(CallFailure::Malformed)
        }
    }
}

fn is_unknown_drug(problem: &Bytes) -> bool {
    serde_json::from_slice::<Problem>(problem).is_ok_and(|problem| problem.code == "unknown_drug")
}

fn to_json(body: &impl Serialize) -> Result<Bytes, CallFailure> {
    serde_json::to_vec(body).map(Bytes::from).map_err(|_| CallFailure::Refused)
}

/// The name as a segment of a path.
fn escaped(name: &str) -> String {
    percent_encode(&name.replace('_', " "))
}
