//! What was counted in the last hour or day, as series.

use crate::cache::{Cache, Counter, Endpoint, Latency, MinuteCount, MinuteCounts, Source, UnixMinute, Usage};
use crate::store::{FailureReason, StoreError};
use medinsight_core::{CacheKey, Category, UnixMillis};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// How far back to look.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Window {
    /// 60 points of a minute.
    #[default]
    Hour,
    /// 288 points of five minutes.
    Day,
}

/// What was counted, a number for each point; the last point is not over yet.
#[derive(Debug, JsonSchema, Serialize)]
pub struct History {
    /// `hour` or `day`.
    window: &'static str,
    /// How long a point is.
    step_seconds: u64,
    /// When the first point begins, in milliseconds since 1970.
    starts_at: u64,
    points: usize,
    endpoints: BTreeMap<&'static str, EndpointHistory>,
    /// Answers that clients got without the store, by reason.
    bypass_by_reason: BTreeMap<&'static str, Vec<u64>>,
    /// Trips to the store that failed, by reason.
    store_failures: BTreeMap<&'static str, Vec<u64>>,
    /// Entries that could not be read or stored, by reason.
    entry_failures: BTreeMap<&'static str, Vec<u64>>,
    /// How long answers took, by where they came from: `store` or `origin`.
    latency: BTreeMap<&'static str, LatencyHistory>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct EndpointHistory {
    requests: Vec<u64>,
    cache_hits: Vec<u64>,
    stale: Vec<u64>,
    coalesced: Vec<u64>,
    negative: Vec<u64>,
    bypass: Vec<u64>,
    failures: Vec<u64>,
    saved_millis: Vec<u64>,
}

/// Percentiles in milliseconds; null where there were no answers.
#[derive(Debug, JsonSchema, Serialize)]
struct LatencyHistory {
    answers: Vec<u64>,
    p50_ms: Vec<Option<f64>>,
    p90_ms: Vec<Option<f64>>,
    p99_ms: Vec<Option<f64>>,
    /// Over the whole window.
    whole: Percentiles,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Percentiles {
    answers: u64,
    p50_ms: Option<f64>,
    p90_ms: Option<f64>,
    p99_ms: Option<f64>,
}

/// Some minutes, added up.
struct Point(Vec<MinuteCounts>);

impl Window {
    /// The window of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Hour, Self::Day].into_iter().find(|window| window.as_str() == name)
    }

    /// The window's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    const fn minutes(self) -> u64 {
        match self {
            Self::Hour => 60,
            Self::Day => 24 * 60,
        }
    }

    const fn minutes_a_point(self) -> u64 {
        match self {
            Self::Hour => 1,
            Self::Day => 5,
        }
    }

    /// The first minute. Points begin at whole multiples of their length, so that they do not change with every look.
    fn first(self, now: UnixMillis) -> UnixMinute {
        let step = self.minutes_a_point();
        let end = (UnixMinute::of(now).0 / step + 1) * step;
        UnixMinute(end.saturating_sub(self.minutes()))
    }
}

impl History {
    /// Reads what was counted in a window that ends now.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not answer.
    pub async fn read(cache: &Cache, window: Window) -> Result<Self, StoreError> {
        let first = window.first(cache.clock().now());
        Ok(Self::of(window, first, cache.minutes(first, window.minutes()).await?))
    }

    fn of(window: Window, first: UnixMinute, minutes: Vec<MinuteCounts>) -> Self {
        let step = window.minutes_a_point();
        let points = points(minutes, usize::try_from(step).unwrap_or(usize::MAX));
        let bypass = FailureReason::ALL.map(|reason| {
            let count = |point: &Point| Endpoint::ASKED.map(|at| point.usage(at, Usage::Bypass(reason))).iter().sum();
            (reason.as_str(), series(&points, count))
        });
        let counted = |counters: &mut dyn Iterator<Item = (&'static str, Counter)>| {
            occurred(counters.map(|(name, counter)| (name, series(&points, |point| point.raised(counter)))))
        };
        Self {
            window: window.as_str(),
            step_seconds: step * 60,
            starts_at: first.starts_at().0,
            points: points.len(),
            endpoints: Endpoint::ALL.map(|at| (at.as_str(), EndpointHistory::of(&points, at))).into(),
            bypass_by_reason: occurred(bypass),
            store_failures: counted(&mut Counter::of_the_store()),
            entry_failures: counted(&mut Counter::of_entries()),
            latency: Source::ALL.map(|source| (source.as_str(), LatencyHistory::of(&points, source))).into(),
        }
    }
}

/// How many keys of a category are told.
const HOTTEST: usize = 10;

/// The entries that were hit most in the last hour, by category, and how often at least; of those about persons what this
/// process served lately.
///
/// # Errors
///
/// [`StoreError`] when the store did not answer.
pub async fn hottest_of_the_hour(cache: &Cache) -> Result<BTreeMap<Category, Vec<(CacheKey, u64)>>, StoreError> {
    let first = Window::Hour.first(cache.clock().now());
    let minutes = cache.minutes(first, Window::Hour.minutes()).await?;
    let mut hits: HashMap<CacheKey, u64> = cache.hits_of_persons().into_iter().collect();
    for (key, count) in minutes.into_iter().flat_map(MinuteCounts::into_hits) {
        *hits.entry(key).or_default() += count;
    }
    let mut hottest: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (key, count) in hits {
        hottest.entry(key.kind().category()).or_default().push((key, count));
    }
    for keys in hottest.values_mut() {
        keys.sort_unstable_by(|(key, count), (other_key, other)| other.cmp(count).then_with(|| key.cmp(other_key)));
        keys.truncate(HOTTEST);
    }
    Ok(hottest)
}

impl EndpointHistory {
    fn of(points: &[Point], endpoint: Endpoint) -> Self {
        let usage = |usage| series(points, |point| point.usage(endpoint, usage));
        let bypass =
            |point: &Point| FailureReason::ALL.map(|reason| point.usage(endpoint, Usage::Bypass(reason))).iter().sum();
        Self {
            requests: usage(Usage::Requests),
            cache_hits: usage(Usage::Hits),
            stale: usage(Usage::Stale),
            coalesced: usage(Usage::Coalesced),
            negative: usage(Usage::Negative),
            bypass: series(points, bypass),
            failures: series(points, |point| point.raised(Counter::Failures(endpoint))),
            saved_millis: usage(Usage::SavedMillis),
        }
    }
}

impl LatencyHistory {
    fn of(points: &[Point], source: Source) -> Self {
        let latencies: Vec<_> = points.iter().map(|point| point.latency(source)).collect();
        let percentile = |share| latencies.iter().map(|latency| latency.percentile(share)).collect();
        Self {
            answers: latencies.iter().map(Latency::answers).collect(),
            p50_ms: percentile(0.5),
            p90_ms: percentile(0.9),
            p99_ms: percentile(0.99),
            whole: Percentiles::of(&whole(points, source)),
        }
    }
}

impl Percentiles {
    fn of(latency: &Latency) -> Self {
        let [p50_ms, p90_ms, p99_ms] = [0.5, 0.9, 0.99].map(|share| latency.percentile(share));
        Self { answers: latency.answers(), p50_ms, p90_ms, p99_ms }
    }
}

impl Point {
    fn usage(&self, endpoint: Endpoint, usage: Usage) -> u64 {
        self.raised(Counter::Usage(endpoint, usage))
    }

    fn raised(&self, counter: Counter) -> u64 {
        self.0.iter().map(|minute| minute.of(MinuteCount::Raised(counter))).sum()
    }

    fn latency(&self, source: Source) -> Latency {
        let mut latency = Latency::default();
        self.add_to(&mut latency, source);
        latency
    }

    fn add_to(&self, latency: &mut Latency, source: Source) {
        for (what, answers) in self.0.iter().flat_map(MinuteCounts::iter) {
            match *what {
                MinuteCount::Latency(from, class) if from == source => latency.add(class, answers),
                MinuteCount::Latency(..) | MinuteCount::Raised(_) => {}
            }
        }
    }
}

fn points(minutes: Vec<MinuteCounts>, minutes_a_point: usize) -> Vec<Point> {
    let mut minutes = minutes.into_iter().peekable();
    let mut points = Vec::new();
    while minutes.peek().is_some() {
        points.push(Point(minutes.by_ref().take(minutes_a_point).collect()));
    }
    points
}

fn series(points: &[Point], count: impl Fn(&Point) -> u64) -> Vec<u64> {
    points.iter().map(count).collect()
}

fn whole(points: &[Point], source: Source) -> Latency {
    let mut latency = Latency::default();
    points.iter().for_each(|point| point.add_to(&mut latency, source));
    latency
}

/// The series in which something occurred.
fn occurred(all: impl IntoIterator<Item = (&'static str, Vec<u64>)>) -> BTreeMap<&'static str, Vec<u64>> {
    all.into_iter().filter(|(_, series)| series.iter().any(|count| *count > 0)).collect()
}

#[cfg(test)]
mod tests {
    use super::{History, Window};
    use crate::cache::{MinuteCounts, UnixMinute};
    use medinsight_core::UnixMillis;

    #[test]
    fn a_day_has_points_of_five_minutes_that_begin_at_whole_ones() {
        let now = UnixMillis(1_800_000_000_000 + 7 * 60_000);
        assert_eq!(UnixMinute::of(now).0 % 5, 2);
        let first = Window::Day.first(now);
        assert_eq!((first.0 % 5, first.0 + 24 * 60 - UnixMinute::of(now).0), (0, 3));
        assert_eq!(Window::Hour.first(now).0 + 59, UnixMinute::of(now).0);
    }

    #[test]
    fn without_anything_counted_every_series_is_there_and_empty() {
        let minutes = vec![MinuteCounts::default(); 24 * 60];
        let history = serde_json::to_value(History::of(Window::Day, UnixMinute(0), minutes)).expect("JSON");
        assert_eq!(history["points"], 288);
        for endpoint in ["health_analysis", "medication_interactions", "drug_analysis", "drug_info"] {
            assert_eq!(history["endpoints"][endpoint]["requests"].as_array().map(Vec::len), Some(288));
        }
        assert!(history["latency"]["store"]["p99_ms"][0].is_null());
        assert_eq!(history["bypass_by_reason"], serde_json::json!({}));
    }
}
