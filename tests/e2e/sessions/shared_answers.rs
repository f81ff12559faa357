//! Answers that everybody shares are written by operators only.

use http::Method;
use medinsight_functions::api::AdminToken;
use medinsight_tests::operator::{TOKEN, request, with_token};
use medinsight_tests::{Answered, Service, question};
use serde_json::{Value, json};

fn service() -> Service {
    Service::with(|config| config.access.token = AdminToken::new(TOKEN))
}

fn answer() -> Value {
    json!({
        "condition": "An invented condition", "explanation": "x", "natural_remedies": ["rest"], "severity": "moderate",
        "recommendation": "x", "when_to_see_doctor": ["x"], "disclaimer": "x",
    })
}

async fn store(service: &Service, digest: &str, body: &Value) -> Answered {
    let path = format!("/api/v1/cache/analysis-result/{digest}");
    service.send(with_token(request(Method::POST, &path, Some(body)))).await
}

#[tokio::test]
async fn an_operator_stores_an_answer_and_whoever_asks_gets_it() {
    let service = service();
    let digest = service.ask(&question()).await.header("x-cache-key-digest").to_owned();
    let stored = store(&service, &digest, &json!({"analysis_result": answer()})).await;
    assert_eq!((stored.status.as_u16(), stored.json()["data"]["request_digest"] == digest), (200, true));
    let asked = service.ask(&question()).await;
    assert_eq!((asked.x_cache(), asked.json()), ("HIT", answer()));
}

#[tokio::test]
async fn what_has_not_the_shape_of_an_answer_is_refused() {
    let service = service();
    let digest = "0".repeat(64);
    for body in [
        json!({}),
        json!({"analysis_result": null}),
        json!({"analysis_result": {"condition": "x"}}),
        json!({"analysis_result": "x"}),
    ] {
        let refused = store(&service, &digest, &body).await;
        assert_eq!((refused.status.as_u16(), refused.json()["field"].as_str()), (422, Some("analysis_result")));
    }
    let refused = store(&service, "not-a-digest", &json!({"analysis_result": answer()})).await;
    assert_eq!((refused.status.as_u16(), refused.json()["code"].as_str()), (400, Some("not_a_digest")));
    assert_eq!(service.find(&digest).await.status.as_u16(), 404);
}
