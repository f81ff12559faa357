//! What came of the requests.

/// What is counted in a region.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tally {
    pub(super) requests: u64,
    /// Answered from the store, and those of them without asking it.
    pub(super) hits: u64,
    pub(super) near_hits: u64,
    pub(super) misses: u64,
    /// Lambda had no environment for them.
    pub(super) refused: u64,
    /// Answered by the origin because the store had no connection, or no answer in time.
    pub(super) unconnected: u64,
    pub(super) late: u64,
    /// How long hits took, in seconds.
    pub(super) hit_seconds: Vec<f64>,
    /// The time of environments that requests took, in seconds.
    pub(super) occupied_seconds: f64,
    /// How long trips were at their shard, in seconds, and how many there were.
    pub(super) at_store_seconds: f64,
    pub(super) trips: u64,
    pub(super) cold_starts: u64,
}

impl Tally {
    /// How many answers the origin was asked for.
    pub(super) fn origin_calls(&self) -> u64 {
        self.misses + self.unconnected + self.late
    }

    /// How many requests went without the store.
    pub(super) fn bypassed(&self) -> u64 {
        self.unconnected + self.late
    }

    /// A percentile of hits, in milliseconds; nothing without hits. The times have to be sorted.
    pub(super) fn hit_ms(&self, percentile: f64) -> Option<f64> {
        let last = self.hit_seconds.len().checked_sub(1)?;
        Some(self.hit_seconds[(last as f64 * percentile / 100.0).round() as usize] * 1_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn percentiles_are_those_of_sorted_times() {
        let tally = Tally { hit_seconds: (0..=100).map(f64::from).collect(), ..Tally::default() };
        assert_eq!([0.0, 50.0, 99.0, 100.0].map(|part| tally.hit_ms(part)), [0.0, 5e4, 99e3, 1e5].map(Some));
        assert_eq!(Tally::default().hit_ms(50.0), None);
    }
}
