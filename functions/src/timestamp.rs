//! Times as texts.

use medinsight_core::UnixMillis;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The last millisecond of the year 9999, beyond which ISO 8601 has no year of four digits.
const LAST: u64 = 253_402_300_799_999;

/// A time in ISO 8601, as the earlier service wrote it, but always in UTC and with the `Z` that says so: without it
/// browsers read a local time.
///
/// ```
/// use medinsight_core::UnixMillis;
/// use medinsight_functions::timestamp::iso8601;
///
/// assert_eq!(iso8601(UnixMillis(1_800_000_000_250)), "2027-01-15T08:00:00.25Z");
/// ```
#[must_use]
pub fn iso8601(time: UnixMillis) -> String {
    let nanos = i128::from(time.0.min(LAST)) * 1_000_000;
    let time = OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::iso8601;
    use medinsight_core::UnixMillis;

    #[test]
    fn every_time_has_a_text() {
        assert_eq!(iso8601(UnixMillis(0)), "1970-01-01T00:00:00Z");
        assert_eq!(iso8601(UnixMillis(951_827_696_001)), "2000-02-29T12:34:56.001Z");
        assert_eq!(iso8601(UnixMillis(u64::MAX)), "9999-12-31T23:59:59.999Z");
    }
}
