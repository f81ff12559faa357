//! Records: what one process writes and another one has to read a moment later, such as how far a computation has got.
//!
//! They pass by the near cache, which may be seconds behind, and by what waits for a trip: an earlier record that is
//! written late would hide a later one.

use super::{Cache, Deadline, Kept, NotKept};
use crate::store::FailureReason;
use bytes::Bytes;
use medinsight_core::CacheKey;

impl Cache {
    /// Reads a record from the store, unless its life is over.
    ///
    /// # Errors
    ///
    /// Why the store did not answer: that a record is not there is another matter.
    pub async fn recall(&self, key: &CacheKey) -> Result<Option<Bytes>, FailureReason> {
        self.kept(key, self.soon()).await.map_err(|error| error.reason)
    }

    /// Writes a record to the store, for as long as its kind lives, and returns when it is there.
    ///
    /// # Errors
    ///
    /// Why the store did not take it. It may have done so all the same.
    pub async fn record(&self, key: &CacheKey, payload: Bytes) -> Result<(), FailureReason> {
        let kept = Kept { payload, life_secs: self.longest_life_secs(key.kind()) };
        self.keep(key, &kept, self.soon()).await.map_err(|error| match error {
            NotKept::Store(error) => error.reason,
            NotKept::Entry => FailureReason::Refused,
        })
    }

    fn soon(&self) -> Deadline {
        Deadline::after(self.0.timing.store_budget)
    }
}
