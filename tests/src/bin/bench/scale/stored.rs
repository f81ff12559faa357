//! Entries as the service would store them: sealed with its key, under the keys of numbered questions.

use super::question::question;
use crate::contender::ENCRYPTION_KEYS;
use bytes::Bytes;
use medinsight_core::{AnalyzerRevision, CacheKey, EntryHeader, Generation, HealthAnalysisRequest, UnixMillis};
use medinsight_functions::cache::{Encryption, Envelope, Stamp};
use medinsight_functions::origin::{EmbeddedOrigin, Origin as _};
use medinsight_tests::filler;
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::resp::Value;
use std::ops::Range;
use std::time::{Duration, SystemTime};

/// A day: nothing gets stale meanwhile.
const FRESH_SECS: u32 = 86_400;
const KEPT_FOR: Duration = Duration::from_secs(172_800);

/// Makes entries.
#[derive(Debug)]
pub(super) struct Maker {
    envelope: Envelope,
    revision: AnalyzerRevision,
    stamp: Stamp,
}

impl Maker {
    /// Entries of the generation of an entry that the service has stored: the answer to question 0.
    pub(super) async fn like_the_first(redis: &RedisServer) -> Self {
        let embedded = EmbeddedOrigin::new(Duration::ZERO).expect("a revision");
        let revision = AnalyzerRevision::new(format!("upstream-1+{}", embedded.revision())).expect("a revision");
        let envelope = Envelope::new(Encryption::Sealed(ENCRYPTION_KEYS.parse().expect("keys")));
        let since_1970 = SystemTime::UNIX_EPOCH.elapsed().expect("a clock that is set");
        let written_at = UnixMillis(u64::try_from(since_1970.as_millis()).expect("a time of this age"));
        let generation = Generation(0);
        let stamp = Stamp { written_at, fresh_for_secs: FRESH_SECS, origin_cost_ms: 3_000, generation };
        let mut maker = Self { envelope, revision, stamp };
        let Value::Bulk(entry) = redis.command(&["GET", maker.key(0).as_str()]).await else {
            panic!("the service did not store the answer to the first question under its key")
        };
        maker.stamp.generation = EntryHeader::split(&entry).expect("an entry").0.generation;
        maker
    }

    fn key(&self, number: u64) -> CacheKey {
        let question = HealthAnalysisRequest::from_json(&question(number)).expect("a question");
        CacheKey::health_analysis(&question.digest(&self.revision), None)
    }

    /// Writes an answer for each of these questions; returns the length of an entry.
    pub(super) async fn write(&self, redis: &RedisServer, numbers: Range<u64>, payload: &[u8]) -> usize {
        let mut length = 0;
        let entries = numbers.map(|number| {
            let key = self.key(number);
            let entry = self.envelope.wrap(&key, &self.stamp, payload).expect("an entry");
            length = entry.len();
            (key.as_str().to_owned(), entry)
        });
        filler::write(redis, entries, KEPT_FOR).await.expect("a Redis that takes the entries");
        length
    }
}

/// An answer of exactly so many bytes, at least 256, that compresses about as well as real ones: their words at random.
pub(super) fn answer(bytes: usize) -> Bytes {
    let (head, tail) = (
        "{\"condition\":\"Headache\",\"explanation\":\"",
        "\",\"natural_remedies\":[],\"severity\":\"mild\",\"recommendation\":\"Rest.\",\"source\":\"upstream\"}",
    );
    let source = include_str!("../../../../peers/answer.json");
    let words: Vec<&str> =
        source.split(|next: char| !next.is_ascii_alphabetic()).filter(|word| word.len() > 2).collect();
    let (mut text, mut state) = (head.to_owned(), 7_u64);
    while text.len() + tail.len() < bytes {
        // Knuth's numbers; nothing depends on how random they are.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.push_str(words[(state >> 33) as usize % words.len()]);
        text.push(' ');
    }
    text.truncate(bytes - tail.len());
    (text + tail).into()
}

#[cfg(test)]
mod tests {
    use super::answer;

    #[test]
    fn answers_are_json_of_the_length_that_is_asked_for() {
        for bytes in [256, 1_024, 262_144] {
            let answer = answer(bytes);
            assert_eq!(answer.len(), bytes);
            assert!(serde_json::from_slice::<serde_json::Value>(&answer).is_ok_and(|answer| answer.is_object()));
        }
    }
}
