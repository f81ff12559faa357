//! The cases of the embedded origin, asked over HTTP.

use crate::written_question::WrittenQuestion;
use medinsight_tests::Service;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Case {
    name: String,
    #[serde(flatten)]
    question: WrittenQuestion,
    expect: Expectation,
}

#[derive(Deserialize)]
struct Expectation {
    severity: String,
    #[serde(default)]
    condition_contains: Option<String>,
    #[serde(default)]
    condition_not: Option<String>,
    #[serde(default)]
    first_advice_contains: Option<String>,
    #[serde(default)]
    mentions: Vec<String>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../cases/health_questions.json")).expect("the cases")
}

/// What of the expectation an answer misses.
fn shortcomings(expected: &Expectation, answer: &Value) -> Vec<String> {
    let contains = |text: &Value, part: &str| text.to_string().to_lowercase().contains(&part.to_lowercase());
    let mut missed = Vec::new();
    if answer["severity"] != json!(expected.severity) {
        missed.push(format!("severity {}", answer["severity"]));
    }
    if expected.condition_contains.as_deref().is_some_and(|part| !contains(&answer["condition"], part))
        || expected.condition_not.as_deref().is_some_and(|part| contains(&answer["condition"], part))
    {
        missed.push(format!("condition {}", answer["condition"]));
    }
    if expected.first_advice_contains.as_deref().is_some_and(|part| !contains(&answer["recommendation"], part)) {
        missed.push(format!("recommendation {}", answer["recommendation"]));
    }
    missed.extend(expected.mentions.iter().filter(|part| !contains(answer, part)).map(|part| format!("no {part}")));
    if !contains(&answer["disclaimer"], "not medical advice")
        || !contains(&answer["recommendation"], "not medical advice")
    {
        missed.push("no disclaimer".to_owned());
    }
    missed
}

#[tokio::test]
async fn every_case_is_answered_as_expected() {
    let service = Service::start();
    let mut failures = Vec::new();
    for case in cases() {
        let answer = service.ask(&case.question.body()).await.json();
        let missed = shortcomings(&case.expect, &answer);
        if !missed.is_empty() {
            failures.push(format!("{}: {}", case.name, missed.join(", ")));
        }
    }
    assert!(failures.is_empty(), "{} cases fail:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn there_are_enough_cases_of_every_sort() {
    let cases = cases();
    let critical = cases.iter().filter(|case| case.expect.severity == "critical").count();
    assert!(cases.len() >= 60 && critical >= 25 && cases.len() - critical >= 10);
}
