//! What careful Rust can reach at best: it parses the question, hashes its normal form, and reads the answer and counts
//! the request in one pipelined round trip. Nothing is sealed, nothing grows stale, nobody computes for others.

use crate::{PATH, canned, hit};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands, RedisResult};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// For how long an answer is stored, and what is kept of a session.
const FRESH_FOR_SECS: u64 = 3_600;
const INPUTS_FOR_SECS: u64 = 1_800;
const SUMMARY_FOR_SECS: u64 = 7_200;

/// How large a summary is about.
const SUMMARY_BYTES: usize = 400;

/// The question, its texts normalised. Serialised it is what the key is made of.
#[derive(Deserialize, Serialize)]
struct Question {
    concern: String,
    symptoms: String,
    patient_age: Option<u8>,
    patient_gender: Option<String>,
    #[serde(default)]
    medical_history: Vec<String>,
    #[serde(default)]
    current_medications: Vec<String>,
}

impl Question {
    fn parse(body: &[u8]) -> Option<Self> {
        let mut question: Self = serde_json::from_slice(body).ok()?;
        question.concern = normal(&question.concern);
        question.symptoms = normal(&question.symptoms);
        question.patient_gender = question.patient_gender.as_deref().map(normal);
        for list in [&mut question.medical_history, &mut question.current_medications] {
            list.iter_mut().for_each(|text| *text = normal(text));
            list.sort_unstable();
            list.dedup();
        }
        Some(question)
    }

    fn canonical(&self) -> Option<Vec<u8>> {
        serde_json::to_vec(self).ok()
    }
}

/// Lower case, and one blank between words.
fn normal(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !normal.is_empty() {
            normal.push(' ');
        }
        normal.extend(word.chars().flat_map(char::to_lowercase));
    }
    normal
}

/// What the round trip of a hit has in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Trip {
    /// The answer is read and the request counted.
    OfTheAnswer,
    /// What the service keeps of a session is stored, too: what was asked, and a summary of what was answered.
    WithTheSession,
}

#[derive(Clone)]
struct Answers {
    connection: MultiplexedConnection,
    trip: Trip,
    sessions: Arc<AtomicU64>,
}

/// Answers from Redis; what is not there is the same for all and stored at once.
pub(crate) fn router(connection: MultiplexedConnection, trip: Trip) -> Router {
    let answers = Answers { connection, trip, sessions: Arc::default() };
    Router::new().route(PATH, post(answer)).with_state(answers)
}

async fn answer(State(answers): State<Answers>, body: Bytes) -> Response {
    let Some(canonical) = Question::parse(&body).and_then(|question| question.canonical()) else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    match answers.look_up(&canonical).await {
        Ok(Some(answer)) => hit(answer),
        Ok(None) => canned().into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

impl Answers {
    async fn look_up(mut self, canonical: &[u8]) -> RedisResult<Option<Bytes>> {
        let key = format!("upper-bound:{}", hex::encode(Sha256::digest(canonical)));
        let mut trip = redis::pipe();
        trip.get(&key).incr("upper-bound:requests", 1).ignore();
        if self.trip == Trip::WithTheSession {
            let session = self.sessions.fetch_add(1, Ordering::Relaxed);
            trip.set_ex(format!("upper-bound:{session:x}:inputs"), canonical, INPUTS_FOR_SECS).ignore();
            trip.set_ex(format!("upper-bound:{session:x}:summary"), &canned()[..SUMMARY_BYTES], SUMMARY_FOR_SECS)
                .ignore();
        }
        let (found,): (Option<Bytes>,) = trip.query_async(&mut self.connection).await?;
        if found.is_none() {
            self.connection.set_ex::<_, _, ()>(&key, canned().as_ref(), FRESH_FOR_SECS).await?;
        }
        Ok(found)
    }
}
