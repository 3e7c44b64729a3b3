//! Amazon CloudWatch Logs: log groups with their subscription filters, and log streams with the events of tasks.

mod check;
mod group;
mod stream;
mod subscription;

#[cfg(test)]
mod tests;

use crate::services::prelude::*;
use group::Group;
pub(crate) use stream::{open_stream, write};

pub(crate) const DESCRIPTOR: Descriptor = Descriptor {
    name: "Amazon CloudWatch Logs",
    signing_name: "logs",
    protocol: Protocol::Json(OPERATIONS),
    model: include_str!("../../../models/logs.json"),
    errors: Errors::JSON,
    consistency,
    latency: Latency::USUAL,
    collections: |cloud| vec![&mut cloud.logs.groups],
    inventory,
    tagged,
};

no_events!();

const OPERATIONS: &[(&str, JsonOperation)] = &[
    ("CreateLogGroup", group::create_log_group),
    ("CreateLogStream", stream::create_log_stream),
    ("DeleteLogGroup", group::delete_log_group),
    ("DeleteLogStream", stream::delete_log_stream),
    ("DeleteRetentionPolicy", group::delete_retention_policy),
    ("DeleteSubscriptionFilter", subscription::delete_subscription_filter),
    ("DescribeLogGroups", group::describe_log_groups),
    ("DescribeLogStreams", stream::describe_log_streams),
    ("DescribeSubscriptionFilters", subscription::describe_subscription_filters),
    ("GetLogEvents", stream::get_log_events),
    ("ListTagsForResource", group::list_tags_for_resource),
    ("PutLogGroupDeletionProtection", group::put_log_group_deletion_protection),
    ("PutRetentionPolicy", group::put_retention_policy),
    ("PutSubscriptionFilter", subscription::put_subscription_filter),
    ("TagResource", group::tag_resource),
    ("UntagResource", group::untag_resource),
];

/// AWS does not document it; stale listings are assumed.
fn consistency(operation: &str) -> Option<Consistency> {
    match operation {
        "ListTagsForResource" => Some(Consistency::Strong),
        "DescribeLogGroups" | "DescribeLogStreams" | "DescribeSubscriptionFilters" | "GetLogEvents" => {
            Some(Consistency::Eventual)
        }
        _ => None,
    }
}

/// The state of the service.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    /// The groups, by name.
    groups: Eventual<Group>,
}

fn inventory(cloud: &Cloud, items: &mut Vec<Item>) {
    items.extend(cloud.logs.groups.values().map(|group| Item::new("logs:log-group", &group.name, &group.tags)));
}

/// The ARNs and tags of all tagged resources, for the tagging API.
fn tagged(cloud: &Cloud) -> Vec<(String, &Tags)> {
    cloud.logs.groups.values().map(|group| (group.arn(&cloud.account), &group.tags)).collect()
}

/// Whether a log group with this name exists.
pub(crate) fn has_group(cloud: &Cloud, name: &str) -> bool {
    cloud.logs.groups.contains_key(name)
}
