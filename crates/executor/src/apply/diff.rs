//! From the plan and what is live to the change set.
//!
//! The digest tag decides at no cost for everything that is as it should be. Only what it does not
//! vouch for is read field by field, or everything where a deep comparison is asked for.

use std::collections::BTreeSet;

use futures::stream::{self, StreamExt, TryStreamExt};
use saas_model::fields::{FieldChange, rebound};
use saas_model::impact::Impact;
use saas_model::plan::{CONTROL_BUCKET, TAG_DIGEST, TAG_TENANT};
use saas_model::{Address, Kind, Node};
use serde_json::Value;

use crate::apply::blockers::blockers;
use crate::apply::change_set::{Action, Change, ChangeSet, Reason};
use crate::apply::graph;
use crate::context::Context;
use crate::error::Result;
use crate::provider;
use crate::state::incomplete::{self, Incomplete};
use crate::state::observed::{ObservedResource, TAG_RESOLVED_INPUTS, Tags};
use crate::state::out_of_reach;

/// What the live resources are to become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// What the plan says.
    Plan {
        /// Whether each resource is read field by field even where its tag says that it is right.
        deep: bool,
    },
    /// Nothing.
    Nothing,
}

/// How many resources are read at a time.
const WIDTH: usize = 8;

/// What would have to be done.
pub(crate) async fn compare(cx: &Context<'_>, intent: Intent) -> Result<ChangeSet> {
    let mut changes = Vec::new();
    let mut kept = 0;
    if let Intent::Plan { deep } = intent {
        // A node is decided after those that it refers to: whether they change matters to it.
        let mut renewed = BTreeSet::new();
        for generation in cx.plan.generations() {
            let decisions = stream::iter(generation).map(|node| decide(cx, node, &renewed, deep));
            let decided: Vec<Option<Change>> = decisions.buffered(WIDTH).try_collect().await?;
            for decision in decided {
                match decision {
                    None => kept += 1,
                    Some(change) => {
                        if renews(&change) {
                            renewed.insert(change.address.clone());
                        }
                        changes.push(change);
                    }
                }
            }
        }
    }
    changes.extend(removals(cx, intent));
    for change in &mut changes {
        change.at_stake = at_stake(cx, change).await?;
    }
    changes.sort_by(|a, b| (&a.address, rank(a)).cmp(&(&b.address, rank(b))));
    let blockers = blockers(cx, &changes).await?;
    let changes = ChangeSet { plan: cx.plan.id(), changes, kept, blockers, foreign: cx.live.foreign() };
    // What cannot be carried out is not shown to be agreed to. What no live platform can become is
    // refused as that, and its steps may well wait for each other.
    if changes.cannot_change().is_empty() {
        graph::steps(&graph::operations(cx.plan, &changes))?;
    }
    Ok(changes)
}

/// Behind one address, what stays comes before what goes.
fn rank(change: &Change) -> (bool, Option<&str>) {
    let id = change.found.as_ref().map(|found| found.identity.id.as_str());
    (matches!(change.action, Action::Delete { .. }), id)
}

/// Whether a change gives a resource of this kind another identity, and leaves the one before it: a
/// task definition cannot be changed, only followed by another revision.
pub(crate) const fn renewed_by_update(kind: Kind) -> bool {
    matches!(kind, Kind::TaskDefinition)
}

/// Whether what is bound to this node must be bound anew, for it will have another identity. What can
/// never be done has no consequences.
fn renews(change: &Change) -> bool {
    let is_impossible = |field: &FieldChange| {
        field.before != field.after && matches!(change.kind.impact(field), Impact::CannotChangeLive { .. })
    };
    match &change.action {
        Action::Create => true,
        Action::Replace { fields, .. } => !fields.iter().any(is_impossible),
        Action::Update { .. } => renewed_by_update(change.kind),
        Action::Delete { .. } => false,
    }
}

/// What must be done to a node; `None` when nothing.
async fn decide(cx: &Context<'_>, node: &Node, renewed: &BTreeSet<Address>, deep: bool) -> Result<Option<Change>> {
    let change = |action, found| Some(Change { found, ..Change::new(node.address.clone(), node.kind(), action, None) });
    let Some(found) = cx.live.get(&node.address) else { return Ok(change(Action::Create, None)) };
    if found.kind != node.kind() || found.deleting {
        // An address that has come to mean another kind, or what an earlier run was deleting: what
        // was there is in the way.
        let why = if found.deleting { Incomplete::Deleting } else { Incomplete::AnotherKind { kind: found.kind } };
        let replacement = change(Action::Replace { fields: Vec::new(), beside: false }, Some(found));
        return Ok(replacement.map(|change| Change { incomplete: Some(why), ..change }));
    }
    let rebound = rebound(&node.resource, |address| renewed.contains(address));
    if is_vouched(cx, node, &found) && rebound.is_empty() && !deep {
        return Ok(None);
    }
    let Some(reading) = provider::describe(cx, &found).await? else {
        cx.live.forget(&node.address);
        return Ok(change(Action::Create, None));
    };
    let mut fields = reading.differences_to(&node.resource);
    if deep {
        fields.extend(match provider::probe(cx, node).await {
            // Once the way to the database is as planned again, the next apply tries.
            Err(error) if out_of_reach::is_closed(cx, &error) => Vec::new(),
            tried => tried?,
        });
    }
    fields.extend(
        rebound.into_iter().filter(|field| !fields.iter().any(|other| other.field == field.field)).collect::<Vec<_>>(),
    );
    fields.extend(tag_changes(cx, node, reading.tags.as_ref()));
    let unchanged = fields.is_empty() && reading.unmodelled.is_empty();
    let incomplete = if unchanged { incomplete::why(cx, node, &found, &reading) } else { None };
    if unchanged && incomplete.is_none() {
        return Ok(None);
    }
    // What holds data is never made anew because something that it refers to was.
    let is_kept = |field: &FieldChange| node.kind().holds_data() && field.before == field.after;
    let fixed =
        |field: &FieldChange| field.top() != "tags" && !node.kind().updates_in_place(field.top()) && !is_kept(field);
    let needs_another = fields.iter().any(fixed);
    fields.extend(reading.unmodelled);
    let action = if needs_another {
        let beside = fields.iter().any(|field| matches!(field.top(), "name" | "family"));
        Action::Replace { fields, beside }
    } else {
        Action::Update { fields }
    };
    Ok(change(action, Some(found)).map(|change| Change { incomplete, ..change }))
}

/// The tags that differ, other than those that say what was committed.
pub(crate) fn tag_changes(cx: &Context<'_>, node: &Node, live: Option<&Tags>) -> Vec<FieldChange> {
    let Some(live) = live else { return Vec::new() };
    let value = |tags: &Tags, key: &str| tags.get(key).map_or(Value::Null, |text| Value::from(text.as_str()));
    let wanted = cx.plan.tags(node);
    wanted
        .keys()
        .filter(|key| ![TAG_DIGEST, TAG_RESOLVED_INPUTS].contains(&key.as_str()) && live.get(*key) != wanted.get(*key))
        .map(|key| FieldChange { field: format!("tags.{key}"), before: value(live, key), after: value(&wanted, key) })
        .collect()
}

/// Whether finding a resource has shown that nothing is to be done about it: its tags say that it was
/// completed for this very node and is bound to what its references lead to now, and nothing that
/// was seen of it differs. What was seen costs nothing to compare, and shows drift for nothing.
pub(crate) fn is_vouched(cx: &Context<'_>, node: &Node, found: &ObservedResource) -> bool {
    found.digest == Some(node.digest)
        && found.resolved_inputs == cx.resolved_inputs(node).ok()
        && found.unmodelled.is_empty()
        && found.fields.as_ref().is_none_or(|seen| *seen == node.resource)
        && tag_changes(cx, node, found.tags.as_ref()).is_empty()
}

/// Whether a change is to a tag that policies compare: its drift is more than untidiness.
pub(crate) fn is_security_relevant(field: &FieldChange) -> bool {
    field.field == format!("tags.{TAG_TENANT}")
}

/// What is live and not wanted.
fn removals(cx: &Context<'_>, intent: Intent) -> Vec<Change> {
    let removal = |found: ObservedResource, reason| {
        let change = Change::new(found.address.clone(), found.kind, Action::Delete { reason }, None);
        Change { found: Some(found), ..change }
    };
    let unwanted = |found: &ObservedResource| intent == Intent::Nothing || cx.plan.node(&found.address).is_none();
    let reason = if intent == Intent::Nothing { Reason::Destroyed } else { Reason::NotPlanned };
    let gone = cx.live.all().into_iter().filter(unwanted).map(|found| removal(found, reason));
    let (superseded, kept) = match intent {
        Intent::Plan { .. } => (Reason::SupersededPlan, Vec::new()),
        Intent::Nothing => (Reason::Destroyed, cx.live.kept()),
    };
    gone.chain(cx.live.superseded().into_iter().chain(kept).map(|found| removal(found, superseded))).collect()
}

async fn at_stake(cx: &Context<'_>, change: &Change) -> Result<Option<String>> {
    let goes = match change.action {
        // The history of a platform goes with all of it.
        Action::Delete { reason: Reason::Destroyed } => change.address.as_str() != CONTROL_BUCKET,
        Action::Delete { .. } | Action::Replace { .. } => true,
        Action::Create | Action::Update { .. } => false,
    };
    match change.found.as_ref().filter(|found| goes && !found.deleting && found.kind.holds_data()) {
        Some(found) => provider::data_loss(cx, found).await,
        None => Ok(None),
    }
}
