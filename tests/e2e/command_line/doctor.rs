//! `medinsight doctor`: every check is broken in turn, and the doctor says so and how to mend it.

use super::KEYS;
use medinsight_core::UnixMillis;
use medinsight_functions::clock::{Clock, ManualClock};
use medinsight_functions::doctor::{Check, Finding, Severity, examine};
use medinsight_functions::store::rights;
use medinsight_tests::command_line::medinsight;
use medinsight_tests::fault_proxy::{FaultProxy, ReplyFault, replies};
use medinsight_tests::ports::ReservedPort;
use medinsight_tests::redis_cluster::RedisCluster;
use medinsight_tests::redis_server::{AclUser, RedisOptions, RedisServer};
use medinsight_tests::redis_tls::TlsRedis;
use medinsight_tests::{Service, question};
use std::time::Duration;

const SECRET: (&str, &str) = ("CACHE_KEY_SECRET", "an invented secret of enough length");
const PASSWORD: &str = "an-invented-password";

fn user(rules: &str) -> AclUser {
    AclUser { name: "app".into(), password: PASSWORD.into(), rules: format!("{} {rules}", rights::SCOPE) }
}

fn every_right() -> String {
    rights::rules(rights::OF_REQUESTS.into_iter().chain(rights::OF_OPERATORS))
}

/// A server as it should be.
fn sound(user: &AclUser) -> RedisOptions {
    RedisOptions::default().acl_user(user).setting("maxmemory 64mb").setting("maxmemory-policy allkeys-lfu")
}

async fn examined_at(clock: &Clock, settings: &[(&str, &str)]) -> Vec<Finding> {
    let variables: Vec<_> = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    examine(&variables, clock).await
}

async fn examined(settings: &[(&str, &str)]) -> Vec<Finding> {
    examined_at(&Clock::System, settings).await
}

/// The finding that there is something to mend, which has to be the only one about this.
#[track_caller]
fn only(findings: &[Finding], check: Check) -> &Finding {
    let found: Vec<_> = findings.iter().filter(|finding| finding.check == check && finding.mend.is_some()).collect();
    assert_eq!(found.len(), 1, "{check:?} in {findings:#?}");
    let shown = format!("{findings:?}");
    for secret in [PASSWORD, "MDEyMzQ1", "an invented secret"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    found[0]
}

fn sick(findings: &[Finding]) -> Vec<Check> {
    findings.iter().filter(|finding| finding.severity != Severity::Good).map(|finding| finding.check).collect()
}

#[tokio::test]
async fn where_all_is_well_every_check_says_so() {
    let user = user(&every_right());
    let redis = RedisServer::with(sound(&user)).await;
    let url = redis.url_for(&user);
    let patient = ("REDIS_COMMAND_TIMEOUT_MS", "4000");
    let findings = examined(&[("REDIS_URL", &url), KEYS, SECRET, patient]).await;
    assert_eq!(sick(&findings), [], "{findings:#?}");
    for check in
        [Check::Configuration, Check::Connection, Check::Tls, Check::Rights, Check::Eviction, Check::Encryption]
    {
        assert!(findings.iter().any(|finding| finding.check == check), "{check:?}");
    }
    for check in [Check::PrivateKeys, Check::ClockSkew, Check::Latency] {
        assert!(findings.iter().any(|finding| finding.check == check), "{check:?}");
    }
    // It leaves nothing behind.
    assert!(redis.dump().await.keys().all(|key| !key.contains("doctor")));
}

#[tokio::test]
async fn without_a_shared_store_there_is_nothing_to_mend() {
    assert_eq!(sick(&examined(&[]).await), []);
}

#[tokio::test]
async fn a_bad_setting_is_named() {
    let findings = examined(&[("REDIS_URL", "nonsense://an-invented-password@x")]).await;
    assert!(only(&findings, Check::Configuration).text.starts_with("REDIS_URL: must be"));
    let findings = examined(&[("REDIS_URL", "redis://127.0.0.1"), KEYS, ("REDIS_CA_FILE", "/nowhere")]).await;
    assert!(only(&findings, Check::Tls).text.contains("REDIS_CA_FILE"));
}

#[tokio::test]
async fn what_is_in_the_way_of_a_connection_is_told_apart() {
    let nobody = ReservedPort::any();
    let free = format!("redis://{}", nobody.address());
    let findings = examined(&[("REDIS_URL", &free), KEYS]).await;
    assert!(only(&findings, Check::Connection).text.contains("nobody listens"), "{findings:#?}");
    let findings = examined(&[("REDIS_URL", "redis://nowhere.invalid"), KEYS]).await;
    assert!(only(&findings, Check::Connection).text.contains("host"), "{findings:#?}");
    let redis = RedisServer::with(RedisOptions::default().requirepass("invented-password")).await;
    let wrong = format!("redis://:another-password@{}", redis.address());
    for url in [wrong, format!("redis://{}", redis.address())] {
        let findings = examined(&[("REDIS_URL", &url), KEYS]).await;
        assert!(only(&findings, Check::Connection).mend.as_ref().is_some_and(|mend| mend.contains("REDIS_API_KEY")));
    }
    let no_such_database = format!("redis://:invented-password@{}/99", redis.address());
    let findings = examined(&[("REDIS_URL", &no_such_database), KEYS]).await;
    assert!(only(&findings, Check::Connection).text.contains("database"), "{findings:#?}");
}

#[tokio::test]
async fn a_server_that_is_no_cluster_is_said_to_be_none() {
    let redis = RedisServer::start().await;
    let url = format!("{}?cluster=true", redis.url());
    let findings = examined(&[("REDIS_URL", &url), KEYS]).await;
    let finding = only(&findings, Check::Connection);
    assert!(finding.text.contains("no cluster"), "{findings:#?}");
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_and_an_open_way_are_about_tls() {
    let tls = TlsRedis::start().await;
    let (url, good, foreign) = (tls.url(), tls.ca_file(), tls.foreign_ca_file());
    let with = |file: &std::path::Path| file.display().to_string();
    let findings = examined(&[("REDIS_URL", &url), ("REDIS_CA_FILE", &with(&good)), KEYS]).await;
    assert!(findings.iter().any(|finding| finding.check == Check::Tls && finding.severity == Severity::Good));
    let findings = examined(&[("REDIS_URL", &url), ("REDIS_CA_FILE", &with(&foreign)), KEYS]).await;
    assert!(findings.iter().any(|finding| finding.check == Check::Tls && finding.severity == Severity::Broken));
    assert!(only_broken(&findings).mend.as_ref().is_some_and(|mend| mend.contains("REDIS_CA_FILE")), "{findings:#?}");
    let open = url.replace("rediss://", "redis://");
    let findings = examined(&[("REDIS_URL", &open), KEYS]).await;
    assert!(only_broken(&findings).mend.as_ref().is_some_and(|mend| mend.contains("rediss://")), "{findings:#?}");
    let findings = examined(&[("REDIS_URL", "redis://cache.invalid"), KEYS]).await;
    assert!(only(&findings, Check::Tls).text.contains("not encrypted"));
}

#[track_caller]
fn only_broken(findings: &[Finding]) -> &Finding {
    let broken: Vec<_> = findings.iter().filter(|finding| finding.severity == Severity::Broken).collect();
    assert_eq!(broken.len(), 1, "{findings:#?}");
    broken[0]
}

#[tokio::test]
async fn each_right_that_is_missing_is_named_and_given_back_by_the_command_that_mends_it() {
    let user = user(&every_right());
    let redis = RedisServer::with(sound(&user)).await;
    let url = redis.url_for(&user);
    for right in rights::OF_REQUESTS.into_iter().chain(rights::OF_OPERATORS) {
        redis.command(&["ACL", "SETUSER", "app", &format!("-{right}")]).await;
        let findings = examined(&[("REDIS_URL", &url), KEYS, SECRET]).await;
        let finding = only(&findings, Check::Rights);
        assert_eq!(finding.text, format!("the user may not use: {right}"));
        let mend = finding.mend.clone().unwrap_or_default().replace("<user>", "app");
        redis.command(&mend.split(' ').collect::<Vec<_>>()).await;
    }
    assert_eq!(sick(&examined(&[("REDIS_URL", &url), KEYS, SECRET]).await), []);
    redis.command(&["ACL", "SETUSER", "app", "resetkeys", "~other:*"]).await;
    let findings = examined(&[("REDIS_URL", &url), KEYS, SECRET]).await;
    assert!(only(&findings, Check::Rights).text.contains("medinsight:"), "{findings:#?}");
    redis.command(&["ACL", "SETUSER", "app", "~medinsight:*", "-select"]).await;
    let findings = examined(&[("REDIS_URL", &format!("{url}/1")), KEYS, SECRET]).await;
    assert!(only(&findings, Check::Rights).text.contains("select"), "{findings:#?}");
}

#[tokio::test]
async fn a_cluster_is_examined_as_one_and_its_slots_are_a_right() {
    let cluster = RedisCluster::start().await;
    let user = user(&format!("{} {}", every_right(), rights::rules([rights::OF_CLUSTERS])));
    for node in cluster.nodes() {
        let rules = format!("ACL SETUSER {} on >{} {}", user.name, user.password, user.rules);
        node.command(&rules.split(' ').collect::<Vec<_>>()).await;
    }
    let urls: Vec<_> = cluster.nodes().map(|node| node.url_for(&user)).collect();
    let findings = examined(&[("REDIS_URL", &urls.join(",")), KEYS, SECRET]).await;
    assert!(
        findings.iter().any(|finding| finding.check == Check::Rights && finding.severity == Severity::Good),
        "{findings:#?}"
    );
    let findings = examined(&[("REDIS_URL", &urls[0]), KEYS, SECRET]).await;
    assert!(only(&findings, Check::Configuration).mend.as_ref().is_some_and(|mend| mend.contains("?cluster=true")));
    for node in cluster.nodes() {
        node.command(&["ACL", "SETUSER", "app", "-cluster|slots"]).await;
    }
    let findings = examined(&[("REDIS_URL", &urls.join(",")), KEYS, SECRET]).await;
    assert!(only(&findings, Check::Rights).text.contains("cluster|slots"), "{findings:#?}");
}

#[tokio::test]
async fn what_happens_when_memory_is_full_is_judged_by_what_the_database_is_for() {
    let redis = RedisServer::with(RedisOptions::default().setting("maxmemory-policy noeviction")).await;
    let (answers, sessions) = (format!("{}/0", redis.url()), format!("{}/1", redis.url()));
    let settings = [("REDIS_URL", answers.as_str()), ("REDIS_SESSION_URL", sessions.as_str()), KEYS, SECRET];
    let unbounded = examined(&settings).await;
    assert_eq!(unbounded.iter().filter(|finding| finding.text.contains("no limit")).count(), 2, "{unbounded:#?}");
    redis.command(&["CONFIG", "SET", "maxmemory", "64mb"]).await;
    let full = examined(&settings).await;
    let finding = only(&full, Check::Eviction);
    assert_eq!((finding.database, finding.severity), (Some("answers"), Severity::Warning));
    redis.command(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lfu"]).await;
    let evicting = examined(&settings).await;
    assert_eq!(only(&evicting, Check::Eviction).database, Some("sessions"));
}

#[tokio::test]
async fn a_server_that_takes_no_writes_is_broken() {
    let redis = RedisServer::start().await;
    let proxy = FaultProxy::start(redis.address()).await;
    proxy.add_fault(ReplyFault::replace(replies::OOM).on("SET"));
    let findings = examined(&[("REDIS_URL", &proxy.url()), KEYS]).await;
    assert!(only(&findings, Check::Writes).text.contains("out-of-memory"));
    let primary = RedisServer::start().await;
    let port = primary.address().port().to_string();
    redis.command(&["REPLICAOF", "127.0.0.1", &port]).await;
    let findings = examined(&[("REDIS_URL", &redis.url()), KEYS]).await;
    assert!(findings.iter().any(|finding| finding.check == Check::Writes && finding.text.contains("replica")));
}

#[tokio::test]
async fn entries_that_lie_open_or_cannot_be_opened_and_missing_keys_are_about_encryption() {
    let redis = RedisServer::start().await;
    let url = redis.url();
    let base = [("REDIS_URL", url.as_str()), SECRET];
    let with = |further: &[(&'static str, &'static str)]| [&base, further].concat();
    assert!(only(&examined(&with(&[])).await, Check::Encryption).text.contains("CACHE_ENCRYPTION_KEYS"));
    assert!(only(&examined(&with(&[("CACHE_ENCRYPTION", "off")])).await, Check::Encryption).text.contains("lie open"));
    assert_eq!(sealed(&examined(&with(&[KEYS])).await), Severity::Good);
    let service = Service::with_settings(&[("REDIS_URL", &url), KEYS]);
    service.ask(&question()).await;
    service.cache.flush().await;
    let others = ("CACHE_ENCRYPTION_KEYS", "8:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=");
    let findings = examined(&with(&[others])).await;
    assert!(only(&findings, Check::Encryption).text.ends_with("keys that are not here: 7; each is computed anew"));
    redis.command(&["FLUSHALL"]).await;
    let service = Service::with_settings(&[("REDIS_URL", &url), ("CACHE_ENCRYPTION", "off")]);
    service.ask(&question()).await;
    service.cache.flush().await;
    assert!(only(&examined(&with(&[KEYS])).await, Check::Encryption).text.contains("lie open"));
    assert!(only(&examined(&[("REDIS_URL", &url), KEYS]).await, Check::PrivateKeys).text.contains("guess"));
}

fn sealed(findings: &[Finding]) -> Severity {
    let about = findings.iter().filter(|finding| finding.check == Check::Encryption);
    about.map(|finding| finding.severity).max().expect("a finding")
}

#[tokio::test]
async fn clocks_that_are_apart_and_a_long_way_are_noticed_and_silence_is_unknown() {
    let redis = RedisServer::start().await;
    let wrong = Clock::Manual(ManualClock::at(UnixMillis(1_500_000_000_000)));
    let findings = examined_at(&wrong, &[("REDIS_URL", &redis.url()), KEYS]).await;
    assert!(only(&findings, Check::ClockSkew).text.contains("apart"));
    let proxy = FaultProxy::start(redis.address()).await;
    proxy.delay_replies(Duration::from_millis(60));
    let (url, limit, patient) = (proxy.url(), ("REDIS_COMMAND_TIMEOUT_MS", "20"), ("REDIS_CONNECT_TIMEOUT_MS", "4000"));
    let findings = examined(&[("REDIS_URL", &url), KEYS, limit, patient]).await;
    assert_eq!(only(&findings, Check::Latency).severity, Severity::Broken, "{findings:#?}");
    proxy.heal().await;
    proxy.add_fault(ReplyFault::replace(replies::NOPERM).on("INFO"));
    let findings = examined(&[("REDIS_URL", &proxy.url()), KEYS]).await;
    let unknown: Vec<_> = findings.iter().filter(|finding| finding.severity == Severity::Unknown).collect();
    assert_eq!(unknown.iter().map(|finding| finding.check).collect::<Vec<_>>(), [Check::Eviction, Check::ClockSkew]);
}

#[tokio::test]
async fn the_program_says_what_to_mend_and_ends_with_3() {
    let redis = RedisServer::start().await;
    let ended = medinsight(&["doctor"], &[("REDIS_URL", &redis.url()), KEYS]).await;
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stdout.contains("warning  eviction") && ended.stdout.contains("to mend it: CONFIG SET maxmemory"));
    let ended = medinsight(&["doctor", "--json"], &[]).await;
    assert_eq!((ended.code, ended.json()["is_healthy"].as_bool()), (Some(0), Some(true)));
}

/// The programs of the tests are built as they are released.
#[tokio::test]
async fn a_program_without_the_sdk_of_aws_says_which_feature_the_origin_bedrock_needs() {
    let settings = [("MEDINSIGHT_ORIGIN", "bedrock"), ("BEDROCK_MODEL_ID", "invented.model-v1:0")];
    let ended = medinsight(&["doctor"], &settings).await;
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stdout.contains("built without the feature `bedrock` of medinsight-functions"), "{ended:?}");
}
