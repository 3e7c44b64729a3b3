//! `RunTask`: tasks that no service keeps running, and how they end.
//!
//! Source: Amazon ECS API reference, `RunTask`.

use super::definition::{self, Definition};
use super::life::{self, Start};
use super::refusals::{client, invalid};
use super::settings::{Launch, Revision};
use super::task::{Stop, Task};
use super::{cluster, log, tagging};
use crate::dials::TaskOutcome;
use crate::services::prelude::*;
use crate::services::{iam, logs};

/// The number of tasks of one call.
const COUNT: std::ops::RangeInclusive<i64> = 1..=10;

/// What a task has from the call that started it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Run {
    pub(super) group: String,
    pub(super) outcome: TaskOutcome,
}

pub(crate) fn run_task(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let cluster = cluster::of_call(cloud, input)?;
    let (token, started_by) = (input.text("clientToken"), input.text("startedBy"));
    let is_token = |token: &str| token.len() <= 64 && token.bytes().all(|byte| byte.is_ascii_graphic());
    let message = "clientToken must be up to 64 ASCII characters in the range of 33-126.";
    ensure!(token.is_none_or(is_token), invalid(message));
    let is_sound = |character: char| character.is_ascii_alphanumeric() || "-/_".contains(character);
    let is_starter = |text: &str| text.len() <= 128 && text.chars().all(is_sound);
    let message = "startedBy must be up to 128 letters, numbers, hyphens, forward slashes and underscores.";
    ensure!(started_by.is_none_or(is_starter), invalid(message));
    // Source: Amazon ECS Developer Guide, "Ensuring idempotency".
    let conflict = |_| Refusal::new("ConflictException", "The client token was used with other parameters.");
    if let Some(made) = cloud.ecs.runs.made(token, input).map_err(conflict)? {
        return Ok(described(cloud, made.split(',')));
    }

    let revision = Revision::new(cloud, &cluster, input)?;
    // Source: boto/boto3#2862.
    let message = "No Container Instances were found in your cluster.";
    ensure!(revision.launch != Launch::Instances, invalid(message));
    let message = "The sandbox has no volumes that are configured at launch.";
    ensure!(revision.kept.is_empty(), Refusal::new("UnsupportedFeatureException", message));
    let count: usize = input.within("count", COUNT).map_err(invalid)?.unwrap_or(1);
    let exec = input.flag("enableExecuteCommand") == Some(true);
    revision.check_exec(cloud, exec, "The task couldn't be run")?;
    let found = definition::of_arn(cloud, &revision.definition).ok_or_else(|| client("TaskDefinition not found."))?;
    for role in [&found.task_role, &found.execution_role].into_iter().flatten() {
        iam::check_pass(cloud, role)?;
    }
    life::not_assumable(cloud, found).map_or(Ok(()), |message| Err(client(message)))?;
    let tags = tags(found, &cluster, input)?;
    let outcome = cloud.dials.tasks.get(&found.family).cloned().unwrap_or_default();
    let group = input.text("group").map_or_else(|| format!("family:{}", found.family), str::to_owned);

    let start = |cloud: &mut Cloud| {
        let run = Some(Run { group: group.clone(), outcome: outcome.clone() });
        let (revision, tags) = (&revision, tags.clone());
        life::start(cloud, Start { cluster: &cluster, service: "", started_by, run, revision, exec, tags })
    };
    let keys: Vec<String> = (0..count).map(|_| start(cloud)).collect();
    cloud.ecs.runs.remember(token, input, &keys.join(","));
    Ok(described(cloud, keys.iter().map(String::as_str)))
}

fn described<'a>(cloud: &Cloud, keys: impl Iterator<Item = &'a str>) -> Value {
    let tasks = keys.filter_map(|key| cloud.ecs.tasks.get(key));
    json!({"tasks": tasks.map(|task| task.describe(cloud, true)).collect::<Vec<_>>(), "failures": []})
}

/// Source: Amazon ECS Developer Guide, "Tagging Amazon ECS resources".
fn tags(definition: &Definition, cluster: &str, input: &Input) -> Result<Tags, Refusal> {
    let mut tags = match input.text("propagateTags") {
        Some("SERVICE") => return Err(invalid("The propagateTags option SERVICE is not supported for RunTask.")),
        Some("TASK_DEFINITION") => definition.tags.clone(),
        _ => Tags::new(),
    };
    tags.extend(tagging::given(input)?);
    if input.flag("enableECSManagedTags") == Some(true) {
        tags.insert("aws:ecs:clusterName".to_owned(), cluster.to_owned());
    }
    Ok(tags)
}

/// Why a task does not start whose image cannot be pulled. Source: Amazon ECS Developer Guide,
/// "`CannotPullContainer` task errors".
pub(super) fn not_pulled(containers: &[Input]) -> String {
    let image = containers.first().and_then(|container| container.text("image")).unwrap_or_default();
    format!(
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {image}: \
         {image}: not found"
    )
}

/// Ends a task whose first essential container exits.
pub(super) fn end(cloud: &mut Cloud, task: &Task) {
    let Some(Run { outcome, .. }) = &task.run else { return };
    let containers = definition::of_arn(cloud, &task.definition).map(Definition::containers).unwrap_or_default();
    let essential = containers.iter().find(|container| container.flag("essential") != Some(false));
    if let Some((group, stream)) = essential.and_then(|container| log::stream(container, task)) {
        logs::write(cloud, &group, &stream, &outcome.output);
    }
    if let Some(task) = cloud.ecs.tasks.get_mut(&task.key()) {
        task.exit = outcome.exit_code;
        // Source: Amazon ECS Developer Guide, "Amazon ECS stopped tasks error messages".
        let reason = "Essential container in task exited".to_owned();
        task.stop = Some(Stop { code: "EssentialContainerExited".to_owned(), reason });
    }
    life::deprovision(cloud, task);
}
