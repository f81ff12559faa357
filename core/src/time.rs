//! Points in time, always given by the caller.

use std::time::Duration;

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct UnixMillis(pub u64);

impl UnixMillis {
    /// How long after `earlier` this is; zero when it is not after it.
    ///
    /// ```
    /// use medinsight_core::UnixMillis;
    /// use std::time::Duration;
    ///
    /// assert_eq!(UnixMillis(5_000).since(UnixMillis(2_000)), Duration::from_secs(3));
    /// assert_eq!(UnixMillis(2_000).since(UnixMillis(5_000)), Duration::ZERO);
    /// ```
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}
