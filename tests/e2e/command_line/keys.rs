//! `medinsight key` names the keys that the service has.

use super::Filled;
use medinsight_core::{CacheKey, KeySecret, RequestDigest};
use medinsight_tests::command_line::{medinsight, medinsight_reading};
use medinsight_tests::question;
use serde_json::json;

const SECRET: &str = "an invented secret of enough length";

#[tokio::test]
async fn the_key_of_a_question_is_the_one_that_the_service_stores_it_under() {
    let filled = Filled::start().await;
    let keys = filled.redis.dump().await;
    let keyed = medinsight_reading(&question().to_string(), &["key", "--json"], &[]).await.json();
    assert_eq!(keyed["digest"], filled.digest.as_str());
    assert!(keys.contains_key(keyed["key"].as_str().expect("a key")));
    let medications = json!({"medications": question()["current_medications"]}).to_string();
    let keyed = medinsight_reading(&medications, &["key", "--kind", "medications", "--json"], &[]).await.json();
    assert!(keys.contains_key(keyed["key"].as_str().expect("a key")));
    let drug = medinsight_reading("Aspirin\n", &["key", "--kind", "drug-info"], &[]).await;
    assert_eq!(drug.stdout, "key     medinsight:drug_info:aspirin\n");
}

#[tokio::test]
async fn another_analyzer_has_another_digest() {
    let asked = question().to_string();
    let one = medinsight_reading(&asked, &["key", "--analyzer", "invented-1"], &[]).await;
    let other = medinsight_reading(&asked, &["key", "--analyzer", "invented-2"], &[]).await;
    assert!(one.code == Some(0) && one.stdout != other.stdout, "{one:?}");
    assert_eq!(medinsight_reading(&asked, &["key", "--analyzer", ""], &[]).await.code, Some(2));
}

#[tokio::test]
async fn a_secret_makes_the_key_private_and_leaves_the_digest() {
    let asked = question().to_string();
    let open = medinsight_reading(&asked, &["key", "--json"], &[]).await.json();
    let private = medinsight_reading(&asked, &["key", "--json"], &[("CACHE_KEY_SECRET", SECRET)]).await;
    let shown = private.json();
    let digest: RequestDigest = shown["digest"].as_str().and_then(|digest| digest.parse().ok()).expect("a digest");
    let secret = KeySecret::new(SECRET).expect("a secret");
    assert_eq!(open["digest"], shown["digest"]);
    assert_eq!(shown["key"], CacheKey::health_analysis(&digest, Some(&secret)).as_str());
    assert!(!private.stdout.contains(SECRET));
}

#[tokio::test]
async fn a_file_is_read_and_a_bad_one_is_refused_without_being_shown() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let file = folder.path().join("question.json");
    std::fs::write(&file, question().to_string()).expect("a writable directory");
    let path = file.display().to_string();
    assert_eq!(medinsight(&["key", &path], &[]).await.code, Some(0));
    std::fs::write(&file, r#"{"concern": "a secret sorrow"}"#).expect("a writable directory");
    let ended = medinsight(&["key", &path], &[]).await;
    assert_eq!((ended.code, ended.stderr.contains("sorrow")), (Some(2), false));
    assert!(ended.stderr.contains("symptoms"), "{ended:?}");
    assert_eq!(medinsight(&["key", "/nowhere"], &[]).await.code, Some(1));
}
