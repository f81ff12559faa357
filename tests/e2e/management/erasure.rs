//! Showing and erasing one session.

use super::{on_redis, operate, service};
use http::Method;
use medinsight_core::{CacheKey, EntryKind};
use medinsight_functions::cache::{Deadline, Kept};
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::waiting::until;
use medinsight_tests::{Service, question};
use serde_json::{Value, json};
use std::time::Duration;

const SESSION: &str = "9f86d081-884c-7d65-9a2f-eaa0c55ad015";
const CANARY: &str = "zyxcanary";

fn path() -> String {
    format!("/api/v1/redis/session/{SESSION}")
}

fn canary_question() -> Value {
    let mut question = question();
    question["symptoms"] = json!(format!("Throbbing pain {CANARY} on one side"));
    question
}

async fn keep(service: &Service, kind: EntryKind, sub_key: Option<&str>, value: &Value) {
    let key = CacheKey::build(kind.category().as_str(), SESSION, sub_key).expect("a key");
    let kept = Kept { payload: value.to_string().into(), life_secs: 60 };
    service.cache.keep(&key, &kept, Deadline::after(Duration::from_secs(5))).await.expect("a reachable store");
}

/// A session with everything that there can be.
async fn fill(service: &Service) -> String {
    let digest = service.ask_as(SESSION, &canary_question()).await.header("x-cache-key-digest").to_owned();
    let value = json!({"note": CANARY});
    keep(service, EntryKind::UserSession, Some("session"), &value).await;
    keep(service, EntryKind::UserPreferences, Some("preferences"), &value).await;
    keep(service, EntryKind::SessionState, None, &value).await;
    keep(service, EntryKind::AnalysisProgress, None, &value).await;
    digest
}

#[tokio::test]
async fn a_session_is_shown_with_everything_that_is_stored_for_it() {
    let service = service();
    let digest = fill(&service).await;
    let shown = operate(&service, Method::GET, &path(), None).await.json();
    assert_eq!(shown["session_id"], SESSION);
    assert_eq!(shown["session_data"], json!({"note": CANARY}));
    assert_eq!(shown["ai_summary"]["request_digest"], digest);
    assert!(shown["symptom_data"]["symptoms"].as_str().is_some_and(|symptoms| symptoms.contains(CANARY)));
    for member in ["preferences", "session_state", "analysis_progress"] {
        assert_eq!(shown[member], json!({"note": CANARY}), "{member}");
    }
}

#[tokio::test]
async fn a_session_that_there_is_not_is_shown_as_nothing() {
    let shown = operate(&service(), Method::GET, &path(), None).await.json();
    for member in ["session_data", "symptom_data", "ai_summary"] {
        assert_eq!(shown.get(member), Some(&Value::Null), "{member}");
    }
}

#[tokio::test]
async fn erasing_a_session_removes_everything_of_it_and_the_analysis_that_its_summary_names() {
    let service = service();
    let digest = fill(&service).await;
    let erased = operate(&service, Method::DELETE, &path(), None).await.json();
    assert_eq!((erased["keys_deleted"].as_u64(), erased["named_an_analysis"].as_bool()), (Some(7), Some(true)));
    assert!(
        erased["removed"]
            .as_array()
            .is_some_and(|keys| keys.contains(&json!(format!("medinsight:health_analysis:{digest}"))))
    );
    assert_eq!(service.find(&digest).await.status.as_u16(), 404);
    let again = operate(&service, Method::DELETE, &path(), None).await.json();
    assert_eq!((again["keys_deleted"].as_u64(), again["named_an_analysis"].as_bool()), (Some(0), Some(false)));
}

#[tokio::test]
async fn after_an_erasure_no_key_and_no_value_has_anything_of_the_session() {
    for secret in [None, Some(("CACHE_KEY_SECRET", "an invented secret of enough length"))] {
        let redis = RedisServer::start().await;
        let settings: Vec<_> = [("CACHE_ENCRYPTION", "off")].into_iter().chain(secret).collect();
        let service = on_redis(&redis, &settings);
        let digest = fill(&service).await;
        service.cache.flush().await;
        let holds = |dump: &std::collections::BTreeMap<String, String>| {
            let holds = |text: &str| [SESSION, CANARY, digest.as_str()].iter().any(|trace| text.contains(trace));
            dump.iter().filter(|(key, value)| holds(key) || holds(value)).count()
        };
        assert!(holds(&redis.dump().await) >= 6);
        let analyses = || async {
            redis.dump().await.keys().filter(|key| key.contains("health_analysis:") && !key.contains("usage")).count()
        };
        assert_eq!(analyses().await, 1);
        operate(&service, Method::DELETE, &path(), None).await;
        service.cache.flush().await;
        assert_eq!((holds(&redis.dump().await), analyses().await), (0, 0));
    }
}

#[tokio::test]
async fn erasing_a_session_leaves_the_others() {
    let service = service();
    fill(&service).await;
    service.ask_as("another-session", &question()).await;
    operate(&service, Method::DELETE, &path(), None).await;
    assert!(service.stored("symptom", "another-session", Some("inputs")).await.is_some());
    assert_eq!(service.ask(&question()).await.x_cache(), "HIT");
}

#[tokio::test]
async fn a_computation_that_is_under_way_when_its_session_is_erased_stores_nothing() {
    let redis = RedisServer::start().await;
    let (one, other) = (on_redis(&redis, &[]), on_redis(&redis, &[]));
    let digest = other.ask_as(SESSION, &canary_question()).await.header("x-cache-key-digest").to_owned();
    other.cache.flush().await;
    other
        .cache
        .delete(&CacheKey::build("health_analysis", &digest, None).expect("a key"))
        .await
        .expect("a reachable store");
    one.origin.close_gate();
    let question = canary_question();
    let ask = one.ask(&question);
    let erase = async {
        until("the computation is under way", Duration::from_secs(10), || async { one.origin.analyses() == 1 }).await;
        let erased = operate(&other, Method::DELETE, &path(), None).await;
        assert_eq!(erased.json()["named_an_analysis"], true);
        one.origin.open_gate();
    };
    let (answer, ()) = tokio::join!(ask, erase);
    assert_eq!(answer.status.as_u16(), 200);
    assert_eq!(one.find(&digest).await.status.as_u16(), 404);
}
