//! Requests as they should be, of every route: what persons write in them is nowhere but in their own answers.

use super::{SESSION, found, on_redis};
use axum::body::Body;
use http::{Method, Request};
use medinsight_tests::contract::{operation_of, operations};
use medinsight_tests::log::CapturedLog;
use medinsight_tests::operator::{request, with_token};
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::{ANALYZE, Answered, Service, get, post_to, question};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tracing::level_filters::LevelFilter;

const CONCERN: &str = "zyxcanaryconcern";
const SYMPTOM: &str = "zyxcanarysymptom";
const GENDER: &str = "zyxcanarygender";
const HISTORY: &str = "zyxcanaryhistory";
const MEDICINE: &str = "zyxcanarymedicine";
const STATE: &str = "zyxcanarystate";
const PROGRESS: &str = "zyxcanaryprogress";
const RESULT: &str = "zyxcanaryresult";
/// What somebody typed where the name of a drug belongs. It is none.
const DRUG: &str = "zyxcanarydrug";

const CANARIES: [&str; 9] = [CONCERN, SYMPTOM, GENDER, HISTORY, MEDICINE, STATE, PROGRESS, RESULT, DRUG];

/// What goes through the routes, and keeps which they were and what others than the asker were told.
struct Walker<'a> {
    service: &'a Service,
    used: BTreeSet<String>,
    told: String,
}

impl Walker<'_> {
    /// Asks as the person whose content it is. Only an error has to be without it.
    async fn ask(&mut self, request: Request<Body>) -> Answered {
        let answer = self.send(request).await;
        if !answer.status.is_success() {
            self.told += &String::from_utf8_lossy(&answer.body);
        }
        answer
    }

    /// Asks as somebody else.
    async fn overhear(&mut self, request: Request<Body>) -> Answered {
        let answer = self.send(request).await;
        self.told += &String::from_utf8_lossy(&answer.body);
        answer
    }

    async fn operate(&mut self, method: Method, path: &str, body: Option<Value>) -> Answered {
        self.overhear(with_token(request(method, path, body.as_ref()))).await
    }

    async fn send(&mut self, request: Request<Body>) -> Answered {
        let operation = operation_of(request.method(), request.uri().path()).expect("a route of the document");
        self.used.insert(operation);
        let answer = self.service.send(request).await;
        self.told += &format!("{:?}", answer.headers);
        answer
    }
}

fn asked() -> Value {
    let mut asked = question();
    asked["concern"] = json!(CONCERN);
    asked["symptoms"] = json!(SYMPTOM);
    asked["patient_gender"] = json!(GENDER);
    asked["medical_history"] = json!([HISTORY]);
    asked["current_medications"] = json!([MEDICINE, "Warfarin"]);
    asked
}

fn of_session(body: &Value) -> Request<Body> {
    let mut request = post_to(ANALYZE, body.to_string());
    request.headers_mut().insert("x-session-id", SESSION.parse().expect("a header value"));
    request
}

async fn ask_about_health(walker: &mut Walker<'_>) {
    let first = walker.ask(of_session(&asked())).await;
    assert_eq!(walker.ask(of_session(&asked())).await.x_cache(), "HIT");
    walker.ask(get(&format!("{ANALYZE}/{}", first.header("x-cache-key-digest")))).await;
}

async fn ask_about_drugs(walker: &mut Walker<'_>) {
    for body in [json!({"drug_name": DRUG}), json!({"drug_name": DRUG, "analysis_type": "pricing_analysis"})] {
        assert_eq!(walker.ask(post_to("/api/v1/drug/analyze", body.to_string())).await.status.as_u16(), 404);
    }
    assert_eq!(walker.ask(get(&format!("/api/v1/drug/info/{DRUG}"))).await.status.as_u16(), 404);
    walker.ask(get(&format!("/api/v1/drug/search?query={DRUG}"))).await;
    let compared = json!({"drug_names": ["aspirin", DRUG]});
    assert_eq!(walker.ask(post_to("/api/v1/drug/compare", compared.to_string())).await.status.as_u16(), 404);
    let known = walker.ask(post_to("/api/v1/drug/analyze", r#"{"drug_name": "aspirin"}"#)).await.json();
    let id = known["analysis_id"].as_str().expect("an id");
    walker.ask(get(&format!("/api/v1/drug/analyze/{id}/status"))).await;
    walker.ask(get(&format!("/api/v1/drug/analyze/{id}/stream"))).await;
}

async fn keep(walker: &mut Walker<'_>) {
    let state = format!("/api/v1/cache/session/{SESSION}");
    let progress = format!("/api/v1/cache/analysis-progress/{SESSION}");
    for (path, body) in [(&state, json!({"session_data": STATE})), (&progress, json!({"progress_data": [PROGRESS]}))] {
        assert_eq!(walker.ask(request(Method::POST, path, Some(&body))).await.status.as_u16(), 200);
        assert_eq!(walker.ask(get(path)).await.status.as_u16(), 200);
    }
}

async fn look_around(walker: &mut Walker<'_>) {
    for path in ["cache/health", "cache/stats", "cache/policy", "openapi.json", "redis/health"] {
        walker.overhear(get(&format!("/api/v1/{path}"))).await;
    }
    for path in ["health", "stats", "history", "live", "hottest", "performance", "advice"] {
        walker.operate(Method::GET, &format!("/api/v1/redis/{path}"), None).await;
    }
    for category in [
        "user",
        "symptom",
        "ai_summary",
        "health_analysis",
        "medication_interactions",
        "drug_info",
        "drug_analysis",
        "session_state",
        "analysis_progress",
    ] {
        walker.operate(Method::GET, &format!("/api/v1/redis/keys/{category}"), None).await;
    }
    let shown = with_token(get(&format!("/api/v1/redis/session/{SESSION}")));
    let shown = walker.ask(shown).await.json().to_string();
    for canary in [SYMPTOM, STATE, PROGRESS] {
        assert!(shown.contains(canary), "the operator who looks at a session sees it");
    }
}

async fn write_as_operator(walker: &mut Walker<'_>) {
    let warm = json!({"questions": [asked(), {"concern": CONCERN}], "drugs": [DRUG, "ibuprofen"]});
    walker.operate(Method::POST, "/api/v1/cache/warm-cache", Some(warm)).await;
    let result = json!({
        "condition": RESULT, "explanation": RESULT, "natural_remedies": [RESULT], "severity": "mild",
        "recommendation": RESULT, "when_to_see_doctor": [RESULT], "disclaimer": RESULT,
    });
    let path = format!("/api/v1/cache/analysis-result/{}", "0".repeat(64));
    let stored = walker.operate(Method::POST, &path, Some(json!({"analysis_result": result}))).await;
    assert_eq!(stored.status.as_u16(), 200);
}

async fn remove(walker: &mut Walker<'_>) {
    walker.operate(Method::GET, "/api/v1/redis/cache/drug_info/ibuprofen?value=true", None).await;
    walker.operate(Method::DELETE, "/api/v1/redis/cache/drug_info/ibuprofen", None).await;
    let pattern = json!({"pattern": "symptom:9*"});
    walker.operate(Method::POST, "/api/v1/redis/cache/clear-pattern", Some(pattern)).await;
    walker.ask(request(Method::DELETE, &format!("/api/v1/cache/session/{SESSION}"), None)).await;
    let erased = walker.operate(Method::DELETE, &format!("/api/v1/redis/session/{SESSION}"), None).await;
    assert_eq!(erased.status.as_u16(), 200);
    walker.operate(Method::DELETE, "/api/v1/cache/clear-all", None).await;
}

#[tokio::test]
async fn nothing_that_a_person_wrote_is_in_a_key_a_value_a_command_a_log_line_or_an_answer_to_others() {
    let redis = RedisServer::start().await;
    redis.record_slowlog(Duration::ZERO, 10_000).await;
    let service = on_redis(&redis);
    service.origin.be_certain_of_names();
    let log = CapturedLog::start(LevelFilter::TRACE);
    let mut walker = Walker { service: &service, used: BTreeSet::new(), told: String::new() };
    let walk = async {
        ask_about_health(&mut walker).await;
        ask_about_drugs(&mut walker).await;
        keep(&mut walker).await;
        look_around(&mut walker).await;
        write_as_operator(&mut walker).await;
        service.background_work_is_done().await;
        service.cache.flush().await;
        let entries = redis.dump().await;
        remove(&mut walker).await;
        entries
    };
    let (entries, commands) = redis.monitor(walk).await;
    assert!(commands.len() > 50 && entries.len() > 10 && !log.text().is_empty());
    let slow = redis.slowlog().await;
    for (place, text) in [
        ("a key or a value", format!("{entries:?}")),
        ("a command", commands.join("\n")),
        ("the slow log", format!("{slow:?}")),
        ("the log", log.text()),
        ("an answer to others", walker.told.clone()),
    ] {
        for canary in CANARIES {
            assert_eq!(found(canary, &text), None, "{canary} is in {place}");
        }
    }
    assert!(!log.text().contains(SESSION), "the session is in the log");
    let routes: BTreeSet<_> = operations().map(|(method, template, _)| format!("{method} {template}")).collect();
    assert_eq!(walker.used, routes, "every route has to be walked");
}

#[tokio::test]
async fn a_name_that_only_the_origin_can_rule_out_is_in_the_commands_that_look_for_it_and_leaves_no_trace() {
    let redis = RedisServer::start().await;
    let service = on_redis(&redis);
    let log = CapturedLog::start(LevelFilter::TRACE);
    let mut walker = Walker { service: &service, used: BTreeSet::new(), told: String::new() };
    let walk = async {
        walker.ask(get(&format!("/api/v1/drug/info/{DRUG}-a"))).await;
        let queued = walker.ask(post_to("/api/v1/drug/analyze", json!({"drug_name": DRUG}).to_string())).await;
        service.background_work_is_done().await;
        let id = queued.json()["analysis_id"].as_str().expect("an id").to_owned();
        walker.overhear(get(&format!("/api/v1/drug/analyze/{id}/status"))).await;
        walker.ask(get(&format!("/api/v1/drug/info/{DRUG}"))).await;
        walker.operate(Method::GET, "/api/v1/redis/stats", None).await;
        service.cache.flush().await;
    };
    let ((), commands) = redis.monitor(walk).await;
    for command in commands.iter().filter(|command| found(DRUG, command).is_some()) {
        let of_the_entry = ["medinsight:drug_info:", "medinsight:drug_analysis:"];
        assert!(of_the_entry.iter().any(|key| command.contains(&format!("{key}{DRUG}"))), "{command}");
    }
    for (place, text) in [
        ("a key or a value", format!("{:?}", redis.dump().await)),
        ("the log", log.text()),
        ("an answer to others", walker.told),
    ] {
        assert_eq!(found(DRUG, &text), None, "{place}");
    }
}
