//! The `[job.<name>]` tables, and a tenant's settings that override them.

use std::collections::BTreeMap;
use std::str::FromStr;

use toml_span::Span;

use super::super::keys::job as key;
use super::super::{JobSpec, Trigger};
use super::Reader;
use super::service::ServiceSettings;
use super::services::Table;
use super::setting::{Inherit, Setting, settings};
use super::task::TaskSettings;
use crate::cidr::Cidr;
use crate::identifier::{ScheduleExpression, ServiceName, TimeZone};
use crate::resource::CapacityProvider;
use crate::toml::{Explained, Section};

settings! {
    /// `[job.<name>]`, or a tenant's table merged with it.
    JobSettings {
        task: TaskSettings,
        spot: Setting<bool>,
        schedule: Setting<ScheduleExpression>,
        timezone: Setting<TimeZone>,
        retries: Setting<u32>,
        run: Setting<Step>,
        timeout: Setting<Seconds>,
    }
}

/// The step of an apply at which a job runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Before the services of its tenant change.
    BeforeRollout,
}

const BEFORE_ROLLOUT: &str = "before-rollout";

/// The text is no step of an apply.
#[derive(Clone, Debug, thiserror::Error)]
#[error("`{0}` is not a step of an apply at which a job can run")]
pub(super) struct NotAStep(String);

impl Explained for NotAStep {
    fn cure(&self) -> Option<String> {
        Some(format!("write `run = \"{BEFORE_ROLLOUT}\"`, or `schedule` for a job that runs again and again"))
    }
}

impl FromStr for Step {
    type Err = NotAStep;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == BEFORE_ROLLOUT { Ok(Self::BeforeRollout) } else { Err(NotAStep(text.to_owned())) }
    }
}

/// A time, written with its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seconds(u32);

const TIMEOUT: Seconds = Seconds(15 * 60);
/// Fargate has no limit for a task. A migration that takes longer is not one to wait for in an apply.
const LONGEST_TIMEOUT: u32 = 12 * 60 * 60;

/// The text is not a time.
#[derive(Clone, Debug, thiserror::Error)]
#[error("`{0}` is not a time from 1 minute to 12 hours")]
pub(super) struct NotATime(String);

impl Explained for NotATime {
    fn cure(&self) -> Option<String> {
        Some("write a number and its unit, such as `90s`, `15m` or `2h`".to_owned())
    }
}

impl FromStr for Seconds {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let seconds = || {
            let unit = text.chars().last()?;
            let factor = match unit {
                's' => 1,
                'm' => 60,
                'h' => 60 * 60,
                _ => return None,
            };
            let number: u32 = text.strip_suffix(unit)?.parse().ok()?;
            number.checked_mul(factor).filter(|seconds| (60..=LONGEST_TIMEOUT).contains(seconds))
        };
        seconds().map(Self).ok_or_else(|| NotATime(text.to_owned()))
    }
}

impl Table for JobSettings {
    type Spec = JobSpec;
    const WORD: &'static str = "job";

    fn read(mut section: Section<'_>, is_complete: bool) -> Self {
        let section = &mut section;
        Self {
            task: TaskSettings::read(section, is_complete),
            spot: section.flag_if_any(key::SPOT).into(),
            schedule: section.text_if_any(key::SCHEDULE).into(),
            timezone: section.text_if_any(key::TIMEZONE).into(),
            retries: section.number_if_any(key::RETRIES, 0..=185).into(),
            run: section.text_if_any(key::RUN).into(),
            timeout: section.text_if_any(key::TIMEOUT).into(),
        }
    }

    fn task(&self) -> &TaskSettings {
        &self.task
    }

    fn like(self, services: &BTreeMap<ServiceName, ServiceSettings>) -> Self {
        Self { task: self.task.like(services), ..self }
    }

    fn build(self) -> Option<JobSpec> {
        let Self { task, spot, schedule, timezone, retries, run, timeout } = self;
        let trigger = match (schedule.field.optional()?, run.field.optional()?) {
            (Some(expression), None) => Trigger::Schedule {
                expression,
                timezone: timezone.field.or("UTC".parse().expect("it is a time zone"))?,
                // Unless said, AWS would try 185 times within a day.
                retries: retries.field.or(0)?,
            },
            (None, Some(Step::BeforeRollout)) => {
                let Seconds(timeout_seconds) = timeout.field.or(TIMEOUT)?;
                Trigger::BeforeRollout { timeout_seconds }
            }
            _ => return None,
        };
        Some(JobSpec { task: task.build()?, capacity: CapacityProvider::of_spot(spot.field.or(false)?), trigger })
    }

    fn check(&self, reader: &Reader<'_>, name: &ServiceName, table: Span, network: Option<&Cidr>) {
        let Self { task, spot: _, schedule, timezone, retries, run, timeout } = self;
        reader.check_task(name, task, network);
        let problem = |span: Span, message: &str, label: &str, help: &str| {
            reader.document.problem(span, message, label, Some(help));
        };
        match (schedule.field.is_absent(), run.field.is_absent()) {
            (true, true) => problem(
                table,
                "nothing says when this job runs",
                "this job",
                "add `schedule = \"cron(0 3 * * ? *)\"` or `run = \"before-rollout\"`",
            ),
            (false, false) => {
                let span = run.own_span().or(schedule.own_span()).unwrap_or(table);
                problem(span, "a job has a schedule, or runs before a rollout", "this setting", "keep one of the two");
            }
            _ => {}
        }
        // Of a job with neither, it is not known which of its settings is too much.
        let (has_schedule, has_run) = (!schedule.field.is_absent(), !run.field.is_absent());
        let of_schedule = [timezone.own_span(), retries.own_span()].into_iter().flatten();
        for span in of_schedule.filter(|_| has_run && !has_schedule) {
            problem(span, "only a job with a `schedule` has this setting", "this setting", "remove it");
        }
        if let Some(span) = timeout.own_span().filter(|_| has_schedule && !has_run) {
            problem(span, "only a job that runs before a rollout has a `timeout`", "this setting", "remove it");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        for (text, expected) in [("15m", Some(900)), ("90s", Some(90)), ("2h", Some(7_200)), ("12h", Some(43_200))] {
            assert_eq!(text.parse().ok(), expected.map(Seconds), "{text}");
        }
        for text in ["", "15", "m", "30s", "13h", "1d", "-5m", "99999999h"] {
            assert!(text.parse::<Seconds>().is_err(), "{text}");
        }
    }
}
