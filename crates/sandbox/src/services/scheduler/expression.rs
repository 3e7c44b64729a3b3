//! Schedule expressions and time zones.
//!
//! Source: Amazon EventBridge Scheduler User Guide, "Schedule types". What is refused, and how, was recorded
//! by localstack/localstack:tests/aws/services/scheduler/test_scheduler,
//! `tests_create_schedule_with_invalid_schedule_expression`.

use std::ops::RangeInclusive;

use super::invalid;
use crate::refusal::{Refusal, ensure};
use crate::words::Words;

/// The IANA time zone database, release 2025b.
const ZONES: Words = Words(include_str!("zones.txt"));

/// A field of a cron expression: its numbers, the names of the first of them, and its wildcards.
struct Field {
    numbers: RangeInclusive<u32>,
    names: &'static [&'static str],
    wildcards: &'static str,
}

const FIELDS: [Field; 6] = [
    Field { numbers: 0..=59, names: &[], wildcards: "*" },
    Field { numbers: 0..=23, names: &[], wildcards: "*" },
    Field { numbers: 1..=31, names: &[], wildcards: "*?LW" },
    Field {
        numbers: 1..=12,
        names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
        wildcards: "*",
    },
    Field { numbers: 1..=7, names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"], wildcards: "*?L#" },
    Field { numbers: 1970..=2199, names: &[], wildcards: "*" },
];

/// Validates a schedule expression.
pub(super) fn check(expression: &str) -> Result<(), Refusal> {
    let (kind, rest) = expression.split_once('(').unwrap_or_default();
    let is_valid = rest.strip_suffix(')').is_some_and(|content| match kind {
        "at" => is_time(content),
        "rate" => is_rate(content),
        "cron" => is_cron(content),
        _ => false,
    });
    ensure!(is_valid, invalid(format!("Invalid Schedule Expression {expression}.")));
    Ok(())
}

/// Validates a time zone. The text is not known.
pub(super) fn check_zone(zone: &str) -> Result<(), Refusal> {
    ensure!(ZONES.contains(zone), invalid(format!("Invalid Schedule Expression Timezone {zone}.")));
    Ok(())
}

fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// `yyyy-mm-ddThh:mm:ss`.
fn is_time(text: &str) -> bool {
    let Some((date, time)) = text.split_once('T') else { return false };
    let fits = |text: &str, separator: char, ranges: [RangeInclusive<u32>; 3], first: usize| {
        let parts: Vec<&str> = text.split(separator).collect();
        let lengths = [first, 2, 2];
        parts.len() == 3
            && parts.iter().zip(lengths).all(|(part, length)| part.len() == length)
            && parts.iter().zip(ranges).all(|(part, range)| number(part).is_some_and(|part| range.contains(&part)))
    };
    fits(date, '-', [1970..=9999, 1..=12, 1..=31], 4) && fits(time, ':', [0..=23, 0..=59, 0..=59], 2)
}

/// `value unit`.
fn is_rate(text: &str) -> bool {
    let Some((value, unit)) = text.split_once(' ') else { return false };
    let is_unit = ["minute", "minutes", "hour", "hours", "day", "days"].contains(&unit);
    is_unit && number(value).is_some_and(|value| value > 0)
}

/// Six fields, of which exactly one of the days is `?`.
fn is_cron(text: &str) -> bool {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let days = [2, 4].iter().filter(|place| fields.get(**place) == Some(&"?")).count();
    fields.len() == 6 && days == 1 && fields.iter().zip(&FIELDS).all(|(text, field)| field.fits(text))
}

impl Field {
    fn fits(&self, text: &str) -> bool {
        let is_wildcard = |text: &str| text.len() == 1 && "*?L".contains(text) && self.wildcards.contains(text);
        is_wildcard(text) || text.split(',').all(|part| self.has(part))
    }

    /// A value, a range, or steps of one of them.
    fn has(&self, part: &str) -> bool {
        if let Some((start, step)) = part.split_once('/') {
            let steps = number(step).is_some_and(|step| step > 0);
            return steps && (start == "*" || self.has_range(start));
        }
        // The weekday that is nearest to a day, the last weekday; the last of a day; the nth of a day.
        if let Some(day) = part.strip_suffix('W').filter(|_| self.wildcards.contains('W')) {
            return day == "L" || self.has_value(day);
        }
        if let Some(day) = part.strip_suffix('L').filter(|_| self.wildcards.contains('#')) {
            return self.has_value(day);
        }
        if let Some((day, place)) = part.split_once('#').filter(|_| self.wildcards.contains('#')) {
            return self.has_value(day) && number(place).is_some_and(|place| (1..=5).contains(&place));
        }
        self.has_range(part)
    }

    fn has_range(&self, text: &str) -> bool {
        text.split_once('-').map_or_else(|| self.has_value(text), |(a, b)| self.has_value(a) && self.has_value(b))
    }

    fn has_value(&self, text: &str) -> bool {
        number(text).is_some_and(|number| self.numbers.contains(&number)) || self.names.contains(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_valid_or_not() {
        for valid in [
            "cron(0 3 * * ? *)",
            "cron(15 10 ? * 6L 2022-2023)",
            "cron(0 9 ? * MON#1 *)",
            "cron(0/15 8,20 1W JAN-MAR ? 2030)",
            "cron(0 8 L * ? *)",
            "cron(0 8 ? * MON-FRI *)",
            "rate(1 minute)",
            "rate(12 hours)",
            "at(2030-12-31T23:59:59)",
        ] {
            assert_eq!(check(valid), Ok(()), "{valid}");
        }
        for odd in [
            "",
            "cron(0 1 * * * *)",
            "cron(7 20 * * NOT *)",
            "cron(INVALID)",
            "cron(0 dummy ? * MON-FRI *)",
            "cron(71 8 1 * ? *)",
            "cron()",
            "cron(0 8 ? * ? *)",
            "cron(0 8 W * ? *)",
            "cron(0 8 * * MON#6 *)",
            "cron(0/0 8 * * ? *)",
            "rate(10 seconds)",
            "rate(10 years)",
            "rate()",
            "rate(10)",
            "rate(0 minutes)",
            "rate(10 minutess)",
            "rate(foo minutes)",
            "rate(-10 minutes)",
            "rate( 10 minutes )",
            " rate(10 minutes)",
            "at(2021-12-31T23:59:59Z)",
            "at(2021-12-31)",
            "at(2021-13-31T23:59:59)",
        ] {
            let refusal = check(odd).expect_err("no expression");
            assert_eq!(refusal.message, format!("Invalid Schedule Expression {odd}."));
        }
    }

    #[test]
    fn time_zones_are_those_of_iana() {
        for zone in ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"] {
            assert_eq!(check_zone(zone), Ok(()), "{zone}");
        }
        for odd in ["", "Mars/Olympus", "europe/berlin", "+01:00"] {
            assert!(check_zone(odd).is_err(), "{odd}");
        }
    }
}
