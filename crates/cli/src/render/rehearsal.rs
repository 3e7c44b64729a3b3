//! What a rehearsal has shown: for a terminal, and for a comment on a pull request.

use std::fmt::Write;
use std::time::Duration;

use anstream::adapter::strip_str;
use saas_executor::calls::Call;
use saas_executor::verify::Verification;
use saas_sandbox::Floor;

use super::diff::COMMENT;
use super::event::duration;
use super::style::{self, styled};
use super::{change_set, verification};
use crate::rehearsal::timeline::Leg;
use crate::rehearsal::{NodeFailure, Rehearsal};

/// For a terminal: everything.
pub(crate) fn text(rehearsal: &Rehearsal) -> String {
    let mut text = format!("{}\n\n{}", title(rehearsal), change_set::text(&rehearsal.changes));
    if !rehearsal.calls.is_empty() {
        let _ = writeln!(text, "\n{}", styled(style::BOLD, calls_title(rehearsal)));
        for (number, call) in rehearsal.calls.iter().enumerate() {
            let _ = writeln!(text, "  {:>5} {}", number + 1, line(call));
        }
    }
    let _ = writeln!(text, "\n{}", styled(style::BOLD, "on AWS"));
    push(&mut text, "  ", time(rehearsal));
    push(&mut text, "  ", stakes(rehearsal));
    let _ = writeln!(text, "\n{}", styled(style::BOLD, "afterwards"));
    push(&mut text, "  ", results(rehearsal));
    text
}

/// For a comment: at most [`COMMENT`] characters. What does not fit is counted, and nothing is cut
/// off in the middle: the calls give way first, then the changes.
pub(crate) fn markdown(rehearsal: &Rehearsal) -> String {
    let mut head = format!("### saas {}\n\n", strip_str(&title(rehearsal)));
    let _ = writeln!(head, "`saas apply --approve {}`\n", rehearsal.change_set);
    let counts = change_set::counts(&rehearsal.changes);
    let _ = writeln!(head, "- {}", strip_str(&counts));
    push(&mut head, "- ", time(rehearsal));
    push(&mut head, "- ", stakes(rehearsal));
    push(&mut head, "- ", results(rehearsal));
    let head = strip_str(&head).to_string();
    let left = COMMENT.saturating_sub(head.chars().count());
    let changes = change_set::markdown(&rehearsal.changes, left);
    let left = left.saturating_sub(changes.chars().count());
    format!("{head}{changes}{}", calls_in_markdown(rehearsal, left))
}

/// Lines, each with a beginning.
fn push(text: &mut String, beginning: &str, lines: Vec<String>) {
    for line in lines {
        let _ = writeln!(text, "{beginning}{line}");
    }
}

fn title(rehearsal: &Rehearsal) -> String {
    let from = match rehearsal.from {
        Some(from) => format!("on top of plan {}", from.short()),
        None => "on an empty account".to_owned(),
    };
    let word = if rehearsal.is_clean() {
        styled(style::GREEN, "rehearsal: it ends well")
    } else {
        styled(style::RED, "rehearsal: it does not end well")
    };
    format!("{word}: plan {} {from}", rehearsal.plan.short())
}

/// How long it takes, and why.
fn time(rehearsal: &Rehearsal) -> Vec<String> {
    let Rehearsal { took, critical_path, floors, .. } = rehearsal;
    let mut lines = vec![format!("it takes about {}", about(*took))];
    let long: Vec<String> = critical_path.iter().filter(|leg| leg.took.as_secs() >= 10).map(leg).collect();
    if !long.is_empty() {
        lines.push(format!("most of it is waited for one after the other: {}", long.join(", then ")));
    }
    lines.extend(floors.first().map(floor));
    lines
}

fn leg(Leg { address, verb, took }: &Leg) -> String {
    format!("{} to {verb} `{address}`", about(*took))
}

fn floor(Floor { service, name, calls, burst, per_second, time }: &Floor) -> String {
    format!(
        "AWS lets it be no faster than {}: {calls} calls of {service:?} for {name}, {burst} at once and then \
         {per_second} a second",
        about(*time)
    )
}

fn about(time: Duration) -> String {
    duration(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

/// What a person should think about before it is applied.
fn stakes(rehearsal: &Rehearsal) -> Vec<String> {
    let addresses: Vec<String> = rehearsal.at_stake.iter().map(|address| format!("`{address}`")).collect();
    let stakes = match addresses.as_slice() {
        [] => "no data is at stake".to_owned(),
        addresses => styled(style::RED, format_args!("data is lost, where there is any, of {}", addresses.join(", "))),
    };
    let warnings = rehearsal.warnings.iter().map(|warning| styled(style::YELLOW, format_args!("warning: {warning}")));
    std::iter::once(stakes).chain(warnings).collect()
}

/// How it ended.
fn results(rehearsal: &Rehearsal) -> Vec<String> {
    let failed =
        |NodeFailure { address, error }: &NodeFailure| styled(style::RED, format_args!("`{address}` failed: {error}"));
    if !rehearsal.failures.is_empty() {
        return rehearsal.failures.iter().map(failed).collect();
    }
    let verified = rehearsal.verification.as_ref().map(verified).unwrap_or_default();
    let again = match rehearsal.second_apply.as_slice() {
        [] => "a second apply makes no call that changes anything".to_owned(),
        calls => {
            let calls: Vec<String> = calls.iter().map(line).collect();
            styled(style::RED, format_args!("a second apply changes something again: {}", calls.join("; ")))
        }
    };
    let left = match &rehearsal.left {
        None => "it cannot be destroyed, for it is protected".to_owned(),
        Some(left) if left.is_empty() => "when it is destroyed, nothing is left".to_owned(),
        Some(left) => styled(style::RED, format_args!("when it is destroyed, this is left: {}", left.join(", "))),
    };
    verified.into_iter().chain([again, left]).collect()
}

fn verified(verification: &Verification) -> Vec<String> {
    verification::text(verification).lines().map(|line| line.trim_start().to_owned()).collect()
}

fn calls_title(rehearsal: &Rehearsal) -> String {
    format!("{} calls that change something, in the order in which they are sent", rehearsal.calls.len())
}

fn line(Call { service, operation, address }: &Call) -> String {
    match address {
        Some(address) => format!("{service} {operation}  {address}"),
        None => format!("{service} {operation}"),
    }
}

/// The calls in a block that is folded, as many as fit.
fn calls_in_markdown(rehearsal: &Rehearsal, room: usize) -> String {
    if rehearsal.calls.is_empty() {
        return String::new();
    }
    let title = calls_title(rehearsal);
    let frame = format!("\n<details><summary>{title}</summary>\n\n```text\n");
    let end = "```\n</details>\n";
    let more = |count: usize| format!("... and {count} more: see `saas rehearse`\n");
    let reserved = frame.chars().count() + end.len() + more(rehearsal.calls.len()).len();
    let mut lines = String::new();
    let mut used = reserved;
    for (number, call) in rehearsal.calls.iter().enumerate() {
        let line = format!("{}\n", line(call));
        used += line.chars().count();
        if used > room {
            lines.push_str(&more(rehearsal.calls.len() - number));
            break;
        }
        lines.push_str(&line);
    }
    if reserved > room { String::new() } else { format!("{frame}{lines}{end}") }
}
