//! What is counted by minute, and under which names.

use super::Counter;
use crate::cache::latency::{LATENCY_CLASSES, Source};
use crate::cache::minutes::UnixMinute;
use medinsight_core::{CacheKey, Category, DataClass};
use std::collections::HashMap;
use std::sync::LazyLock;

/// What the bucket of a minute counts. All buckets lie under `usage:minute:{minute}`, each a hash.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum MinuteCount {
    /// By how much a counter was raised, under its name.
    Raised(Counter),
    /// Answers whose time was of a class, under `latency:{source}:{class}`.
    Latency(Source, usize),
}

impl Counter {
    /// Where the bucket of a minute lies in the store; `None` never happens.
    #[must_use]
    pub fn bucket(minute: UnixMinute) -> Option<CacheKey> {
        CacheKey::build(Category::Usage.as_str(), "minute", Some(&minute.0.to_string())).ok()
    }

    /// A key as the buckets of minutes have it, without the prefix; that of a counter is its name.
    fn name_in_minutes(key: &CacheKey) -> String {
        let key = key.as_str();
        key.split_once(':').map_or(key, |(_, name)| name).to_owned()
    }

    /// What an entry that is hit often is called in the buckets of minutes: `hit:` and its key, without the prefix.
    pub(in crate::cache) fn name_of_hits(key: &CacheKey) -> String {
        ["hit:", &Self::name_in_minutes(key)].concat()
    }

    /// The entry that a name of this kind is about.
    pub(in crate::cache) fn key_hit(name: &str) -> Option<CacheKey> {
        let key: CacheKey = ["medinsight:", name.strip_prefix("hit:")?].concat().parse().ok()?;
        (key.kind().data_class() == DataClass::Public).then_some(key)
    }
}

/// What buckets can count, by name.
static MINUTE_COUNTS: LazyLock<HashMap<String, MinuteCount>> = LazyLock::new(|| {
    let raised = Counter::all().map(MinuteCount::Raised);
    let latencies = Source::ALL
        .into_iter()
        .flat_map(|source| (0..LATENCY_CLASSES).map(move |class| MinuteCount::Latency(source, class)));
    raised.chain(latencies).map(|count| (count.name(), count)).collect()
});

impl MinuteCount {
    /// What it is called in a bucket.
    pub(in crate::cache) fn name(self) -> String {
        match self {
            Self::Raised(counter) => counter.name(),
            Self::Latency(source, class) => format!("latency:{}:{class}", source.as_str()),
        }
    }

    pub(in crate::cache) fn of_name(name: &str) -> Option<Self> {
        MINUTE_COUNTS.get(name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::{Counter, MinuteCount};
    use medinsight_core::CacheKey;

    #[test]
    fn what_a_minute_counts_is_found_by_the_name_that_it_was_counted_under() {
        for counter in Counter::all() {
            let name = counter.key().map(|key| Counter::name_in_minutes(&key)).expect("a key");
            assert_eq!(MinuteCount::of_name(&name).map(MinuteCount::name), Some(name));
        }
        let aspirin = CacheKey::build("drug_info", "aspirin", None).expect("a key");
        assert_eq!(Counter::key_hit(&Counter::name_of_hits(&aspirin)), Some(aspirin));
        assert_eq!(Counter::key_hit("hit:session_state:a-session"), None);
        assert_eq!(MinuteCount::of_name("latency:store:40"), None);
        assert_eq!(MinuteCount::of_name("usage:of-a-later-version:requests"), None);
    }
}
