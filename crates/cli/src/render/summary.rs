//! The summary of an apply or destroy, with its calls.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use saas_executor::Execution;
use saas_executor::aws::calls::Tally;
use saas_executor::event::Verb;
use saas_model::receipt::{Step, StoppedStep};
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
    pub(crate) execution: &'a Execution,
    /// The calls since the start of the run, including those that listed resources.
    pub(crate) calls: Calls,
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
}

/// The completed steps, the failures, and the reasons for the rest. Steps with the same cause are
/// grouped under it.
pub(crate) fn text(summary: &Summary<'_>) -> String {
    let Summary { change_set: _, execution, calls: _ } = summary;
    let mut text = String::new();
    for (error, steps) in failures(execution) {
        let _ = writeln!(text, "  {} to {}: {error}", styled(style::RED, "failed"), steps.join(", to "));
    }
    for (because, steps) in not_reached(execution) {
        let _ = writeln!(text, "  {}, because `{because}` failed:", styled(style::RED, "skipped"));
        push(&mut text, &steps);
    }
    if !execution.not_begun.is_empty() {
        let _ = writeln!(text, "  {}:", styled(style::RED, "not started"));
        push(&mut text, &collapsed(execution.not_begun.iter().map(|Step { address, verb }| (address, *verb))));
    }
    let not_begun = match execution.not_begun.len() {
        0 => String::new(),
        left => format!(", {left} not started"),
    };
    let word =
        if execution.is_complete() { styled(style::GREEN, "complete") } else { styled(style::RED, "incomplete") };
    let _ = writeln!(
        text,
        "{word}: {}, {} failed, {} skipped{not_begun}, in {}, at most {} at a time",
        done(execution),
        execution.failed.len(),
        execution.not_reached.len(),
        event::duration(execution.millis),
        execution.widest
    );
    text
}

fn push(text: &mut String, steps: &[String]) {
    for step in steps {
        let _ = writeln!(text, "    {step}");
    }
}

/// The number of failed tasks whose last lines are shown: a migration often fails for all tenants alike.
const TASKS: usize = 3;

/// The last lines of the tasks that failed, for a terminal.
pub(crate) fn task_output(execution: &Execution) -> String {
    let mut text = String::new();
    let with_output = || execution.failed.iter().filter_map(|failed| Some((&failed.address, failed.error.output()?)));
    for (address, output) in with_output().take(TASKS) {
        let _ = writeln!(text, "  the last lines of {}:", styled(style::BOLD, address));
        for line in output.lines_for_terminal() {
            let _ = writeln!(text, "    {line}");
        }
    }
    let more = with_output().skip(TASKS).count();
    if more > 0 {
        let _ = writeln!(text, "  {more} more tasks failed; their log streams have their output");
    }
    text
}

/// The failures by error, in order of occurrence.
fn failures(execution: &Execution) -> Vec<(String, Vec<String>)> {
    let mut groups: Vec<(String, Vec<(&Address, Verb)>)> = Vec::new();
    for failed in &execution.failed {
        let (step, error) = ((&failed.address, failed.verb), failed.reason());
        match groups.iter_mut().find(|(other, _)| *other == error) {
            Some((_, steps)) => steps.push(step),
            None => groups.push((error, vec![step])),
        }
    }
    groups.into_iter().map(|(error, steps)| (error, collapsed(steps.into_iter()))).collect()
}

/// The steps that did not start, by the failure that blocked them. Tenants are grouped if each one's
/// own node failed and blocked the same steps.
fn not_reached(execution: &Execution) -> BTreeMap<String, Vec<String>> {
    let mut causes: BTreeMap<String, Vec<(&Address, Verb)>> = BTreeMap::new();
    for StoppedStep { address, verb, because } in &execution.not_reached {
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
fn done(execution: &Execution) -> String {
    let mut counts: BTreeMap<Verb, usize> = BTreeMap::new();
    for Step { verb, .. } in &execution.done {
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

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;
    use saas_executor::{Error, FailedStep, MigrationFailure, TaskEnding, TaskOutput};

    use super::*;

    fn step(address: &str, verb: Verb) -> Step {
        Step { address: Address::literal(address), verb }
    }

    fn failed(address: &str, verb: Verb) -> FailedStep {
        let error = Error::Failed { what: "the role".to_owned(), reason: "AccessDenied".to_owned() };
        FailedStep { address: Address::literal(address), verb, error }
    }

    fn stopped(address: &str, verb: Verb, because: &str) -> StoppedStep {
        StoppedStep { address: Address::literal(address), verb, because: Address::literal(because) }
    }

    fn calls(total: u64, mutating: u64, ec2: u64, iam: u64) -> Calls {
        Calls { total, mutating, by_service: [("EC2".into(), ec2), ("IAM".into(), iam)].into() }
    }

    #[test]
    fn all_outcomes_are_listed() {
        let execution = Execution {
            done: vec![step("network/vpc", Verb::Create), step("ecs/cluster", Verb::Create)],
            failed: vec![failed("tenant/acme-corp/role", Verb::Update)],
            not_reached: vec![stopped("tenant/acme-corp/service/web", Verb::Update, "tenant/acme-corp/role")],
            not_begun: vec![step("tenant/globex-inc/role", Verb::Create)],
            widest: 9,
            millis: 12_345,
        };
        let summary =
            Summary { change_set: Digest::from_bytes([1; 32]), execution: &execution, calls: calls(60, 12, 50, 10) };
        insta::assert_snapshot!(strip_str(&text(&summary)), @r"
          failed to update tenant/acme-corp/role: the role failed: AccessDenied
          skipped, because `tenant/*/role` failed:
            update tenant/acme-corp/service/web
          not started:
            create tenant/globex-inc/role
        incomplete: 2 created, 1 failed, 1 skipped, 1 not started, in 12.345 s, at most 9 at a time
        ");
        let calls = strip_str(&calls_text("calls to AWS", &summary.calls)).to_string();
        assert_eq!(calls, "calls to AWS: 60, of them 12 mutating: EC2 50, IAM 10\n");
    }

    #[test]
    fn output_of_failed_tasks_is_apart_from_the_summary() {
        let failed = |number: usize| {
            let failure = MigrationFailure {
                ending: TaskEnding::Exited { code: 1, reason: None },
                task: "0f0f".to_owned(),
                log_group: "/ecs/tenant/acme".to_owned(),
                log_stream: "migrate/migrate/0f0f".to_owned(),
                output: TaskOutput::of(vec![format!("row of tenant {number}\u{1b}[2J")]),
            };
            let address = Address::literal(format!("tenant/t{number}/job/migrate"));
            FailedStep { address, verb: Verb::Create, error: failure.into() }
        };
        let execution = Execution { failed: (0..5).map(failed).collect(), ..Execution::default() };
        insta::assert_snapshot!(strip_str(&task_output(&execution)), @r"
          the last lines of tenant/t0/job/migrate:
            row of tenant 0\u{1b}[2J
          the last lines of tenant/t1/job/migrate:
            row of tenant 1\u{1b}[2J
          the last lines of tenant/t2/job/migrate:
            row of tenant 2\u{1b}[2J
          2 more tasks failed; their log streams have their output
        ");
        let summary =
            Summary { change_set: Digest::from_bytes([1; 32]), execution: &execution, calls: calls(60, 12, 50, 10) };
        let stored = format!("{}{}", text(&summary), serde_json::to_string(&summary).expect("its keys are texts"));
        assert!(stored.contains("migrate/migrate/0f0f") && !stored.contains("row of tenant"), "{stored}");
    }

    #[test]
    fn steps_with_the_same_cause_are_grouped() {
        let tenants = || (10..40).map(|number| format!("tenant-{number}"));
        let execution = Execution {
            failed: tenants().map(|id| failed(&format!("tenant/{id}/role"), Verb::Create)).collect(),
            not_reached: tenants()
                .flat_map(|id| {
                    let because = format!("tenant/{id}/role");
                    ["service", "scaling"].map(|kind| stopped(&format!("tenant/{id}/{kind}"), Verb::Create, &because))
                })
                .collect(),
            ..Execution::default()
        };
        let calls = calls(60, 12, 50, 10);
        let summary = Summary { change_set: Digest::from_bytes([1; 32]), execution: &execution, calls };
        let text = strip_str(&text(&summary)).to_string();
        assert_eq!(text.matches("AccessDenied").count(), 1, "{text}");
        assert_eq!(text.lines().count(), 5, "{text}");
        assert!(text.contains("30 failed, 60 skipped"), "{text}");
    }
}
