//! The table of rates; the head of the file describes its format.

use std::sync::LazyLock;

use super::{Bucket, Rate, Source};
use crate::services::Service;

static TABLE: LazyLock<Vec<Line>> = LazyLock::new(|| read(include_str!("table.txt")));

/// A line of the table: actions of a service, and the bucket that they share.
struct Line {
    service: &'static str,
    source: Source,
    rate: Rate,
    /// Whether calls take a token from another bucket, too.
    is_shared_by_all: bool,
    /// The name of the bucket; `each` where each action has a bucket of its own.
    name: &'static str,
    actions: Vec<&'static str>,
}

/// The buckets of a call: those that all calls of the service share, and the bucket of the first line
/// that names the action. `body` is `None` where only the action is known.
pub(super) fn of(service: Service, operation: &str, body: Option<&[u8]>) -> Vec<Bucket> {
    if !service.operations().contains(&operation) {
        return Vec::new();
    }
    let of_service = TABLE.iter().filter(|line| line.service == service.signing_name());
    let unfiltered = format!("{operation}/unfiltered");
    let has_unfiltered = of_service.clone().any(|line| line.actions.contains(&unfiltered.as_str()));
    let action: &str = if has_unfiltered && body.is_some_and(is_unfiltered) { &unfiltered } else { operation };
    let kind = if service.reads(operation) { "reads" } else { "changes" };
    let lines = of_service.filter(|line| line.actions.iter().any(|known| [action, kind, "all"].contains(known)));
    let own = lines.clone().filter(|line| !line.is_shared_by_all).take(1);
    let all = lines.filter(|line| line.is_shared_by_all).chain(own);
    let name = |line: &Line| if line.name == "each" { action } else { line.name }.to_owned();
    all.map(|line| Bucket { name: name(line), rate: line.rate, source: line.source }).collect()
}

/// Whether a listing of EC2 is unfiltered: it has neither a filter nor a page size.
fn is_unfiltered(body: &[u8]) -> bool {
    !form_urlencoded::parse(body).any(|(key, _)| key.starts_with("Filter.") || key == "MaxResults")
}

fn read(text: &'static str) -> Vec<Line> {
    let mut lines = Vec::new();
    let (mut service, mut source) = ("", Source::Assumed(""));
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (head, rest) = line.split_once(": ").expect("a line of rates has a colon");
        let words: Vec<&str> = head.split(' ').collect();
        match words.as_slice() {
            ["published", of] => (service, source) = (*of, Source::Published(rest)),
            ["assumed", of] => (service, source) = (*of, Source::Assumed(rest)),
            [burst, per_second, ..] => {
                let name = head[burst.len() + per_second.len() + 2..].trim_start_matches("shared ");
                let burst = burst.parse().expect("a burst is a number");
                let rate = Rate { burst, per_second: per_second.parse().expect("a rate is a number") };
                let is_shared_by_all = words.get(2) == Some(&"shared");
                lines.push(Line { service, source, rate, is_shared_by_all, name, actions: rest.split(' ').collect() });
            }
            _ => unreachable!("a line of rates has a burst and a rate"),
        }
    }
    lines
}
