//! The summary of an apply or destroy, with its calls.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::Duration;

use saas_executor::ApplyReport;
use saas_executor::aws::calls::Tally;
use saas_executor::event::Verb;
use saas_model::{Address, Digest};
use serde::Serialize;

use super::style::{self, styled};
use super::{event, tenant_list};

/// The outcome of a change set.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Summary<'a> {
    /// The digest of the change set.
    pub(crate) change_set: Digest,
    /// The steps that completed, failed, or did not start.
    #[serde(flatten)]
    pub(crate) acted: &'a ApplyReport,
    /// The calls since the start of the run, including those that listed resources.
    pub(crate) calls: Calls,
    /// The duration of the steps, in milliseconds.
    pub(crate) millis: u64,
}

/// The number of calls to AWS; every attempt counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Calls {
    /// All calls.
    pub(crate) total: u64,
    /// The calls that may change something.
    pub(crate) mutating: u64,
    /// All calls, by service.
    pub(crate) by_service: BTreeMap<String, u64>,
}

impl Calls {
    pub(crate) fn of(tally: &Tally) -> Self {
        let by_service =
            tally.by_service().iter().map(|(service, operations)| (service.clone(), operations.values().sum()));
        Self { total: tally.total(), mutating: tally.mutating(), by_service: by_service.collect() }
    }

    /// The calls since `earlier`.
    pub(crate) fn since(self, earlier: &Self) -> Self {
        let before = |service: &String| earlier.by_service.get(service).copied().unwrap_or(0);
        let by_service = self.by_service.into_iter().map(|(service, count)| (count - before(&service), service));
        Self {
            total: self.total - earlier.total,
            mutating: self.mutating - earlier.mutating,
            by_service: by_service.filter(|(count, _)| *count > 0).map(|(count, service)| (service, count)).collect(),
        }
    }
}

/// The completed steps, the failures, and the reasons for the rest. Steps with the same cause are
/// grouped under it.
pub(crate) fn text(summary: &Summary<'_>) -> String {
    let Summary { change_set: _, acted, calls, millis } = summary;
    let mut text = String::new();
    for (error, steps) in failures(acted) {
        let _ = writeln!(text, "  {} to {}: {error}", styled(style::RED, "failed"), steps.join(", to "));
    }
    for (because, steps) in not_reached(acted) {
        let _ = writeln!(text, "  {}, because `{because}` failed:", styled(style::RED, "not reached"));
        push(&mut text, &steps);
    }
    if !acted.not_begun.is_empty() {
        let _ = writeln!(text, "  {}:", styled(style::RED, "not begun"));
        push(&mut text, &collapsed(acted.not_begun.iter().map(|(address, verb)| (address, *verb))));
    }
    let not_begun = match acted.not_begun.len() {
        0 => String::new(),
        left => format!(", {left} not begun"),
    };
    let word = if acted.is_complete() { styled(style::GREEN, "complete") } else { styled(style::RED, "not complete") };
    let _ = writeln!(
        text,
        "{word}: {}, {} failed, {} not reached{not_begun}, in {}, at most {} at a time",
        done(acted),
        acted.failed.len(),
        acted.not_reached.len(),
        event::duration(*millis),
        acted.widest
    );
    text + &calls_text("calls to AWS", calls)
}

fn push(text: &mut String, steps: &[String]) {
    for step in steps {
        let _ = writeln!(text, "    {step}");
    }
}

/// The failures by error, in order of occurrence.
fn failures(acted: &ApplyReport) -> Vec<(&str, Vec<String>)> {
    let mut groups: Vec<(&str, Vec<(&Address, Verb)>)> = Vec::new();
    for (address, verb, error) in &acted.failed {
        match groups.iter_mut().find(|(other, _)| other == error) {
            Some((_, steps)) => steps.push((address, *verb)),
            None => groups.push((error, vec![(address, *verb)])),
        }
    }
    groups.into_iter().map(|(error, steps)| (error, collapsed(steps.into_iter()))).collect()
}

/// The steps that did not start, by the failure that blocked them. Tenants are grouped if each one's
/// own node failed and blocked the same steps.
fn not_reached(acted: &ApplyReport) -> BTreeMap<String, Vec<String>> {
    let mut causes: BTreeMap<String, Vec<(&Address, Verb)>> = BTreeMap::new();
    for (address, verb, because) in &acted.not_reached {
        let cause = match because.within_tenant() {
            Some((tenant, rest)) if address.tenant() == Some(tenant) => format!("tenant/*/{rest}"),
            _ => because.to_string(),
        };
        causes.entry(cause).or_default().push((address, *verb));
    }
    causes.into_iter().map(|(cause, steps)| (cause, collapsed(steps.into_iter()))).collect()
}

/// Steps, with equal steps of several tenants as one.
fn collapsed<'a>(steps: impl Iterator<Item = (&'a Address, Verb)>) -> Vec<String> {
    let mut alike: BTreeMap<(Verb, String), BTreeSet<&str>> = BTreeMap::new();
    for (address, verb) in steps {
        match address.within_tenant() {
            Some((tenant, rest)) => alike.entry((verb, format!("tenant/*/{rest}"))).or_default().insert(tenant),
            None => alike.entry((verb, address.to_string())).or_default().insert(""),
        };
    }
    let line = |((verb, address), tenants): ((Verb, String), BTreeSet<&str>)| {
        let tenants: Vec<&str> = tenants.into_iter().filter(|tenant| !tenant.is_empty()).collect();
        match tenants.as_slice() {
            [] => format!("{verb} {address}"),
            [tenant] => format!("{verb} {}", address.replacen('*', tenant, 1)),
            tenants => format!("{verb} {address}, {}", tenant_list(tenants)),
        }
    };
    alike.into_iter().map(line).collect()
}

/// The number of completed steps per action.
fn done(acted: &ApplyReport) -> String {
    let mut counts: BTreeMap<Verb, usize> = BTreeMap::new();
    for (_, verb) in &acted.done {
        *counts.entry(*verb).or_default() += 1;
    }
    let counts: Vec<String> =
        counts.into_iter().map(|(verb, count)| format!("{count} {}", event::done(verb))).collect();
    if counts.is_empty() { "nothing done".to_owned() } else { counts.join(", ") }
}

/// Calls in one line, with their purpose.
pub(crate) fn calls_text(what: &str, calls: &Calls) -> String {
    let Calls { total, mutating, by_service } = calls;
    let by_service: Vec<String> = by_service.iter().map(|(service, count)| format!("{service} {count}")).collect();
    let by_service = if by_service.is_empty() { String::new() } else { format!(": {}", by_service.join(", ")) };
    format!("{what}: {total}, of them {mutating} mutating{by_service}\n")
}

/// A duration in whole milliseconds.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use anstream::adapter::strip_str;

    fn calls(total: u64, mutating: u64, ec2: u64, iam: u64) -> Calls {
        Calls { total, mutating, by_service: [("EC2".into(), ec2), ("IAM".into(), iam)].into() }
    }

    #[test]
    fn done_failed_and_not_reached_are_told() {
        let address = |text: &str| Address::literal(text);
        let acted = ApplyReport {
            done: vec![(address("network/vpc"), Verb::Create), (address("ecs/cluster"), Verb::Create)],
            failed: vec![(address("tenant/acme-corp/role"), Verb::Update, "access denied".into())],
            not_reached: vec![(address("tenant/acme-corp/service"), Verb::Update, address("tenant/acme-corp/role"))],
            not_begun: vec![(address("tenant/globex-inc/role"), Verb::Create)],
            widest: 9,
        };
        let summary = Summary {
            change_set: Digest::from_bytes([1; 32]),
            acted: &acted,
            calls: calls(60, 12, 50, 10),
            millis: 12_345,
        };
        insta::assert_snapshot!(strip_str(&text(&summary)), @r"
          failed to update tenant/acme-corp/role: access denied
          not reached, because `tenant/*/role` failed:
            update tenant/acme-corp/service
          not begun:
            create tenant/globex-inc/role
        not complete: 2 created, 1 failed, 1 not reached, 1 not begun, in 12.345 s, at most 9 at a time
        calls to AWS: 60, of them 12 mutating: EC2 50, IAM 10
        ");
    }

    #[test]
    fn one_cause_is_not_buried_under_what_it_kept_from_happening() {
        let address = |text: String| Address::literal(text);
        let tenants = || (10..40).map(|number| format!("tenant-{number}"));
        let error = "iam CreateRole: not authorized (AccessDenied)";
        let acted = ApplyReport {
            failed: tenants().map(|id| (address(format!("tenant/{id}/role")), Verb::Create, error.into())).collect(),
            not_reached: tenants()
                .flat_map(|id| {
                    let because = address(format!("tenant/{id}/role"));
                    ["service", "scaling"]
                        .map(|kind| (address(format!("tenant/{id}/{kind}")), Verb::Create, because.clone()))
                })
                .collect(),
            ..ApplyReport::default()
        };
        let summary =
            Summary { change_set: Digest::from_bytes([1; 32]), acted: &acted, calls: calls(60, 12, 50, 10), millis: 1 };
        let text = strip_str(&text(&summary)).to_string();
        assert_eq!(text.matches("AccessDenied").count(), 1, "{text}");
        assert_eq!(text.lines().count(), 6, "{text}");
        assert!(text.contains("30 failed, 60 not reached"), "{text}");
    }

    #[test]
    fn calls_are_told_apart_by_time() {
        let later = calls(70, 12, 60, 10).since(&calls(60, 12, 50, 10));
        assert_eq!(later, Calls { total: 10, mutating: 0, by_service: [("EC2".into(), 10)].into() });
    }
}
