//! The replay: what caches with other times to live would have done with the sampled requests.
//!
//! A cache with a time to live `T` has one number for each key, when its answer was last computed. A request finds it if
//! that is less than `T` ago, and otherwise has it computed. So the replay of the requests for a sampled key is exact.
//! What is estimated is the rest: misses of the sampled keys, divided by the share of keys that are sampled, are the
//! misses of all, and all requests were counted (SHARDS-adj). So a key that everybody asks for hardly matters, sampled
//! or not: it is rarely missed. How far off that may be follows from how unevenly the misses are spread over the sampled
//! keys, and what may be off by more than two percentage points is not said.
//!
//! The replay begins with nothing computed. Requests within the first `T` are replayed for `T` and not judged, because
//! an earlier answer may have served them, and as much time again has to follow. As many whole `T` as there are after that are
//! judged.

use super::{AgeClass, Batch, Event};
use medinsight_core::UnixMillis;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::time::Duration;

/// A time to live is judged by no fewer sampled requests than this.
const ENOUGH_REQUESTS: u64 = 100;

/// How far off a share of misses may be, with a probability of 95 %.
const MARGIN: f64 = 0.02;

const SECS_A_DAY: f64 = 86_400.0;

/// What the sampled requests tell.
#[derive(Clone, Debug)]
pub struct Replay {
    /// Requests for the sampled keys.
    pub sampled_requests: u64,
    /// The share of keys that are sampled, from 0 to 1.
    pub sampling_rate: f64,
    /// From the first request until now.
    pub observed: Duration,
    /// Requests, sampled or not.
    pub requests: u64,
    /// The times to live that can be judged, in order.
    pub points: Vec<Point>,
    ages: BTreeMap<AgeClass, u64>,
}

/// What one time to live would have done.
#[derive(Clone, Copy, Debug, JsonSchema, PartialEq, Serialize)]
pub struct Point {
    /// The time to live, in seconds.
    pub ttl_secs: u32,
    /// The share of requests that would have needed the origin, from 0 to 1.
    pub miss_ratio: f64,
    /// How far off that may be, with a probability of 95 %; 0 when every key is sampled.
    pub margin: f64,
}

/// A request as the replay sees it.
#[derive(Clone, Copy, Debug)]
struct Request {
    event: Event,
    /// When its batch began, which decides whether it is judged: so it is judged together with what was only counted.
    batch_at: UnixMillis,
}

impl Replay {
    /// Replays batches, in whatever order they are, for times to live that are in order.
    #[must_use]
    pub fn of(batches: &[Batch], ttls_secs: &[u32], now: UnixMillis) -> Self {
        let halvings = batches.iter().map(|batch| batch.halvings).max().unwrap_or_default();
        let requests = sampled(batches, halvings);
        let began_at = batches.iter().map(|batch| batch.started_at).min().unwrap_or(now);
        let sampling_rate = 0.5_f64.powi(halvings.into());
        let judge = Judge { batches, requests: &requests, began_at, now, sampling_rate };
        Self {
            sampled_requests: requests.iter().map(|request| u64::from(request.event.count)).sum(),
            sampling_rate,
            observed: now.since(began_at),
            requests: batches.iter().map(|batch| u64::from(batch.requests)).sum(),
            points: ttls_secs.iter().filter_map(|ttl_secs| judge.point(*ttl_secs)).collect(),
            ages: ages(&requests),
        }
    }

    /// Requests a day; `None` when nothing was observed.
    #[must_use]
    pub fn requests_per_day(&self) -> Option<f64> {
        let secs = self.observed.as_secs_f64();
        (self.requests > 0 && secs > 0.0).then(|| self.requests as f64 / secs * SECS_A_DAY)
    }

    /// The ages, in seconds, that half, nine tenths and ninety-nine hundredths of the hits did not exceed; `None` without
    /// hits.
    #[must_use]
    pub fn hit_ages(&self) -> Option<[f64; 3]> {
        let hits: u64 = self.ages.values().sum();
        let at_share = |hundredths: u64| {
            let rank = (hits * hundredths).div_ceil(100);
            let mut so_far = 0;
            let class = self.ages.iter().find(|(_, count)| {
                so_far += **count;
                so_far >= rank
            });
            class.and_then(|(age, _)| age.secs()).map(|secs| (secs * 10.0).round() / 10.0)
        };
        (hits > 0).then(|| Some([at_share(50)?, at_share(90)?, at_share(99)?]))?
    }
}

/// The requests for the keys that every batch samples, in order of time.
fn sampled(batches: &[Batch], halvings: u8) -> Vec<Request> {
    let bound = Batch::bound_after(halvings);
    let of = |batch: &Batch| {
        let batch_at = batch.started_at;
        let events = batch.events.clone().into_iter().filter(move |event| event.hash <= bound);
        events.map(move |event| Request { event, batch_at })
    };
    let mut requests: Vec<_> = batches.iter().flat_map(of).collect();
    requests.sort_by_key(|request| request.event.at);
    requests
}

fn ages(requests: &[Request]) -> BTreeMap<AgeClass, u64> {
    let mut ages = BTreeMap::new();
    for event in requests.iter().map(|request| request.event).filter(|event| event.age.secs().is_some()) {
        *ages.entry(event.age).or_default() += u64::from(event.count);
    }
    ages
}

struct Judge<'a> {
    batches: &'a [Batch],
    requests: &'a [Request],
    began_at: UnixMillis,
    now: UnixMillis,
    sampling_rate: f64,
}

impl Judge<'_> {
    /// What a time to live would have done; `None` when the sample cannot tell.
    fn point(&self, ttl_secs: u32) -> Option<Point> {
        let ttl = Duration::from_secs(ttl_secs.into());
        let judged = self.judged(crate::clock::millis(ttl))?;
        let batches = self.batches.iter().filter(|batch| judged.contains(&batch.started_at));
        let requests: u64 = batches.map(|batch| u64::from(batch.requests)).sum();
        let (sampled, keys) = self.replay(ttl, &judged);
        let misses: f64 = keys.values().map(|key| key.misses).sum();
        let squares: f64 = keys.values().map(|key| key.misses * key.misses).sum();
        // Horvitz and Thompson's estimate of a sum, and twice its standard error.
        let scale = self.sampling_rate * requests as f64;
        let (miss_ratio, margin) = (misses / scale, 2.0 * ((1.0 - self.sampling_rate) * squares).sqrt() / scale);
        let is_enough = sampled >= ENOUGH_REQUESTS && requests > 0 && margin <= MARGIN;
        is_enough.then(|| Point { ttl_secs, miss_ratio: rounded(miss_ratio.min(1.0)), margin: rounded(margin) })
    }

    /// The time that is judged: from the first `ttl` on, a whole number of them, so that keys that were computed at the same
    /// moment do not count by where in their lives the sample ends.
    fn judged(&self, ttl_ms: u64) -> Option<Range<UnixMillis>> {
        let lives = crate::clock::millis(self.now.since(self.began_at)).checked_div(ttl_ms)?.checked_sub(1)?;
        let at = |lives: u64| UnixMillis(self.began_at.0.saturating_add(ttl_ms.saturating_mul(lives)));
        (lives > 0).then(|| at(1)..at(1 + lives))
    }

    /// How many requests were judged, and what became of each key.
    fn replay(&self, ttl: Duration, judged: &Range<UnixMillis>) -> (u64, HashMap<u64, Key>) {
        let mut keys: HashMap<u64, Key> = HashMap::new();
        let mut sampled = 0;
        for Request { event, batch_at } in self.requests {
            let key = keys.entry(event.hash).or_default();
            let is_hit = key.computed_at.is_some_and(|computed_at| event.at.since(computed_at) < ttl);
            if !is_hit {
                key.computed_at = Some(event.at);
            }
            if judged.contains(batch_at) {
                sampled += u64::from(event.count);
                key.misses += if is_hit { 0.0 } else { 1.0 };
            }
        }
        (sampled, keys)
    }
}

/// What became of a key with one time to live.
#[derive(Clone, Copy, Debug, Default)]
struct Key {
    computed_at: Option<UnixMillis>,
    /// Misses that are judged.
    misses: f64,
}

/// To a hundredth of a percentage point.
fn rounded(share: f64) -> f64 {
    (share * 10_000.0).round() / 10_000.0
}
