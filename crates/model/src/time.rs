//! Timestamps in leases and receipts. This crate reads no clock.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};

/// A time in UTC with a resolution of one second, from 1970 to the end of 9999; shown as `2026-11-23T10:42:07Z`
/// (RFC 3339).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct UtcTime(Timestamp);

/// The text is not a valid time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time such as `2026-11-23T10:42:07Z`")]
pub struct InvalidTime(String);

impl UtcTime {
    /// The time `seconds` after 1970-01-01, without leap seconds.
    #[must_use]
    pub fn from_unix(seconds: u64) -> Self {
        let last = Timestamp::MAX.as_second();
        let seconds = i64::try_from(seconds).map_or(last, |seconds| seconds.min(last));
        Self(Timestamp::from_second(seconds).expect("not before 1970 and not after the last time"))
    }

    /// The seconds since 1970-01-01.
    #[must_use]
    pub fn unix(self) -> u64 {
        seconds(self.0)
    }

    /// The time `seconds` later.
    #[must_use]
    pub fn plus(self, seconds: u64) -> Self {
        Self::from_unix(self.unix().saturating_add(seconds))
    }

    /// The seconds from `earlier` to this time; 0 when it is not earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> u64 {
        self.unix().saturating_sub(earlier.unix())
    }

    /// Like [`fmt::Display`], but without `-` and `:`, for object names. The texts sort by time.
    #[must_use]
    pub fn compact(self) -> String {
        self.to_string().replace(['-', ':'], "")
    }
}

/// The seconds since 1970-01-01; 0 before.
fn seconds(time: Timestamp) -> u64 {
    if time.as_second() < 0 { 0 } else { time.as_second().cast_unsigned() }
}

impl fmt::Display for UtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for UtcTime {
    type Err = InvalidTime;

    /// Accepts one text for each time: the one that [`fmt::Display`] writes.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = text.parse().ok().map(|time: Timestamp| Self::from_unix(seconds(time)));
        parsed.filter(|time| time.to_string() == text).ok_or_else(|| InvalidTime(text.to_owned()))
    }
}

impl Serialize for UtcTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl TryFrom<String> for UtcTime {
    type Error = InvalidTime;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_formats_and_parses() {
        // Source of the numbers: `date --utc --date @…`.
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_798_761_599, "2026-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (u64::MAX, "9999-12-30T22:00:00Z"),
        ] {
            assert_eq!(UtcTime::from_unix(seconds).to_string(), text);
            assert_eq!(text.parse(), Ok(UtcTime::from_unix(seconds)), "{text}");
        }
        assert_eq!(UtcTime::from_unix(951_782_400).compact(), "20000229T000000Z");
    }

    #[test]
    fn invalid_times_are_rejected() {
        for text in [
            "",
            "2026-11-23",
            "2026-11-23T10:42:07",
            "2026-11-23 10:42:07Z",
            "2026-11-31T10:42:07Z",
            "2025-02-29T00:00:00Z",
            "2026-11-23T24:00:00Z",
            "1969-12-31T23:59:59Z",
            "2026-11-23T10:42:07.5Z",
            "2026-11-23t10:42:07z",
            "2026-11-23T10:42:07+01:00",
            "2026-11-23T10:42:07ZZ",
            "+2026-11-23T10:42:07Z",
        ] {
            assert!(text.parse::<UtcTime>().is_err(), "{text}");
        }
    }
}
