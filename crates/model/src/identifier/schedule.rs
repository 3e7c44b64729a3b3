//! The expressions of EventBridge Scheduler.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::suggest::nearest;

type Rule = Result<(), Cow<'static, str>>;

/// The fields of a cron expression, in order: the name, the range of its numbers, and its words.
/// Source: Amazon EventBridge Scheduler User Guide, "Cron-based schedules".
const FIELDS: [(&str, std::ops::RangeInclusive<u32>, &[&str]); 6] = [
    ("minutes", 0..=59, &[]),
    ("hours", 0..=23, &[]),
    ("day of the month", 1..=31, &[]),
    ("month", 1..=12, &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]),
    ("day of the week", 1..=7, &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]),
    ("year", 1970..=2199, &[]),
];

pub(super) fn expression(text: &str) -> Rule {
    let within = |name: &str| text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
    if let Some(rate) = within("rate") {
        return self::rate(rate);
    }
    if let Some(cron) = within("cron") {
        return self::cron(cron);
    }
    Err("expected `cron(0 3 * * ? *)` or `rate(15 minutes)`, for example".into())
}

fn rate(text: &str) -> Rule {
    let form = || Cow::from("expected a number and a unit, as in `rate(15 minutes)`");
    let (number, unit) = text.split_once(' ').ok_or_else(form)?;
    let number: u32 = number.parse().map_err(|_| form())?;
    match (number, unit) {
        (0, _) => Err("it must be at least 1".into()),
        (_, "minute" | "minutes" | "hour" | "hours" | "day" | "days") => Ok(()),
        _ => Err("its unit must be `minutes`, `hours` or `days`".into()),
    }
}

fn cron(text: &str) -> Rule {
    let given: Vec<&str> = text.split_whitespace().collect();
    if given.len() != FIELDS.len() {
        let message = "it must have six fields: minutes, hours, day of the month, month, day of the week, year";
        return Err(format!("{message}; found {}", given.len()).into());
    }
    for ((name, range, words), field) in FIELDS.iter().zip(&given) {
        let is_day = name.starts_with("day");
        let item = |item: &str| is_item(item, range, words, is_day);
        if !field.split(',').all(item) {
            return Err(format!("`{field}` is not valid for the {name}").into());
        }
    }
    match (given[2], given[4]) {
        ("?", "?") => Err("only one of day of the month and day of the week can be `?`".into()),
        ("?", _) | (_, "?") => Ok(()),
        _ => Err("one of day of the month and day of the week must be `?`".into()),
    }
}

/// `*`, `5`, `1-5`, `*/15`, `MON-FRI`, and for days `?`, `L`, `5L`, `15W` and `2#1`.
fn is_item(item: &str, range: &std::ops::RangeInclusive<u32>, words: &[&str], is_day: bool) -> bool {
    let is_number = |text: &str| text.parse().is_ok_and(|number| range.contains(&number));
    let is_value = |text: &str| is_number(text) || words.contains(&text);
    if is_day {
        let special = matches!(item, "?" | "L" | "LW")
            || item.strip_suffix(['L', 'W']).is_some_and(is_value)
            || item
                .split_once('#')
                .is_some_and(|(day, week)| is_value(day) && matches!(week, "1" | "2" | "3" | "4" | "5"));
        if special {
            return true;
        }
    }
    let (span, step) = item.split_once('/').map_or((item, None), |(span, step)| (span, Some(step)));
    let is_span = span == "*"
        || is_value(span)
        || span.split_once('-').is_some_and(|(first, last)| is_value(first) && is_value(last));
    is_span && step.is_none_or(|step| step.parse::<u32>().is_ok_and(|step| step > 0))
}

/// The names of the IANA time zone database, release 2025b.
static ZONES: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| include_str!("../../catalogue/zones.txt").split_whitespace().collect());

pub(super) fn time_zone(text: &str) -> Rule {
    if ZONES.contains(text) {
        return Ok(());
    }
    Err("expected a name of the IANA database, such as `Europe/Berlin` or `UTC`".into())
}

/// The time zone that was probably meant: by its whole name, or by its last part, such as `Berlin`.
pub(super) fn nearest_zone(text: &str) -> Option<&'static str> {
    let city = |zone: &&&str| zone.rsplit_once('/').is_some_and(|(_, city)| city.eq_ignore_ascii_case(text));
    ZONES.iter().find(city).copied().or_else(|| nearest(text, ZONES.iter().copied()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_validated() {
        for good in [
            "cron(0 3 * * ? *)",
            "cron(0/15 8-18 ? * MON-FRI *)",
            "cron(5,35 0 L * ? 2030)",
            "cron(0 9 ? JAN 2#1 *)",
            "cron(0 0 15W * ? *)",
            "rate(15 minutes)",
            "rate(1 day)",
        ] {
            assert_eq!(expression(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "0 3 * * *",
            "cron(0 3 * * *)",
            "cron(0 3 * * * *)",
            "cron(0 3 ? * ? *)",
            "cron(60 3 * * ? *)",
            "cron(0 3 * * ? *",
            "cron(0 3 0 * ? *)",
            "cron(x 3 * * ? *)",
            "rate(0 minutes)",
            "rate(15 seconds)",
            "rate(minutes)",
            "at(2030-01-01T00:00:00)",
        ] {
            assert!(expression(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn time_zones_are_validated() {
        for good in ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "Asia/Kolkata"] {
            assert_eq!(time_zone(good), Ok(()), "{good}");
        }
        for bad in ["", "Berlin", "europe/berlin", "Europe/", "Europe/Berln"] {
            assert!(time_zone(bad).is_err(), "{bad}");
        }
        for (bad, meant) in [
            ("Europe/Berln", Some("Europe/Berlin")),
            ("Berlin", Some("Europe/Berlin")),
            ("america/new york", Some("America/New_York")),
            ("Mars/Olympus", None),
        ] {
            assert_eq!(nearest_zone(bad), meant, "{bad}");
        }
    }
}
