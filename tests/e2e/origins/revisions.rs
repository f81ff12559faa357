//! Answers about drugs, whose keys do not say which revision computed them.

use super::{backend, info, service_with, source_of};
use medinsight_core::CacheKey;
use medinsight_functions::cache::{Computation, Deadline, Visit};
use medinsight_tests::origin_server::{OriginServer, Received, Reply};
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::waiting::until;
use medinsight_tests::{Answered, Service, get, post_to};
use serde_json::{Value, json};
use std::time::Duration;

const ANALYZE: &str = "/api/v1/drug/analyze";

/// What a backend answers about every drug. That it names a revision, too, means nothing here.
fn answer(received: &Received) -> Reply {
    if received.target == ANALYZE {
        let results = json!({
            "generic_name": "aspirin", "analysis_type": "overview", "drug_class": "", "summary": "An invented summary.",
            "not_known": [], "registries": [], "data_sources": [], "disclaimer": "", "revision": "invented",
        });
        Reply::json(200, &json!({ "analysis_id": "a-1", "status": "completed_from_cache", "results": results }))
    } else {
        Reply::json(
            200,
            &json!({ "data": {
                "generic_name": "aspirin", "brand_names": ["Inventol"], "synonyms": [], "active_ingredients": ["aspirin"],
                "drug_class": "", "description": "", "uses": [], "common_side_effects": [], "data_sources": [],
                "disclaimer": "", "revision": "invented",
            }}),
        )
    }
}

fn broken() -> Reply {
    Reply::json(500, &json!({}))
}

/// Processes that share a store and ask one backend.
struct Deployment {
    redis: RedisServer,
    backend: OriginServer,
}

impl Deployment {
    async fn new() -> Self {
        let backend = backend().await;
        backend.answer(answer);
        Self { redis: RedisServer::start().await, backend }
    }

    /// A process that asks the embedded origin only, as all did before there was a backend.
    fn earlier_process(&self) -> Service {
        Service::with_origins(&[("REDIS_URL", &self.redis.url()), ("CACHE_ENCRYPTION", "off")])
    }

    /// A process with these origins, of which the backend has this revision.
    fn process(&self, order: &str, revision: &str) -> Service {
        let url = self.redis.url();
        let settings = [("REDIS_URL", &*url), ("ORIGIN_REVISION", revision), ("CACHE_ENCRYPTION", "off")];
        service_with(order, &self.backend, &settings)
    }
}

/// How an answer with facts was served, by whom it is, and whether its revision begins like this.
#[track_caller]
fn assert_facts(answer: &Answered, x_cache: &str, source: &str, revision: &str) {
    let body = answer.json();
    assert_eq!((answer.x_cache(), source_of(answer).as_str()), (x_cache, source), "{body}");
    assert!(body["data"]["revision"].as_str().is_some_and(|text| text.starts_with(revision)), "{body}");
}

async fn analyze(service: &Service) -> Value {
    service.send(post_to(ANALYZE, json!({ "drug_name": "Aspirin" }).to_string())).await.json()
}

/// The results of an analysis that was begun.
async fn results(service: &Service, begun: &Value) -> Value {
    let path = format!("{ANALYZE}/{}/status", begun["analysis_id"].as_str().expect("an id"));
    let status = async || service.send(get(&path)).await.json();
    until("the analysis is there", Duration::from_secs(10), || async { status().await["status"] == "completed" }).await;
    status().await["results"].take()
}

#[tokio::test]
async fn facts_of_another_origin_or_an_earlier_revision_are_stale_at_once_and_replaced() {
    let deployment = Deployment::new().await;
    let earlier = deployment.earlier_process();
    info(&earlier, "aspirin").await;
    assert_facts(&info(&earlier, "aspirin").await, "HIT", "embedded", "embedded-");
    let mut last = ("embedded", "embedded-");
    for (revision, name) in [("1", "upstream-1+embedded-"), ("2", "upstream-2+embedded-")] {
        let process = deployment.process("upstream,embedded", revision);
        let stale = info(&process, "aspirin").await;
        assert_facts(&stale, "STALE", last.0, last.1);
        assert_eq!(stale.header("cache-control"), "public, max-age=0");
        assert!(stale.header("cache-status").starts_with("MedInsight; hit; ttl=0;"), "{:?}", stale.headers);
        process.background_work_is_done().await;
        assert_facts(&info(&process, "aspirin").await, "HIT", "upstream", name);
        last = ("upstream", name);
    }
    assert_eq!(deployment.backend.requests(), 2);
}

#[tokio::test]
async fn an_analysis_of_another_origin_is_made_anew() {
    let deployment = Deployment::new().await;
    let earlier = deployment.earlier_process();
    results(&earlier, &analyze(&earlier).await).await;
    assert_eq!(analyze(&earlier).await["status"], "completed_from_cache");
    let process = deployment.process("upstream,embedded", "1");
    let begun = analyze(&process).await;
    assert_eq!(begun["status"], "queued");
    let made = results(&process, &begun).await;
    assert_eq!(made["source"], "upstream");
    assert!(made["revision"].as_str().is_some_and(|text| text.starts_with("upstream-1+")), "{made}");
    let cached = analyze(&process).await;
    assert_eq!((&cached["status"], &cached["results"]), (&json!("completed_from_cache"), &made));
}

#[tokio::test]
async fn while_the_first_origin_is_down_a_substitutes_answer_is_fresh_for_its_short_life() {
    let deployment = Deployment::new().await;
    deployment.backend.answer_with(broken());
    let (one, other) = (deployment.process("upstream,embedded", "1"), deployment.process("upstream,embedded", "1"));
    assert_facts(&info(&one, "aspirin").await, "MISS", "embedded", "embedded-");
    let asked = deployment.backend.requests();
    one.advance_secs(50);
    for process in [&one, &other, &one] {
        assert_facts(&info(process, "aspirin").await, "HIT", "embedded", "embedded-");
        process.background_work_is_done().await;
    }
    assert_eq!(deployment.backend.requests(), asked);
    one.advance_secs(10);
    deployment.backend.answer(answer);
    assert_facts(&info(&one, "aspirin").await, "STALE", "embedded", "embedded-");
}

#[tokio::test]
async fn what_an_origin_said_when_it_was_the_first_is_not_fresh_when_it_is_a_substitute() {
    let deployment = Deployment::new().await;
    info(&deployment.earlier_process(), "aspirin").await;
    deployment.backend.answer_with(broken());
    let process = deployment.process("upstream,embedded", "1");
    for _ in 0..2 {
        assert_facts(&info(&process, "aspirin").await, "STALE", "embedded", "embedded-");
        process.background_work_is_done().await;
    }
}

#[tokio::test]
async fn what_only_the_next_origin_knows_is_as_good_until_the_first_ones_revision_changes() {
    let deployment = Deployment::new().await;
    deployment.backend.answer_with(Reply::json(404, &json!({ "code": "unknown_drug" })));
    let process = deployment.process("upstream,embedded", "1");
    let facts = info(&process, "aspirin").await;
    assert_facts(&facts, "MISS", "embedded", "upstream-1+embedded-");
    process.advance_secs(86_400);
    assert_facts(&info(&process, "aspirin").await, "HIT", "embedded", "upstream-1+embedded-");
    let later = deployment.process("upstream,embedded", "2");
    assert_facts(&info(&later, "aspirin").await, "STALE", "embedded", "upstream-1+embedded-");
}

#[tokio::test]
async fn an_entry_without_a_revision_is_served_as_stale_and_replaced() {
    let deployment = Deployment::new().await;
    let process = deployment.process("upstream", "1");
    let stored = r#"{"generic_name":"aspirin","source":"upstream"}"#;
    deployment.redis.command(&["SET", "medinsight:drug_info:aspirin", stored, "EX", "60"]).await;
    let of_the_earlier_service = info(&process, "aspirin").await;
    assert_eq!(of_the_earlier_service.x_cache(), "STALE");
    assert_eq!(of_the_earlier_service.header("cache-control"), "public, max-age=0");
    process.background_work_is_done().await;
    assert_facts(&info(&process, "aspirin").await, "HIT", "upstream", "upstream-1+");

    let key = CacheKey::build("drug_info", "ibuprofen", None).expect("a key");
    let visit = Visit::to(key, Deadline::after(Duration::from_secs(10)));
    let of_an_earlier_version = || Computation::new(async move { Ok(stored.into()) }, None);
    process.cache.renew(visit, of_an_earlier_version).await.expect("an answer");
    assert_eq!(info(&process, "ibuprofen").await.x_cache(), "STALE");
    process.background_work_is_done().await;
    assert_facts(&info(&process, "ibuprofen").await, "HIT", "upstream", "upstream-1+");
}
