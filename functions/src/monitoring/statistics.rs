//! What the counters say, in the words of the routes.

use super::percentage::percentage;
use crate::cache::{Counter, Counts, Endpoint, SizeClass, Usage};
use crate::origin::Source;
use crate::store::FailureReason;
use medinsight_core::Category;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// What the counters say.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Statistics {
    raw_stats: BTreeMap<String, u64>,
    cache_performance: BTreeMap<&'static str, CachePerformance>,
    error_rates: ErrorRates,
    entry_sizes: EntrySizes,
    origins: OriginUse,
}

/// What origins were used for.
#[derive(Debug, JsonSchema, Serialize)]
struct OriginUse {
    /// Answers that stood in for those of the first origin, by the origin that gave them.
    fallback_answers: BTreeMap<&'static str, u64>,
    /// Tokens that a model has read.
    tokens_read: u64,
    /// Tokens that a model has written.
    tokens_written: u64,
}

/// How well the cache serves an endpoint.
#[derive(Debug, JsonSchema, Serialize)]
struct CachePerformance {
    requests: u64,
    cache_hits: u64,
    /// In percent; zero before the first request.
    cache_hit_rate: f64,
    /// Hits that were stale.
    stale: u64,
    coalesced: u64,
    negative: u64,
    bypass: u64,
    bypass_by_reason: BTreeMap<&'static str, u64>,
    /// What the hits would have cost the origin.
    seconds_saved: f64,
}

#[derive(Debug, JsonSchema, Serialize)]
struct ErrorRates {
    /// `{endpoint}_failures`.
    #[serde(flatten)]
    failures: BTreeMap<String, u64>,
    /// Trips to the store that failed, by reason.
    store_failures: BTreeMap<String, u64>,
    /// Entries that could not be read or stored, by reason.
    entry_failures: BTreeMap<String, u64>,
}

/// How large entries are. It is counted when they are stored, because nobody can know what is there now without
/// looking at every key.
#[derive(Debug, JsonSchema, Serialize)]
struct EntrySizes {
    /// What the numbers are about.
    basis: &'static str,
    categories: BTreeMap<&'static str, CategorySizes>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct CategorySizes {
    count: u64,
    bytes: u64,
    average_bytes: Option<u64>,
    /// The largest entry has at most so many bytes; none before the first one.
    largest_at_most_bytes: Option<u64>,
}

impl Statistics {
    /// What counts say.
    #[must_use]
    pub fn of(counts: &Counts) -> Self {
        Self {
            raw_stats: raw(counts),
            cache_performance: of_endpoints(|endpoint| (endpoint.as_str(), CachePerformance::of(counts, endpoint))),
            error_rates: ErrorRates::of(counts),
            entry_sizes: EntrySizes::of(counts),
            origins: OriginUse::of(counts),
        }
    }
}

/// The counters by name. Those that say how an endpoint was used are always there, the many others once they count.
fn raw(counts: &Counts) -> BTreeMap<String, u64> {
    let all = Counter::all().map(|counter| (counter, counts.of_counter(counter)));
    all.filter(|(counter, count)| *count > 0 || is_always_shown(*counter))
        .map(|(counter, count)| (counter.name(), count))
        .collect()
}

const fn is_always_shown(counter: Counter) -> bool {
    matches!(counter, Counter::Usage(_, Usage::Requests | Usage::Hits) | Counter::Failures(_))
}

fn of_endpoints<K: Ord, V>(pair: impl Fn(Endpoint) -> (K, V)) -> BTreeMap<K, V> {
    Endpoint::ALL.into_iter().map(pair).collect()
}

impl CachePerformance {
    fn of(counts: &Counts, endpoint: Endpoint) -> Self {
        let count = |usage| counts.of_usage(endpoint, usage);
        let requests = count(Usage::Requests);
        // In a cluster the counters lie on several nodes and are not read at the same instant.
        let cache_hits = count(Usage::Hits).min(requests);
        let reasons = FailureReason::ALL.into_iter().map(|reason| (reason.as_str(), count(Usage::Bypass(reason))));
        let bypass_by_reason: BTreeMap<_, _> = reasons.filter(|(_, count)| *count > 0).collect();
        Self {
            requests,
            cache_hits,
            cache_hit_rate: percentage(cache_hits, requests).unwrap_or_default(),
            stale: count(Usage::Stale).min(cache_hits),
            coalesced: count(Usage::Coalesced),
            negative: count(Usage::Negative),
            bypass: bypass_by_reason.values().sum(),
            bypass_by_reason,
            seconds_saved: seconds(count(Usage::SavedMillis)),
        }
    }
}

impl ErrorRates {
    fn of(counts: &Counts) -> Self {
        let by_name = |counters: &mut dyn Iterator<Item = (&'static str, Counter)>| {
            let counted = counters.map(|(name, counter)| (name.to_owned(), counts.of_counter(counter)));
            counted.filter(|(_, count)| *count > 0).collect()
        };
        Self {
            failures: of_endpoints(|endpoint| {
                (format!("{}_failures", endpoint.as_str()), counts.of_counter(Counter::Failures(endpoint)))
            }),
            store_failures: by_name(&mut Counter::of_the_store()),
            entry_failures: by_name(&mut Counter::of_entries()),
        }
    }
}

impl OriginUse {
    fn of(counts: &Counts) -> Self {
        let fallbacks = Source::ALL.map(|origin| (origin.as_str(), counts.of_counter(Counter::Fallback(origin))));
        Self {
            fallback_answers: fallbacks.into_iter().filter(|(_, count)| *count > 0).collect(),
            tokens_read: counts.of_counter(Counter::TokensRead),
            tokens_written: counts.of_counter(Counter::TokensWritten),
        }
    }
}

impl EntrySizes {
    fn of(counts: &Counts) -> Self {
        let categories =
            Category::of_entries().map(|category| (category.as_str(), CategorySizes::of(counts, category)));
        Self { basis: "entries stored since the counters began", categories: categories.collect() }
    }
}

impl CategorySizes {
    fn of(counts: &Counts, category: Category) -> Self {
        let stored = |class| counts.of_counter(Counter::Stored(category, class));
        let count = SizeClass::ALL.into_iter().map(stored).sum();
        let bytes = counts.of_counter(Counter::StoredBytes(category));
        let largest = SizeClass::ALL.into_iter().rfind(|class| stored(*class) > 0);
        Self {
            count,
            bytes,
            average_bytes: bytes.checked_div(count),
            largest_at_most_bytes: largest.map(SizeClass::max_bytes),
        }
    }
}

/// Requests and what became of them, over all endpoints that clients ask.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Traffic {
    /// Requests.
    pub requests: u64,
    /// Those that were answered from the store.
    pub hits: u64,
    /// Those that ended in an error.
    pub failures: u64,
}

impl Traffic {
    /// The traffic that counts tell of.
    #[must_use]
    pub fn of(counts: &Counts) -> Self {
        let sum = |counter: fn(Endpoint) -> Counter| {
            Endpoint::ASKED.map(|endpoint| counts.of_counter(counter(endpoint))).iter().sum()
        };
        Self {
            requests: sum(|endpoint| Counter::Usage(endpoint, Usage::Requests)),
            hits: sum(|endpoint| Counter::Usage(endpoint, Usage::Hits)),
            failures: sum(Counter::Failures),
        }
    }

    /// The traffic since an earlier time; all of it when the counters have begun anew since.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let difference = || {
            Some(Self {
                requests: self.requests.checked_sub(earlier.requests)?,
                hits: self.hits.checked_sub(earlier.hits)?,
                failures: self.failures.checked_sub(earlier.failures)?,
            })
        };
        difference().unwrap_or(*self)
    }

    /// Hits among requests, in percent.
    #[must_use]
    pub fn hit_rate(&self) -> Option<f64> {
        percentage(self.hits, self.requests)
    }

    /// Errors among requests, in percent.
    #[must_use]
    pub fn error_rate(&self) -> Option<f64> {
        percentage(self.failures, self.requests)
    }
}

/// Milliseconds as seconds.
fn seconds(millis: u64) -> f64 {
    std::time::Duration::from_millis(millis).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::{Statistics, Traffic};
    use crate::cache::{Counter, Counts, Endpoint, SizeClass, Usage};
    use medinsight_core::Category;

    #[test]
    fn before_the_first_request_everything_is_zero_and_nothing_is_missing() {
        let statistics = serde_json::to_value(Statistics::of(&Counts::default())).expect("JSON");
        for endpoint in ["health_analysis", "medication_interactions", "drug_analysis", "drug_info"] {
            assert_eq!(statistics["cache_performance"][endpoint]["cache_hit_rate"], 0.0);
            assert_eq!(statistics["error_rates"][format!("{endpoint}_failures")], 0);
        }
        assert_eq!(statistics["raw_stats"]["usage:drug_info:cache_hits"], 0);
    }

    #[test]
    fn hits_that_were_read_a_moment_after_requests_are_no_more_than_requests() {
        let usage = |usage, count| (Counter::Usage(Endpoint::DrugInfo, usage), count);
        let counts = Counts::of([usage(Usage::Requests, 3), usage(Usage::Hits, 4), usage(Usage::SavedMillis, 1_500)]);
        let statistics = serde_json::to_value(Statistics::of(&counts)).expect("JSON");
        let performance = &statistics["cache_performance"]["drug_info"];
        assert_eq!((&performance["cache_hits"], &performance["cache_hit_rate"]), (&3.into(), &100.0.into()));
        assert_eq!(performance["seconds_saved"], 1.5);
    }

    #[test]
    fn sizes_are_those_of_the_classes_that_were_counted() {
        let counts = Counts::of([
            (Counter::Stored(Category::DrugInfo, SizeClass::UpTo1KiB), 3),
            (Counter::Stored(Category::DrugInfo, SizeClass::UpTo16KiB), 1),
            (Counter::StoredBytes(Category::DrugInfo), 8_000),
        ]);
        let statistics = serde_json::to_value(Statistics::of(&counts)).expect("JSON");
        let expected =
            serde_json::json!({"count": 4, "bytes": 8_000, "average_bytes": 2_000, "largest_at_most_bytes": 16_384});
        assert_eq!(statistics["entry_sizes"]["categories"]["drug_info"], expected);
    }

    #[test]
    fn counters_that_have_begun_anew_are_not_compared_with_earlier_ones() {
        let traffic = |requests, hits, failures| Traffic { requests, hits, failures };
        assert_eq!(traffic(10, 5, 1).since(&traffic(4, 2, 1)), traffic(6, 3, 0));
        assert_eq!(traffic(10, 5, 1).since(&traffic(11, 2, 1)), traffic(10, 5, 1));
    }
}
