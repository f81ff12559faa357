//! One audit record for each action of an operator, before its answer, and nobody named in it.

use super::{routes, service};
use medinsight_tests::log::CapturedLog;
use medinsight_tests::operator::{SCOPE, TOKEN, request, through_gateway, with_token};
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::{Service, question};
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;

const MEMBERS: [&str; 10] =
    ["timestamp", "level", "message", "actor", "action", "category", "resource", "outcome", "request", "request_id"];

#[tokio::test]
async fn every_action_leaves_exactly_one_record_and_it_precedes_the_answer() {
    let service = service();
    for (method, path, body) in routes() {
        let log = CapturedLog::start(LevelFilter::INFO);
        let answer = service.send(with_token(request(method.clone(), &path, body.as_ref()))).await;
        assert_eq!(answer.status.as_u16(), 200);
        let lines = log.lines();
        let position = |message: &str| lines.iter().position(|line| line["message"] == message);
        assert_eq!(log.audits().len(), 1, "{method} {path}");
        assert!(position("audit") < position("request answered"), "{method} {path}");
        let record = &log.audits()[0];
        assert_eq!((record["actor"].as_str(), record["outcome"].as_str()), (Some("token"), Some("done")));
        assert!(record.as_object().is_some_and(|record| record.keys().all(|name| MEMBERS.contains(&name.as_str()))));
        assert_eq!(record["request"].as_str().map(str::len), Some(16));
        for secret in ["a-session", TOKEN, "Headache", "warfarin"] {
            assert!(!log.text().contains(secret), "{method} {path} logs {secret}");
        }
    }
}

#[tokio::test]
async fn records_are_written_whatever_the_log_level_is_and_name_the_request_of_the_gateway() {
    let service = Service::with(|config| config.access.scope = Some(SCOPE.to_owned()));
    let log = CapturedLog::start(LevelFilter::OFF);
    let claims = json!({"sub": "maria.mustermann", "scope": SCOPE});
    let read = request(http::Method::GET, "/api/v1/redis/session/a-session", None);
    service.send(through_gateway(read, "192.0.2.1", Some(claims))).await;
    let records = log.lines();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0]["request"], "a-request-of-the-gateway");
    assert_eq!((records[0]["actor"].as_str(), records[0]["action"].as_str()), (Some("jwt"), Some("read_session")));
    assert_eq!(records[0]["subject"].as_str().map(str::len), Some(32));
    assert!(!log.text().contains("mustermann"));
}

#[tokio::test]
async fn the_same_session_has_the_same_name_in_every_record_and_another_one_another() {
    let service = service();
    let log = CapturedLog::start(LevelFilter::INFO);
    for path in ["a-session", "a-session", "another-session"] {
        service.send(with_token(request(http::Method::GET, &format!("/api/v1/redis/session/{path}"), None))).await;
    }
    let names: Vec<Value> = log.audits().iter().map(|record| record["resource"].clone()).collect();
    assert!(names[0] == names[1] && names[0] != names[2]);
}

#[tokio::test]
async fn who_is_refused_or_asks_for_what_there_cannot_be_has_done_nothing_to_record() {
    let service = service();
    let log = CapturedLog::start(LevelFilter::INFO);
    for (method, path, body) in routes() {
        service.send(request(method, &path, body.as_ref())).await;
    }
    service.send(with_token(request(http::Method::GET, "/api/v1/redis/keys/nonsense", None))).await;
    assert!(log.audits().is_empty());
}

#[tokio::test]
async fn an_action_that_fails_is_recorded_as_failed() {
    let redis = RedisServer::start().await;
    let service = Service::with_settings(&[("REDIS_URL", &redis.url()), ("MEDINSIGHT_ADMIN_TOKEN", TOKEN)]);
    service.ask(&question()).await;
    redis.kill();
    let log = CapturedLog::start(LevelFilter::ERROR);
    let mut expected = 0;
    for (method, path, body) in routes().into_iter().filter(|(_, path, _)| !path.ends_with("warm-cache")) {
        let answer = service.send(with_token(request(method.clone(), &path, body.as_ref()))).await;
        assert_eq!(answer.status.as_u16(), 503, "{method} {path}");
        assert_eq!(answer.header("retry-after"), "5");
        expected += 1;
    }
    assert_eq!(log.audits().len(), expected);
    assert!(log.audits().iter().all(|record| record["outcome"] == "failed"));
}

#[tokio::test]
async fn an_action_that_is_broken_off_is_recorded_as_such_before_the_answer() {
    let redis = RedisServer::start().await;
    let settings = [("REDIS_URL", &*redis.url()), ("MEDINSIGHT_ADMIN_TOKEN", TOKEN), ("REQUEST_TIMEOUT_MS", "200")];
    let service = Service::with_settings(&settings);
    service.ask(&question()).await;
    redis.freeze();
    let log = CapturedLog::start(LevelFilter::ERROR);
    let erase = request(http::Method::DELETE, "/api/v1/redis/session/a-session", None);
    assert_eq!(service.send(with_token(erase)).await.status.as_u16(), 504);
    let outcomes: Vec<Value> = log.audits().iter().map(|record| record["outcome"].clone()).collect();
    assert_eq!(outcomes, [json!("broken_off")]);
}
