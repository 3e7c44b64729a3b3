//! Backup windows and maintenance windows.

use std::time::Duration;

use super::faults;
use crate::services::prelude::*;

const DAY: u32 = 24 * 60;
const WEEK: u32 = 7 * DAY;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The minimum length of a window, in minutes.
const SHORTEST: u32 = 30;

/// RDS chooses a random time in eight hours of the night. The sandbox always chooses the first of
/// these that does not overlap the other window.
const DAILY: [&str; 2] = ["07:00-07:30", "03:00-03:30"];
const WEEKLY: [&str; 2] = ["sun:05:00-sun:05:30", "sun:09:00-sun:09:30"];

/// A backup window and a maintenance window: the requested ones, or defaults.
pub(super) fn windows(backup: Option<&str>, maintenance: Option<&str>) -> Result<(String, String), Refusal> {
    let backups = backup.map_or(DAILY.map(str::to_owned).to_vec(), |window| vec![window.to_ascii_lowercase()]);
    let maintenances =
        maintenance.map_or(WEEKLY.map(str::to_owned).to_vec(), |window| vec![window.to_ascii_lowercase()]);
    for backup in &backups {
        let daily = daily(backup)?;
        for maintenance in &maintenances {
            if !overlap(daily, weekly(maintenance)?) {
                return Ok((backup.clone(), maintenance.clone()));
            }
        }
    }
    Err(faults::combination("The backup window and maintenance window must not overlap."))
}

/// A normalised maintenance window.
pub(super) fn maintenance(window: Option<&str>) -> Result<String, Refusal> {
    let window = window.unwrap_or(WEEKLY[0]).to_ascii_lowercase();
    weekly(&window).map(|_| window)
}

/// The time until a maintenance window begins next.
pub(super) fn until(now: Time, window: &str) -> Duration {
    let Ok((start, _)) = weekly(window) else { return Duration::ZERO };
    let week = u64::from(WEEK) * 60_000;
    // 1970 began on a Thursday, three days into its week.
    let now = (now.as_millis() + u64::from(3 * DAY) * 60_000) % week;
    let start = u64::from(start) * 60_000;
    Duration::from_millis((start + week - now - 1) % week + 1)
}

/// The start of a daily window and its length, in minutes.
fn daily(window: &str) -> Result<(u32, u32), Refusal> {
    span(window, minutes, DAY)
        .ok_or_else(|| faults::value(format!("The parameter PreferredBackupWindow is not valid: {window}")))
}

/// The same for a weekly window.
fn weekly(window: &str) -> Result<(u32, u32), Refusal> {
    let moment = |text: &str| {
        let (day, time) = text.split_once(':')?;
        let day = u32::try_from(DAYS.iter().position(|known| *known == day)?).ok()?;
        Some(day * DAY + minutes(time)?)
    };
    span(window, moment, WEEK)
        .ok_or_else(|| faults::value(format!("The parameter PreferredMaintenanceWindow is not valid: {window}")))
}

fn minutes(time: &str) -> Option<u32> {
    let (hours, minutes) = time.split_once(':')?;
    let number = |text: &str| (text.len() == 2).then(|| text.parse().ok()).flatten();
    let (hours, minutes): (u32, u32) = (number(hours)?, number(minutes)?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

/// The start and the length of a window between two moments of a recurring period.
fn span(window: &str, moment: impl Fn(&str) -> Option<u32>, period: u32) -> Option<(u32, u32)> {
    let (from, to) = window.split_once('-')?;
    let from = moment(from)?;
    let length = (moment(to)? + period - from) % period;
    (length >= SHORTEST).then_some((from, length))
}

/// Whether a daily and a weekly window overlap.
fn overlap((daily, daily_length): (u32, u32), (weekly, weekly_length): (u32, u32)) -> bool {
    let weekly = weekly % DAY;
    (weekly + DAY - daily) % DAY < daily_length || (daily + DAY - weekly) % DAY < weekly_length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_do_not_overlap() {
        assert_eq!(windows(None, None), Ok(("07:00-07:30".to_owned(), "sun:05:00-sun:05:30".to_owned())));
        let moved = windows(Some("04:45-05:15"), None).map(|(_, maintenance)| maintenance);
        assert_eq!(moved, Ok("sun:09:00-sun:09:30".to_owned()));
        let refused = windows(Some("01:00-02:00"), Some("Mon:01:30-Mon:02:30")).expect_err("they overlap");
        assert_eq!(refused.code, "InvalidParameterCombination");
    }

    #[test]
    fn invalid_windows_are_refused() {
        for window in ["07:00-07:20", "7:00-07:30", "24:00-00:30", "07:00", "x"] {
            assert!(daily(window).is_err(), "{window}");
        }
        for window in ["sun:05:00-sun:05:10", "son:05:00-son:05:30", "05:00-05:30"] {
            assert!(weekly(window).is_err(), "{window}");
        }
        assert_eq!(daily("23:45-00:15"), Ok((23 * 60 + 45, 30)));
    }

    #[test]
    fn a_weekly_window_recurs() {
        // 1 January 2026 is a Thursday.
        let hours = |hours: u64| Duration::from_secs(hours * 3_600);
        assert_eq!(until(Time::BEGINNING, "thu:05:00-thu:05:30"), hours(5));
        assert_eq!(until(Time::BEGINNING, "wed:23:00-wed:23:30"), hours(6 * 24 + 23));
        assert_eq!(until(Time::BEGINNING, "thu:00:00-thu:00:30"), hours(7 * 24));
    }
}
