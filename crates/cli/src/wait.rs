//! Waits for the lease of another run.

use std::time::Duration;

use clap::Args;
use saas_executor::Session;
use saas_executor::event::{Event, Reporter};
use tokio::time::{Instant, sleep};

use crate::failure::Failure;
use crate::progress::Progress;

/// Whether to wait for the lease of another run, and how long.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct Wait {
    /// Wait while another run holds the lease: for at most this long, such as `90s`, `15m` or `2h`; without a
    /// duration, as long as necessary
    #[arg(long, value_name = "DURATION", num_args = 0..=1, require_equals = true, value_parser = duration)]
    #[expect(clippy::option_option, reason = "the flag may stand without a duration")]
    wait: Option<Option<Duration>>,
}

/// The interval between reads of the lease, and between reports of the wait.
const LOOK: Duration = Duration::from_secs(3);
const SAY: Duration = Duration::from_secs(30);

impl Wait {
    /// Runs `work`, and repeats it if another run held the lease and released it in time. `work`
    /// acquires the lease before it changes anything, so it is safe to repeat.
    ///
    /// # Errors
    /// Errors of `work`, including that another run still holds the lease after the wait.
    pub(crate) async fn for_lease<T>(
        self,
        session: &Session<'_>,
        progress: &Progress,
        work: impl AsyncFn() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let start = Instant::now();
        loop {
            let done = work().await;
            if !matches!(&done, Err(Failure::Session(error)) if error.is_held()) {
                return done;
            }
            let Some(longest) = self.wait else { return done };
            if longest.is_some_and(|longest| start.elapsed() >= longest)
                || !until_free(session, progress, start, longest).await?
            {
                return done;
            }
        }
    }
}

/// Waits until no run holds the lease; returns whether that happened in time.
async fn until_free(
    session: &Session<'_>,
    progress: &Progress,
    start: Instant,
    longest: Option<Duration>,
) -> Result<bool, Failure> {
    let mut said: Option<Instant> = None;
    loop {
        let holder = session.lease_holder().await?.filter(|holder| !holder.expired);
        let Some(holder) = holder else { return Ok(true) };
        if said.is_none_or(|said| said.elapsed() >= SAY) {
            said = Some(Instant::now());
            progress.report(Event::WaitingForLease {
                caller: holder.caller,
                run: holder.run,
                since: holder.since,
                until: holder.until,
                seconds: start.elapsed().as_secs(),
            });
        }
        let left = longest.map_or(LOOK, |longest| longest.saturating_sub(start.elapsed()));
        if left.is_zero() {
            return Ok(false);
        }
        sleep(LOOK.min(left)).await;
    }
}

/// Parses a duration such as `90s`, `15m`, `2h` or `1h30m`.
fn duration(text: &str) -> Result<Duration, String> {
    let malformed = || "write a number with its unit, such as `90s`, `15m`, `2h` or `1h30m`".to_owned();
    let mut seconds: u64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, behind) = rest.split_at(digits);
        let unit = match behind.bytes().next() {
            Some(b's') => 1,
            Some(b'm') => 60,
            Some(b'h') => 3_600,
            _ => return Err(malformed()),
        };
        let number: u64 = number.parse().map_err(|_| malformed())?;
        seconds = number.checked_mul(unit).and_then(|more| seconds.checked_add(more)).ok_or_else(malformed)?;
        rest = &behind[1..];
    }
    if text.is_empty() { Err(malformed()) } else { Ok(Duration::from_secs(seconds)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_parse() {
        for (text, seconds) in [("90s", 90), ("15m", 900), ("2h", 7_200), ("1h30m", 5_400), ("0s", 0)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for bad in ["", "90", "s", "15 m", "-1s", "1d", "1.5h", "99999999999999999999s", "9999999999999999999h"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
