//! Log streams. They are deleted with their groups.

use super::{check, group};
use crate::services::prelude::*;

/// A log stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stream {
    pub(super) created: Time,
}

pub(super) fn create_log_stream(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let name = input.required("logStreamName")?;
    let created = cloud.now;
    let group = group::existing(cloud, input)?;
    let exists = || Refusal::new("ResourceAlreadyExistsException", "The specified log stream already exists");
    ensure!(!group.streams.contains_key(name), exists());
    group.streams.insert(name.to_owned(), Stream { created });
    Ok(json!({}))
}

pub(super) fn delete_log_stream(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let name = input.required("logStreamName")?;
    let missing = || Refusal::new("ResourceNotFoundException", "The specified log stream does not exist.");
    group::existing(cloud, input)?.streams.remove(name).ok_or_else(missing)?;
    Ok(json!({}))
}

/// Streams have no events, so they cannot be sorted by event time.
pub(super) fn describe_log_streams(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let refuse = |message: &str| Err(Refusal::new("ValidationException", message));
    let name = match (input.text("logGroupName"), input.text("logGroupIdentifier")) {
        (Some(_), Some(_)) => return refuse("LogGroup name and LogGroup ARN are mutually exclusive parameters."),
        (None, None) => return refuse("Either logGroupName or logGroupIdentifier must be given."),
        (Some(name), None) => name,
        (None, Some(id)) => id.strip_prefix(&cloud.account.arn("logs", "log-group:")).unwrap_or(id),
    };
    let prefix = input.text("logStreamNamePrefix");
    let by_time = input.text("orderBy") == Some("LastEventTime");
    let message = "Cannot order by LastEventTime with a logStreamNamePrefix.";
    ensure!(prefix.is_none() || !by_time, check::invalid(message));
    let group = cloud.logs.groups.get(name).ok_or_else(check::no_group)?;
    let arn = group.arn(&cloud.account);
    let matching = group.streams.iter().filter(|(name, _)| prefix.is_none_or(|prefix| name.starts_with(prefix)));
    let entries = matching.map(|(name, stream)| {
        let entry = json!({
            "logStreamName": name,
            "arn": format!("{arn}:log-stream:{name}"),
            "creationTime": stream.created.as_millis(),
            "storedBytes": 0,
        });
        (name.clone(), entry)
    });
    let mut entries: Vec<(String, Value)> = entries.collect();
    if input.flag("descending").unwrap_or(false) {
        // A page starts after the last key in ascending order, so the keys are numbers here.
        entries = entries.into_iter().rev().zip(0..).map(|((_, entry), at)| (format!("{at:010}"), entry)).collect();
    }
    let (streams, next) = check::page(input, entries)?;
    Ok(json!({"logStreams": streams, "nextToken": next}))
}
