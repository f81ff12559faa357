//! Drugs that the origin does not know, remembered for a little while.
//!
//! They are in this process's memory and not in the store: the key specification has no key for them, and under the
//! key of an answer they could be served as one.

use crate::bounded::{Bounded, Capacity, bounded};
use medinsight_core::{DrugName, UnixMillis};
use std::time::Duration;

/// How long it is remembered that a drug is unknown.
const REMEMBERED_FOR: Duration = Duration::from_secs(30);

/// How many are remembered: at most about 10 MB, as a name has at most 512 bytes. Anybody can make names up.
const MOST: u64 = 10_000;

#[derive(Debug)]
pub(super) struct UnknownDrugs(Bounded<DrugName, UnixMillis>);

impl UnknownDrugs {
    pub(super) fn remember(&self, drug: &DrugName, now: UnixMillis) {
        self.0.insert(drug.clone(), now);
    }

    pub(super) fn contains(&self, drug: &DrugName, now: UnixMillis) -> bool {
        self.0.get(drug).is_some_and(|learnt_at| now.is_within(REMEMBERED_FOR, learnt_at))
    }
}

impl Default for UnknownDrugs {
    fn default() -> Self {
        Self(bounded(Capacity { total: MOST, usual: 1, heaviest: 1 }, |_, _| 1))
    }
}

#[cfg(test)]
mod tests {
    use super::UnknownDrugs;
    use medinsight_core::{DrugName, UnixMillis};

    #[test]
    fn a_drug_is_remembered_as_unknown_for_thirty_seconds_and_not_when_the_clock_was_set_back() {
        let unknown = UnknownDrugs::default();
        let drug = DrugName::new("zyxwv").expect("a name");
        assert!(!unknown.contains(&drug, UnixMillis(5_000)));
        unknown.remember(&drug, UnixMillis(5_000));
        assert!(unknown.contains(&drug, UnixMillis(34_999)));
        assert!(!unknown.contains(&drug, UnixMillis(35_000)));
        assert!(!unknown.contains(&drug, UnixMillis(4_999)));
    }
}
