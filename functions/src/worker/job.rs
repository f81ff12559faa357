//! A job of the worker: one answer that is to be there before somebody asks for it.

use crate::api::RequestId;
use crate::cache::Deadline;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use http::header::CONTENT_TYPE;
use medinsight_core::CacheKey;
use serde::Deserialize;
use serde_json::{Map, Value};
use tower::ServiceExt;

/// A job, as messages have it: `{"kind": "drug_analysis", "request": {"drug_name": "aspirin"}}`. A `request` is the body
/// of the route's own request and is checked by it.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Job {
    /// Analyse a drug.
    DrugAnalysis {
        /// The body of `POST /api/v1/drug/analyze`.
        request: Map<String, Value>,
    },
    /// Have the facts on a drug ready.
    DrugInfo {
        /// The drug's name.
        drug_name: String,
    },
    /// Answer a health question. The question then lies in the queue, which has to be encrypted.
    HealthAnalysis {
        /// The body of `POST /api/v1/analyze-health`.
        request: Map<String, Value>,
    },
}

impl Job {
    /// Reads a message; nothing for one that is no job.
    pub(super) fn parse(message: &str) -> Option<Self> {
        serde_json::from_str(message).ok()
    }

    /// Does the job; whether it was done.
    pub(super) async fn run(self, router: Router, invocation: &str, deadline: Deadline) -> bool {
        let Some(mut request) = self.into_request() else { return false };
        request.extensions_mut().insert(RequestId::of_platform(invocation));
        request.extensions_mut().insert(deadline);
        let Ok(response) = router.oneshot(request).await;
        response.status().is_success()
    }

    fn into_request(self) -> Option<Request> {
        let json = |path: &str, body: Map<_, _>| {
            let body = Value::Object(body).to_string();
            Request::post(path).header(CONTENT_TYPE, "application/json").body(Body::from(body)).ok()
        };
        match self {
            Self::DrugAnalysis { request } => json("/api/v1/drug/analyze", request),
            Self::HealthAnalysis { request } => json("/api/v1/analyze-health", request),
            Self::DrugInfo { drug_name } => {
                // The last part of the key is the name in its normal form, escaped as a path needs it.
                let key = CacheKey::build("drug_info", &drug_name, None).ok()?;
                let name = key.as_str().rsplit(':').next()?;
                Request::get(format!("/api/v1/drug/info/{name}")).body(Body::empty()).ok()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Job;

    #[test]
    fn a_job_is_a_request_to_the_route_that_computes_it() {
        for (message, path) in [
            (r#"{"kind": "drug_analysis", "request": {"drug_name": "aspirin"}}"#, "/api/v1/drug/analyze"),
            (r#"{"kind": "drug_info", "drug_name": "Vitamin  D/3"}"#, "/api/v1/drug/info/vitamin_d%2F3"),
            (r#"{"kind": "health_analysis", "request": {}}"#, "/api/v1/analyze-health"),
        ] {
            let request = Job::parse(message).and_then(Job::into_request).expect(message);
            assert_eq!(request.uri(), path);
        }
    }

    #[test]
    fn what_is_no_job_is_none() {
        for message in
            ["", "aspirin", "{}", r#"{"kind": "clear"}"#, r#"{"kind": "drug_info", "drug_name": "a", "x": 1}"#]
        {
            assert!(Job::parse(message).is_none(), "{message}");
        }
        assert!(Job::DrugInfo { drug_name: "  ".to_owned() }.into_request().is_none());
    }
}
