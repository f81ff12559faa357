//! This process's copies of the categories' generations.

use crate::store::{Store, StoreError};
use medinsight_core::{Category, Generation, UnixMillis};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a copy may be used: a clear takes effect everywhere within this time.
const MAX_COPY_AGE: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(super) struct Generations(Mutex<HashMap<Category, (Generation, UnixMillis)>>);

impl Generations {
    /// The generation of a category, from the copy while that is young enough.
    pub(super) async fn current(
        &self,
        category: Category,
        store: &Store,
        now: UnixMillis,
    ) -> Result<Generation, StoreError> {
        let copy = self.copies().get(&category).copied();
        if let Some((generation, read_at)) = copy
            && now.since(read_at) < MAX_COPY_AGE
        {
            return Ok(generation);
        }
        let generation = store.generation(category).await?;
        self.copies().insert(category, (generation, now));
        Ok(generation)
    }

    pub(super) fn forget(&self, category: Category) {
        self.copies().remove(&category);
    }

    fn copies(&self) -> MutexGuard<'_, HashMap<Category, (Generation, UnixMillis)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
