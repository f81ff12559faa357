//! Emergencies and their look-alikes in the words of everyday life, asked over HTTP.
//!
//! The cases hold what the rules must keep recognising. They are no measure of how well the rules do on other words:
//! for that, ask them about texts that nobody had before their eyes who wrote the rules.

use crate::written_question::WrittenQuestion;
use medinsight_tests::Service;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Case {
    topic: String,
    #[serde(flatten)]
    question: WrittenQuestion,
    expect: Urgency,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Urgency {
    Critical,
    NotCritical,
    /// Harmless, but rated critical: a known weakness, tolerated because a false alarm is better than a miss.
    KnownFalseAlarm,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../cases/red_flags_in_everyday_words.json")).expect("the cases")
}

async fn is_rated_critical(service: &Service, case: &Case) -> bool {
    service.ask(&case.question.body()).await.json()["severity"] == json!("critical")
}

/// The cases of one kind that are rated otherwise.
async fn failures(expected: Urgency) -> Vec<String> {
    let service = Service::start();
    let mut failures = Vec::new();
    for case in cases().iter().filter(|case| case.expect == expected) {
        if is_rated_critical(&service, case).await == (expected == Urgency::NotCritical) {
            let WrittenQuestion { concern, symptoms, .. } = &case.question;
            failures.push(format!("{}: {concern} | {symptoms}", case.topic));
        }
    }
    failures
}

#[tokio::test]
async fn every_emergency_is_critical() {
    let failures = failures(Urgency::Critical).await;
    assert!(failures.is_empty(), "{} are missed:\n{}", failures.len(), failures.join("\n"));
}

#[tokio::test]
async fn no_look_alike_is_critical_that_is_not_known_to_be() {
    let failures = failures(Urgency::NotCritical).await;
    assert!(failures.is_empty(), "{} are false alarms:\n{}", failures.len(), failures.join("\n"));
}

#[tokio::test]
async fn a_known_false_alarm_that_is_none_any_more_is_taken_off_the_list() {
    let failures = failures(Urgency::KnownFalseAlarm).await;
    assert!(failures.is_empty(), "{} are right now:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn known_false_alarms_are_few() {
    let cases = cases();
    let count = |urgency| cases.iter().filter(|case| case.expect == urgency).count();
    assert!(count(Urgency::Critical) >= 160 && count(Urgency::NotCritical) >= 100);
    assert!(count(Urgency::KnownFalseAlarm) * 100 <= count(Urgency::NotCritical) * 8);
}
