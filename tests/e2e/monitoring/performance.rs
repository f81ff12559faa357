//! `GET /api/v1/redis/performance`.

use super::{PERFORMANCE, assert_members, operate, operated, operated_on};
use medinsight_tests::fault_proxy::{FaultProxy, ReplyFault, replies};
use medinsight_tests::question;
use medinsight_tests::redis_cluster::RedisCluster;
use medinsight_tests::redis_server::{AclUser, RedisOptions, RedisServer};
use serde_json::{Value, json};

const MEMORY: [&str; 7] = [
    "used_memory",
    "used_memory_human",
    "used_memory_rss",
    "used_memory_peak",
    "used_memory_peak_human",
    "maxmemory",
    "mem_fragmentation_ratio",
];

const CONNECTIONS: [&str; 5] =
    ["connected_clients", "blocked_clients", "maxclients", "total_connections_received", "rejected_connections"];

const OPERATIONS: [&str; 8] = [
    "total_commands_processed",
    "instantaneous_ops_per_sec",
    "total_net_input_bytes",
    "total_net_output_bytes",
    "keyspace_hits",
    "keyspace_misses",
    "evicted_keys",
    "expired_keys",
];

const SERVER: [&str; 3] = ["redis_version", "uptime_in_seconds", "uptime_in_days"];

const SECTIONS: [(&str, &[&str]); 4] =
    [("memory", &MEMORY), ("connections", &CONNECTIONS), ("operations", &OPERATIONS), ("server", &SERVER)];

/// What the service needs for its work, without a right to ask the server about itself.
const RULES_WITHOUT_INFO: &str = "~medinsight:* -@all +get +set +incrby +unlink +ping +evalsha +eval +del";

#[track_caller]
fn assert_shape(body: &Value) {
    for (section, members) in SECTIONS {
        assert_members(&body[section], members);
    }
    assert!(body["keyspace"].as_object().is_some_and(|keyspace| keyspace.contains_key("keys")), "{body}");
}

/// Whether every member of the sections is null.
fn says_nothing(body: &Value) -> bool {
    SECTIONS.iter().all(|(section, members)| members.iter().all(|member| body[section][member].is_null()))
}

#[tokio::test]
async fn every_member_is_there_and_known_as_far_as_the_store_knows_it() {
    let service = operated();
    service.ask(&question()).await;
    let body = operate(&service, PERFORMANCE).await;
    assert_shape(&body);
    assert_eq!(body["timestamp"].as_str().map(|text| text.ends_with('Z')), Some(true));
    assert!(body["memory"]["used_memory"].as_u64() > Some(0), "{body}");
    assert!(body["keyspace"]["keys"].as_u64() > Some(0), "{body}");
    if service.cache.store().name() == "memory" {
        assert!(CONNECTIONS.iter().all(|member| body["connections"][member].is_null()), "{body}");
    } else {
        let unknown =
            |(section, members): (&str, &[&str])| members.iter().any(|member| body[section][member].is_null());
        assert!(!SECTIONS.into_iter().any(unknown), "{body}");
    }
}

#[tokio::test]
async fn without_the_right_to_ask_the_members_are_null_and_the_store_is_not_degraded() {
    let user = AclUser { name: "app".into(), password: "invented".into(), rules: RULES_WITHOUT_INFO.into() };
    let redis = RedisServer::with(RedisOptions::default().acl_user(&user)).await;
    let service = operated_on(&[("REDIS_URL", &redis.url_for(&user))]);
    service.ask(&question()).await;
    let body = operate(&service, PERFORMANCE).await;
    assert_shape(&body);
    assert!(says_nothing(&body) && body["keyspace"] == json!({"keys": null}), "{body}");
    let health = operate(&service, super::HEALTH).await;
    assert_eq!((&health["redis"]["status"], &health["redis"]["version"]), (&json!("connected"), &Value::Null));
}

#[tokio::test]
async fn what_a_managed_server_leaves_out_or_garbles_is_null() {
    let redis = RedisServer::start().await;
    let proxy = FaultProxy::start(redis.address()).await;
    let service = operated_on(&[("REDIS_URL", &proxy.url())]);
    service.ask(&question()).await;
    let info = "redis_version:7.4.3\r\nused_memory:2048\r\nused_memory_peak:lots\r\nmem_fragmentation_ratio:nan\r\n";
    proxy.add_fault(ReplyFault::replace(format!("${}\r\n{info}\r\n", info.len())).on("INFO").times(1));
    proxy.add_fault(ReplyFault::replace(replies::WRONG_KIND).on("DBSIZE").times(1));
    let body = operate(&service, PERFORMANCE).await;
    assert_shape(&body);
    assert_eq!(
        (&body["memory"]["used_memory"], &body["memory"]["used_memory_human"]),
        (&json!(2_048), &json!("2.00K"))
    );
    assert_eq!(body["server"]["redis_version"], "7.4.3");
    for member in ["used_memory_peak", "used_memory_peak_human", "used_memory_rss", "mem_fragmentation_ratio"] {
        assert!(body["memory"][member].is_null(), "{member}");
    }
    assert_eq!(body["keyspace"], json!({"keys": null}));
    for (name, reply) in replies::ERRORS.into_iter().chain([("a wrong kind", replies::WRONG_KIND)]) {
        proxy.add_fault(ReplyFault::replace(reply).on("INFO").times(1));
        let body = operate(&service, PERFORMANCE).await;
        assert!(says_nothing(&body) && body["keyspace"]["keys"].is_u64(), "{name}: {body}");
    }
}

#[tokio::test]
async fn a_store_that_is_down_says_nothing_and_the_answer_is_there() {
    let redis = RedisServer::start().await;
    let service = operated_on(&[("REDIS_URL", &redis.url())]);
    service.ask(&question()).await;
    redis.kill();
    let body = operate(&service, PERFORMANCE).await;
    assert_shape(&body);
    assert!(says_nothing(&body), "{body}");
}

#[tokio::test]
async fn only_info_and_dbsize_are_sent() {
    let redis = RedisServer::start().await;
    let proxy = FaultProxy::start(redis.address()).await;
    let service = operated_on(&[("REDIS_URL", &proxy.url())]);
    service.ask(&question()).await;
    let before = proxy.counts();
    operate(&service, PERFORMANCE).await;
    let after = proxy.counts();
    assert_eq!((after.command("INFO"), after.command("DBSIZE")), (1, 1));
    assert_eq!(after.all_commands() - before.all_commands(), 2);
}

#[tokio::test]
async fn two_databases_are_shown_together_and_each() {
    let (answers, sessions) = (RedisServer::start().await, RedisServer::start().await);
    let service = operated_on(&[("REDIS_URL", &answers.url()), ("REDIS_SESSION_URL", &sessions.url())]);
    service.ask_as("a-session", &question()).await;
    service.cache.flush().await;
    let body = operate(&service, PERFORMANCE).await;
    assert_shape(&body);
    assert_members(&body["databases"], &["answers", "sessions"]);
    let keys = ["answers", "sessions"].map(|name| {
        assert_shape(&body["databases"][name]);
        body["databases"][name]["keyspace"]["keys"].as_u64()
    });
    let [Some(of_answers), Some(of_sessions)] = keys else { panic!("{body}") };
    assert_eq!(body["keyspace"]["keys"].as_u64(), Some(of_answers + of_sessions));
}

#[tokio::test]
async fn the_primaries_of_a_cluster_are_added_up_and_shown_one_by_one() {
    let cluster = RedisCluster::start().await;
    let service = operated_on(&[("REDIS_URL", &cluster.urls().join(","))]);
    for number in 0..20 {
        service.ask(&json!({"concern": "Headache", "symptoms": format!("pain number {number}")})).await;
    }
    service.cache.flush().await;
    let body = operate(&service, PERFORMANCE).await;
    assert_shape(&body);
    let nodes = body["nodes"].as_array().expect("nodes");
    assert_eq!(nodes.len(), 3);
    for node in nodes {
        assert_shape(node);
        assert!(node["node"].is_string() && node["database"] == "answers", "{node}");
        assert!(node["keyspace"]["keys"].as_u64() > Some(0), "{node}");
    }
    for (section, member) in [("keyspace", "keys"), ("memory", "used_memory"), ("connections", "maxclients")] {
        let sum: Option<u64> = nodes.iter().map(|node| node[section][member].as_u64()).sum();
        assert_eq!(body[section][member].as_u64(), sum, "{member}");
    }
    let least = nodes.iter().map(|node| node["server"]["uptime_in_seconds"].as_u64()).min();
    assert_eq!(Some(body["server"]["uptime_in_seconds"].as_u64()), least);
}
