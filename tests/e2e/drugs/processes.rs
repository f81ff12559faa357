//! Several processes, one store.

use super::{LIMIT, analyze_named, ended, id_of, info, status, stream_request, two_processes};
use medinsight_functions::origin::OriginError;
use medinsight_tests::Mood;
use medinsight_tests::waiting::until;

#[tokio::test]
async fn every_process_knows_how_far_an_analysis_has_got() {
    let (_redis, one, other) = two_processes().await;
    one.origin.close_gate();
    let id = id_of(&analyze_named(&one, "aspirin").await);
    let in_progress = || async { status(&other, &id).await.json()["status"] == "in_progress" };
    until("the other process sees it", LIMIT, in_progress).await;
    one.origin.open_gate();
    let seen = ended(&other, &id).await;
    assert_eq!(seen, ended(&one, &id).await);
    assert_eq!((seen["status"].as_str(), other.origin.drug_analyses()), (Some("completed"), 0));
}

#[tokio::test]
async fn two_who_ask_in_two_processes_share_one_computation_under_ids_of_their_own() {
    let (_redis, one, other) = two_processes().await;
    one.origin.close_gate();
    let first = id_of(&analyze_named(&one, "aspirin").await);
    until("it is under way", LIMIT, || async { one.origin.drug_analyses() == 1 }).await;
    let second = id_of(&analyze_named(&other, "aspirin").await);
    assert_ne!(first, second);
    one.origin.open_gate();
    let (done, followed) = (ended(&other, &first).await, ended(&one, &second).await);
    assert_eq!((done["results"].is_object(), &done["results"]), (true, &followed["results"]));
    assert_eq!(one.origin.drug_analyses() + other.origin.drug_analyses(), 1);
}

#[tokio::test]
async fn a_stream_follows_what_another_process_computes() {
    let (_redis, one, other) = two_processes().await;
    one.origin.close_gate();
    let id = id_of(&analyze_named(&one, "aspirin").await);
    let follow = other.send(stream_request(&id));
    let open = async {
        until("it is under way", LIMIT, || async { one.origin.drug_analyses() == 1 }).await;
        one.origin.open_gate();
    };
    let (streamed, ()) = tokio::join!(follow, open);
    let text = String::from_utf8(streamed.body.to_vec()).expect("text");
    assert!(text.contains(r#""status":"completed""#), "{text}");
}

#[tokio::test]
async fn an_analysis_whose_process_died_is_interrupted_once_its_time_is_over() {
    let (_redis, one, other) = two_processes().await;
    one.origin.set_mood(Mood::Hangs);
    let id = id_of(&analyze_named(&one, "aspirin").await);
    one.cache.flush().await;
    other.advance_secs(60);
    let interrupted = status(&other, &id).await.json();
    assert_eq!((interrupted["status"].as_str(), interrupted["error"].as_str()), (Some("failed"), Some("interrupted")));
}

#[tokio::test]
async fn facts_of_one_process_are_answered_by_the_other_also_under_another_name() {
    let (_redis, one, other) = two_processes().await;
    info(&one, "Tylenol").await;
    other.origin.set_mood(Mood::Fails(OriginError::Unavailable));
    assert_eq!(info(&other, "paracetamol").await.x_cache(), "HIT");
}
