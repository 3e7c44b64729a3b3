//! Log streams and their events. They are deleted with their groups.

use super::{check, group};
use crate::services::prelude::*;

/// A log stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stream {
    created: Time,
    /// In the order of their times.
    events: Vec<Event>,
}

/// A line that a task wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Event {
    at: Time,
    message: String,
}

impl Stream {
    fn new(created: Time) -> Self {
        Self { created, events: Vec::new() }
    }

    fn last(&self) -> Option<Value> {
        self.events.last().map(|event| event.at.as_millis().into())
    }
}

fn missing() -> Refusal {
    Refusal::new("ResourceNotFoundException", "The specified log stream does not exist.")
}

/// Creates the stream of a task, as its log driver does.
pub(crate) fn open_stream(cloud: &mut Cloud, group: &str, stream: &str) {
    let created = cloud.now;
    if let Some(group) = cloud.logs.groups.get_mut(group) {
        group.streams.entry(stream.to_owned()).or_insert_with(|| Stream::new(created));
    }
}

/// Writes lines to the stream of a task.
pub(crate) fn write(cloud: &mut Cloud, group: &str, stream: &str, lines: &[String]) {
    let at = cloud.now;
    let stream = cloud.logs.groups.get_mut(group).and_then(|group| group.streams.get_mut(stream));
    let events = lines.iter().map(|line| Event { at, message: line.clone() });
    if let Some(stream) = stream {
        stream.events.extend(events);
    }
}

pub(super) fn create_log_stream(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let name = input.required("logStreamName")?;
    let created = cloud.now;
    let group = group::existing(cloud, input)?;
    let exists = || Refusal::new("ResourceAlreadyExistsException", "The specified log stream already exists");
    ensure!(!group.streams.contains_key(name), exists());
    group.streams.insert(name.to_owned(), Stream::new(created));
    Ok(json!({}))
}

pub(super) fn delete_log_stream(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let name = input.required("logStreamName")?;
    group::existing(cloud, input)?.streams.remove(name).ok_or_else(missing)?;
    Ok(json!({}))
}

/// The name of the group that a call names by its name or its ARN.
fn group_of_call<'a>(cloud: &Cloud, input: &'a Input) -> Result<&'a str, Refusal> {
    let refuse = |message: &str| Err(Refusal::new("ValidationException", message));
    match (input.text("logGroupName"), input.text("logGroupIdentifier")) {
        (Some(_), Some(_)) => refuse("LogGroup name and LogGroup ARN are mutually exclusive parameters."),
        (None, None) => refuse("Either logGroupName or logGroupIdentifier must be given."),
        (Some(name), None) => Ok(name),
        (None, Some(id)) => Ok(id.strip_prefix(&cloud.account.arn("logs", "log-group:")).unwrap_or(id)),
    }
}

/// Streams without events come first in the order of their last events.
pub(super) fn describe_log_streams(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let name = group_of_call(cloud, input)?;
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
            "firstEventTimestamp": stream.events.first().map(|event| event.at.as_millis()),
            "lastEventTimestamp": stream.last(),
            "lastIngestionTime": stream.last(),
        });
        let last = stream.events.last().map_or(0, |event| event.at.as_millis());
        (if by_time { format!("{last:020} {name}") } else { name.clone() }, entry)
    });
    let mut entries: Vec<(String, Value)> = entries.collect();
    entries.sort_by(|(one, _), (other, _)| one.cmp(other));
    if input.flag("descending").unwrap_or(false) {
        // A page starts after the last key in ascending order, so the keys are numbers here.
        entries = entries.into_iter().rev().zip(0..).map(|((_, entry), at)| (format!("{at:010}"), entry)).collect();
    }
    let (streams, next) = check::page(input, entries)?;
    Ok(json!({"logStreams": streams, "nextToken": next}))
}

/// The most events of a page. Source: Amazon CloudWatch Logs API reference, `GetLogEvents`, `limit`.
const PAGE: usize = 10_000;

/// The last events, or those at a token. The token of an end of the stream is returned again.
/// Source: Amazon CloudWatch Logs API reference, `GetLogEvents`.
pub(super) fn get_log_events(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let group = cloud.logs.groups.get(group_of_call(cloud, input)?).ok_or_else(check::no_group)?;
    let stream = group.streams.get(input.required("logStreamName")?).ok_or_else(missing)?;
    let (start, end) = (input.int::<u64>("startTime"), input.int::<u64>("endTime"));
    let is_within = |event: &&Event| {
        let at = event.at.as_millis();
        start.is_none_or(|start| at >= start) && end.is_none_or(|end| at < end)
    };
    let events: Vec<&Event> = stream.events.iter().filter(is_within).collect();
    let limit = input.int("limit").unwrap_or(PAGE);
    let token = input.text("nextToken").map(|token| read(token, events.len())).transpose()?;
    let (first, last) = match token {
        None if input.flag("startFromHead") == Some(true) => (0, limit),
        None => (events.len().saturating_sub(limit), events.len()),
        Some((true, at)) => (at, at.saturating_add(limit)),
        Some((false, at)) => (at.saturating_sub(limit), at),
    };
    let last = last.min(events.len());
    let page = events[first..last].iter().map(|event| {
        let at = event.at.as_millis();
        json!({"timestamp": at, "message": event.message, "ingestionTime": at})
    });
    Ok(json!({
        "events": page.collect::<Vec<_>>(),
        "nextForwardToken": format!("f/{last:056}"),
        "nextBackwardToken": format!("b/{first:056}"),
    }))
}

/// Whether a token leads forward, and its place in the events.
fn read(token: &str, events: usize) -> Result<(bool, usize), Refusal> {
    let (direction, place) = token.split_once('/').unwrap_or_default();
    let place = place.parse().ok().filter(|place| *place <= events && ["f", "b"].contains(&direction));
    Ok((direction == "f", place.ok_or_else(|| check::invalid("The specified nextToken is invalid."))?))
}
