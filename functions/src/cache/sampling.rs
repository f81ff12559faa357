//! A sample of the requests, from which the advice on times to live is computed.
//!
//! Keys are sampled, not requests: those whose keyed hash is below a bound (SHARDS, Waldspurger et al., FAST '15). So
//! all processes sample the same keys without a word between them, and the requests for a sampled key are all there, in
//! order, however many processes answered them. A process that gathers too much halves its bound; whoever reads
//! batches of different bounds takes the lowest, and what is below that is in every batch.
//!
//! A hash is made with a key that is not in the store, so nobody who reads the store can tell which question it is of,
//! and no client can choose questions that are sampled.

mod age;
mod batch;
mod gathering;
mod replay;

#[cfg(test)]
mod accuracy;

pub use age::AgeClass;
pub use batch::{Batch, Event};
pub use replay::{Point, Replay};

use super::{Answer, CacheStatus, Encryption, Endpoint, Visit};
use crate::config::Switch;
use bytes::Bytes;
use gathering::Gathering;
use medinsight_core::{Category, KeySecret, UnixMillis};
use sha2::{Digest, Sha256};
use siphasher::sip::SipHasher13;
use std::fmt;
use std::hash::Hasher;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// How long a process gathers before a batch goes with a flush. So few batches are kept that this decides how far
/// back the sample reaches.
pub const BATCH_EVERY: Duration = Duration::from_secs(300);

/// How many batches of a category the store keeps: 3 MB at most. With one busy process they reach back three days and a
/// half.
pub const MAX_BATCHES: usize = 1_024;

/// What a key is derived with, so that it is no other key of the same secret.
const LABEL: &[u8] = b"medinsight/v1/advice\n";

/// Whether requests are sampled, and with which key.
#[derive(Clone, Debug)]
pub enum Sampling {
    /// They are.
    On(SamplingKey),
    /// They are not: `CACHE_ADVICE=off`.
    Off,
}

impl Sampling {
    /// Sampling with a key that other processes have, too, if there is a secret to derive it from, and else with one of
    /// the moment: then each process knows its own samples only.
    #[must_use]
    pub fn new(switch: Switch, secret: Option<&KeySecret>, encryption: &Encryption) -> Self {
        let key = || match (secret, encryption) {
            (Some(secret), _) => Some(SamplingKey::of_secret(secret.pseudonym("advice", "").as_bytes())),
            (None, Encryption::Sealed(keyring)) => Some(keyring.sampling_key()),
            (None, Encryption::Off) => SamplingKey::of_the_moment(),
        };
        match switch {
            Switch::On => key().map_or(Self::Off, Self::On),
            Switch::Off => Self::Off,
        }
    }
}

/// The key of the hashes. Processes with the same one sample the same keys.
#[derive(Clone, Copy)]
pub struct SamplingKey(SipHasher13);

impl SamplingKey {
    /// The key that is derived from a secret, which has at least 16 bytes that nobody can guess.
    #[must_use]
    pub fn of_secret(secret: &[u8]) -> Self {
        let digest: [u8; 32] = Sha256::new().chain_update(LABEL).chain_update(secret).finalize().into();
        let mut key = [0; 16];
        key.iter_mut().zip(digest).for_each(|(byte, derived)| *byte = derived);
        Self(SipHasher13::new_with_key(&key))
    }

    /// `None` without a source of randomness.
    fn of_the_moment() -> Option<Self> {
        let mut secret = [0; 16];
        getrandom::fill(&mut secret).ok().map(|()| Self::of_secret(&secret))
    }

    /// Names the key: samples that were taken with another one say nothing about the same keys.
    #[must_use]
    pub fn tag(&self) -> u64 {
        self.hash("")
    }

    /// The hash of a text.
    #[must_use]
    pub fn hash(&self, text: &str) -> u64 {
        let mut hasher = self.0;
        hasher.write(text.as_bytes());
        hasher.finish()
    }
}

impl fmt::Debug for SamplingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SamplingKey(..)")
    }
}

/// A request that may be sampled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sighting {
    endpoint: Endpoint,
    hash: u64,
}

/// Samples the requests of a process.
#[derive(Debug)]
pub(super) struct Sampler {
    key: SamplingKey,
    endpoints: [Gathering; Endpoint::ALL.len()],
    /// When the first request since the last batches was; [`NOTHING_YET`] until there is one.
    began_at: AtomicU64,
    is_ending: AtomicBool,
}

const NOTHING_YET: u64 = u64::MAX;

impl Sampler {
    pub(super) fn of(sampling: &Sampling) -> Option<Self> {
        match sampling {
            Sampling::On(key) => {
                let (endpoints, began_at) = (Default::default(), AtomicU64::new(NOTHING_YET));
                Some(Self { key: *key, endpoints, began_at, is_ending: AtomicBool::default() })
            }
            Sampling::Off => None,
        }
    }

    pub(super) fn key(&self) -> &SamplingKey {
        &self.key
    }

    /// Takes note of a visit that is a request of somebody.
    pub(super) fn see(&self, visit: &Visit) -> Option<Sighting> {
        let endpoint = Endpoint::of(visit.key.kind().category()).filter(|_| visit.counts.is_some())?;
        Some(Sighting { endpoint, hash: self.key.hash(visit.key.as_str()) })
    }

    /// Takes note of how the request was answered.
    pub(super) fn note(&self, sighting: Sighting, age: Option<Duration>, now: impl Fn() -> UnixMillis) {
        let gathering = &self.endpoints[sighting.endpoint as usize];
        if self.began_at.load(Ordering::Relaxed) == NOTHING_YET {
            // Of two that come first either one will do.
            self.began_at.store(now().0, Ordering::Relaxed);
        }
        if gathering.count_and_is_sampled(sighting.hash) {
            gathering.gather(Event { at: now(), hash: sighting.hash, age: AgeClass::of(age), count: 1 });
        }
    }

    pub(super) fn is_due(&self, now: UnixMillis) -> bool {
        let began_at = self.began_at.load(Ordering::Relaxed);
        let is_time = now.0.saturating_sub(began_at) >= crate::clock::millis(BATCH_EVERY);
        began_at != NOTHING_YET && (is_time || self.is_ending.load(Ordering::Relaxed))
    }

    /// Lets what is gathered go with the next flush, because the process ends.
    pub(super) fn hurry(&self) {
        self.is_ending.store(true, Ordering::Relaxed);
    }

    /// The batches that are to go with a flush; most have none.
    pub(super) fn take_due(&self, now: UnixMillis) -> Vec<(Category, Bytes)> {
        if !self.is_due(now) {
            return Vec::new();
        }
        let began_at = UnixMillis(self.began_at.swap(NOTHING_YET, Ordering::Relaxed));
        let batches = Endpoint::ALL.into_iter().filter_map(|endpoint| {
            let batch = self.endpoints[endpoint as usize].take(self.key.tag(), began_at)?;
            Some((endpoint.category(), batch.encode()))
        });
        batches.collect()
    }

    /// What was gathered for an endpoint and is not in the store yet.
    pub(super) fn gathered(&self, endpoint: Endpoint) -> Option<Batch> {
        let began_at = UnixMillis(self.began_at.load(Ordering::Relaxed));
        self.endpoints[endpoint as usize].so_far(self.key.tag(), began_at)
    }
}

/// How old the entry was that answered, if one did.
pub(super) fn age_at_hit(answer: &Answer) -> Option<Duration> {
    match answer.status {
        CacheStatus::Hit | CacheStatus::Stale => answer.age,
        CacheStatus::Miss | CacheStatus::Coalesced | CacheStatus::Bypass(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{BATCH_EVERY, Batch, Endpoint, Sampler, Sampling, SamplingKey, Visit};
    use crate::cache::Deadline;
    use medinsight_core::{CacheKey, UnixMillis};
    use std::time::Duration;

    fn sampler() -> Sampler {
        Sampler::of(&Sampling::On(SamplingKey::of_secret(b"an invented secret"))).expect("it is on")
    }

    fn request(drug: u64) -> Visit {
        let key = CacheKey::build("drug_info", &format!("drug{drug}"), None).expect("a key");
        Visit { counts: Endpoint::DrugInfo.requests(), ..Visit::to(key, Deadline::after(Duration::ZERO)) }
    }

    fn note(sampler: &Sampler, drug: u64, at_secs: u64) {
        let sighting = sampler.see(&request(drug)).expect("a request");
        sampler.note(sighting, None, || UnixMillis(at_secs * 1_000));
    }

    fn taken(sampler: &Sampler, at_secs: u64) -> Option<Batch> {
        let batches = sampler.take_due(UnixMillis(at_secs * 1_000));
        batches.first().map(|(_, batch)| Batch::decode(batch).expect("a batch"))
    }

    #[test]
    fn a_batch_is_due_five_minutes_after_its_first_request_or_when_the_process_ends() {
        let sampler = sampler();
        assert_eq!(taken(&sampler, 1_000), None);
        note(&sampler, 1, 1_000);
        assert_eq!(taken(&sampler, 999 + BATCH_EVERY.as_secs()), None);
        assert_eq!(taken(&sampler, 1_000 + BATCH_EVERY.as_secs()).map(|batch| batch.requests), Some(1));
        note(&sampler, 1, 2_000);
        sampler.hurry();
        assert_eq!(taken(&sampler, 2_000).map(|batch| batch.requests), Some(1));
        assert_eq!(taken(&sampler, 2_000), None);
    }

    #[test]
    fn what_is_no_request_is_not_sampled() {
        let sampler = sampler();
        let warming = Visit { counts: None, ..request(1) };
        assert!(sampler.see(&warming).is_none());
    }

    #[test]
    fn requests_for_one_key_within_ten_seconds_are_one_event_with_a_count() {
        let sampler = sampler();
        for at in [0, 3, 9, 10, 30] {
            note(&sampler, 1, at);
        }
        let batch = taken(&sampler, 1_000).expect("a batch");
        assert_eq!(
            batch.events.iter().map(|event| (event.at.0, event.count)).collect::<Vec<_>>(),
            [(0, 3), (10_000, 1), (30_000, 1)]
        );
    }

    #[test]
    fn a_flood_lowers_the_share_of_keys_and_never_grows_a_batch_and_every_request_is_counted() {
        let sampler = sampler();
        (0..10_000).for_each(|drug| note(&sampler, drug, 1));
        let batch = taken(&sampler, 1_000).expect("a batch");
        assert!(batch.events.len() <= 256 && batch.events.len() > 64, "{}", batch.events.len());
        assert!(batch.halvings >= 5, "{}", batch.halvings);
        assert_eq!(batch.requests, 10_000);
        assert!(batch.events.iter().all(|event| event.hash <= Batch::bound_after(batch.halvings)));
        let mut rest = 2_000;
        while taken(&sampler, rest).is_none_or(|batch| batch.halvings > 0) {
            note(&sampler, 1, rest);
            rest += 1_000;
            assert!(rest < 20_000, "quiet times raise the share again");
        }
    }

    #[test]
    fn another_secret_samples_other_keys_under_another_name() {
        let (one, other) = (SamplingKey::of_secret(b"an invented secret"), SamplingKey::of_secret(b"another secret"));
        assert_ne!((one.tag(), one.hash("key")), (other.tag(), other.hash("key")));
        assert_eq!(format!("{one:?}"), "SamplingKey(..)");
    }
}
