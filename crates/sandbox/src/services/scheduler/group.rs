//! Schedule groups. Source: Amazon EventBridge Scheduler API reference and User Guide, "Managing a schedule
//! group".

use super::{Event, conflict, invalid, not_found, page, tagging, timing};
use crate::cloud::Account;
use crate::services::prelude::*;

/// The group that every account has, and to which a schedule without a group belongs.
pub(super) const DEFAULT: &str = "default";
/// The maximum number of groups. Source: User Guide, "Quotas for Amazon EventBridge Scheduler".
const MOST: usize = 500;
/// When the default group was created: long before the first call.
const LONG_AGO: Time = Time::from_millis(1_704_067_200_000);

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Group {
    pub(super) name: String,
    state: State,
    created: Time,
    pub(super) modified: Time,
    pub(super) tags: Tags,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum State {
    Active,
    /// Deleted; its schedules are being removed.
    Deleting,
}

impl Group {
    fn new(name: &str, now: Time, tags: Tags) -> Self {
        Self { name: name.to_owned(), state: State::Active, created: now, modified: now, tags }
    }

    fn describe(&self, account: &Account) -> Value {
        json!({
            "Arn": arn(account, &self.name),
            "Name": self.name,
            "State": self.state,
            "CreationDate": self.created.epoch_seconds(),
            "LastModificationDate": self.modified.epoch_seconds(),
        })
    }
}

pub(super) fn arn(account: &Account, name: &str) -> String {
    account.arn("scheduler", &format!("schedule-group/{name}"))
}

/// Source of the text: getmoto/moto:moto/scheduler/exceptions.py, `ScheduleGroupNotFound`.
fn missing(name: &str) -> Refusal {
    not_found(format!("Schedule group {name} does not exist."))
}

pub(super) fn find(cloud: &Cloud, name: &str) -> Result<Group, Refusal> {
    let made = cloud.scheduler.groups.get(name).cloned();
    let default = || (name == DEFAULT).then(|| Group::new(DEFAULT, LONG_AGO, Tags::new()));
    made.or_else(default).ok_or_else(|| missing(name))
}

/// Checks that a group exists and is not being deleted. That AWS refuses a change of such a group with this
/// code is assumed from the errors of its API reference.
pub(super) fn check_active(cloud: &Cloud, name: &str) -> Result<(), Refusal> {
    let is_active = find(cloud, name)?.state == State::Active;
    ensure!(is_active, conflict(format!("Schedule group {name} is being deleted.")));
    Ok(())
}

/// The group that a call changes.
pub(super) fn active<'a>(cloud: &'a mut Cloud, name: &str) -> Result<&'a mut Group, Refusal> {
    check_active(cloud, name)?;
    cloud.scheduler.groups.get_mut(name).ok_or_else(|| invalid("The default group cannot be changed."))
}

pub(super) fn create(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let name = input.required("Name")?;
    let tags = tagging::given(input)?;
    let answer = json!({"ScheduleGroupArn": arn(&cloud.account, name)});
    let token = input.text("ClientToken");
    let made = cloud.scheduler.tokens.made(token, input);
    let made = made.map_err(|_| conflict("The client token was used with other parameters."))?.is_some();
    if find(cloud, name).is_ok() {
        ensure!(made, conflict(format!("Schedule group {name} already exists.")));
        return check_active(cloud, name).map(|()| answer);
    }
    let message = format!("The account has the maximum of {MOST} schedule groups.");
    let is_full = cloud.scheduler.groups.len() + 1 >= MOST;
    ensure!(!is_full, Refusal::new("ServiceQuotaExceededException", message).status(402));
    let group = Group::new(name, cloud.now, tags);
    cloud.scheduler.groups.insert(name.to_owned(), group);
    cloud.scheduler.tokens.remember(token, input, name);
    Ok(answer)
}

pub(super) fn get(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    Ok(find(cloud, input.required("Name")?)?.describe(&cloud.account))
}

pub(super) fn list(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let prefix = input.text("NamePrefix").unwrap_or_default();
    let mut names: Vec<&str> = cloud.scheduler.groups.keys().map(String::as_str).chain([DEFAULT]).collect();
    names.retain(|name| name.starts_with(prefix));
    names.sort_unstable();
    let groups = names.into_iter().filter_map(|name| {
        let group = find(cloud, name).ok()?;
        Some((group.name.clone(), group.describe(&cloud.account)))
    });
    page(input, "ScheduleGroups", groups)
}

/// The group is DELETING until its schedules are removed.
pub(super) fn delete(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let name = input.required("Name")?;
    // A repeated call has the same effect, so the token decides nothing.
    input.text("ClientToken");
    ensure!(name != DEFAULT, invalid("The default schedule group cannot be deleted."));
    let now = cloud.now;
    let group = active(cloud, name)?;
    group.state = State::Deleting;
    group.modified = now;
    cloud.later(timing::DELETING_GROUP, Event::RemoveGroup(name.to_owned()));
    Ok(json!({}))
}

pub(super) fn remove(cloud: &mut Cloud, name: &str) {
    cloud.scheduler.schedules.retain(|_, schedule| schedule.group != name);
    cloud.scheduler.groups.remove(name);
}
