//! Schedules. Source: Amazon EventBridge Scheduler API reference.

use std::collections::BTreeMap;

use super::{conflict, expression, group, invalid, not_found, page, target};
use crate::cloud::Account;
use crate::services::ecs;
use crate::services::prelude::*;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Schedule {
    pub(super) group: String,
    name: String,
    created: Time,
    modified: Time,
    /// The members of its description that a call sets, with their defaults.
    settings: BTreeMap<String, Value>,
}

/// The group and the name that a call refers to.
fn place(input: &Input) -> Result<(&str, &str), Refusal> {
    let group = input.text("GroupName").unwrap_or(group::DEFAULT);
    Ok((group, input.required("Name")?))
}

/// The key of a schedule. No name contains a slash.
fn key((group, name): (&str, &str)) -> String {
    format!("{group}/{name}")
}

fn arn(account: &Account, key: &str) -> String {
    account.arn("scheduler", &format!("schedule/{key}"))
}

/// Source of the text: getmoto/moto:moto/scheduler/exceptions.py, `ScheduleNotFound`.
fn missing(name: &str) -> Refusal {
    not_found(format!("Schedule {name} does not exist."))
}

impl Schedule {
    /// The members that a summary has, too.
    fn describe(&self, account: &Account) -> Value {
        let mut answer = json!({
            "Arn": arn(account, &key((&self.group, &self.name))),
            "GroupName": self.group,
            "Name": self.name,
            "CreationDate": self.created.epoch_seconds(),
            "LastModificationDate": self.modified.epoch_seconds(),
        });
        answer["State"] = self.settings.get("State").cloned().unwrap_or_default();
        answer
    }

    fn is_in_state(&self, state: &str) -> bool {
        self.settings.get("State").is_some_and(|own| own == state)
    }
}

/// The settings in a call. Members that it does not set have their defaults, also when it updates a schedule.
/// Source of the defaults: hashicorp/terraform-provider-aws, `TestAccSchedulerSchedule_basic`.
fn settings(cloud: &Cloud, input: &Input) -> Result<BTreeMap<String, Value>, Refusal> {
    let text = |key: &str, default: &str| input.text(key).unwrap_or(default).to_owned();
    let expression = input.required("ScheduleExpression")?;
    expression::check(expression)?;
    let zone = text("ScheduleExpressionTimezone", "UTC");
    expression::check_zone(&zone)?;
    let window = input.inner("FlexibleTimeWindow");
    let is_flexible = window.text("Mode") == Some("FLEXIBLE");
    // Source: User Guide, "Configuring flexible time windows".
    let message = "MaximumWindowInMinutes is for the mode FLEXIBLE, and needed there.";
    ensure!(is_flexible == window.has("MaximumWindowInMinutes"), invalid(message));
    let settings = [
        ("ScheduleExpression", json!(expression)),
        ("ScheduleExpressionTimezone", json!(zone)),
        ("State", json!(text("State", "ENABLED"))),
        ("ActionAfterCompletion", json!(text("ActionAfterCompletion", "NONE"))),
        ("Description", json!(input.text("Description").filter(|text| !text.is_empty()))),
        ("FlexibleTimeWindow", window.keep()),
        ("Target", target::checked(cloud, &input.inner("Target"))?),
    ];
    Ok(settings.map(|(key, value)| (key.to_owned(), value)).into())
}

pub(super) fn create(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let place = place(input)?;
    let settings = settings(cloud, input)?;
    group::check_active(cloud, place.0)?;
    let key = key(place);
    let answer = json!({"ScheduleArn": arn(&cloud.account, &key)});
    let token = input.text("ClientToken");
    let made = cloud.scheduler.tokens.made(token, input);
    let made = made.map_err(|_| conflict("The client token was used with other parameters."))?.is_some();
    if cloud.scheduler.schedules.contains_key(&key) {
        // Source of the text: getmoto/moto:moto/scheduler/exceptions.py, `ScheduleExists`.
        ensure!(made, conflict(format!("Schedule {} already exists.", place.1)));
        return Ok(answer);
    }
    target::check_role(cloud, &settings, place.0)?;
    let (group, name) = (place.0.to_owned(), place.1.to_owned());
    let schedule = Schedule { group, name, created: cloud.now, modified: cloud.now, settings };
    cloud.scheduler.schedules.insert(key.clone(), schedule);
    cloud.scheduler.tokens.remember(token, input, &key);
    Ok(answer)
}

/// Starts the task of a schedule, as its expression would: no clock of the sandbox does.
pub(crate) fn invoke(cloud: &mut Cloud, group: &str, name: &str) -> Result<(), Refusal> {
    let schedule = cloud.scheduler.schedules.get(&key((group, name))).ok_or_else(|| missing(name))?;
    let input = target::task_of(schedule.settings.get("Target").unwrap_or(&Value::Null), name);
    ecs::run_task(cloud, &Input::from_json(input)).map(drop)
}

/// Replaces all settings.
pub(super) fn update(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let place = place(input)?;
    let settings = settings(cloud, input)?;
    group::check_active(cloud, place.0)?;
    // A repeated call has the same effect, so the token decides nothing.
    input.text("ClientToken");
    target::check_role(cloud, &settings, place.0)?;
    let (now, key) = (cloud.now, key(place));
    let schedule = cloud.scheduler.schedules.get_mut(&key).ok_or_else(|| missing(place.1))?;
    schedule.settings = settings;
    schedule.modified = now;
    Ok(json!({"ScheduleArn": arn(&cloud.account, &key)}))
}

pub(super) fn get(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let place = place(input)?;
    group::find(cloud, place.0)?;
    let schedule = cloud.scheduler.schedules.get(&key(place)).ok_or_else(|| missing(place.1))?;
    let mut answer = schedule.describe(&cloud.account);
    for (key, value) in &schedule.settings {
        answer[key] = value.clone();
    }
    Ok(answer)
}

pub(super) fn delete(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let place = place(input)?;
    input.text("ClientToken");
    group::find(cloud, place.0)?;
    cloud.scheduler.schedules.remove(&key(place)).ok_or_else(|| missing(place.1))?;
    Ok(json!({}))
}

pub(super) fn list(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let (group, state) = (input.text("GroupName"), input.text("State"));
    let prefix = input.text("NamePrefix").unwrap_or_default();
    group.map(|group| group::find(cloud, group)).transpose()?;
    let listed = cloud.scheduler.schedules.iter().filter(|(_, schedule)| {
        group.is_none_or(|group| group == schedule.group)
            && schedule.name.starts_with(prefix)
            && state.is_none_or(|state| schedule.is_in_state(state))
    });
    let summaries = listed.map(|(key, schedule)| {
        let mut summary = schedule.describe(&cloud.account);
        summary["Target"] = json!({"Arn": schedule.settings.get("Target").map(|target| &target["Arn"])});
        (key.clone(), summary)
    });
    page(input, "Schedules", summaries)
}
