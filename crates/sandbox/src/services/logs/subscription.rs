//! Subscription filters, which send the events of a group elsewhere. Nothing is sent here.

use std::collections::BTreeMap;

use super::{check, group};
use crate::services::prelude::*;

/// How many filters a group can have. Source: Amazon CloudWatch Logs API, `PutSubscriptionFilter`.
const MOST: usize = 2;

/// The filters of a group, by name.
pub(super) type Filters = BTreeMap<String, Filter>;

/// A subscription filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Filter {
    pattern: String,
    destination: String,
    role: Option<String>,
    created: Time,
}

/// Creates a filter, or updates the one with its name.
pub(super) fn put_subscription_filter(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let name = input.required("filterName")?;
    let destination = input.required("destinationArn")?;
    ensure!(destination.starts_with("arn:"), check::invalid("destinationArn is not an ARN"));
    let filter = Filter {
        pattern: input.text("filterPattern").unwrap_or_default().to_owned(),
        destination: destination.to_owned(),
        role: input.text("roleArn").map(str::to_owned),
        created: cloud.now,
    };
    let filters = &mut group::existing(cloud, input)?.subscriptions;
    let has_room = filters.contains_key(name) || filters.len() < MOST;
    ensure!(has_room, Refusal::new("LimitExceededException", "Resource limit exceeded."));
    filters.insert(name.to_owned(), filter);
    Ok(json!({}))
}

pub(super) fn describe_subscription_filters(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let name = input.required("logGroupName")?;
    let prefix = input.text("filterNamePrefix").unwrap_or_default();
    let group = cloud.logs.groups.get(name).ok_or_else(check::no_group)?;
    let matching = group.subscriptions.iter().filter(|(name, _)| name.starts_with(prefix));
    let entries = matching.map(|(filter, Filter { pattern, destination, role, created })| {
        let entry = json!({
            "filterName": filter,
            "logGroupName": name,
            "filterPattern": pattern,
            "destinationArn": destination,
            "roleArn": role,
            "distribution": "ByLogStream",
            "creationTime": created.as_millis(),
        });
        (filter.clone(), entry)
    });
    let (filters, next) = check::page(input, entries)?;
    Ok(json!({"subscriptionFilters": filters, "nextToken": next}))
}

pub(super) fn delete_subscription_filter(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let name = input.required("filterName")?;
    let missing = || Refusal::new("ResourceNotFoundException", "The specified subscription filter does not exist.");
    group::existing(cloud, input)?.subscriptions.remove(name).ok_or_else(missing)?;
    Ok(json!({}))
}
