//! The routes run with canaries as what persons write: none of them, in no usual disguise, is where somebody else looks.

use super::{dump, on_redis, operate};
use base64ct::{Base64, Base64Url, Encoding};
use http::Method;
use medinsight_tests::log::CapturedLog;
use medinsight_tests::operator::request;
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::{Service, question};
use serde_json::json;
use sha2::Digest;
use tracing::level_filters::LevelFilter;

const SESSION: &str = "9f86d081-884c-7d65-9a2f-eaa0c55ad015";

/// What persons write; the last one only as a pattern.
const CANARIES: [&str; 4] = ["zyxcanaryconcern", "zyxcanarysymptom", "zyxcanarysession", "zyxcanaryprogress"];

/// A text in the disguises in which it may leak. Base64 shifts with its place, so a part of it is looked for.
fn disguises(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let base64 = |encode: fn(&[u8]) -> String| {
        (0..3).map(move |skip| encode(&bytes[skip..bytes.len() - (bytes.len() - skip) % 3]))
    };
    let digests = [
        hex::encode(md5::Md5::digest(bytes)),
        hex::encode(sha1::Sha1::digest(bytes)),
        hex::encode(sha2::Sha256::digest(bytes)),
        Base64::encode_string(&md5::Md5::digest(bytes)),
        Base64::encode_string(&sha2::Sha256::digest(bytes)),
    ];
    let mut disguises = vec![text.to_owned(), hex::encode(bytes)];
    disguises.extend(base64(Base64::encode_string).chain(base64(Base64Url::encode_string)));
    disguises.extend(digests);
    disguises.iter().map(|disguise| disguise.to_lowercase()).collect()
}

async fn run_the_routes(service: &Service) -> Vec<String> {
    let [concern, symptom, session, progress] = CANARIES;
    let mut asked = question();
    asked["concern"] = json!(concern);
    asked["symptoms"] = json!(symptom);
    let state = format!("/api/v1/cache/session/{SESSION}");
    let progressing = format!("/api/v1/cache/analysis-progress/{SESSION}");
    service.ask_as(SESSION, &asked).await;
    service.ask_as(SESSION, &asked).await;
    service.send(request(Method::POST, &state, Some(&json!({"session_data": session})))).await;
    service.send(request(Method::POST, &progressing, Some(&json!({"progress_data": [progress]})))).await;
    service.send(request(Method::GET, &state, None)).await;
    service.send(request(Method::GET, &progressing, None)).await;
    let shown = operate(service, Method::GET, &format!("/api/v1/redis/session/{SESSION}"), None).await;
    assert!(CANARIES[1..].iter().all(|canary| shown.json().to_string().contains(canary)));
    let mut told = Vec::new();
    for category in ["user", "symptom", "ai_summary", "health_analysis", "session_state", "analysis_progress"] {
        let path = format!("/api/v1/redis/keys/{category}");
        told.push(operate(service, Method::GET, &path, None).await.json().to_string());
    }
    // What is wrong is told without what was sent.
    for body in [json!({"session_data": session, "ttl": progress}), json!({session: symptom}), json!([concern])] {
        let answer = service.send(request(Method::POST, &state, Some(&body))).await;
        assert!(answer.status.is_client_error());
        told.push(answer.json().to_string());
    }
    let weak = service
        .send(request(Method::POST, &format!("/api/v1/cache/session/{symptom}"), Some(&json!({"session_data": 1}))))
        .await;
    told.push(weak.json().to_string());
    let warm = json!({"questions": [asked, {"concern": concern}], "drugs": [symptom]});
    told.push(operate(service, Method::POST, "/api/v1/cache/warm-cache", Some(&warm)).await.json().to_string());
    service.cache.flush().await;
    told
}

#[tokio::test]
async fn nothing_that_a_person_wrote_is_in_a_key_a_value_a_command_a_log_line_or_an_error() {
    let redis = RedisServer::start().await;
    redis.record_slowlog(std::time::Duration::ZERO, 10_000).await;
    let service = on_redis(&redis, &[]);
    let log = CapturedLog::start(LevelFilter::TRACE);
    let (told, commands) = redis.monitor(run_the_routes(&service)).await;
    let entries = dump(&redis).await;
    assert!(commands.len() > 20 && entries.len() > 5 && !log.text().is_empty());
    let slow = redis.slowlog().await;
    let erased = operate(&service, Method::DELETE, &format!("/api/v1/redis/session/{SESSION}"), None).await;
    assert_eq!(erased.status.as_u16(), 200);
    let texts = [
        ("a key or a value", format!("{entries:?}")),
        ("a command", commands.join("\n")),
        ("the slow log", format!("{slow:?}")),
        ("the log", log.text()),
        ("an answer", told.join("\n")),
    ];
    for (place, text) in texts {
        let text = text.to_lowercase();
        for canary in CANARIES {
            for disguise in disguises(canary) {
                assert!(!text.contains(&disguise), "{canary} is in {place} as {disguise}");
            }
        }
        let is_of_operators = matches!(place, "the log");
        assert!(!(is_of_operators && text.contains(SESSION)), "the session is in {place}");
    }
}
