//! Clearing: a category, the entries of a category whose keys begin alike, or one entry.

use super::{Cache, UNHURRIED};
use crate::store::{Patience, StoreError, Swept, Tally, random_generation};
use medinsight_core::{CacheKey, Category, Pattern};

/// A category that was cleared: from now on none of its entries is served, also none whose computation is under way.
/// What is left is to remove the bytes.
#[derive(Debug)]
#[must_use = "the bytes of the entries are still in the store; sweep them"]
pub struct Cleared {
    cache: Cache,
    category: Category,
}

impl Cleared {
    /// Removes the bytes of the entries, and nothing that was stored after the clear.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not answer; what was removed until then stays removed.
    pub async fn sweep(self) -> Result<Swept, StoreError> {
        self.sweep_noting(&Tally::default()).await
    }

    /// [`Cleared::sweep`] that notes how far it has got.
    ///
    /// # Errors
    ///
    /// Those of [`Cleared::sweep`].
    pub async fn sweep_noting(self, tally: &Tally) -> Result<Swept, StoreError> {
        self.cache.0.store.sweep_category(self.category, tally).await
    }
}

impl Cache {
    /// Clears a category in one command. It is effective here at once, and within a second in every other process.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not answer; then the category may or may not be cleared.
    pub async fn clear(&self, category: Category) -> Result<Cleared, StoreError> {
        let generation = random_generation()?;
        let started = self.0.clock.now();
        self.0.store.renew_generation(category, generation, Patience::of(UNHURRIED)).await?;
        self.0.generations.renewed(category, generation, started, self.0.clock.now());
        self.0.lookups.close();
        self.0.deferred.personal_hits().forget_all();
        Ok(Cleared { cache: self.clone(), category })
    }

    /// Removes what a pattern matches, and voids the computations of it that are under way. Another process may serve
    /// what it has read from the store within the last five seconds.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not answer; what was removed until then stays removed.
    pub async fn clear_matching(&self, pattern: &Pattern) -> Result<Swept, StoreError> {
        self.clear_matching_noting(pattern, &Tally::default()).await
    }

    /// [`Cache::clear_matching`] that notes how far it has got.
    ///
    /// # Errors
    ///
    /// Those of [`Cache::clear_matching`].
    pub async fn clear_matching_noting(&self, pattern: &Pattern, tally: &Tally) -> Result<Swept, StoreError> {
        match pattern {
            Pattern::Category(category) => self.clear(*category).await?.sweep_noting(tally).await,
            Pattern::Exact(key) => {
                let count = u64::from(self.delete(key).await?);
                tally.add(count, count);
                Ok(tally.so_far())
            }
            Pattern::Prefix(..) => {
                let swept = self.0.store.sweep_pattern(pattern, tally).await;
                self.0.lookups.close();
                self.0.near.forget_all();
                self.0.deferred.personal_hits().forget_all();
                swept
            }
        }
    }

    /// Removes an entry, and voids its computation if one is under way. Returns whether there was an entry.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store did not answer; then the entry may or may not be there.
    pub async fn delete(&self, key: &CacheKey) -> Result<bool, StoreError> {
        let removed = self.0.store.delete(key, Patience::of(UNHURRIED)).await;
        self.0.lookups.close();
        self.0.near.forget(key);
        self.0.deferred.personal_hits().forget(key);
        removed
    }
}
