//! Rehearsals, for a terminal. `saas review` says in a comment on a pull request what they mean.

use std::fmt::Write;
use std::time::Duration;

use saas_executor::aws::calls::Call;
use saas_executor::verify::Verification;
use saas_model::impact;
use saas_review::apply_command;
use saas_sandbox::{Floor, Source};

use super::event::duration;
use super::outline::Outline;
use super::style::{self, styled};
use super::{change_set, proof, verification};
use crate::rehearsal::is_of_lease;
use crate::rehearsal::proof::RehearsedProof;
use crate::rehearsal::timeline::Leg;
use crate::rehearsal::{NodeFailure, Rehearsal};

/// The whole rehearsal, for a terminal.
pub(crate) fn text(rehearsal: &Rehearsal) -> String {
    let (title, isolation) = (title(rehearsal), isolation(rehearsal));
    let access = access(&rehearsal.proof).text();
    let mut text = format!("{title}\nisolation: {isolation}\n{access}\n{}", change_set::text(&rehearsal.changes));
    if !rehearsal.calls.is_empty() {
        let _ = writeln!(text, "\n{}", styled(style::BOLD, calls_title(rehearsal)));
        let mut number = 1;
        for calls in groups(&rehearsal.calls) {
            let _ = writeln!(text, "  {number:>5} {}", line(calls));
            number += calls.len();
        }
    }
    let _ = writeln!(text, "\n{}", styled(style::BOLD, "on AWS"));
    push(&mut text, "  ", time(rehearsal));
    push(&mut text, "  ", risks(rehearsal));
    if rehearsal.is_clean() && !rehearsal.changes.is_empty() {
        push(&mut text, "  ", vec![format!("to apply: {}", command(rehearsal))]);
    }
    let _ = writeln!(text, "\n{}", styled(style::BOLD, "after the apply"));
    push(&mut text, "  ", results(rehearsal));
    text
}

/// The command that applies the rehearsed change set.
fn command(Rehearsal { file, change_set, at_stake, .. }: &Rehearsal) -> String {
    apply_command(file, Some(change_set), at_stake)
}

/// Appends lines, each with a prefix.
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
        styled(style::GREEN, "rehearsal succeeded")
    } else {
        styled(style::RED, "rehearsal failed")
    };
    format!("{word}: plan {} {from}", rehearsal.plan.short())
}

/// One line: what is proven, and whether anything is newly reachable.
fn isolation(rehearsal: &Rehearsal) -> String {
    let RehearsedProof { changes, certificate, .. } = &rehearsal.proof;
    let proven = changes.as_ref().map_or_else(|| proof::summary(certificate), proof::changes);
    if rehearsal.proof.is_proven() { proven } else { format!("{proven}; apply refuses this plan") }
}

/// Who may newly reach what. On an empty account, only what is refuted.
fn access(proof: &RehearsedProof) -> Outline {
    let mut outline = Outline::default();
    match &proof.changes {
        Some(changes) => {
            outline.push("who may newly reach what", proof::opened(changes));
            outline.push("no longer reachable", proof::closed(changes));
        }
        None => outline.push("refuted", proof::refuted(&proof.certificate)),
    }
    outline
}

/// The duration, and its causes.
fn time(rehearsal: &Rehearsal) -> Vec<String> {
    let Rehearsal { took, critical_path, floors, .. } = rehearsal;
    let mut lines = vec![format!("duration: about {}", about(*took))];
    let long: Vec<String> = critical_path.iter().filter(|leg| leg.took.as_secs() >= 10).map(leg).collect();
    if !long.is_empty() {
        lines.push(format!("longest chain of steps: {}", long.join(", then ")));
    }
    lines.extend(floors.first().map(floor));
    lines.extend(assumed(floors));
    lines
}

fn leg(Leg { address, verb, took }: &Leg) -> String {
    format!("{} to {verb} `{address}`", about(*took))
}

fn floor(Floor { service, name, calls, burst, per_second, source, time }: &Floor) -> String {
    let (Source::Published(basis) | Source::Assumed(basis)) = source;
    format!(
        "at least {} by AWS's rate limits: {calls} calls of {service:?} for {name}, a burst of {burst} and then \
         {per_second} a second ({basis})",
        about(*time)
    )
}

/// The lower bounds that use rates that AWS does not publish.
fn assumed(floors: &[Floor]) -> Option<String> {
    let assumed: Vec<String> = floors.iter().filter(|floor| floor.source.is_assumed()).map(rate).collect();
    let rates = assumed.join("; ");
    (!assumed.is_empty()).then(|| format!("assumed rates, because AWS publishes none: {rates}"))
}

fn rate(Floor { service, name, burst, per_second, time, .. }: &Floor) -> String {
    format!("{service:?} {name}: a burst of {burst} and then {per_second} a second, so at least {}", about(*time))
}

fn about(time: Duration) -> String {
    duration(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

/// The risks to consider before the apply. Data comes last, because it can concern many tenants.
fn risks(rehearsal: &Rehearsal) -> Vec<String> {
    let warnings = rehearsal.warnings.iter().map(|warning| styled(style::YELLOW, format_args!("warning: {warning}")));
    let lost = |address| styled(style::RED, format_args!("`{address}` loses its data, if it has any"));
    let none = rehearsal.at_stake.is_empty().then(|| "no data loss".to_owned());
    warnings.chain(none).chain(rehearsal.at_stake.iter().map(lost)).collect()
}

/// The outcome.
fn results(rehearsal: &Rehearsal) -> Vec<String> {
    let failed =
        |NodeFailure { address, error }: &NodeFailure| styled(style::RED, format_args!("`{address}` failed: {error}"));
    if !rehearsal.cannot_change.is_empty() {
        let lines = impact::summary(&rehearsal.cannot_change).into_iter();
        return lines
            .map(|line| styled(style::RED, line))
            .chain(["`saas apply` refuses this change set, so the rehearsal did not try it".into()])
            .collect();
    }
    if !rehearsal.failures.is_empty() {
        return rehearsal.failures.iter().map(failed).collect();
    }
    let unmodelled =
        rehearsal.unmodelled.iter().map(|what| styled(style::RED, format_args!("the sandbox does not model {what}")));
    let verified = rehearsal.verification.as_ref().map(verified).unwrap_or_default();
    let again = match rehearsal.second_apply.as_slice() {
        [] => "a second apply makes no mutating calls".to_owned(),
        calls => {
            let calls: Vec<String> = groups(calls).map(line).collect();
            styled(style::RED, format_args!("a second apply makes mutating calls: {}", calls.join("; ")))
        }
    };
    let destroy = if rehearsal.protected { "a destroy with `--disable-deletion-protection`" } else { "a destroy" };
    let left = match &rehearsal.left {
        None => String::new(),
        Some(left) if left.is_empty() && rehearsal.kept.is_empty() => format!("{destroy} leaves no resources"),
        Some(left) if left.is_empty() => {
            format!("{destroy} leaves only what is kept by design: {}", rehearsal.kept.join(", "))
        }
        Some(left) => styled(style::RED, format_args!("{destroy} leaves resources: {}", left.join(", "))),
    };
    unmodelled.chain(verified).chain([again, left]).collect()
}

fn verified(verification: &Verification) -> Vec<String> {
    verification::text(verification).lines().map(|line| line.trim_start().to_owned()).collect()
}

fn calls_title(rehearsal: &Rehearsal) -> String {
    format!("{} mutating calls, in order", rehearsal.calls.len())
}

/// The calls, with consecutive equal calls grouped: the lease is renewed often.
fn groups(calls: &[Call]) -> impl Iterator<Item = &[Call]> {
    calls.chunk_by(|one, next| one == next)
}

/// A group of equal calls in one line.
fn line(calls: &[Call]) -> String {
    let [call @ Call { service, operation, address }, others @ ..] = calls else { return String::new() };
    let address = address.as_ref().map(|address| format!("  {address}")).unwrap_or_default();
    let times = if others.is_empty() { String::new() } else { format!("  {} times", calls.len()) };
    let lease = if is_of_lease(call) { "  (the lease)" } else { "" };
    format!("{service} {operation}{address}{times}{lease}")
}

#[cfg(test)]
mod tests {
    use saas_executor::ChangeSet;
    use saas_executor::verify::{Deviation, Drift};
    use saas_model::{Address, Digest, Kind, Plan};
    use saas_sandbox::Service;

    use super::*;

    fn fixture() -> Plan {
        Plan::decode(include_bytes!("../../../../fixtures/saas-platform/plan.msgpack")).expect("the fixture is a plan")
    }

    /// A rehearsal with `many` entries of each sort.
    fn with(many: usize) -> Rehearsal {
        let address = |number| Address::literal(format!("tenant/tenant-{number:05}/bucket"));
        let text = |number: usize| format!("number {number} to consider before the apply on AWS");
        let deviation =
            |number| Deviation { address: address(number), kind: Kind::Bucket, what: Drift::Missing, deep: false };
        let call = |number| Call {
            service: "S3".to_owned(),
            operation: "CreateBucket".to_owned(),
            address: Some(address(number)),
        };
        let digest = Digest::from_bytes([7; 32]);
        Rehearsal {
            plan: digest,
            file: "plan.msgpack".to_owned(),
            from: Some(digest),
            change_set: digest,
            changes: ChangeSet { kept: many, ..ChangeSet::empty(digest) },
            proof: RehearsedProof::of(&saas_prover::prove(&fixture()), None),
            impact: Vec::new(),
            cannot_change: Vec::new(),
            at_stake: (0..many).map(address).collect(),
            calls: (0..many).map(call).collect(),
            took: Duration::from_secs(4_000),
            critical_path: Vec::new(),
            steps: Vec::new(),
            floors: Vec::new(),
            warnings_before: Vec::new(),
            warnings: (0..many).map(text).collect(),
            failures: Vec::new(),
            unmodelled: Vec::new(),
            verification: Some(Verification {
                compared: many,
                deviations: (0..many).map(deviation).collect(),
                probes: Vec::new(),
                foreign: Vec::new(),
            }),
            second_apply: (0..many.min(1)).map(call).collect(),
            protected: false,
            left: Some((0..many.min(9)).map(text).collect()),
            kept: Vec::new(),
        }
    }

    #[test]
    fn text_is_never_shortened() {
        let text = text(&with(1_000));
        assert_eq!(text.matches("warning: number ").count(), 1_000);
        assert_eq!(text.matches("S3 CreateBucket").count(), 1_000 + 1);
    }

    #[test]
    fn assumed_rates_are_marked() {
        let floor = |service, name: &str, source, seconds| Floor {
            service,
            name: name.to_owned(),
            calls: 500,
            burst: 50,
            per_second: 10.0,
            source,
            time: Duration::from_secs(seconds),
        };
        let published = floor(Service::Ecs, "services", Source::Published("a page of AWS"), 90);
        let assumed = floor(Service::Iam, "CreateRole", Source::Assumed("AWS publishes none"), 45);
        let text = |floors| text(&Rehearsal { floors, ..with(0) });
        let both = text(vec![published.clone(), assumed.clone()]);
        assert!(both.contains("at least 1 min 30 s by AWS's rate limits: 500 calls of Ecs for services"), "{both}");
        assert!(both.contains("a burst of 50 and then 10 a second (a page of AWS)"), "{both}");
        assert!(both.contains("assumed rates, because AWS publishes none: Iam CreateRole: a burst of 50"), "{both}");
        assert!(!text(vec![published]).contains("assumed"));
        assert!(text(vec![assumed]).contains("a second (AWS publishes none)"));
    }

    #[test]
    fn consecutive_equal_calls_are_one_line() {
        let call = |operation: &str| Call {
            service: "S3".to_owned(),
            operation: operation.to_owned(),
            address: Some(Address::literal("control/bucket")),
        };
        let calls = [call("PutObject"), call("PutObject"), call("DeleteObjects"), call("PutObject")];
        let lines: Vec<String> = groups(&calls).map(line).collect();
        assert_eq!(
            lines,
            [
                "S3 PutObject  control/bucket  2 times  (the lease)",
                "S3 DeleteObjects  control/bucket",
                "S3 PutObject  control/bucket  (the lease)"
            ]
        );
    }
}
