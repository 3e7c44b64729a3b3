//! The clock of the sandbox. It starts at a given time and follows tokio's clock, so a paused tokio
//! clock makes it virtual.

use std::ops::Add;
use std::time::Duration;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// A point in time, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Time(u64);

impl Time {
    /// 2026-01-01T00:00:00Z, the default start of a sandbox.
    pub const BEGINNING: Self = Self(1_767_225_600_000);

    /// The time at this number of milliseconds since 1970.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// The milliseconds since 1970.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// The duration since `earlier`; zero when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// The time that is this duration earlier.
    pub(crate) fn before(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }

    /// The format of XML answers and most JSON strings: `2026-01-01T00:00:00Z`.
    pub(crate) fn iso(self) -> String {
        let time = DateTime::from_millis(i64::try_from(self.0).unwrap_or(i64::MAX));
        time.fmt(Format::DateTime).unwrap_or_default()
    }

    /// The format of HTTP headers: `Thu, 01 Jan 2026 00:00:00 GMT`.
    pub(crate) fn http_date(self) -> String {
        let time = DateTime::from_secs(i64::try_from(self.0 / 1_000).unwrap_or(i64::MAX));
        time.fmt(Format::HttpDate).unwrap_or_default()
    }

    /// The format of timestamps in JSON 1.1: seconds since 1970, with a fraction.
    pub(crate) fn epoch_seconds(self) -> serde_json::Value {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of this era fit into 53 bits")]
        serde_json::Value::from(self.0 as f64 / 1e3)
    }
}

impl Add<Duration> for Time {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }
}

/// A clock that counts from a start time.
#[derive(Debug)]
pub(crate) struct Clock {
    beginning: Time,
    origin: Instant,
}

impl Clock {
    pub(crate) fn starting_at(beginning: Time) -> Self {
        Self { beginning, origin: Instant::now() }
    }

    pub(crate) fn now(&self) -> Time {
        self.beginning + self.origin.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_paused_clock_makes_it_virtual() {
        let clock = Clock::starting_at(Time::BEGINNING);
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        assert_eq!(clock.now().iso(), "2026-01-01T01:00:00Z");
        assert_eq!(clock.now().http_date(), "Thu, 01 Jan 2026 01:00:00 GMT");
        assert_eq!(clock.now().since(Time::BEGINNING), Duration::from_secs(3_600));
    }
}
