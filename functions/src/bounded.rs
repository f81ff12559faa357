//! Memory with a bound: what is used least makes room. Nothing in it expires by itself.

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};
use std::hash::Hash;

/// Parts of a map that are locked on their own.
const MOST_SHARDS: u64 = 8;

/// A map whose entries together weigh no more than it may hold.
pub(crate) type Bounded<K, V> = Cache<K, V, Weigh<K, V>>;

/// What an entry weighs, in the unit of the bound.
pub(crate) struct Weigh<K, V>(fn(&K, &V) -> u64);

/// How much a map holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Capacity {
    /// What all entries may weigh.
    pub(crate) total: u64,
    /// What one of them usually weighs.
    pub(crate) usual: u64,
    /// What the heaviest one weighs that has to fit: at most nine tenths of the whole, of which a part is for newcomers.
    pub(crate) heaviest: u64,
}

/// An empty map.
pub(crate) fn bounded<K: Eq + Hash, V: Clone>(capacity: Capacity, weigh: fn(&K, &V) -> u64) -> Bounded<K, V> {
    let Capacity { total, usual, heaviest } = capacity;
    // Each part has its share of the whole, and the heaviest entry has to fit into one.
    let shards = (total / heaviest.max(1) / 2).clamp(1, MOST_SHARDS);
    let options = OptionsBuilder::new()
        .estimated_items_capacity(size(total / usual.max(1)))
        .weight_capacity(total)
        .shards(size(shards))
        .build();
    #[expect(clippy::expect_used, reason = "capacity and weight are given, which is all that it asks for")]
    let options = options.expect("complete options");
    Cache::with_options(options, Weigh(weigh), DefaultHashBuilder::default(), DefaultLifecycle::default())
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl<K, V> Clone for Weigh<K, V> {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

impl<K, V> Weighter<K, V> for Weigh<K, V> {
    fn weight(&self, key: &K, value: &V) -> u64 {
        (self.0)(key, value)
    }
}

#[cfg(test)]
mod tests {
    use super::{Capacity, bounded};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_fits_is_kept_and_all_together_never_weighs_more_than_it_may(
            weights in prop::collection::vec(1_u64..=1_000, 1..400),
            total in 1_112_u64..20_000,
        ) {
            let map = bounded(Capacity { total, usual: 500, heaviest: 1_000 }, |_: &usize, weight: &u64| *weight);
            for (key, weight) in weights.iter().enumerate() {
                map.insert(key, *weight);
                prop_assert_eq!(map.get(&key), Some(*weight));
                prop_assert!(map.weight() <= total.next_multiple_of(8));
            }
        }
    }
}
