//! Task definitions and their registration.

use std::collections::BTreeMap;

use serde_json::Map;

use super::refusals::client;
use super::{container, names, size, tagging};
use crate::services::iam;
use crate::services::policy_language::is_account;
use crate::services::prelude::*;

/// The maximum length of a definition in bytes. Source: Amazon ECS service quotas, "Task definition
/// size limit".
const LONGEST: usize = 64 * 1024;
/// The members that are returned unchanged; `containerDefinitions`, `cpu` and `memory` are
/// normalised.
const KEPT: Words = Words(
    "networkMode volumes placementConstraints requiresCompatibilities pidMode ipcMode proxyConfiguration \
     inferenceAccelerators ephemeralStorage runtimePlatform enableFaultInjection",
);

/// A revision of a family.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Definition {
    pub(super) family: String,
    pub(super) revision: u32,
    pub(super) status: Status,
    pub(super) registered: Time,
    pub(super) deregistered: Option<Time>,
    pub(super) delete_requested: Option<Time>,
    pub(super) tags: Tags,
    pub(super) task_role: Option<String>,
    pub(super) execution_role: Option<String>,
    pub(super) fargate: bool,
    /// Its description, without the fields above.
    body: BTreeMap<String, Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Status {
    Active,
    Inactive,
    DeleteInProgress,
}

/// The sort key of a revision: by family, then by number. A space sorts before all characters of a
/// family name.
pub(super) fn key(family: &str, revision: u32) -> String {
    format!("{family} {revision:010}")
}

/// The definition with this ARN.
pub(super) fn of_arn<'a>(cloud: &'a Cloud, arn: &str) -> Option<&'a Definition> {
    let (family, revision) = names::definition(&cloud.account, arn).ok()?;
    cloud.ecs.definitions.get(&key(&family, revision?))
}

/// The definition that a call refers to: a revision, or the newest active one of a family.
pub(super) fn find<'a>(cloud: &'a Cloud, reference: &str) -> Result<Option<&'a Definition>, Refusal> {
    let (family, revision) = names::definition(&cloud.account, reference)?;
    if let Some(revision) = revision {
        return Ok(cloud.ecs.definitions.get(&key(&family, revision)));
    }
    let mut newest = of_family(cloud, &family).rev();
    Ok(newest.find(|definition| definition.status == Status::Active))
}

/// The revisions of a family, in order.
pub(super) fn of_family<'a>(cloud: &'a Cloud, family: &str) -> impl DoubleEndedIterator<Item = &'a Definition> {
    cloud.ecs.definitions.range(key(family, 0)..=key(family, u32::MAX)).map(|(_, definition)| definition)
}

impl Definition {
    pub(super) fn arn(&self, cloud: &Cloud) -> String {
        names::definition_arn(&cloud.account, &self.family, self.revision)
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.body.get(key).and_then(Value::as_str)
    }

    /// The containers, as described.
    pub(super) fn containers(&self) -> Vec<Input> {
        let containers = self.body.get("containerDefinitions").and_then(Value::as_array);
        containers.into_iter().flatten().cloned().map(Input::from_json).collect()
    }

    pub(super) fn is_awsvpc(&self) -> bool {
        self.text("networkMode") == Some("awsvpc")
    }

    /// Its description.
    pub(super) fn describe(&self, cloud: &Cloud) -> Value {
        let mut answer: Map<String, Value> = self.body.clone().into_iter().collect();
        let mut put = |key: &str, value: Value| answer.insert(key.to_owned(), value);
        put("taskDefinitionArn", json!(self.arn(cloud)));
        put("family", json!(self.family));
        put("revision", json!(self.revision));
        put("status", json!(self.status));
        put("registeredAt", self.registered.epoch_seconds());
        put("registeredBy", json!(cloud.account.caller));
        put("deregisteredAt", json!(self.deregistered.map(Time::epoch_seconds)));
        put("deleteRequestedAt", json!(self.delete_requested.map(Time::epoch_seconds)));
        put("taskRoleArn", json!(self.task_role));
        put("executionRoleArn", json!(self.execution_role));
        Value::Object(answer)
    }
}

/// ECS does not check whether roles, secrets and log groups exist: tasks without them fail to
/// start. It does check whether the caller may pass the roles.
pub(super) fn register(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let family = input.required("family")?;
    ensure!(names::is_name(family), client("Family contains invalid characters."));
    let tags = tagging::given(input)?;
    let task_role = role(cloud, input, "taskRoleArn")?;
    let execution_role = role(cloud, input, "executionRoleArn")?;
    let mut body = body(input)?;
    let requirements = input.texts("requiresCompatibilities");
    let is_known = |one: &String| ["EC2", "FARGATE", "EXTERNAL"].contains(&one.as_str());
    ensure!(requirements.iter().all(is_known), client("The sandbox has no managed instances."));
    let fargate = requirements.iter().any(|one| one == "FARGATE");
    container::check_all(input, &container::Task { fargate, execution_role: execution_role.as_deref() })?;
    let length = input.raw().to_string().len();
    ensure!(length <= LONGEST, client(format!("Actual length: '{length}'. Max allowed length is '{LONGEST}' bytes.")));
    for role in [&task_role, &execution_role].into_iter().flatten() {
        iam::check_pass(cloud, role)?;
    }
    let fits_fargate = fargate || input.text("networkMode") == Some("awsvpc");
    let compatibilities = if fits_fargate { json!(["EC2", "FARGATE"]) } else { json!(["EXTERNAL", "EC2"]) };
    body.insert("compatibilities".to_owned(), compatibilities);

    let last = cloud.ecs.revisions.entry(family.to_owned()).or_default();
    *last += 1;
    let definition = Definition {
        family: family.to_owned(),
        revision: *last,
        status: Status::Active,
        registered: cloud.now,
        deregistered: None,
        delete_requested: None,
        tags,
        task_role,
        execution_role,
        fargate,
        body,
    };
    let answer = json!({"taskDefinition": definition.describe(cloud), "tags": tagging::list(&definition.tags)});
    cloud.ecs.definitions.insert(key(family, definition.revision), definition);
    Ok(answer)
}

/// The ARN of a role, from its ARN or short name. Only the form is checked.
fn role(cloud: &Cloud, input: &Input, key: &str) -> Result<Option<String>, Refusal> {
    let Some(reference) = input.text(key) else { return Ok(None) };
    let is_sound = |character: char| character.is_ascii_alphanumeric() || "+=,.@-_/".contains(character);
    let sound = |name: &str| !name.is_empty() && name.chars().all(is_sound);
    let not_valid = || client("Role is not valid");
    if !reference.starts_with("arn:") {
        let arn = cloud.account.global_arn("iam", &format!("role/{reference}"));
        return sound(reference).then_some(Some(arn)).ok_or_else(not_valid);
    }
    let rest = reference.strip_prefix(&format!("arn:{}:iam::", cloud.account.partition())).ok_or_else(not_valid)?;
    let (account, name) = rest.split_once(":role/").ok_or_else(not_valid)?;
    (is_account(account) && sound(name)).then(|| Some(reference.to_owned())).ok_or_else(not_valid)
}

/// The description of a definition, with the defaults that ECS sets.
fn body(input: &Input) -> Result<BTreeMap<String, Value>, Refusal> {
    let mut body = super::kept(input, &KEPT);
    for key in ["volumes", "placementConstraints"] {
        body.entry(key.to_owned()).or_insert_with(|| json!([]));
    }
    if let Some(cpu) = input.text("cpu") {
        body.insert("cpu".to_owned(), json!(size::cpu(cpu)?.to_string()));
    }
    if let Some(memory) = input.text("memory") {
        body.insert("memory".to_owned(), json!(size::memory(memory)?.to_string()));
    }
    let awsvpc = input.text("networkMode") == Some("awsvpc");
    let containers = input.list("containerDefinitions");
    let containers = containers.iter().map(|container| container::with_defaults(container, awsvpc)).collect();
    body.insert("containerDefinitions".to_owned(), containers);
    Ok(body)
}
