//! What is counted, and under which names: the only place that has names of counters.

mod by_minute;

pub use by_minute::MinuteCount;

use super::envelope::{NotWrapped, Unreadable};
use crate::origin::Source as Origin;
use crate::store::FailureReason;
use foldhash::HashMap;
use medinsight_core::{CacheKey, Category};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::hash_map::Entry;

/// A counter.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Counter {
    /// How an endpoint was used, under `usage:{endpoint}:{name}`.
    Usage(Endpoint, Usage),
    /// Requests of an endpoint that ended in an error, under `errors:{endpoint}:failures`.
    Failures(Endpoint),
    /// Health questions whose client claimed another digest, under `errors:health_analysis:digest_mismatches`.
    DigestMismatches,
    /// Requests that were refused because their client had spent its budget, under `errors:budget:spent`.
    OverBudget,
    /// Trips of the store that failed or were refused, under `errors:store:{reason}`.
    Store(FailureReason),
    /// Answers that were not stored, because their lease had run out or they had been cleared meanwhile.
    LeaseLost,
    /// Entries that could not be read, under `errors:entry:{reason}`.
    Unreadable(Unreadable),
    /// Entries that were not stored, under `errors:entry:{reason}`.
    NotWrapped(NotWrapped),
    /// Entries of a category that were stored, by size, under `usage:{category}:stored-{size}`.
    Stored(Category, SizeClass),
    /// Bytes of the entries of a category that were stored, under `usage:{category}:stored-bytes`.
    StoredBytes(Category),
    /// Answers of an origin that stood in for the one that was wanted, under `usage:fallback:{origin}`.
    Fallback(Origin),
    /// Tokens that a model has read, under `usage:bedrock:tokens-read`.
    TokensRead,
    /// Tokens that a model has written, under `usage:bedrock:tokens-written`.
    TokensWritten,
}

/// Whose requests are counted.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Endpoint {
    /// Health questions.
    HealthAnalysis,
    /// Interactions of a set of medicines, which health questions ask for.
    MedicationInteractions,
    /// Analyses of a drug.
    DrugAnalysis,
    /// Facts about a drug.
    DrugInfo,
}

/// How an endpoint was used.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Usage {
    /// Requests.
    Requests,
    /// Requests that were answered from the store, also with a stale answer.
    Hits,
    /// Those of them that were answered with a stale answer.
    Stale,
    /// Requests that were answered with what was computed for another one.
    Coalesced,
    /// Requests that were answered with the remembered fact that there is no answer.
    Negative,
    /// Requests that were answered without the store.
    Bypass(FailureReason),
    /// Milliseconds that the hits would have cost the origin.
    SavedMillis,
}

/// The size of an entry, rounded up.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum SizeClass {
    /// At most 1 KiB.
    UpTo1KiB,
    /// At most 4 KiB.
    UpTo4KiB,
    /// At most 16 KiB.
    UpTo16KiB,
    /// At most 64 KiB.
    UpTo64KiB,
    /// At most 256 KiB.
    UpTo256KiB,
    /// At most 1 MiB, which is as large as an entry may be.
    UpTo1MiB,
}

// Building a key checks it, and that need not be done for each request. All of them at once would delay the first one.
thread_local! {
    static KEYS: RefCell<HashMap<Counter, CacheKey>> = RefCell::default();
}

impl Counter {
    /// Every counter, those of hits before those of requests: read in this order, hits never outnumber requests,
    /// because a request is counted before its hit is.
    pub fn all() -> impl Iterator<Item = Self> {
        let usage = Usage::all().flat_map(|usage| Endpoint::ALL.map(|endpoint| Self::Usage(endpoint, usage)));
        let sizes = Category::of_entries().flat_map(|category| {
            let classes = SizeClass::ALL.map(|size| Self::Stored(category, size));
            classes.into_iter().chain([Self::StoredBytes(category)])
        });
        let failures = Self::of_the_store().chain(Self::of_entries()).map(|(_, counter)| counter);
        usage
            .chain(Endpoint::ALL.map(Self::Failures))
            .chain([Self::DigestMismatches, Self::OverBudget])
            .chain(failures)
            .chain(sizes)
            .chain(Origin::ALL.map(Self::Fallback))
            .chain([Self::TokensRead, Self::TokensWritten])
    }

    /// What went wrong with the store, by reason.
    pub fn of_the_store() -> impl Iterator<Item = (&'static str, Self)> {
        let reasons = FailureReason::ALL.map(|reason| (reason.as_str(), Self::Store(reason)));
        reasons.into_iter().chain([("lease-lost", Self::LeaseLost)])
    }

    /// What went wrong with entries, by reason. Entries that are too large to be read and to be stored share a counter.
    pub fn of_entries() -> impl Iterator<Item = (&'static str, Self)> {
        let unreadable = Unreadable::ALL.map(|reason| (reason.as_str(), Self::Unreadable(reason)));
        let not_wrapped = NotWrapped::ALL.map(|reason| (reason.as_str(), Self::NotWrapped(reason)));
        unreadable.into_iter().chain(not_wrapped)
    }

    /// What an entry of a category that was stored raises, and by how much.
    #[must_use]
    pub fn of_stored(category: Category, bytes: usize) -> [(Self, u64); 2] {
        let size = u64::try_from(bytes).unwrap_or_default();
        [(Self::Stored(category, SizeClass::of(bytes)), 1), (Self::StoredBytes(category), size)]
    }

    /// Where the counter lies in the store; `None` never happens, because every counter has a valid key.
    #[must_use]
    pub fn key(self) -> Option<CacheKey> {
        KEYS.with_borrow_mut(|keys| match keys.entry(self) {
            Entry::Occupied(known) => Some(known.get().clone()),
            Entry::Vacant(unknown) => Some(unknown.insert(self.build()?).clone()),
        })
    }

    /// The counter's name in reports: its key without the prefix.
    #[must_use]
    pub fn name(self) -> String {
        let (category, subject, name) = self.parts();
        format!("{category}:{subject}:{name}")
    }

    fn build(self) -> Option<CacheKey> {
        let (category, subject, name) = self.parts();
        CacheKey::build(category.as_str(), subject, Some(&name)).ok()
    }

    fn parts(self) -> (Category, &'static str, Cow<'static, str>) {
        match self {
            Self::Usage(endpoint, usage) => (Category::Usage, endpoint.as_str(), usage.name_for(endpoint)),
            Self::Failures(endpoint) => (Category::Errors, endpoint.as_str(), "failures".into()),
            Self::DigestMismatches => (Category::Errors, Endpoint::HealthAnalysis.as_str(), "digest_mismatches".into()),
            Self::OverBudget => (Category::Errors, "budget", "spent".into()),
            Self::Store(reason) => (Category::Errors, "store", reason.as_str().into()),
            Self::LeaseLost => (Category::Errors, "store", "lease-lost".into()),
            Self::Unreadable(reason) => (Category::Errors, "entry", reason.as_str().into()),
            Self::NotWrapped(reason) => (Category::Errors, "entry", reason.as_str().into()),
            Self::Stored(category, size) => {
                (Category::Usage, category.as_str(), format!("stored-{}", size.as_str()).into())
            }
            Self::StoredBytes(category) => (Category::Usage, category.as_str(), "stored-bytes".into()),
            Self::Fallback(origin) => (Category::Usage, "fallback", origin.as_str().into()),
            Self::TokensRead => (Category::Usage, Origin::Bedrock.as_str(), "tokens-read".into()),
            Self::TokensWritten => (Category::Usage, Origin::Bedrock.as_str(), "tokens-written".into()),
        }
    }
}

impl Endpoint {
    /// Every endpoint.
    pub const ALL: [Self; 4] = [Self::HealthAnalysis, Self::MedicationInteractions, Self::DrugAnalysis, Self::DrugInfo];

    /// Those that clients ask. The interactions of medicines are asked for by health questions.
    pub const ASKED: [Self; 3] = [Self::HealthAnalysis, Self::DrugAnalysis, Self::DrugInfo];

    /// The endpoint whose answers are of a category; none for what is kept for persons, and for counters.
    #[must_use]
    pub const fn of(category: Category) -> Option<Self> {
        match category {
            Category::HealthAnalysis => Some(Self::HealthAnalysis),
            Category::MedicationInteractions => Some(Self::MedicationInteractions),
            Category::DrugAnalysis => Some(Self::DrugAnalysis),
            Category::DrugInfo => Some(Self::DrugInfo),
            Category::User
            | Category::Symptom
            | Category::AiSummary
            | Category::SessionState
            | Category::AnalysisProgress
            | Category::Usage
            | Category::Errors => None,
        }
    }

    /// The endpoint's name in keys and reports: that of the category of its answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.category().as_str()
    }

    /// The category of the endpoint's answers.
    #[must_use]
    pub const fn category(self) -> Category {
        match self {
            Self::HealthAnalysis => Category::HealthAnalysis,
            Self::MedicationInteractions => Category::MedicationInteractions,
            Self::DrugAnalysis => Category::DrugAnalysis,
            Self::DrugInfo => Category::DrugInfo,
        }
    }

    /// The counter that each request raises, for its [`Visit`](super::Visit).
    #[must_use]
    pub const fn requests(self) -> Option<Counter> {
        Some(Counter::Usage(self, Usage::Requests))
    }
}

impl Usage {
    /// Every way to be used, hits before requests.
    pub fn all() -> impl Iterator<Item = Self> {
        let first = [Self::Stale, Self::Hits, Self::Coalesced, Self::Negative, Self::SavedMillis];
        first.into_iter().chain(FailureReason::ALL.map(Self::Bypass)).chain([Self::Requests])
    }

    /// The hits of drugs have had another name than those of health questions since the earlier service.
    fn name_for(self, endpoint: Endpoint) -> Cow<'static, str> {
        match (self, endpoint) {
            (Self::Requests, _) => "requests".into(),
            (Self::Hits, Endpoint::DrugAnalysis | Endpoint::DrugInfo) => "cache_hits".into(),
            (Self::Hits, Endpoint::HealthAnalysis | Endpoint::MedicationInteractions) => "hits".into(),
            (Self::Stale, _) => "stale".into(),
            (Self::Coalesced, _) => "coalesced".into(),
            (Self::Negative, _) => "negative".into(),
            (Self::Bypass(reason), _) => format!("bypass-{reason}").into(),
            (Self::SavedMillis, _) => "saved-ms".into(),
        }
    }
}

impl SizeClass {
    /// Every class, the smallest first.
    pub const ALL: [Self; 6] =
        [Self::UpTo1KiB, Self::UpTo4KiB, Self::UpTo16KiB, Self::UpTo64KiB, Self::UpTo256KiB, Self::UpTo1MiB];

    /// The class of an entry of so many bytes.
    #[must_use]
    pub fn of(bytes: usize) -> Self {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        Self::ALL.into_iter().find(|class| bytes <= class.max_bytes()).unwrap_or(Self::UpTo1MiB)
    }

    /// How large an entry of the class is at most.
    #[must_use]
    pub const fn max_bytes(self) -> u64 {
        match self {
            Self::UpTo1KiB => 1 << 10,
            Self::UpTo4KiB => 4 << 10,
            Self::UpTo16KiB => 16 << 10,
            Self::UpTo64KiB => 64 << 10,
            Self::UpTo256KiB => 256 << 10,
            Self::UpTo1MiB => 1 << 20,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::UpTo1KiB => "1k",
            Self::UpTo4KiB => "4k",
            Self::UpTo16KiB => "16k",
            Self::UpTo64KiB => "64k",
            Self::UpTo256KiB => "256k",
            Self::UpTo1MiB => "1m",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Counter, Endpoint, SizeClass, Usage};
    use crate::store::FailureReason;
    use std::collections::HashSet;

    #[test]
    fn every_counter_has_a_key_and_what_is_too_large_shares_the_only_one() {
        let counters: Vec<_> = Counter::all().collect();
        let keys: HashSet<_> = counters.iter().filter_map(|counter| counter.key()).collect();
        assert!(counters.iter().all(|counter| counter.key().is_some()));
        assert_eq!(counters.len() - keys.len(), 1, "an entry may be too large to be read and to be stored");
    }

    #[test]
    fn the_names_are_those_that_the_earlier_service_and_operators_know() {
        let names = [
            (Counter::Usage(Endpoint::HealthAnalysis, Usage::Requests), "usage:health_analysis:requests"),
            (Counter::Usage(Endpoint::HealthAnalysis, Usage::Hits), "usage:health_analysis:hits"),
            (Counter::Usage(Endpoint::DrugInfo, Usage::Hits), "usage:drug_info:cache_hits"),
            (
                Counter::Usage(Endpoint::DrugInfo, Usage::Bypass(FailureReason::TimedOut)),
                "usage:drug_info:bypass-store-timed-out",
            ),
            (Counter::Failures(Endpoint::DrugAnalysis), "errors:drug_analysis:failures"),
            (Counter::Store(FailureReason::CircuitOpen), "errors:store:store-circuit-open"),
            (Counter::LeaseLost, "errors:store:lease-lost"),
        ];
        for (counter, name) in names {
            assert_eq!(counter.name(), name);
            assert_eq!(counter.key().map(|key| key.as_str().to_owned()), Some(format!("medinsight:{name}")));
        }
    }

    #[test]
    fn a_size_is_rounded_up() {
        for (bytes, class) in [(0, SizeClass::UpTo1KiB), (1_024, SizeClass::UpTo1KiB), (1_025, SizeClass::UpTo4KiB)] {
            assert_eq!(SizeClass::of(bytes), class);
        }
        assert_eq!(SizeClass::of(usize::MAX), SizeClass::UpTo1MiB);
    }
}
