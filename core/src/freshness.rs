//! Whether a stored entry may be served now.

use crate::{EntryHeader, Lifetime, UnixMillis};
use std::time::Duration;

/// How far a writer's clock may be ahead before its entry is not trusted: its age could not be told.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(60);

/// What a caller may do with an entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Freshness {
    /// Serve it.
    Fresh,
    /// Serve it, and let one caller refresh it before it gets stale: nine tenths of its life are over.
    RefreshEarly,
    /// Serve it as stale while one caller refreshes it (RFC 5861, `stale-while-revalidate`).
    StaleWhileRevalidate,
    /// Ask the origin; serve it as stale only when the origin fails (RFC 5861, `stale-if-error`).
    StaleIfError,
    /// Do not serve it at all.
    Gone,
}

/// The age of an entry and what it means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Assessment {
    /// Time since the entry was written.
    pub age: Duration,
    /// For how long the entry is fresh, counted from when it was written.
    pub fresh_for: Duration,
    /// What may be done with it.
    pub freshness: Freshness,
}

impl Freshness {
    /// Decides from the policy, the entry's header and the time.
    ///
    /// ```
    /// use medinsight_core::{EntryHeader, EntryKind, Freshness, Generation, Sealing, TtlPolicy, UnixMillis};
    ///
    /// let life = TtlPolicy::default().lifetime(EntryKind::HealthAnalysis).unwrap();
    /// let header = EntryHeader {
    ///     compressed: false,
    ///     sealing: Sealing::Plain,
    ///     written_at: UnixMillis(0),
    ///     fresh_for_secs: 3_600,
    ///     origin_cost_ms: 3_000,
    ///     generation: Generation(7),
    /// };
    /// let after = |secs: u64| Freshness::assess(&life, &header, UnixMillis(secs * 1_000)).freshness;
    /// assert_eq!(after(3_239), Freshness::Fresh);
    /// assert_eq!(after(3_240), Freshness::RefreshEarly);
    /// assert_eq!(after(3_600), Freshness::StaleWhileRevalidate);
    /// assert_eq!(after(4_500), Freshness::StaleIfError);
    /// assert_eq!(after(90_000), Freshness::Gone);
    /// ```
    #[must_use]
    pub fn assess(lifetime: &Lifetime, header: &EntryHeader, now: UnixMillis) -> Assessment {
        Self::assess_parts(lifetime, header.written_at, header.fresh_for_secs, now)
    }

    /// The same for a copy that has no header, such as one in an HTTP cache.
    #[must_use]
    pub fn assess_parts(
        lifetime: &Lifetime,
        written_at: UnixMillis,
        fresh_for_secs: u32,
        now: UnixMillis,
    ) -> Assessment {
        let age = now.since(written_at);
        let fresh_for = lifetime.bounded(fresh_for_secs);
        let freshness =
            if written_at.since(now) > MAX_CLOCK_SKEW { Self::Gone } else { Self::at_age(lifetime, fresh_for, age) };
        Assessment { age, fresh_for, freshness }
    }

    /// The name of the decision, in the words of RFC 5861 where it has them.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::RefreshEarly => "refresh-early",
            Self::StaleWhileRevalidate => "stale-while-revalidate",
            Self::StaleIfError => "stale-if-error",
            Self::Gone => "gone",
        }
    }

    fn at_age(lifetime: &Lifetime, fresh_for: Duration, age: Duration) -> Self {
        match age.checked_sub(fresh_for) {
            None if age * 10 < fresh_for * 9 => Self::Fresh,
            None => Self::RefreshEarly,
            Some(staleness) if lifetime.stale_while_revalidate.contains(staleness) => Self::StaleWhileRevalidate,
            Some(staleness) if lifetime.stale_if_error.contains(staleness) => Self::StaleIfError,
            Some(_) => Self::Gone,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Freshness;
    use crate::{EntryHeader, EntryKind, Generation, Sealing, TtlPolicy, UnixMillis};
    use proptest::prelude::*;

    fn header(written_at: u64, fresh_for_secs: u32) -> EntryHeader {
        EntryHeader {
            compressed: false,
            sealing: Sealing::Plain,
            written_at: UnixMillis(written_at),
            fresh_for_secs,
            origin_cost_ms: 0,
            generation: Generation(1),
        }
    }

    fn freshness(kind: EntryKind, header: &EntryHeader, now: u64) -> Option<Freshness> {
        let life = TtlPolicy::default().lifetime(kind)?;
        Some(Freshness::assess(&life, header, UnixMillis(now)).freshness)
    }

    #[test]
    fn what_a_person_wrote_is_never_served_stale() {
        for kind in [EntryKind::UserSession, EntryKind::SymptomInput, EntryKind::SessionState] {
            assert_eq!(freshness(kind, &header(0, 1_800), 1_800_000), Some(Freshness::Gone));
        }
    }

    #[test]
    fn facts_about_a_drug_are_served_while_they_are_revalidated_however_old_they_are() {
        let now = u64::MAX / 2;
        assert_eq!(freshness(EntryKind::DrugInfo, &header(0, 604_800), now), Some(Freshness::StaleWhileRevalidate));
    }

    #[test]
    fn a_shorter_policy_applies_to_entries_that_were_written_before_it() {
        let policy = TtlPolicy::from_variables([("CACHE_TTL_HEALTH_ANALYSIS", "60")]).unwrap_or_default();
        let assessed = policy
            .lifetime(EntryKind::HealthAnalysis)
            .map(|life| Freshness::assess(&life, &header(0, 3_600), UnixMillis(61_000)).freshness);
        assert_eq!(assessed, Some(Freshness::StaleWhileRevalidate));
    }

    #[test]
    fn an_entry_from_the_future_is_not_trusted() {
        assert_eq!(freshness(EntryKind::HealthAnalysis, &header(60_000, 3_600), 0), Some(Freshness::Fresh));
        assert_eq!(freshness(EntryKind::HealthAnalysis, &header(60_001, 3_600), 0), Some(Freshness::Gone));
    }

    proptest! {
        #[test]
        fn an_entry_only_ever_gets_less_servable(
            kind in prop::sample::select(EntryKind::ALL.to_vec()),
            fresh_for in 0..=u32::MAX,
            earlier in 0..=u64::MAX / 2,
            later in 0..=u64::MAX / 2,
        ) {
            let rank = |freshness| match freshness {
                Freshness::Fresh => 0,
                Freshness::RefreshEarly => 1,
                Freshness::StaleWhileRevalidate => 2,
                Freshness::StaleIfError => 3,
                Freshness::Gone => 4,
            };
            let at = |now| freshness(kind, &header(0, fresh_for), now).map(rank);
            prop_assert!(at(earlier.min(later)) <= at(earlier.max(later)));
        }
    }
}
