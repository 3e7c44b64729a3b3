//! Scaling policies. They are stored and never act, because no load is modelled.
//!
//! Source: Application Auto Scaling API reference, `PutScalingPolicy`, `DescribeScalingPolicies`,
//! `DeleteScalingPolicy`.

use super::metric;
use super::refusals::{not_found, validation};
use super::resource::{self, DIMENSION, NAMESPACE};
use crate::services::Service;
use crate::services::prelude::*;

/// The maximum number of policies in one page.
const DESCRIBED: u16 = 10;
/// The maximum number of policies of a target. Source: Application Auto Scaling quotas.
const MOST: usize = 50;
/// The types of policies, and the configuration parameter of each.
const KINDS: [(&str, &str); 3] = [
    ("TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration"),
    ("StepScaling", "StepScalingPolicyConfiguration"),
    ("PredictiveScaling", "PredictiveScalingPolicyConfiguration"),
];

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Policy {
    pub(super) resource: String,
    pub(super) name: String,
    arn: String,
    created: Time,
    kind: String,
    configuration: Value,
    /// The names of its CloudWatch alarms.
    alarms: Vec<String>,
}

/// The key of a policy. No resource id contains a space.
fn key(resource: &str, name: &str) -> String {
    format!("{resource} {name}")
}

pub(super) fn put(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let resource = resource::of_call(input)?;
    let name = input.required("PolicyName")?.to_owned();
    // A new target is not visible at once to operations that need it. Source: `RegisterScalableTarget`.
    if cloud.scaling.targets.seen(&resource, cloud.view(Service::Scaling)).is_none() {
        return Err(not_found(format!("No scalable target registered for {}", resource::described(&resource))));
    }
    let key = key(&resource, &name);
    let existing = cloud.scaling.policies.get(&key).cloned();
    let kind = input.text("PolicyType").or(existing.as_ref().map(|policy| policy.kind.as_str()));
    let kind = kind.ok_or_else(|| validation("PolicyType must be specified for a new scaling policy"))?.to_owned();
    let field = KINDS.iter().find(|(known, _)| *known == kind).map_or("", |(_, field)| field);
    ensure!(input.has(field), validation(format!("A policy of the type {kind} needs a {field}")));
    let configuration = input.inner(field);
    if kind == KINDS[0].0 {
        check_tracking(cloud, &resource, &name, &configuration)?;
    }
    let of_target = cloud.scaling.policies.values().filter(|policy| policy.resource == resource);
    if existing.is_none() && of_target.count() >= MOST {
        return Err(Refusal::new("LimitExceededException", format!("More than {MOST} policies for a target")));
    }

    let alarms = alarms(cloud, &kind, &resource, &configuration);
    let (arn, created) = match existing {
        Some(policy) => (policy.arn, policy.created),
        None => {
            let rest = format!("{}:resource/{NAMESPACE}/{resource}:policyName/{name}", cloud.ids.uuid());
            (cloud.account.arn("autoscaling", &format!("scalingPolicy:{rest}")), cloud.now)
        }
    };
    let configuration = configuration.keep();
    let policy = Policy { resource, name, arn, created, kind, configuration, alarms };
    let answer = json!({"PolicyARN": policy.arn, "Alarms": policy.alarms(cloud)});
    cloud.scaling.policies.insert(key, policy);
    Ok(answer)
}

/// Validates a target tracking policy.
fn check_tracking(cloud: &Cloud, resource: &str, name: &str, configuration: &Input) -> Result<(), Refusal> {
    let is_positive = configuration.float("TargetValue").is_some_and(|target| target > 0.0);
    ensure!(is_positive, validation("TargetValue must be greater than 0"));
    for key in ["ScaleInCooldown", "ScaleOutCooldown"] {
        configuration.within::<i64>(key, 0..=i32::MAX.into()).map_err(validation)?;
    }
    metric::check(cloud, resource, configuration)?;
    let metric = |configuration: &Value| metric::FIELDS.map(|field| configuration.get(field).cloned());
    let mut others = cloud.scaling.policies.values().filter(|other| other.resource == resource && other.name != name);
    let is_taken =
        others.any(|other| other.kind == KINDS[0].0 && metric(&other.configuration) == metric(configuration.raw()));
    let message = "Only one TargetTrackingScaling policy for a given metric specification is allowed.";
    ensure!(!is_taken, validation(message));
    Ok(())
}

/// The alarms that AWS creates for a policy: one to scale out, and one to scale in unless that is
/// disabled.
fn alarms(cloud: &mut Cloud, kind: &str, resource: &str, configuration: &Input) -> Vec<String> {
    if kind != KINDS[0].0 {
        return Vec::new();
    }
    let scales_in = configuration.flag("DisableScaleIn") != Some(true);
    let directions = if scales_in { &["AlarmHigh", "AlarmLow"][..] } else { &["AlarmHigh"] };
    let name = |direction: &&str| format!("TargetTracking-{resource}-{direction}-{}", cloud.ids.uuid());
    directions.iter().map(name).collect()
}

impl Policy {
    fn alarms(&self, cloud: &Cloud) -> Value {
        let arn = |name: &String| cloud.account.arn("cloudwatch", &format!("alarm:{name}"));
        self.alarms.iter().map(|name| json!({"AlarmName": name, "AlarmARN": arn(name)})).collect()
    }

    fn describe(&self, cloud: &Cloud) -> Value {
        let mut answer = json!({
            "PolicyARN": self.arn,
            "PolicyName": self.name,
            "ServiceNamespace": NAMESPACE,
            "ResourceId": self.resource,
            "ScalableDimension": DIMENSION,
            "PolicyType": self.kind,
            "Alarms": self.alarms(cloud),
            "CreationTime": self.created.epoch_seconds(),
        });
        if let Some((_, field)) = KINDS.iter().find(|(kind, _)| *kind == self.kind) {
            answer[*field] = self.configuration.clone();
        }
        answer
    }
}

pub(super) fn describe(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let is_of_ecs = resource::is_of_ecs(input)?;
    let (resource, dimension) = (input.text("ResourceId"), input.text("ScalableDimension"));
    resource::check_dimension(dimension, resource.is_some())?;
    let names = input.texts("PolicyNames");
    let fits = |policy: &Policy| {
        is_of_ecs
            && resource.is_none_or(|resource| resource == policy.resource)
            && dimension.is_none_or(|dimension| dimension == DIMENSION)
            && (names.is_empty() || names.contains(&policy.name))
    };
    let policies = cloud.scaling.policies.iter().filter(|(_, policy)| fits(policy));
    let policies = policies.map(|(key, policy)| (key.clone(), policy.describe(cloud)));
    resource::list(input, "ScalingPolicies", DESCRIBED, policies)
}

pub(super) fn delete(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let resource = resource::of_call(input)?;
    let name = input.required("PolicyName")?;
    let described = resource::described(&resource);
    let missing = || not_found(format!("No scaling policy found for {described}, policy name: {name}"));
    cloud.scaling.policies.remove(&key(&resource, name)).ok_or_else(missing)?;
    Ok(json!({}))
}
