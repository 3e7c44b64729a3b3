//! The target of a schedule: a task on an ECS cluster, run by a role.
//!
//! Source: Amazon EventBridge Scheduler API reference, `Target` and `EcsParameters`. Scheduler does not check
//! whether the cluster and the task definition exist.

use std::collections::BTreeMap;

use super::{group, invalid};
use crate::services::iam;
use crate::services::prelude::*;

/// The members of `EcsParameters` that are stored as they are.
const KEPT: Words = Words(
    "TaskDefinitionArn LaunchType PlatformVersion NetworkConfiguration CapacityProviderStrategy EnableECSManagedTags \
     EnableExecuteCommand PropagateTags",
);

/// The target of a call, with its defaults. Source of the defaults: hashicorp/terraform-provider-aws,
/// `TestAccSchedulerSchedule_basic`; API reference, `EcsParameters`, `TaskCount`.
pub(super) fn checked(cloud: &Cloud, target: &Input) -> Result<Value, Refusal> {
    let arn = target.required("Arn")?;
    let message = format!("The sandbox has no schedules with the target {arn}, only with ECS clusters.");
    let is_cluster = arn.starts_with(&cloud.account.arn("ecs", "cluster/"));
    ensure!(is_cluster, Refusal::new("NotModelled", message).status(501));
    ensure!(target.has("EcsParameters"), invalid("EcsParameters is required for the target ECS."));
    let retry = target.inner("RetryPolicy");
    Ok(json!({
        "Arn": arn,
        "RoleArn": target.required("RoleArn")?,
        "RetryPolicy": {
            "MaximumEventAgeInSeconds": retry.number("MaximumEventAgeInSeconds").unwrap_or(86_400),
            "MaximumRetryAttempts": retry.number("MaximumRetryAttempts").unwrap_or(185),
        },
        "EcsParameters": parameters(&target.inner("EcsParameters"))?,
    }))
}

fn parameters(ecs: &Input) -> Result<Value, Refusal> {
    let definition = ecs.required("TaskDefinitionArn")?;
    let is_arn = definition.starts_with("arn:") && definition.contains(":task-definition/");
    ensure!(is_arn, invalid(format!("{definition} is not the ARN of a task definition.")));
    // Source: Amazon EventBridge API reference, `EcsParameters`.
    let launch = ecs.text("LaunchType");
    let message = "If a CapacityProviderStrategy is specified, the LaunchType parameter must be omitted.";
    ensure!(launch.is_none() || ecs.list("CapacityProviderStrategy").is_empty(), invalid(message));
    // Source: API reference, `EcsParameters`: "Specify only the numeric portion of the platform version".
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_version = |version: &str| version == "LATEST" || version.split('.').all(is_number);
    ensure!(ecs.text("PlatformVersion").is_none_or(is_version), invalid("Invalid PlatformVersion."));
    // Source: API reference, `AwsVpcConfiguration`.
    let network = ecs.inner("NetworkConfiguration").inner("awsvpcConfiguration");
    let is_public = network.text("AssignPublicIp") == Some("ENABLED");
    let message = "AssignPublicIp can be ENABLED only when LaunchType is FARGATE.";
    ensure!(!is_public || launch == Some("FARGATE"), invalid(message));
    let mut kept = json!({"TaskCount": ecs.number("TaskCount").unwrap_or(1)});
    for key in KEPT.iter() {
        if let Some(value) = ecs.kept(key) {
            kept[key] = value;
        }
    }
    Ok(kept)
}

/// The input of `RunTask` for a target. ECS and Scheduler spell some members differently.
///
/// Scheduler starts tasks as `chronos-schedule/` and as much of the schedule's name as 36 characters leave. Source:
/// `startedBy` in descriptions of such tasks, as reported by several of its users.
pub(super) fn task_of(target: &Value, schedule: &str) -> Value {
    let ecs = &target["EcsParameters"];
    let network = &ecs["NetworkConfiguration"]["awsvpcConfiguration"];
    let started_by: String = format!("chronos-schedule/{schedule}").chars().take(36).collect();
    let members = [
        ("cluster", target["Arn"].clone()),
        ("taskDefinition", ecs["TaskDefinitionArn"].clone()),
        ("count", ecs["TaskCount"].clone()),
        ("launchType", ecs["LaunchType"].clone()),
        ("platformVersion", ecs["PlatformVersion"].clone()),
        ("capacityProviderStrategy", ecs["CapacityProviderStrategy"].clone()),
        ("enableECSManagedTags", ecs["EnableECSManagedTags"].clone()),
        ("enableExecuteCommand", ecs["EnableExecuteCommand"].clone()),
        ("propagateTags", ecs["PropagateTags"].clone()),
        ("startedBy", json!(started_by)),
        (
            "networkConfiguration",
            json!({ "awsvpcConfiguration": {
                "subnets": network["Subnets"],
                "securityGroups": network["SecurityGroups"],
                "assignPublicIp": network["AssignPublicIp"],
            } }),
        ),
    ];
    members.into_iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key.to_owned(), value)).collect()
}

/// Checks that the caller may pass the role, and that Scheduler can assume it for the group. Sources of the
/// text: hashicorp/terraform-provider-aws:internal/service/scheduler/retry.go; of the group as the source of
/// the call: User Guide, "Prevent confused deputy".
pub(super) fn check_role(cloud: &Cloud, settings: &BTreeMap<String, Value>, group: &str) -> Result<(), Refusal> {
    let role = settings.get("Target").and_then(|target| target["RoleArn"].as_str()).unwrap_or_default();
    iam::check_pass(cloud, role).map_err(|refusal| refusal.status(403))?;
    let source = group::arn(&cloud.account, group);
    let is_assumable = iam::role_is_assumable(cloud, role, "scheduler.amazonaws.com", Some(&source));
    let message = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.";
    ensure!(is_assumable, invalid(message));
    Ok(())
}
