//! Carries a change set out.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::LocalBoxFuture;
use saas_model::fields::FieldChange;
use saas_model::plan::CONTROL_BUCKET;
use saas_model::{Address, Kind, Node};
use serde::Serialize;
use tokio::time::Instant;

use crate::calls::on_behalf_of;
use crate::change_set::{Action, ChangeSet};
use crate::compare::renewed_by_update;
use crate::context::Cx;
use crate::error::{Error, Result};
use crate::event::{Event, Verb, millis};
use crate::live::{Found, Identity};
use crate::manage::{self, Changes};
use crate::order::{Lane, needs};
use crate::schedule::{self, Outcome, Step};

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Acted {
    /// The steps that were done, in the order of the change set.
    pub done: Vec<(Address, Verb)>,
    /// The steps that failed, with what is wrong.
    pub failed: Vec<(Address, Verb, String)>,
    /// The steps that were not begun, with the node whose failure stopped them.
    pub not_reached: Vec<(Address, Verb, Address)>,
    /// The steps that were not begun, because the run was told to stop or has lost its lease.
    pub not_begun: Vec<(Address, Verb)>,
    /// The greatest number of steps that were under way at one time.
    pub widest: usize,
}

impl Acted {
    /// Whether everything was done.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.not_reached.is_empty() && self.not_begun.is_empty()
    }
}

/// One thing to do.
enum Op<'c> {
    Create(&'c Node),
    Update(&'c Node, &'c Found, &'c [FieldChange]),
    /// `first` when the new one can be made only afterwards.
    Delete {
        found: &'c Found,
        first: bool,
    },
}

impl Op<'_> {
    const fn address(&self) -> &Address {
        match self {
            Self::Create(node) | Self::Update(node, ..) => &node.address,
            Self::Delete { found, .. } => &found.address,
        }
    }

    const fn kind(&self) -> Kind {
        match self {
            Self::Create(node) | Self::Update(node, ..) => node.kind(),
            Self::Delete { found, .. } => found.kind,
        }
    }

    const fn makes(&self) -> bool {
        matches!(self, Self::Create(_) | Self::Update(..))
    }

    const fn verb(&self) -> Verb {
        match self {
            Self::Create(_) => Verb::Create,
            Self::Update(..) => Verb::Update,
            Self::Delete { .. } => Verb::Delete,
        }
    }
}

/// Carries out `changes`; afterwards waits until what was touched runs.
pub(crate) async fn act(cx: &Cx<'_>, changes: &ChangeSet) -> Acted {
    let ops = operations(cx, changes);
    let steps = steps(&ops);
    let go_on = || !cx.stop.is_requested() && cx.aws.hold.check().is_ok();
    let ran = schedule::run(&steps, Lane::width, go_on, |index| perform(cx, &ops[index])).await;

    let mut acted = Acted { widest: ran.widest, ..Acted::default() };
    for (op, outcome) in ops.iter().zip(ran.outcomes) {
        let (address, verb) = (op.address().clone(), op.verb());
        match outcome {
            Outcome::Done(()) => acted.done.push((address, verb)),
            Outcome::Failed(error) => acted.failed.push((address, verb, error)),
            Outcome::NotReached(because) => {
                let because = ops[because].address().clone();
                cx.tell(Event::NotReached { address: address.clone(), verb, because: because.clone() });
                acted.not_reached.push((address, verb, because));
            }
            Outcome::NotBegun => {
                cx.tell(Event::NotBegun { address: address.clone(), verb });
                acted.not_begun.push((address, verb));
            }
        }
    }
    if go_on() {
        settle(cx, &ops, &mut acted).await;
    }
    acted
}

fn operations<'c>(cx: &Cx<'c>, changes: &'c ChangeSet) -> Vec<Op<'c>> {
    let mut ops = Vec::new();
    for change in &changes.changes {
        let node = cx.plan.node(&change.address);
        match (&change.action, node, &change.found) {
            (Action::Create, Some(node), _) => ops.push(Op::Create(node)),
            (Action::Update { fields }, Some(node), Some(found)) => {
                ops.push(Op::Update(node, found, fields));
                if renewed_by_update(change.kind) {
                    ops.push(Op::Delete { found, first: false });
                }
            }
            (Action::Replace { beside, .. }, Some(node), Some(found)) => {
                ops.push(Op::Create(node));
                ops.push(Op::Delete { found, first: !beside });
            }
            (Action::Delete { .. }, _, Some(found)) => ops.push(Op::Delete { found, first: false }),
            // A change set is made from the plan and what is live, so nothing else occurs.
            _ => {}
        }
    }
    ops
}

/// Who waits for whom.
fn steps(ops: &[Op<'_>]) -> Vec<Step<Lane>> {
    let makers: BTreeMap<&Address, usize> =
        ops.iter().enumerate().filter(|(_, op)| op.makes()).map(|(index, op)| (op.address(), index)).collect();
    let making_room: BTreeMap<&Address, usize> = ops
        .iter()
        .enumerate()
        .filter(|(_, op)| matches!(op, Op::Delete { first: true, .. }))
        .map(|(index, op)| (op.address(), index))
        .collect();
    ops.iter()
        .enumerate()
        .map(|(index, op)| {
            let after = match op {
                Op::Create(node) | Op::Update(node, ..) => {
                    let needed = node.dependencies().into_iter().filter_map(|address| makers.get(address));
                    needed.chain(making_room.get(op.address())).copied().collect()
                }
                // The lease is in it.
                Op::Delete { found, .. } if found.address.as_str() == CONTROL_BUCKET => {
                    (0..ops.len()).filter(|&other| other != index).collect()
                }
                Op::Delete { found, first } => removed_after(ops, found, *first),
            };
            Step { lane: Lane::of(op.kind()), after }
        })
        .collect()
}

/// The steps after which something can go: others that need it have gone, or have been moved to
/// what stands in its place. What has to make room first cannot wait for the latter.
fn removed_after(ops: &[Op<'_>], found: &Found, first: bool) -> BTreeSet<usize> {
    let user = |op: &Op<'_>| {
        !(first && op.makes()) && needs(op.kind()).contains(&found.kind) && related(op.address(), &found.address)
    };
    ops.iter().enumerate().filter(|(_, op)| user(op)).map(|(index, _)| index).collect()
}

/// Whether one of two resources may use the other: not those of two different tenants.
fn related(a: &Address, b: &Address) -> bool {
    match (a.tenant(), b.tenant()) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    }
}

/// Performs one step, and tells of it. The error is told, so only its text is kept.
fn perform<'f>(cx: &'f Cx<'f>, op: &'f Op<'f>) -> LocalBoxFuture<'f, Result<(), String>> {
    Box::pin(on_behalf_of(op.address(), async move {
        let (address, kind, verb) = (op.address().clone(), op.kind(), op.verb());
        cx.tell(Event::Started { address: address.clone(), kind, verb });
        let start = Instant::now();
        let cx = cx.at(op.address());
        let result = match op {
            Op::Create(node) => manage::create(&cx, node).await.and_then(|identity| arrived(&cx, node, identity)),
            Op::Update(node, found, fields) => {
                let updated = manage::update(&cx, node, found, Changes(fields)).await;
                updated.and_then(|identity| arrived(&cx, node, identity))
            }
            Op::Delete { found, .. } => manage::delete(&cx, found).await.map(|()| cx.live.remove(found)),
        };
        match result {
            Ok(()) => {
                cx.tell(Event::Done { address, kind, verb, millis: millis(start.elapsed()) });
                Ok(())
            }
            Err(error) => Err(failed(&cx, address, kind, verb, &error)),
        }
    }))
}

/// Takes note of what is live now, so that others can refer to it.
fn arrived(cx: &Cx<'_>, node: &Node, identity: Identity) -> Result<()> {
    cx.live.insert(Found::at(node.kind(), node.address.clone(), identity, cx.tags(node)?));
    Ok(())
}

fn failed(cx: &Cx<'_>, address: Address, kind: Kind, verb: Verb, error: &Error) -> String {
    let text = crate::error::chain(error);
    cx.tell(Event::Failed { address, kind, verb, error: text.clone(), hint: error.hint().map(str::to_owned) });
    text
}

/// Waits until what was made or changed runs as it should, kind by kind.
async fn settle(cx: &Cx<'_>, ops: &[Op<'_>], acted: &mut Acted) {
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
        for (address, result) in manage::settle(kind, cx, &nodes).await {
            if let Err(error) = result {
                let text = failed(cx, address.clone(), kind, Verb::Settle, &error);
                failures.push((address, Verb::Settle, text));
            }
        }
    }
    acted.failed.extend(failures);
}
