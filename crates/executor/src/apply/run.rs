//! Executes a change set.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::pin::pin;

use futures::future::{Either, LocalBoxFuture, select};
use saas_model::{Address, Kind, Node};
use serde::Serialize;
use tokio::time::Instant;

use crate::apply::change_set::{Action, Change, ChangeSet};
use crate::apply::diff::renewed_by_update;
use crate::apply::graph::{self, DependencyCycle, Op, operations, steps};
use crate::apply::order::Lane;
use crate::apply::scheduler::{self, Outcome, Step};
use crate::aws::calls::on_behalf_of;
use crate::aws::rates::Wait;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::event::{Event, Verb, millis};
use crate::provider::{self, Changes};
use crate::providers::ecs::task_definition::delete_revisions;
use crate::state::observed::{Identity, ObservedResource};

/// The result of an apply.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ApplyReport {
    /// The steps that succeeded, in the order of the change set.
    pub done: Vec<(Address, Verb)>,
    /// The steps that failed, with their errors.
    pub failed: Vec<(Address, Verb, String)>,
    /// The steps that were skipped, with the node whose failure caused that.
    pub not_reached: Vec<(Address, Verb, Address)>,
    /// The steps that did not start because of a cancellation or a lost lease.
    pub not_begun: Vec<(Address, Verb)>,
    /// The greatest number of concurrent steps.
    pub widest: usize,
}

impl ApplyReport {
    /// Whether every step succeeded.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.not_reached.is_empty() && self.not_begun.is_empty()
    }
}

/// Why a step has no result.
enum NotDone {
    /// It failed. The error was reported already, so only its text is kept.
    Failed(String),
    /// Cancellation was requested before the step sent a call.
    NotBegun,
}

/// Executes `changes`, waits until the touched resources are stable, and then deletes outdated revisions.
pub(crate) async fn act(cx: &Context<'_>, changes: &ChangeSet) -> ApplyReport {
    let ops = operations(cx.plan, changes);
    // A change set with a cycle of steps is refused when it is built.
    let steps = match steps(&ops) {
        Ok(steps) => steps,
        Err(tangle) => return none_of(&ops, &tangle),
    };
    let deleted = |change: &&Change| matches!(change.action, Action::Delete { .. });
    cx.live.remove_later(changes.changes.iter().filter(deleted).map(|change| change.address.clone()));
    let told = tell_of_waits(cx);
    let acted = pin!(act_in(cx, changes, &ops, &steps));
    match select(acted, pin!(told)).await {
        Either::Left((acted, _)) => acted,
        Either::Right((never, _)) => match never {},
    }
}

/// The report of an apply that did nothing, because its steps form a cycle.
fn none_of(ops: &[Op<'_>], tangle: &DependencyCycle) -> ApplyReport {
    let mut acted = ApplyReport::default();
    for op in ops {
        let (address, verb) = (op.address().clone(), op.verb());
        if tangle.addresses().any(|tangled| *tangled == address) {
            acted.failed.push((address, verb, tangle.to_string()));
        } else {
            acted.not_begun.push((address, verb));
        }
    }
    acted
}

/// Reports calls that wait long for the rate limit, for as long as the future is polled.
async fn tell_of_waits(cx: &Context<'_>) -> Infallible {
    let mut waits = cx.aws.rates.waits();
    while let Some(Wait { address, action, seconds, per_second }) = waits.recv().await {
        let last = format!("AWS takes about {per_second:.1} of these calls a second");
        cx.report(Event::Waiting { address, what: format!("its turn for {action}"), last, seconds });
    }
    std::future::pending().await
}

async fn act_in(cx: &Context<'_>, changes: &ChangeSet, ops: &[Op<'_>], steps: &[Step<Lane>]) -> ApplyReport {
    let go_on = || !cx.stop.is_requested() && cx.aws.hold.check().is_ok();
    let ran = scheduler::run(steps, Lane::width, go_on, |index| perform(cx, &ops[index])).await;

    let mut acted = ApplyReport { widest: ran.widest, ..ApplyReport::default() };
    let not_begun: Vec<bool> =
        ran.outcomes.iter().map(|outcome| matches!(outcome, Outcome::Failed(NotDone::NotBegun))).collect();
    for (op, outcome) in ops.iter().zip(ran.outcomes) {
        let (address, verb) = (op.address().clone(), op.verb());
        match outcome {
            // The creation itself was reported already.
            Outcome::Done(()) if matches!(op, Op::Finish(_)) => {}
            Outcome::Done(()) => acted.done.push((address, verb)),
            Outcome::Failed(NotDone::Failed(error)) => acted.failed.push((address, verb, error)),
            // The failure of the previous step at the same address was reported already.
            Outcome::NotReached(because) if *ops[because].address() == address && !not_begun[because] => {}
            Outcome::NotReached(because) if !not_begun[because] => {
                let because = ops[because].address().clone();
                cx.report(Event::NotReached { address: address.clone(), verb, because: because.clone() });
                acted.not_reached.push((address, verb, because));
            }
            Outcome::NotBegun | Outcome::NotReached(_) | Outcome::Failed(NotDone::NotBegun) => {
                cx.report(Event::NotBegun { address: address.clone(), verb });
                acted.not_begun.push((address, verb));
            }
        }
    }
    if go_on() {
        settle(cx, ops, &mut acted).await;
    }
    let outdated = outdated(cx, changes, ops, &acted);
    if go_on() {
        remove_outdated(cx, &outdated, &mut acted).await;
    } else {
        acted.not_begun.extend(outdated.into_iter().map(|found| (found.address, Verb::Delete)));
    }
    acted
}

/// Performs one step and reports it.
fn perform<'f>(cx: &'f Context<'f>, op: &'f Op<'f>) -> LocalBoxFuture<'f, Result<(), NotDone>> {
    Box::pin(on_behalf_of(op.address(), async move {
        let (address, kind, verb) = (op.address().clone(), op.kind(), op.verb());
        let is_told = !matches!(op, Op::Finish(_));
        if is_told {
            cx.report(Event::Started { address: address.clone(), kind, verb });
        }
        let start = Instant::now();
        let cx = cx.at(op.address());
        if matches!(op, Op::Update(..) | Op::Delete { .. }) {
            cx.aws.hold.changes();
        }
        let result = match op {
            Op::Create(node) => provider::create(&cx, node).await.and_then(|identity| arrived(&cx, node, identity)),
            Op::Finish(node) => provider::finish(&cx, node).await,
            Op::Update(node, found, fields) => {
                let updated = provider::update(&cx, node, found, Changes(fields)).await;
                updated.and_then(|identity| arrived(&cx, node, identity))
            }
            Op::Delete { found, .. } => provider::delete(&cx, found).await.map(|()| cx.live.remove(found)),
            Op::Cascade(found, _) => {
                cx.live.remove(found);
                Ok(())
            }
        };
        match result {
            Ok(()) => {
                if is_told {
                    cx.report(Event::Done { address, kind, verb, millis: millis(start.elapsed()) });
                }
                Ok(())
            }
            Err(Error::Interrupted { .. }) if !cx.aws.calls.wrote_for(&address) => Err(NotDone::NotBegun),
            Err(error) => Err(NotDone::Failed(failed(&cx, address, kind, verb, &error))),
        }
    }))
}

/// Records a resource as live, so that other resources can refer to it.
fn arrived(cx: &Context<'_>, node: &Node, identity: Identity) -> Result<()> {
    cx.live.insert(ObservedResource::at(node.kind(), node.address.clone(), identity, cx.tags(node)?));
    Ok(())
}

fn failed(cx: &Context<'_>, address: Address, kind: Kind, verb: Verb, error: &Error) -> String {
    let text = crate::error::chain(error);
    cx.report(Event::Failed { address, kind, verb, error: text.clone(), hint: error.hint().map(str::to_owned) });
    text
}

/// Waits until created and updated resources are stable, kind by kind.
async fn settle(cx: &Context<'_>, ops: &[Op<'_>], acted: &mut ApplyReport) {
    let done: BTreeSet<&Address> = acted.done.iter().map(|(address, _)| address).collect();
    let touched: Vec<&Node> = ops
        .iter()
        .filter_map(|op| match op {
            Op::Create(node) | Op::Update(node, ..) if done.contains(&node.address) => Some(*node),
            _ => None,
        })
        .collect();
    let kinds: BTreeSet<Kind> = touched.iter().map(|node| node.kind()).collect();
    let mut failures = Vec::new();
    for kind in kinds {
        let nodes: Vec<&Node> = touched.iter().copied().filter(|node| node.kind() == kind).collect();
        for (address, result) in provider::wait_until_stable(kind, cx, &nodes).await {
            if let Err(error) = result {
                let text = failed(cx, address.clone(), kind, Verb::Settle, &error);
                failures.push((address, Verb::Settle, text));
            }
        }
    }
    acted.failed.extend(failures);
}

/// The revisions to delete: those in the change set, and those beyond the few that are kept after newer
/// ones. Where a change of a tenant failed, its services may still run one of these revisions or roll
/// back to it.
fn outdated(cx: &Context<'_>, changes: &ChangeSet, ops: &[Op<'_>], acted: &ApplyReport) -> Vec<ObservedResource> {
    let mut outdated: Vec<ObservedResource> = graph::outdated(cx.plan, changes).into_iter().cloned().collect();
    let renewed = ops.iter().filter_map(|op| match op {
        Op::Update(_, found, _) if renewed_by_update(op.kind()) => Some(*found),
        _ => None,
    });
    outdated.extend(renewed.flat_map(|before| cx.live.pushed_out(before)));
    let failed = acted.failed.iter().map(|(address, ..)| address).chain(acted.not_reached.iter().map(|(a, ..)| a));
    let failed: BTreeSet<Option<&str>> = failed.map(Address::tenant).collect();
    outdated.retain(|found| !failed.contains(&found.address.tenant()) && !failed.contains(&None));
    outdated
}

async fn remove_outdated(cx: &Context<'_>, outdated: &[ObservedResource], acted: &mut ApplyReport) {
    for found in outdated {
        let (address, kind) = (found.address.clone(), found.kind);
        cx.report(Event::Started { address, kind, verb: Verb::Delete });
    }
    let start = Instant::now();
    for (found, result) in outdated.iter().zip(delete_revisions(cx, outdated).await) {
        let (address, kind, verb) = (found.address.clone(), found.kind, Verb::Delete);
        match result {
            Ok(()) => {
                cx.report(Event::Done { address: address.clone(), kind, verb, millis: millis(start.elapsed()) });
                acted.done.push((address, verb));
            }
            Err(error) => {
                let text = failed(cx, address.clone(), kind, verb, &error);
                acted.failed.push((address, verb, text));
            }
        }
    }
}
