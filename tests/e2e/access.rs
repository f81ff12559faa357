//! Who may do what.

mod audit;
mod budget;
mod cors;
mod operators;

use http::Method;
use medinsight_functions::api::AdminToken;
use medinsight_tests::operator::TOKEN;
use medinsight_tests::{Service, question};
use serde_json::{Value, json};

/// Every route of operators, with a body where it takes one.
fn routes() -> Vec<(Method, String, Option<Value>)> {
    let answer = json!({
        "condition": "x", "explanation": "x", "natural_remedies": [], "severity": "mild", "recommendation": "x",
        "when_to_see_doctor": [], "disclaimer": "x",
    });
    let result = format!("/api/v1/cache/analysis-result/{}", "0".repeat(64));
    vec![
        (Method::GET, "/api/v1/redis/keys/symptom".into(), None),
        (Method::GET, "/api/v1/redis/cache/ai_summary/a-session".into(), None),
        (Method::GET, "/api/v1/redis/cache/ai_summary/a-session?value=true".into(), None),
        (Method::DELETE, "/api/v1/redis/cache/ai_summary/a-session".into(), None),
        (Method::POST, "/api/v1/redis/cache/clear-pattern".into(), Some(json!({"pattern": "symptom:*"}))),
        (
            Method::POST,
            "/api/v1/redis/cache/clear-pattern".into(),
            Some(json!({"pattern": "symptom:a-session:inputs", "dry_run": true})),
        ),
        (Method::GET, "/api/v1/redis/session/a-session".into(), None),
        (Method::DELETE, "/api/v1/redis/session/a-session".into(), None),
        (Method::POST, "/api/v1/cache/warm-cache".into(), Some(json!({"questions": [question()]}))),
        (Method::POST, result, Some(json!({"analysis_result": answer}))),
        (Method::DELETE, "/api/v1/cache/clear-all".into(), None),
    ]
}

/// A service whose operators have the token.
fn service() -> Service {
    Service::with(|config| config.access.token = AdminToken::new(TOKEN))
}
