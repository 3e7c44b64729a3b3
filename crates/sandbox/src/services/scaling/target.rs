//! Scalable targets.
//!
//! Source: Application Auto Scaling API reference, `RegisterScalableTarget`,
//! `DescribeScalableTargets`, `DeregisterScalableTarget`.

use serde_json::Map;

use super::refusals::{not_found, validation};
use super::resource::{self, DIMENSION, NAMESPACE};
use crate::services::ecs;
use crate::services::iam::{self, Linked};
use crate::services::prelude::*;

/// The maximum number of targets in one page.
const DESCRIBED: u16 = 50;
/// The maximum number of targets in a Region. Source: Application Auto Scaling quotas, "Scalable
/// targets", ECS.
const MOST: usize = 3_000;
const SUSPENSIONS: [&str; 3] = ["DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"];

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Target {
    pub(super) arn: String,
    pub(super) created: Time,
    pub(super) tags: Tags,
    minimum: i64,
    maximum: i64,
    suspended: Map<String, Value>,
}

/// Registers a target or updates the existing one, and brings the desired count of the service into its
/// range.
pub(super) fn register(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let id = resource::of_call(input)?;
    let (cluster, service) = resource::parts(&id).unwrap_or_default();
    let existing = cloud.scaling.targets.get(&id).cloned();
    let tags = input.map("Tags");
    super::tagging::check(&tags)?;
    if existing.is_some() && !tags.is_empty() {
        return Err(validation(
            "The scalable target that you tried to tag already exists. To update tags on an existing scalable target, \
             use the TagResource API.",
        ));
    }
    let capacity = |key: &str, now: Option<i64>| {
        let given = input.within(key, 0..=i32::MAX.into()).map_err(validation)?;
        given.or(now).ok_or_else(|| validation(format!("{key} must be specified for a new scalable target")))
    };
    let minimum = capacity("MinCapacity", existing.as_ref().map(|target| target.minimum))?;
    let maximum = capacity("MaxCapacity", existing.as_ref().map(|target| target.maximum))?;
    ensure!(maximum >= minimum, validation("Maximum capacity cannot be less than minimum capacity"));
    let desired = ecs::desired_count(cloud, cluster, service);
    let desired = desired.ok_or_else(|| validation(format!("ECS service doesn't exist: {id}")))?;
    // Source: hashicorp/terraform-provider-aws, `internal/service/appautoscaling/target.go`.
    if iam::service_needs_its_role(cloud, "ecs.application-autoscaling.amazonaws.com") != Linked::Usable {
        return Err(validation(format!("Unable to assume IAM role: {}", role_arn(cloud))));
    }
    if existing.is_none() && cloud.scaling.targets.len() >= MOST {
        return Err(Refusal::new("LimitExceededException", format!("More than {MOST} scalable targets")));
    }

    let mut suspended = existing.as_ref().map(|target| target.suspended.clone()).unwrap_or_default();
    for key in SUSPENSIONS {
        let given = input.inner("SuspendedState").flag(key);
        let now = suspended.get(key).and_then(Value::as_bool).unwrap_or(false);
        suspended.insert(key.to_owned(), json!(given.unwrap_or(now)));
    }
    let target = match existing {
        Some(existing) => Target { minimum, maximum, suspended, ..existing },
        None => {
            let letters = format!("0ec5{}", cloud.ids.hex32());
            let arn = cloud.account.arn("application-autoscaling", &format!("scalable-target/{letters}"));
            Target { arn, created: cloud.now, tags, minimum, maximum, suspended }
        }
    };
    let arn = target.arn.clone();
    let bound = |bound: i64| usize::try_from(bound).unwrap_or(0);
    let clamped = desired.clamp(bound(minimum), bound(maximum));
    if clamped != desired {
        ecs::set_desired_count(cloud, cluster, service, clamped);
    }
    cloud.scaling.targets.insert(id, target);
    Ok(json!({"ScalableTargetARN": arn}))
}

/// The service-linked role that scales ECS services.
fn role_arn(cloud: &Cloud) -> String {
    let role = "role/aws-service-role/ecs.application-autoscaling.amazonaws.com/\
                AWSServiceRoleForApplicationAutoScaling_ECSService";
    cloud.account.global_arn("iam", role)
}

pub(super) fn describe(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let is_of_ecs = resource::is_of_ecs(input)?;
    let ids = input.texts("ResourceIds");
    let dimension = input.text("ScalableDimension");
    resource::check_dimension(dimension, !ids.is_empty())?;
    let role = role_arn(cloud);
    let fits = |id: &String| {
        is_of_ecs && (ids.is_empty() || ids.contains(id)) && dimension.is_none_or(|dimension| dimension == DIMENSION)
    };
    let targets = cloud.scaling.targets.iter().filter(|(id, _)| fits(id)).map(|(id, target)| {
        let described = json!({
            "ServiceNamespace": NAMESPACE,
            "ResourceId": id,
            "ScalableDimension": DIMENSION,
            "MinCapacity": target.minimum,
            "MaxCapacity": target.maximum,
            "RoleARN": role,
            "CreationTime": target.created.epoch_seconds(),
            "SuspendedState": target.suspended,
            "ScalableTargetARN": target.arn,
        });
        (id.clone(), described)
    });
    resource::list(input, "ScalableTargets", DESCRIBED, targets)
}

pub(super) fn deregister(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let id = resource::of_call(input)?;
    if !cloud.scaling.targets.contains_key(&id) {
        return Err(not_found(format!("No scalable target found for {}", resource::described(&id))));
    }
    remove(cloud, &id);
    Ok(json!({}))
}

/// Removes a target and its policies.
pub(super) fn remove(cloud: &mut Cloud, id: &str) {
    cloud.scaling.targets.remove(id);
    cloud.scaling.policies.retain(|_, policy| policy.resource != id);
}
