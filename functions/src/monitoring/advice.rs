//! Advice on times to live: what each category's traffic would have cost with others than it has.

mod suggestion;

pub use suggestion::{Basis, Suggestion};

use crate::cache::{Cache, Counts, Endpoint, Point, Replay, Usage};
use crate::store::StoreError;
use medinsight_core::EntryKind;
use schemars::JsonSchema;
use serde::Serialize;
use suggestion::{Load, suggestions};

/// The times to live that are always looked at, in seconds: from a minute to 30 days, in steps that people would choose.
const TTLS_SECS: [u32; 25] = [
    60, 120, 180, 300, 600, 900, 1_200, 1_800, 2_700, 3_600, 5_400, 7_200, 10_800, 14_400, 21_600, 28_800, 43_200,
    64_800, 86_400, 129_600, 172_800, 259_200, 604_800, 1_209_600, 2_592_000,
];

/// What the sample says about the times to live.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Advice {
    /// Whether requests are sampled.
    pub is_sampling: bool,
    /// Each category of answers.
    pub categories: Vec<CategoryAdvice>,
}

/// What the sample says about one category.
#[derive(Debug, JsonSchema, Serialize)]
pub struct CategoryAdvice {
    /// The category.
    pub category: &'static str,
    /// For how many seconds its entries are fresh.
    pub fresh_for_secs: u32,
    /// Requests for the sampled keys.
    pub sampled_requests: u64,
    /// The share of keys that are sampled, from 0 to 1.
    pub sampling_rate: f64,
    /// How far back the sample reaches, in seconds.
    pub observed_secs: u64,
    /// Requests a day, sampled or not; null when nothing was observed.
    pub requests_per_day: Option<f64>,
    /// How old entries were when they answered, in seconds within a tenth; null when none did.
    pub hit_age_secs: Option<HitAges>,
    /// What share of the requests would have needed the origin with each time to live that the sample can judge.
    pub miss_ratio_curve: Vec<Point>,
    /// That share with the time to live that the category has; null when the sample cannot judge it.
    pub miss_ratio: Option<f64>,
    /// What other times to live would have saved.
    pub suggestions: Vec<Suggestion>,
    /// What the sample is not enough for; null when it is enough.
    pub not_enough_data: Option<&'static str>,
}

/// Half, nine tenths and ninety-nine hundredths of the hits were of entries of this age or younger.
#[derive(Clone, Copy, Debug, JsonSchema, PartialEq, Serialize)]
pub struct HitAges {
    p50: f64,
    p90: f64,
    p99: f64,
}

impl Advice {
    /// Replays what was sampled of every endpoint.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the samples or the counters could not be read.
    pub async fn of(cache: &Cache) -> Result<Self, StoreError> {
        let (counts, now) = (cache.counts().await?, cache.clock().now());
        let mut advice = Self { is_sampling: true, categories: Vec::new() };
        for endpoint in Endpoint::ALL {
            let life = cache.policy().lifetime(kind_of(endpoint));
            let fresh_for_secs = life.map_or(0, |life| life.fresh_for_secs);
            let samples = cache.samples(endpoint).await?;
            advice.is_sampling = samples.is_some();
            let replay = Replay::of(&samples.unwrap_or_default(), &ttls_around(fresh_for_secs), now);
            advice.categories.push(CategoryAdvice::of(
                endpoint,
                fresh_for_secs,
                &replay,
                origin_secs(&counts, endpoint),
            ));
        }
        Ok(advice)
    }
}

const fn kind_of(endpoint: Endpoint) -> EntryKind {
    match endpoint {
        Endpoint::HealthAnalysis => EntryKind::HealthAnalysis,
        Endpoint::MedicationInteractions => EntryKind::MedicationInteractions,
        Endpoint::DrugAnalysis => EntryKind::DrugAnalysis,
        Endpoint::DrugInfo => EntryKind::DrugInfo,
    }
}

/// The times to live to look at, in order: the usual ones, and the half, the whole and the double of the present one.
fn ttls_around(present_secs: u32) -> Vec<u32> {
    let own = [present_secs / 2, present_secs, present_secs.saturating_mul(2)];
    let mut ttls: Vec<_> = TTLS_SECS.into_iter().chain(own).filter(|ttl| *ttl > 0).collect();
    ttls.sort_unstable();
    ttls.dedup();
    ttls
}

/// What a computation takes the origin on average, by what the hits have saved; `None` before the first hit.
fn origin_secs(counts: &Counts, endpoint: Endpoint) -> Option<f64> {
    let count = |usage| counts.of_usage(endpoint, usage) as f64;
    let hits = count(Usage::Hits);
    (hits > 0.0).then(|| count(Usage::SavedMillis) / 1_000.0 / hits)
}

impl CategoryAdvice {
    fn of(endpoint: Endpoint, fresh_for_secs: u32, replay: &Replay, origin_secs: Option<f64>) -> Self {
        let requests_per_day = replay.requests_per_day();
        let load = requests_per_day.map(|requests_per_day| Load { requests_per_day, origin_secs });
        let curve = replay.points.clone();
        let present = curve.iter().find(|point| point.ttl_secs == fresh_for_secs);
        Self {
            category: endpoint.as_str(),
            fresh_for_secs,
            sampled_requests: replay.sampled_requests,
            sampling_rate: replay.sampling_rate,
            observed_secs: replay.observed.as_secs(),
            requests_per_day,
            hit_age_secs: replay.hit_ages().map(|[p50, p90, p99]| HitAges { p50, p90, p99 }),
            miss_ratio: present.map(|point| point.miss_ratio),
            suggestions: load.map(|load| suggestions(&curve, fresh_for_secs, load)).unwrap_or_default(),
            not_enough_data: missing(&curve, fresh_for_secs),
            miss_ratio_curve: curve,
        }
    }
}

/// What is missing, in a sentence for people.
fn missing(curve: &[Point], present_secs: u32) -> Option<&'static str> {
    match curve.last() {
        None => Some("too few requests were sampled, or for too short a time, to judge any time to live"),
        Some(longest) if longest.ttl_secs < present_secs => {
            Some("the sample does not reach back twice the present time to live, so that cannot be judged")
        }
        Some(_) => None,
    }
}
