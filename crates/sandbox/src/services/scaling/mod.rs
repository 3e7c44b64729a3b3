//! Application Auto Scaling: scalable targets and scaling policies, for ECS services only.

mod metric;
mod policy;
mod refusals;
mod resource;
mod tagging;
mod target;
#[cfg(test)]
mod tests;

use crate::services::prelude::*;

pub(crate) const DESCRIPTOR: Descriptor = Descriptor {
    name: "Application Auto Scaling",
    signing_name: "application-autoscaling",
    protocol: Protocol::Json(OPERATIONS),
    model: include_str!("../../../models/application-autoscaling.json"),
    errors: Errors::VALIDATING,
    consistency,
    latency: Latency::USUAL,
    collections: |cloud| vec![&mut cloud.scaling.targets, &mut cloud.scaling.policies],
    inventory,
    tagged,
};

no_events!();

const OPERATIONS: &[(&str, JsonOperation)] = &[
    ("DeleteScalingPolicy", policy::delete),
    ("DeregisterScalableTarget", target::deregister),
    ("DescribeScalableTargets", target::describe),
    ("DescribeScalingPolicies", policy::describe),
    ("ListTagsForResource", tagging::list_tags_for_resource),
    ("PutScalingPolicy", policy::put),
    ("RegisterScalableTarget", target::register),
    ("TagResource", tagging::tag_resource),
    ("UntagResource", tagging::untag_resource),
];

/// Source: Application Auto Scaling API reference, `RegisterScalableTarget`: "there might be a brief
/// delay until the operation achieves eventual consistency".
fn consistency(operation: &str) -> Option<Consistency> {
    match operation {
        "ListTagsForResource" => Some(Consistency::Strong),
        _ => operation.starts_with("Describe").then_some(Consistency::Eventual),
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    /// By the resource id of the scaled service: `service/<cluster>/<service>`.
    targets: Eventual<target::Target>,
    policies: Eventual<policy::Policy>,
}

fn inventory(cloud: &Cloud, items: &mut Vec<Item>) {
    let State { targets, policies } = &cloud.scaling;
    items.extend(targets.iter().map(|(id, target)| Item::new("scaling:target", id, &target.tags)));
    let policies = policies.values();
    items.extend(policies.map(|policy| Item::part("scaling:policy", format!("{}/{}", policy.resource, policy.name))));
}

/// The ARNs and tags of all scalable targets, for the Tagging API.
fn tagged(cloud: &Cloud) -> Vec<(String, &Tags)> {
    cloud.scaling.targets.values().map(|target| (target.arn.clone(), &target.tags)).collect()
}

/// Deletes the target and the policies of a deleted ECS service. Undocumented, but observed on AWS:
/// hashicorp/terraform-provider-aws, issues 10432 and 14254.
pub(crate) fn service_is_gone(cloud: &mut Cloud, id: &str) {
    target::remove(cloud, id);
}
