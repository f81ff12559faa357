//! Whatever an operator, or somebody in an operator's place, sends as a pattern: no key outside of its category is
//! touched, and what is no pattern never reaches Redis.

use super::{on_redis, operate};
use http::Method;
use medinsight_core::Pattern;
use medinsight_tests::Service;
use medinsight_tests::fault_proxy::FaultProxy;
use medinsight_tests::operator::TOKEN;
use medinsight_tests::redis_server::RedisServer;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::json;

const PATTERNS: usize = 10_000;

const CLEAR: &str = "/api/v1/redis/cache/clear-pattern";

fn hostile() -> impl Strategy<Value = String> {
    let category = prop::sample::select(vec![
        "user",
        "symptom",
        "ai_summary",
        "health_analysis",
        "drug_info",
        "drug_analysis",
        "session_state",
        "usage",
        "errors",
        "gen",
        "lease",
        "budget",
        "medinsight",
        "medinsight:user",
        "*",
        "",
        "us*",
        "user%3A",
        "USER",
    ]);
    let piece = prop::sample::select(vec![
        "*",
        "?",
        "[a-z]",
        "[^x]",
        "\\",
        "\\*",
        "%2A",
        "%2a",
        "%5B",
        "%5C",
        "%3F",
        "%252A",
        "%",
        ":",
        "::",
        "a",
        "aspirin",
        "session",
        "1",
        ".",
        "..",
        "/",
        "\0",
        "\r\n",
        "é",
        " ",
        "{",
        "}",
        "~",
        "medinsight:",
        "FLUSHALL",
        "%3A",
    ]);
    (
        category,
        prop::option::of(":"),
        prop::collection::vec(piece, 0..6),
        prop::option::weighted(0.02, 100..2_000_usize),
    )
        .prop_map(|(category, colon, pieces, length)| {
            let rest = pieces.concat() + &"x".repeat(length.unwrap_or_default());
            format!("{category}{}{rest}", colon.unwrap_or_default())
        })
}

/// The same patterns in every run.
fn patterns() -> Vec<String> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = hostile();
    (0..PATTERNS).map(|_| strategy.new_tree(&mut runner).expect("a pattern").current()).collect()
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

async fn fill(redis: &RedisServer) {
    for key in [
        "medinsight:user:a:session",
        "medinsight:user:aspirin:preferences",
        "medinsight:symptom:a:inputs",
        "medinsight:ai_summary:a",
        "medinsight:session_state:session",
        "medinsight:drug_info:aspirin",
        "medinsight:drug_info:a",
        "medinsight:drug_analysis:aspirin",
        "medinsight:usage:health_analysis:requests",
        "medinsight:errors:store:x",
        "medinsight:gen:drug_analysis",
        "medinsight:lease:{medinsight:drug_analysis:a}",
        "medinsight:budget:{a}",
        "medinsight:userx:a:session",
        "another:user:a",
        "user:a:session",
        "*",
    ] {
        redis.command(&["SET", key, "x", "NX"]).await;
    }
}

/// Whether a key may be touched by a clear of a category: its entries, their leases, and its generation.
fn belongs_to(key: &str, category: &str) -> bool {
    let prefixes = [format!("medinsight:{category}:"), format!("medinsight:lease:{{medinsight:{category}:")];
    prefixes.iter().any(|prefix| key.starts_with(prefix)) || key == format!("medinsight:gen:{category}")
}

#[tokio::test]
async fn ten_thousand_hostile_patterns_touch_nothing_outside_of_their_category() {
    let redis = RedisServer::start().await;
    let proxy = FaultProxy::start(redis.address()).await;
    let service = Service::with_settings(&[("REDIS_URL", &proxy.url()), ("MEDINSIGHT_ADMIN_TOKEN", TOKEN)]);
    let (mut accepted, mut refused) = (0, 0);
    fill(&redis).await;
    let mut before = redis.dump().await;
    for pattern in patterns() {
        let sent = proxy.counts().all_commands();
        let list = format!("/api/v1/redis/keys/{}", encoded(&pattern));
        let listed = operate(&service, Method::GET, &list, None).await;
        let cleared = operate(&service, Method::POST, CLEAR, Some(&json!({"pattern": pattern}))).await;
        let Ok(parsed) = pattern.parse::<Pattern>() else {
            refused += 1;
            assert!(matches!(listed.status.as_u16(), 400 | 404), "{pattern:?}");
            assert_eq!(cleared.status.as_u16(), 400, "{pattern:?}");
            assert_eq!(proxy.counts().all_commands(), sent, "{pattern:?}");
            continue;
        };
        accepted += 1;
        assert_eq!((listed.status.as_u16(), cleared.status.as_u16()), (200, 200), "{pattern:?}");
        let category = parsed.category().as_str();
        for key in listed.json()["keys"].as_array().expect("a list") {
            assert!(key.as_str().is_some_and(|key| key.starts_with(&format!("medinsight:{category}:"))), "{pattern:?}");
        }
        let after = redis.dump().await;
        let others = |dump: &std::collections::BTreeMap<String, String>| {
            dump.iter()
                .filter(|(key, _)| !belongs_to(key, category))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect::<Vec<_>>()
        };
        assert_eq!(others(&before), others(&after), "{pattern:?}");
        fill(&redis).await;
        before = redis.dump().await;
    }
    assert!(accepted >= 100 && refused >= 5_000, "{accepted} and {refused}");
}

#[tokio::test]
async fn a_refused_pattern_names_its_rule_and_not_itself() {
    let redis = RedisServer::start().await;
    let service = on_redis(&redis, &[]);
    for (pattern, rule) in [
        ("user:zyxcanary?*", "pattern: a pattern is category, category:*, category:prefix* or an exact key"),
        ("user:zyxcanary%2A", "pattern: a pattern is category, category:*, category:prefix* or an exact key"),
        ("zyxcanary:*", "pattern: a pattern begins with a category"),
        ("usage:zyxcanary*", "pattern: counters are out of reach of patterns"),
        ("user:zyxcanary", "pattern: not an exact key: the category needs a sub-key"),
        (&format!("user:{}*", "zyxcanary".repeat(15)), "pattern: a pattern has at most 128 bytes"),
    ] {
        for answer in [
            operate(&service, Method::GET, &format!("/api/v1/redis/keys/{}", encoded(pattern)), None).await,
            operate(&service, Method::POST, CLEAR, Some(&json!({"pattern": pattern}))).await,
        ] {
            assert_eq!((answer.status.as_u16(), answer.json()["detail"].as_str()), (400, Some(rule)));
            assert_eq!(answer.json()["field"], "pattern");
            assert!(!answer.json().to_string().contains("zyxcanary"));
        }
    }
}

#[tokio::test]
async fn a_path_is_decoded_once_so_an_escape_that_is_encoded_twice_stays_an_escape() {
    let redis = RedisServer::start().await;
    let service = on_redis(&redis, &[]);
    fill(&redis).await;
    let status = |path: &'static str| {
        let service = &service;
        async move { operate(service, Method::GET, &format!("/api/v1/redis/keys/{path}"), None).await }
    };
    // `%2A` is `*` after the one decoding, which closes a prefix; `%252A` is the text `%2A`, which is refused.
    assert_eq!(status("drug_info:a%2A").await.json()["key_count"], 2);
    for path in ["drug_info:a%252A", "drug_info:%255Ba%255D", "drug_info:%25252A", "drug_info:%FF", "drug_info:%C3"] {
        assert_eq!(status(path).await.status.as_u16(), 400, "{path}");
    }
    // An escape of a key: `%20` is refused as the blank that it decodes to, `%2520` is the spelling of a key.
    assert_eq!(status("user:a%2520b*").await.status.as_u16(), 200);
    assert_eq!(status("user:a%20b*").await.status.as_u16(), 400);
}
