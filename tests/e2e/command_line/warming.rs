//! `medinsight warm`: every item once, also when a run is interrupted.

use super::Filled;
use medinsight_tests::command_line::{command, medinsight, medinsight_reading};
use medinsight_tests::operator::TOKEN;
use medinsight_tests::origin_server::{OriginServer, Received, Reply};
use medinsight_tests::process::ServerProcess;
use medinsight_tests::{question, waiting};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// A file in a directory of its own.
fn file(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let file = folder.path().join("items");
    fs::write(&file, text).expect("a writable directory");
    (folder, file)
}

#[tokio::test]
async fn what_is_not_fresh_is_computed_and_a_second_run_computes_nothing() {
    let filled = Filled::start().await;
    let (_folder, file) = file(&format!("# of a list\nibuprofen\n{{\"drug_name\": \"Tylenol\"}}\n{}\n", question()));
    let path = file.display().to_string();
    let first = medinsight(&["warm", &path, "--json"], &filled.settings()).await;
    assert_eq!(first.code, Some(0), "{first:?}");
    assert_eq!(first.json()["fates"], serde_json::json!({"computed": 2, "fresh": 1}));
    assert!(filled.redis.dump().await.contains_key("medinsight:drug_info:ibuprofen"));
    let second = medinsight(&["warm", &path], &filled.settings()).await;
    assert_eq!(
        (second.code, second.stdout.as_str()),
        (Some(0), "what became of it  items\nfresh                  3\n")
    );
    assert!(second.stderr.contains("3 of 3"), "{second:?}");
    assert_eq!(
        fs::read_dir(file.parent().expect("a folder")).expect("a folder").count(),
        1,
        "nothing is left beside it"
    );
}

#[tokio::test]
async fn what_cannot_be_warmed_is_3_and_what_is_no_item_2() {
    let filled = Filled::start().await;
    let ended =
        medinsight_reading("zyxwv\naspirin\n{\"concern\": 1}\n", &["warm", "-", "--json"], &filled.settings()).await;
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert_eq!(ended.json()["fates"]["unknown_drug"], 1);
    assert_eq!(ended.json()["fates"]["invalid"], 1);
    let ended = medinsight_reading("aspirin\n{\"a secret sorrow\n", &["warm", "-"], &filled.settings()).await;
    assert_eq!((ended.code, ended.stderr.contains("line 2"), ended.stderr.contains("sorrow")), (Some(2), true, false));
}

#[tokio::test]
async fn a_run_that_was_interrupted_goes_on_where_it_was() {
    let slow = [("MEDINSIGHT_ADMIN_TOKEN", TOKEN), ("EMBEDDED_ORIGIN_DELAY_MS", "40")];
    let server = ServerProcess::start(&slow).await;
    let url = format!("http://{}", server.address());
    let settings = [("MEDINSIGHT_URL", url.as_str()), ("MEDINSIGHT_ADMIN_TOKEN", TOKEN)];
    let (_folder, file) = file(&numbered_questions(64));
    let path = file.display().to_string();
    let state = PathBuf::from(format!("{path}.warm-state"));
    let mut run = command(&["warm", &path], &settings).spawn().expect("the command line can be started");
    waiting::until("something is done", Duration::from_secs(20), || async { state.exists() }).await;
    run.kill().expect("a running command");
    run.wait().expect("a command that ends");
    let kept: Value = serde_json::from_slice(&fs::read(&state).expect("a state")).expect("JSON");
    let done = kept["done"].as_u64().expect("a number");
    assert!((8..64).contains(&done), "{done}");
    assert!(!kept.to_string().contains("pain"));
    let rest = medinsight(&["warm", &path, "--json"], &settings).await;
    assert_eq!(rest.code, Some(0), "{rest:?}");
    assert_eq!((rest.json()["resumed_at"].as_u64(), rest.json()["items"].as_u64()), (Some(done), Some(64)));
    let counts = rest.json()["fates"].clone();
    assert_eq!(counts["computed"].as_u64().unwrap_or(0) + counts["fresh"].as_u64().unwrap_or(0), 64);
    assert!(!state.exists());
}

/// An origin that allows two requests a second leaves some of each batch undone, which is asked for again.
#[tokio::test]
async fn the_budget_of_an_origin_makes_a_run_longer_and_loses_nothing() {
    let backend = OriginServer::start(|_| Reply::json(200, &crate::origins::analysis())).await;
    let budget = [("ORIGIN_REQUESTS_PER_SECOND", "2"), ("ORIGIN_QUEUE_MS", "1000"), ("ORIGIN_TIMEOUT_MS", "20000")];
    let origin_url = backend.url();
    let origin =
        [("MEDINSIGHT_ORIGIN", "upstream"), ("ORIGIN_URL", origin_url.as_str()), ("MEDINSIGHT_ADMIN_TOKEN", TOKEN)];
    let server = ServerProcess::start(&[&origin[..], &budget[..]].concat()).await;
    let url = format!("http://{}", server.address());
    let settings = [("MEDINSIGHT_URL", url.as_str()), ("MEDINSIGHT_ADMIN_TOKEN", TOKEN)];
    let (_folder, file) = file(&numbered_questions(10));
    let ended = medinsight(&["warm", &file.display().to_string(), "--json"], &settings).await;
    assert_eq!((ended.code, &ended.json()["fates"]), (Some(0), &json!({ "computed": 10 })), "{ended:?}");
    let arrivals: Vec<_> = backend.received().into_iter().map(|received| received.at).collect();
    assert_eq!(arrivals.len(), 10);
    assert!(arrivals.windows(3).all(|three| three[2] - three[0] >= Duration::from_secs(1)), "{arrivals:?}");
}

/// A gateway or a proxy says it before the service has a word.
#[tokio::test]
async fn whoever_asks_to_be_left_alone_for_a_while_is_and_then_asked_again() {
    let refusals = AtomicUsize::new(0);
    let gateway = OriginServer::start(move |received| match refusals.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::json(429, &json!({})).with("retry-after", "1"),
        1 => Reply::json(503, &json!({})).with("retry-after", "1"),
        _ => Reply::json(200, &warmed(received)),
    })
    .await;
    let url = gateway.url();
    let settings = [("MEDINSIGHT_URL", url.as_str()), ("MEDINSIGHT_ADMIN_TOKEN", TOKEN)];
    let (_folder, file) = file(&numbered_questions(2));
    let ended = medinsight(&["warm", &file.display().to_string(), "--json"], &settings).await;
    assert_eq!((ended.code, &ended.json()["fates"]), (Some(0), &json!({ "computed": 2 })), "{ended:?}");
    let arrivals: Vec<_> = gateway.received().into_iter().map(|received| received.at).collect();
    assert!(arrivals.windows(2).all(|pair| pair[1] - pair[0] >= Duration::from_secs(1)), "{arrivals:?}");
}

/// What the service answers when all of a batch is computed.
fn warmed(received: &Received) -> Value {
    let asked: Value = serde_json::from_slice(&received.body).expect("JSON");
    let questions = asked["questions"].as_array().expect("questions").len();
    json!({ "data": { "questions": vec!["computed"; questions], "drugs": [] } })
}

fn numbered_questions(count: usize) -> String {
    let question = |number| format!("{{\"concern\": \"Headache\", \"symptoms\": \"pain number {number}\"}}\n");
    (0..count).map(question).collect()
}

#[tokio::test]
async fn a_file_that_was_changed_since_is_begun_anew_and_a_foreign_state_is_left_alone() {
    let filled = Filled::start().await;
    let (_folder, file) = file("aspirin\n");
    let path = file.display().to_string();
    let state = format!("{path}.warm-state");
    let other = r#"{"file_sha256": "0", "done": 1, "fates": {"computed": 1}}"#;
    fs::write(&state, other).expect("a writable directory");
    let ended = medinsight(&["warm", &path, "--json"], &filled.settings()).await;
    assert_eq!((ended.code, ended.json()["resumed_at"].as_u64()), (Some(0), Some(0)), "{ended:?}");
    fs::write(&state, "something else").expect("a writable directory");
    assert_eq!(medinsight(&["warm", &path], &filled.settings()).await.code, Some(2));
    assert_eq!(fs::read_to_string(&state).expect("a file"), "something else");
}
