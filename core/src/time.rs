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

    /// Whether this is less than `age` after `earlier`. It is not when `earlier` is still to come: the clock has been set
    /// back, and nobody knows how long ago that was.
    ///
    /// ```
    /// use medinsight_core::UnixMillis;
    /// use std::time::Duration;
    ///
    /// let second = Duration::from_secs(1);
    /// assert!(UnixMillis(5_999).is_within(second, UnixMillis(5_000)));
    /// assert!(!UnixMillis(6_000).is_within(second, UnixMillis(5_000)));
    /// assert!(!UnixMillis(4_999).is_within(second, UnixMillis(5_000)));
    /// ```
    #[must_use]
    pub fn is_within(self, age: Duration, earlier: Self) -> bool {
        earlier <= self && self.since(earlier) < age
    }
}
