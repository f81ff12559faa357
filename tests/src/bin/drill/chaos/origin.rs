//! The origin: each answer says whose question it answers, and which computation it is of.

use super::history::{Computed, Person};
use super::schedule::Random;
use bytes::Bytes;
use medinsight_tests::load::plain_question;
use medinsight_tests::origin_server::{OriginServer, Received, Reply};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long a computation takes, in milliseconds.
const COST: std::ops::Range<u64> = 10..250;

/// The Hub's backend, which notes what it computes.
#[derive(Debug)]
pub(super) struct NotingOrigin {
    server: OriginServer,
    computed: Arc<Mutex<Vec<Computed>>>,
}

impl NotingOrigin {
    /// Times are counted from `start`.
    pub(super) async fn start(seed: u64, start: Instant) -> Self {
        let computed = Arc::<Mutex<Vec<Computed>>>::default();
        let (noted, random) = (Arc::clone(&computed), Mutex::new(Random(seed)));
        let server = OriginServer::start(move |received| {
            let cost = random.lock().unwrap_or_else(PoisonError::into_inner).millis(COST);
            compute(received, start, cost, &mut noted.lock().unwrap_or_else(PoisonError::into_inner))
        });
        Self { server: server.await, computed }
    }

    pub(super) fn url(&self) -> String {
        self.server.url()
    }

    /// What was computed so far.
    pub(super) fn computed(&self) -> Vec<Computed> {
        self.computed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn compute(received: &Received, start: Instant, cost: Duration, computed: &mut Vec<Computed>) -> Reply {
    let question: Value = serde_json::from_slice(&received.body).unwrap_or_default();
    let Some(person) = question["symptoms"].as_str().and_then(|text| number_after(text, "case ")) else {
        return Reply::json(422, &json!({}));
    };
    let begun = received.at.duration_since(start);
    let number = computed.len();
    computed.push(Computed { person, begun, replied: begun + cost });
    let answer = json!({
        "condition": "An invented condition",
        "explanation": format!("This is about case {person}, by computation {number}."),
        "natural_remedies": ["Rest"],
        "severity": "mild",
        "recommendation": "Rest, and drink water. This is general information.",
        "when_to_see_doctor": ["It lasts for more than a week."],
        "disclaimer": "General information, not medical advice.",
    });
    Reply::json(200, &answer).after(cost)
}

/// The body of a person's question.
pub(super) fn question_of(person: Person) -> Bytes {
    plain_question(person)
}

/// Whose question an answer is about, and which computation it is of.
pub(super) fn content_of(answer: &[u8]) -> Option<(Person, usize)> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    let text = answer["explanation"].as_str()?;
    let number = number_after(text, "computation ")?;
    Some((number_after(text, "case ")?, usize::try_from(number).ok()?))
}

fn number_after(text: &str, word: &str) -> Option<u64> {
    let (_, rest) = text.split_once(word)?;
    rest.split(|next: char| !next.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::content_of;

    #[test]
    fn an_answer_says_whose_it_is_and_which() {
        let answer = br#"{"explanation": "This is about case 17, by computation 4."}"#;
        assert_eq!(content_of(answer), Some((17, 4)));
        assert_eq!(content_of(br#"{"explanation": "Tense muscles."}"#), None);
        assert_eq!(content_of(b"no JSON"), None);
    }
}
