//! Timestamps in leases and receipts. This crate reads no clock.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

/// A time in UTC with a resolution of one second, from 1970 to 9999; shown as `2026-11-23T10:42:07Z`
/// (RFC 3339).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct UtcTime(u64);

/// The text is not a valid time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time such as `2026-11-23T10:42:07Z`")]
pub struct InvalidTime(String);

const DAY: u64 = 24 * 60 * 60;
/// 9999-12-31T23:59:59Z.
const LAST: u64 = 253_402_300_799;

impl UtcTime {
    /// The time `seconds` after 1970-01-01, without leap seconds.
    #[must_use]
    pub fn from_unix(seconds: u64) -> Self {
        Self(seconds.min(LAST))
    }

    /// The seconds since 1970-01-01.
    #[must_use]
    pub const fn unix(self) -> u64 {
        self.0
    }

    /// The time `seconds` later.
    #[must_use]
    pub fn plus(self, seconds: u64) -> Self {
        Self::from_unix(self.0.saturating_add(seconds))
    }

    /// The seconds from `earlier` to this time; 0 when it is not earlier.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Like [`fmt::Display`], but without `-` and `:`, for object names. The texts sort by time.
    #[must_use]
    pub fn compact(self) -> String {
        self.to_string().replace(['-', ':'], "")
    }
}

const fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// The days from 1970-01-01 to the start of a year.
const fn days_before(year: u64) -> u64 {
    (year - 1970) * 365 + leaps(year - 1) - leaps(1969)
}

/// The number of leap years up to and including a year.
const fn leaps(year: u64) -> u64 {
    year / 4 - year / 100 + year / 400
}

const fn days_of(year: u64) -> [u64; 12] {
    let february = if is_leap(year) { 29 } else { 28 };
    [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
}

impl fmt::Display for UtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, second) = (self.0 / DAY, self.0 % DAY);
        // No year is longer than 366 days, so this estimate is never too late.
        let mut year = 1970 + days / 366;
        while days_before(year + 1) <= days {
            year += 1;
        }
        let mut day = days - days_before(year);
        let mut month = 1;
        for length in days_of(year) {
            if day < length {
                break;
            }
            day -= length;
            month += 1;
        }
        let (hour, minute) = (second / 3_600, second / 60 % 60);
        write!(f, "{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{:02}Z", day + 1, second % 60)
    }
}

impl FromStr for UtcTime {
    type Err = InvalidTime;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidTime(text.to_owned());
        let numbers: Option<Vec<u64>> =
            text.split(['-', 'T', ':', 'Z']).take(6).map(|part| part.parse().ok()).collect();
        let Some(&[year @ 1970..=9999, month @ 1..=12, day @ 1..=31, hour @ 0..=23, minute @ 0..=59, second @ 0..=59]) =
            numbers.as_deref()
        else {
            return Err(invalid());
        };
        let months: u64 = days_of(year).iter().zip(1..month).map(|(days, _)| days).sum();
        let days = days_before(year) + months + day - 1;
        let time = Self(days * DAY + hour * 3_600 + minute * 60 + second);
        // Other errors in the text (June 31, a missing digit) are detected here.
        if time.to_string() == text { Ok(time) } else { Err(invalid()) }
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
            (LAST, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(UtcTime::from_unix(seconds).to_string(), text);
            assert_eq!(text.parse(), Ok(UtcTime::from_unix(seconds)), "{text}");
        }
        assert_eq!(UtcTime::from_unix(951_782_400).compact(), "20000229T000000Z");
    }

    #[test]
    fn every_day_of_five_centuries_round_trips() {
        for day in 0..200_000 {
            let time = UtcTime::from_unix(day * DAY + day % DAY);
            assert_eq!(time.to_string().parse(), Ok(time));
        }
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
            "2026-11-23T10:42:07+01:00",
            "2026-11-23T10:42:07ZZ",
            "+2026-11-23T10:42:07Z",
        ] {
            assert!(text.parse::<UtcTime>().is_err(), "{text}");
        }
    }
}
