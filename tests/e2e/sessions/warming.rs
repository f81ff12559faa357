//! Operators have answers computed before somebody asks for them.

use super::call;
use http::Method;
use medinsight_functions::api::AdminToken;
use medinsight_functions::origin::OriginError;
use medinsight_tests::operator::{TOKEN, request, with_token};
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::{Answered, Mood, Service, get, post_to, question};
use serde_json::{Value, json};

const WARM: &str = "/api/v1/cache/warm-cache";

/// For how many seconds an analysis of a drug is fresh, and an answer to a health question.
const FRESH: (u64, u64) = (86_400, 3_600);

fn service() -> Service {
    Service::with(|config| config.access.token = AdminToken::new(TOKEN))
}

async fn warm(service: &Service, body: Value) -> Answered {
    service.send(with_token(request(Method::POST, WARM, Some(&body)))).await
}

async fn fates(service: &Service, body: Value) -> Value {
    warm(service, body).await.json()["data"].clone()
}

#[tokio::test]
async fn what_is_not_fresh_is_computed_and_what_became_of_each_item_is_told() {
    let service = service();
    service.ask(&question()).await;
    let mut other = question();
    other["concern"] = json!("Cough");
    let body = json!({
        "questions": [question(), other, {"concern": "x"}, "x"],
        "drugs": ["Aspirin", "zyxwv", "Tylenol", " ", "a\u{0}b"],
    });
    let told = fates(&service, body).await;
    assert_eq!(told["questions"], json!(["fresh", "computed", "invalid", "invalid"]));
    assert_eq!(told["drugs"], json!(["computed", "unknown_drug", "computed", "invalid", "invalid"]));
    assert_eq!((service.ask(&other).await.x_cache(), service.origin.analyses()), ("HIT", 2));
}

#[tokio::test]
async fn a_warm_drug_has_its_facts_and_its_overview_in_the_cache_and_is_not_asked_for_again() {
    let service = service();
    assert_eq!(fates(&service, json!({"drugs": ["Tylenol"]})).await["drugs"], json!(["computed"]));
    assert_eq!(service.send(get("/api/v1/drug/info/paracetamol")).await.x_cache(), "HIT");
    let analysed = service.send(post_to("/api/v1/drug/analyze", r#"{"drug_name": "acetaminophen"}"#)).await;
    assert_eq!((analysed.x_cache(), &analysed.json()["status"]), ("HIT", &json!("completed_from_cache")));
    assert_eq!(fates(&service, json!({"drugs": ["acetaminophen"]})).await["drugs"], json!(["fresh"]));
    assert_eq!((service.origin.drug_facts(), service.origin.drug_analyses()), (1, 1));
}

#[tokio::test]
async fn what_is_stale_is_computed_anew_and_has_failed_when_that_fails() {
    let service = service();
    let body = || json!({"questions": [question()], "drugs": ["aspirin"]});
    fates(&service, body()).await;
    service.advance_secs(FRESH.1 + 60);
    let told = fates(&service, body()).await;
    assert_eq!((&told["questions"], &told["drugs"]), (&json!(["computed"]), &json!(["fresh"])));
    service.advance_secs(FRESH.0 + 60);
    service.origin.set_mood(Mood::Fails(OriginError::Unavailable));
    let told = fates(&service, body()).await;
    assert_eq!((&told["questions"], &told["drugs"]), (&json!(["failed"]), &json!(["failed"])));
}

#[tokio::test]
async fn nothing_is_kept_for_a_session_and_nothing_counted_as_a_request() {
    let service = service();
    fates(&service, json!({"questions": [question()], "drugs": ["aspirin"]})).await;
    assert_eq!(service.counter("usage", "requests").await, 0);
    for category in ["user", "symptom", "ai_summary", "analysis_progress"] {
        let keys = with_token(get(&format!("/api/v1/redis/keys/{category}")));
        assert_eq!(service.send(keys).await.json()["keys"], json!([]), "{category}");
    }
}

#[tokio::test]
async fn what_the_store_does_not_take_or_there_is_no_time_for_is_told_apart() {
    let redis = RedisServer::start().await;
    let settings = |request_timeout| {
        let url = redis.url();
        Service::with_settings(&[
            ("REDIS_URL", &url),
            ("MEDINSIGHT_ADMIN_TOKEN", TOKEN),
            ("REQUEST_TIMEOUT_MS", request_timeout),
        ])
    };
    let hurried = settings("1000");
    assert_eq!(fates(&hurried, json!({"drugs": ["aspirin"]})).await["drugs"], json!(["skipped"]));
    let service = settings("20000");
    redis.kill();
    assert_eq!(fates(&service, json!({"drugs": ["aspirin"]})).await["drugs"], json!(["not_stored"]));
}

#[tokio::test]
async fn warming_is_bounded() {
    let service = service();
    for (field, item) in [("questions", question()), ("drugs", json!("aspirin"))] {
        let refused = warm(&service, json!({field: vec![item; 33]})).await;
        assert_eq!((refused.status.as_u16(), refused.json()["field"].as_str()), (422, Some(field)));
    }
    assert_eq!(call(&service, Method::GET, WARM, None).await.status.as_u16(), 405);
}
