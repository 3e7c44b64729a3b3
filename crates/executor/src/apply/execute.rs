//! Executes a change set.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::pin::pin;

use futures::future::{Either, LocalBoxFuture, select};
use saas_model::receipt::{Step, StoppedStep};
use saas_model::{Address, Kind, Node};
use tokio::time::Instant;

use crate::apply::change_set::{Action, Change, ChangeSet};
use crate::apply::cycle::DependencyCycle;
use crate::apply::graph::{Op, operations, steps};
use crate::apply::last::LastDeletions;
use crate::apply::order::ConcurrencyGroup;
use crate::apply::report::{Execution, FailedStep};
use crate::apply::scheduler::{self, Outcome};
use crate::aws::calls::on_behalf_of;
use crate::aws::rates::Wait;
use crate::context::Context;
use crate::error::{Error, Result, chain};
use crate::event::{Event, Verb, millis};
use crate::provider::{self, Changes};
use crate::state::observed::{Identity, ObservedResource};

/// Why a step has no result.
enum StepError {
    /// It failed, and the error was reported.
    Failed(Error),
    /// Cancellation was requested before the step sent a call.
    NotBegun,
}

/// Executes `changes`, waits until the touched resources are stable, and then deletes outdated revisions.
pub(crate) async fn execute(cx: &Context<'_>, changes: &ChangeSet) -> Execution {
    let start = Instant::now();
    let ops = operations(cx.plan, changes);
    // A change set with a cycle of steps is refused when it is built.
    let steps = match steps(&ops) {
        Ok(steps) => steps,
        Err(cycle) => return not_executed(&ops, &cycle),
    };
    let deleted = |change: &&Change| matches!(change.action, Action::Delete { .. });
    cx.live.remove_later(changes.changes.iter().filter(deleted).map(|change| change.address.clone()));
    let executed = pin!(execute_steps(cx, changes, &ops, &steps));
    let execution = match select(executed, pin!(report_waits(cx))).await {
        Either::Left((execution, _)) => execution,
        Either::Right((never, _)) => match never {},
    };
    Execution { millis: millis(start.elapsed()), ..execution }
}

/// The execution of nothing, because the steps form a cycle.
fn not_executed(ops: &[Op<'_>], cycle: &DependencyCycle) -> Execution {
    let mut execution = Execution::default();
    for op in ops {
        let step = Step { address: op.address().clone(), verb: op.verb() };
        if cycle.addresses().any(|address| *address == step.address) {
            execution.failed.push(FailedStep::new(step, cycle.clone().into()));
        } else {
            execution.not_begun.push(step);
        }
    }
    execution
}

/// Reports calls that wait long for the rate limit, for as long as the future is polled.
async fn report_waits(cx: &Context<'_>) -> Infallible {
    let mut waits = cx.aws.rates.long_waits();
    while let Some(Wait { address, action, seconds, per_second }) = waits.recv().await {
        let last = format!("AWS allows about {per_second:.1} of these calls a second");
        cx.report(Event::Waiting { address, what: format!("the rate limit of {action}"), last, seconds });
    }
    std::future::pending().await
}

async fn execute_steps(
    cx: &Context<'_>,
    changes: &ChangeSet,
    ops: &[Op<'_>],
    steps: &[scheduler::Step<ConcurrencyGroup>],
) -> Execution {
    let mut execution = Execution::default();
    run_steps(cx, ops, steps, &mut execution).await;
    let last = LastDeletions::of(cx.plan, changes);
    if may_continue(cx) {
        wait_until_stable(cx, ops, &last.waiting_tenants(), &mut execution).await;
    }
    remove_rules(cx, &last.rules, &mut execution).await;
    let outdated = outdated(cx, &last.revisions, ops, &execution);
    if may_continue(cx) {
        remove_outdated(cx, &outdated, &mut execution).await;
    } else {
        let step = |found: ObservedResource| Step { address: found.address, verb: Verb::Delete };
        execution.not_begun.extend(outdated.into_iter().map(step));
    }
    execution
}

/// Whether further steps may start.
fn may_continue(cx: &Context<'_>) -> bool {
    !cx.stop.is_cancelled() && cx.aws.lease.check().is_ok()
}

/// Runs steps, and adds their outcomes.
async fn run_steps(
    cx: &Context<'_>,
    ops: &[Op<'_>],
    steps: &[scheduler::Step<ConcurrencyGroup>],
    execution: &mut Execution,
) {
    let ran =
        scheduler::run(steps, ConcurrencyGroup::width, || may_continue(cx), |index| perform(cx, &ops[index])).await;
    execution.widest = execution.widest.max(ran.widest);
    let not_begun: Vec<bool> =
        ran.outcomes.iter().map(|outcome| matches!(outcome, Outcome::Failed(StepError::NotBegun))).collect();
    for (op, outcome) in ops.iter().zip(ran.outcomes) {
        let step = Step { address: op.address().clone(), verb: op.verb() };
        match outcome {
            // The creation itself was reported already.
            Outcome::Done(()) if matches!(op, Op::Finish(_)) => {}
            Outcome::Done(()) => execution.done.push(step),
            Outcome::Failed(StepError::Failed(error)) => execution.failed.push(FailedStep::new(step, error)),
            // The failure of the previous step at the same address was reported already.
            Outcome::NotReached(because) if *ops[because].address() == step.address && !not_begun[because] => {}
            Outcome::NotReached(because) if !not_begun[because] => {
                execution.not_reached.push(not_reached(cx, step, ops[because].address()));
            }
            Outcome::NotBegun | Outcome::NotReached(_) | Outcome::Failed(StepError::NotBegun) => {
                cx.report(Event::NotBegun { address: step.address.clone(), verb: step.verb });
                execution.not_begun.push(step);
            }
        }
    }
}

/// Reports a step that is skipped because another one failed.
fn not_reached(cx: &Context<'_>, Step { address, verb }: Step, because: &Address) -> StoppedStep {
    let because = because.clone();
    cx.report(Event::NotReached { address: address.clone(), verb, because: because.clone() });
    StoppedStep { address, verb, because }
}

/// Performs one step and reports it.
fn perform<'f>(cx: &'f Context<'f>, op: &'f Op<'f>) -> LocalBoxFuture<'f, Result<(), StepError>> {
    Box::pin(on_behalf_of(op.address(), async move {
        let (address, kind, verb) = (op.address().clone(), op.kind(), op.verb());
        let is_reported = !matches!(op, Op::Finish(_));
        if is_reported {
            cx.report(Event::Started { address: address.clone(), kind, verb });
        }
        let start = Instant::now();
        let cx = cx.at(op.address());
        if matches!(op, Op::Update(..) | Op::Delete { .. }) {
            cx.aws.lease.record_change();
        }
        let result = match op {
            Op::Create(node) => provider::create(&cx, node).await.and_then(|identity| record_live(&cx, node, identity)),
            Op::Finish(node) => provider::finish(&cx, node).await,
            Op::Update(node, found, fields) => {
                let updated = provider::update(&cx, node, found, Changes(fields)).await;
                updated.and_then(|identity| record_live(&cx, node, identity))
            }
            Op::Delete { found, .. } => provider::delete(&cx, found).await.map(|()| cx.live.remove(found)),
            Op::Cascade(found, _) => {
                cx.live.remove(found);
                Ok(())
            }
        };
        match result {
            Ok(()) => {
                if is_reported {
                    cx.report(Event::Done { address, kind, verb, millis: millis(start.elapsed()) });
                }
                Ok(())
            }
            Err(Error::Interrupted { .. }) if !cx.aws.calls.wrote_for(&address) => Err(StepError::NotBegun),
            Err(error) => {
                report_failure(&cx, address, kind, verb, &error);
                Err(StepError::Failed(error))
            }
        }
    }))
}

/// Records a resource as live, so that other resources can refer to it.
fn record_live(cx: &Context<'_>, node: &Node, identity: Identity) -> Result<()> {
    cx.live.insert(ObservedResource::at(node.kind(), node.address.clone(), identity, cx.tags(node)?));
    Ok(())
}

fn report_failure(cx: &Context<'_>, address: Address, kind: Kind, verb: Verb, error: &Error) {
    let hint = error.hint().map(str::to_owned);
    cx.report(Event::Failed { address, kind, verb, error: chain(error), hint });
}

/// Waits until created and updated resources are stable, kind by kind, and all services of these tenants.
async fn wait_until_stable(cx: &Context<'_>, ops: &[Op<'_>], tenants: &BTreeSet<&str>, execution: &mut Execution) {
    let done: BTreeSet<&Address> = execution.done.iter().map(|step| &step.address).collect();
    let mut touched: Vec<&Node> = ops
        .iter()
        .filter_map(|op| match op {
            Op::Create(node) | Op::Update(node, ..) if done.contains(&node.address) => Some(*node),
            _ => None,
        })
        .collect();
    // An earlier run may have been killed while it waited for a service that needs no change any more.
    let changed: BTreeSet<&Address> = ops.iter().map(Op::address).collect();
    let is_other = |node: &&Node| {
        node.kind() == Kind::Service
            && node.address.tenant().is_some_and(|tenant| tenants.contains(tenant))
            && !changed.contains(&node.address)
    };
    touched.extend(cx.plan.nodes().iter().filter(is_other));
    let kinds: BTreeSet<Kind> = touched.iter().map(|node| node.kind()).collect();
    let mut failures = Vec::new();
    for kind in kinds {
        let nodes: Vec<&Node> = touched.iter().copied().filter(|node| node.kind() == kind).collect();
        for (address, result) in provider::wait_until_stable(kind, cx, &nodes).await {
            if let Err(error) = result {
                let verb = Verb::Settle;
                report_failure(cx, address.clone(), kind, verb, &error);
                failures.push(FailedStep { address, verb, error });
            }
        }
    }
    execution.failed.extend(failures);
}

/// Deletes rules of security groups that are not planned any more. Where a step of their tenant failed, its tasks
/// may still need them.
async fn remove_rules(cx: &Context<'_>, rules: &[&ObservedResource], execution: &mut Execution) {
    let Execution { failed, not_reached: stopped, .. } = &*execution;
    let stopped = stopped.iter().map(|step| (step.address.tenant(), &step.because));
    let failed = failed.iter().map(|step| (step.address.tenant(), &step.address));
    let failed: BTreeMap<Option<&str>, &Address> = stopped.chain(failed).collect();
    let (mut ops, mut skipped) = (Vec::new(), Vec::new());
    for &found in rules {
        match failed.get(&found.address.tenant()) {
            Some(because) => {
                let step = Step { address: found.address.clone(), verb: Verb::Delete };
                skipped.push(not_reached(cx, step, because));
            }
            None => ops.push(Op::Delete { found, first: false }),
        }
    }
    execution.not_reached.extend(skipped);
    let group = ConcurrencyGroup::of_deletions(Kind::SecurityGroupRule);
    let steps: Vec<_> = ops.iter().map(|_| scheduler::Step { group, after: BTreeSet::new() }).collect();
    run_steps(cx, &ops, &steps, execution).await;
}

/// The revisions to delete: those in the change set, and those beyond the few that are kept after newer
/// ones. Where a change of a tenant failed, its services may still run one of these revisions or roll
/// back to it.
fn outdated(
    cx: &Context<'_>,
    planned: &[&ObservedResource],
    ops: &[Op<'_>],
    execution: &Execution,
) -> Vec<ObservedResource> {
    let mut outdated: Vec<ObservedResource> = planned.iter().copied().cloned().collect();
    let renewed = ops.iter().filter_map(|op| match op {
        Op::Update(_, found, _) if op.kind().has_revisions() => Some(*found),
        _ => None,
    });
    outdated.extend(renewed.flat_map(|before| cx.live.pushed_out(before)));
    let Execution { failed, not_reached, .. } = execution;
    let failed = failed.iter().map(|step| &step.address).chain(not_reached.iter().map(|step| &step.address));
    let failed: BTreeSet<Option<&str>> = failed.map(Address::tenant).collect();
    outdated.retain(|found| !failed.contains(&found.address.tenant()) && !failed.contains(&None));
    outdated
}

async fn remove_outdated(cx: &Context<'_>, outdated: &[ObservedResource], execution: &mut Execution) {
    for found in outdated {
        let (address, kind) = (found.address.clone(), found.kind);
        cx.report(Event::Started { address, kind, verb: Verb::Delete });
    }
    let start = Instant::now();
    let mut results = Vec::new();
    for of_kind in outdated.chunk_by(|one, next| one.kind == next.kind) {
        results.extend(provider::delete_revisions(of_kind[0].kind, cx, of_kind).await);
    }
    for (found, result) in outdated.iter().zip(results) {
        let (address, kind, verb) = (found.address.clone(), found.kind, Verb::Delete);
        match result {
            Ok(()) => {
                cx.report(Event::Done { address: address.clone(), kind, verb, millis: millis(start.elapsed()) });
                execution.done.push(Step { address, verb });
            }
            Err(error) => {
                report_failure(cx, address.clone(), kind, verb, &error);
                execution.failed.push(FailedStep { address, verb, error });
            }
        }
    }
}
