//! `inspect`, `clear` and `erase`.

use super::{Filled, SESSION, server};
use medinsight_tests::command_line::{medinsight, medinsight_reading};
use medinsight_tests::operator::TOKEN;

#[tokio::test]
async fn an_entry_is_shown_with_the_key_that_sealed_it_and_its_value_only_on_demand() {
    let filled = Filled::start().await;
    let settings = filled.settings();
    let shown = medinsight(&["inspect", "medinsight:drug_info:aspirin"], &settings).await;
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(shown.stdout.contains("sealed by   key 7") && shown.stdout.contains("expires in  never"), "{shown:?}");
    assert!(!shown.stdout.contains("acetylsalicylic"));
    assert_eq!(shown.audits()[0]["action"], "inspect_entry");
    let key = format!("health_analysis:{}", filled.digest);
    let shown = medinsight_reading(&key, &["inspect", "-", "--json"], &settings).await;
    assert!(shown.json()["value"].is_null() && shown.json()["entry"]["size_bytes"].as_u64() > Some(100));
    let shown = medinsight(&["inspect", &key, "--json", "--value"], &settings).await;
    assert_eq!(shown.json()["value"]["severity"].as_str().map(str::is_empty), Some(false), "{shown:?}");
    let audits = shown.audits();
    assert_eq!(
        (audits.len(), &audits[0]["action"], &audits[0]["actor"]),
        (1, &"read_entry".into(), &"command_line".into())
    );
    assert!(!shown.stderr.contains(&filled.digest));
}

#[tokio::test]
async fn an_entry_that_is_not_there_is_3() {
    let filled = Filled::start().await;
    let shown = medinsight(&["inspect", "drug_info:zyxwv"], &filled.settings()).await;
    assert_eq!((shown.code, shown.stdout.as_str()), (Some(3), "there is no such entry\n"));
}

#[tokio::test]
async fn an_answer_under_a_private_key_is_found_by_its_digest() {
    let redis = medinsight_tests::redis_server::RedisServer::start().await;
    let url = redis.url();
    let secret = ("CACHE_KEY_SECRET", "an invented secret of enough length");
    let service = medinsight_tests::Service::with_settings(&[("REDIS_URL", &url), super::KEYS, secret]);
    let digest = service.ask(&medinsight_tests::question()).await.header("x-cache-key-digest").to_owned();
    let settings = [("REDIS_URL", url.as_str()), super::KEYS, secret, ("REDIS_COMMAND_TIMEOUT_MS", "4000")];
    let shown = medinsight(&["inspect", &format!("health_analysis:{digest}"), "--json"], &settings).await;
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(shown.json()["entry"]["key"].as_str().is_some_and(|key| !key.contains(&digest)));
}

#[tokio::test]
async fn a_clear_only_counts_until_it_is_told_to() {
    let filled = Filled::start().await;
    let settings = filled.settings();
    let counted = medinsight(&["clear", "drug_info:asp*", "--json"], &settings).await;
    assert_eq!((counted.json()["keys_found"].as_u64(), counted.json()["keys_deleted"].as_u64()), (Some(1), Some(0)));
    assert!(filled.redis.dump().await.contains_key("medinsight:drug_info:aspirin"));
    let counted = medinsight(&["clear", "drug_info"], &settings).await;
    assert!(counted.stdout.contains(": 1; nothing was cleared") && counted.stdout.contains("--yes"), "{counted:?}");
    let cleared = medinsight(&["clear", "drug_info", "--yes"], &settings).await;
    assert!(cleared.stdout.ends_with(": 1 of 1\n"), "{cleared:?}");
    assert!(!filled.redis.dump().await.contains_key("medinsight:drug_info:aspirin"));
    assert_eq!(cleared.audits()[0]["action"], "clear_pattern");
    for command in ["keys", "flushdb", "flushall"] {
        assert_eq!(filled.redis.calls(command).await, 0, "{command}");
    }
}

#[tokio::test]
async fn a_session_is_erased_with_its_analysis_and_its_id_is_not_shown() {
    let filled = Filled::start().await;
    let erased = medinsight_reading(&format!("{SESSION}\n"), &["erase", "-"], &filled.settings()).await;
    assert_eq!(erased.code, Some(0), "{erased:?}");
    assert!(erased.stdout.contains("with the analysis that it named"), "{erased:?}");
    assert!(!format!("{erased:?}").contains(SESSION));
    let left = filled.redis.dump().await;
    assert!(left.keys().all(|key| !key.contains(SESSION) && !key.contains(&filled.digest)));
}

#[tokio::test]
async fn the_same_works_over_http_and_the_records_are_those_of_the_service() {
    let (server, url) = server().await;
    let settings = [("MEDINSIGHT_URL", url.as_str()), ("MEDINSIGHT_ADMIN_TOKEN", TOKEN)];
    let shown = medinsight(&["inspect", "drug_info:aspirin"], &settings).await;
    assert_eq!(shown.code, Some(3), "{shown:?}");
    assert_eq!(medinsight(&["clear", "drug_info", "--yes"], &settings).await.code, Some(0));
    assert_eq!(medinsight(&["erase", SESSION], &settings).await.code, Some(0));
    assert_eq!(medinsight(&["erase", "a session"], &settings).await.code, Some(2));
    assert_eq!(server.logged("audit"), 3);
    assert!(shown.audits().is_empty());
}
