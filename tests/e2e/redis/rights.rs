//! The rights that the documents say a user of an ACL needs are enough, and none of them is too much.

use http::Method;
use medinsight_functions::store::rights::{self, OF_OPERATORS, OF_REQUESTS, SCOPE};
use medinsight_tests::operator::{TOKEN, request, through_gateway, with_token};
use medinsight_tests::redis_cluster::RedisCluster;
use medinsight_tests::redis_server::{AclUser, RedisOptions, RedisServer};
use medinsight_tests::resp::Value;
use medinsight_tests::{Service, get, post, post_to, question};
use serde_json::json;

const README: &str = include_str!("../../../README.md");
const DEPLOY: &str = include_str!("../../../docs/deploy.md");

const SESSION: &str = "9f86d081-884c-7d65-9a2f-eaa0c55ad015";

fn of_requests() -> String {
    rights::rules(OF_REQUESTS)
}

fn of_operators() -> String {
    rights::rules(OF_OPERATORS)
}

fn user(rules: &str) -> AclUser {
    AclUser { name: "app".into(), password: "invented".into(), rules: format!("{SCOPE} {rules}") }
}

fn service(url: &str) -> Service {
    // A limit and an address make requests spend.
    let limit = ("CLIENT_BUDGET_PER_MINUTE", "60");
    Service::with_settings(&[("REDIS_URL", url), ("MEDINSIGHT_ADMIN_TOKEN", TOKEN), limit])
}

/// Everything that clients can ask for. What comes of it is not looked at: a right that is missing makes no error.
async fn ask(service: &Service) {
    service.send(get("/api/v1/redis/health")).await;
    for _ in 0..2 {
        service.send(through_gateway(post(question().to_string()), "192.0.2.7", None)).await;
        service.send(get("/api/v1/drug/info/aspirin")).await;
        service.send(post_to("/api/v1/drug/analyze", r#"{"drug_name": "aspirin"}"#)).await;
        service.background_work_is_done().await;
    }
    service.send(get("/api/v1/drug/info/zyxwv")).await;
    let state = format!("/api/v1/cache/session/{SESSION}");
    service.send(post_to(&state, r#"{"session_data": 1}"#)).await;
    service.send(get(&state)).await;
    service.send(request(Method::DELETE, &state, None)).await;
    service.cache.flush_at_the_end().await;
}

/// Everything that operators can do, with something there to do it to.
async fn operate(service: &Service) {
    service.ask_as(SESSION, &question()).await;
    let clear = |pattern: &str| Some(json!({ "pattern": pattern }));
    for (method, path, body) in [
        (Method::GET, "/api/v1/redis/health", None),
        (Method::GET, "/api/v1/redis/stats", None),
        (Method::GET, "/api/v1/redis/history", None),
        (Method::GET, "/api/v1/redis/live", None),
        (Method::GET, "/api/v1/redis/performance", None),
        (Method::GET, "/api/v1/redis/advice", None),
        (Method::GET, "/api/v1/redis/keys/symptom", None),
        (Method::GET, &format!("/api/v1/redis/session/{SESSION}"), None),
        (Method::POST, "/api/v1/cache/warm-cache", Some(json!({"drugs": ["ibuprofen"]}))),
        (Method::DELETE, "/api/v1/redis/cache/drug_info/ibuprofen", None),
        (Method::POST, "/api/v1/redis/cache/clear-pattern", clear("symptom:9*")),
        (Method::POST, "/api/v1/redis/cache/clear-pattern", clear("health_analysis")),
        (Method::DELETE, &format!("/api/v1/redis/session/{SESSION}"), None),
        (Method::DELETE, "/api/v1/cache/clear-all", None),
    ] {
        service.send(with_token(request(method, path, body.as_ref()))).await;
    }
}

/// Whether the server has refused anything since the last time.
async fn was_refused(redis: &RedisServer) -> bool {
    let log = redis.command(&["ACL", "LOG"]).await;
    redis.command(&["ACL", "LOG", "RESET"]).await;
    log != Value::Array(Vec::new())
}

#[test]
fn the_documents_name_these_rights() {
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for document in [README, DEPLOY] {
        assert!(squeezed(document).contains(&format!("{SCOPE} {} {}", of_requests(), of_operators())));
    }
}

#[tokio::test]
async fn requests_need_the_rights_of_requests_and_each_of_them() {
    let user = user(&of_requests());
    let redis = RedisServer::with(RedisOptions::default().acl_user(&user)).await;
    let url = redis.url_for(&user);
    ask(&service(&url)).await;
    assert!(!was_refused(&redis).await);
    assert_eq!(service(&url).ask(&question()).await.x_cache(), "HIT");
    each_is_needed(&redis, &of_requests(), async || ask(&service(&url)).await).await;
}

#[tokio::test]
async fn operators_need_their_rights_as_well_and_each_of_them() {
    let user = user(&format!("{} {}", of_requests(), of_operators()));
    let redis = RedisServer::with(RedisOptions::default().acl_user(&user)).await;
    let url = redis.url_for(&user);
    operate(&service(&url)).await;
    assert!(!was_refused(&redis).await);
    each_is_needed(&redis, &of_operators(), async || operate(&service(&url)).await).await;
}

#[tokio::test]
async fn another_database_than_0_needs_select() {
    let user = user(&format!("{} {}", of_requests(), rights::rules([rights::OF_OTHER_DATABASES])));
    let redis = RedisServer::with(RedisOptions::default().acl_user(&user)).await;
    let url = format!("{}/1", redis.url_for(&user));
    ask(&service(&url)).await;
    assert!(!was_refused(&redis).await);
    take(&redis, "+select").await;
    ask(&service(&url)).await;
    assert!(was_refused(&redis).await);
}

#[tokio::test]
async fn a_cluster_needs_its_slots() {
    let cluster = RedisCluster::start().await;
    let user = user(&format!("{} {} {}", of_requests(), of_operators(), rights::rules([rights::OF_CLUSTERS])));
    for node in cluster.nodes() {
        let rules = format!("ACL SETUSER {} on >{} {}", user.name, user.password, user.rules);
        node.command(&rules.split(' ').collect::<Vec<_>>()).await;
    }
    let urls: Vec<_> = cluster.nodes().map(|node| node.url_for(&user)).collect();
    let service = service(&urls.join(","));
    ask(&service).await;
    operate(&service).await;
    for node in cluster.nodes() {
        assert!(!was_refused(node).await);
    }
    for node in cluster.nodes() {
        take(node, "+cluster|slots").await;
    }
    assert_eq!(self::service(&urls.join(",")).ask(&question()).await.x_cache(), "BYPASS");
}

/// Takes each of the rights away in turn, and has some work refused without it.
async fn each_is_needed(redis: &RedisServer, rights: &str, work: impl AsyncFn()) {
    for right in rights.split(' ') {
        take(redis, right).await;
        work().await;
        assert!(was_refused(redis).await, "{right} is not needed");
        give(redis, right).await;
    }
}

/// Takes a right, written as it is given, away from the user.
async fn take(redis: &RedisServer, right: &str) {
    redis.command(&["ACL", "SETUSER", "app", &right.replace('+', "-")]).await;
}

async fn give(redis: &RedisServer, right: &str) {
    redis.command(&["ACL", "SETUSER", "app", right]).await;
    // Scripts that the server knows are called by their digest only.
    redis.command(&["SCRIPT", "FLUSH"]).await;
    redis.command(&["FLUSHALL"]).await;
}
