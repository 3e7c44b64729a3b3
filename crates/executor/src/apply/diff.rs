//! Compares the plan with the observed state and builds the change set.
//!
//! The digest tag decides without a call for every resource that is up to date, except for the settings that
//! decide who has access ([`ResourceProvider::has_planned_access`](provider::ResourceProvider)). Only the other
//! resources are described and compared field by field, or all of them in a deep comparison.

use std::collections::BTreeSet;

use futures::stream::{self, StreamExt, TryStreamExt};
use saas_model::fields::{FieldChange, rebound};
use saas_model::impact::Impact;
use saas_model::plan::{CONTROL_BUCKET, TAG_DIGEST, TAG_TENANT};
use saas_model::resource::{Field as _, SecretField};
use saas_model::{Address, Kind, Node};
use serde_json::Value;

use crate::apply::blockers::blockers;
use crate::apply::change_set::{Action, Change, ChangeSet, Reason};
use crate::apply::graph;
use crate::apply::intent::Intent;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::postgres::learn_passwords_of_tenants;
use crate::provider;
use crate::state::completeness::why_incomplete;
use crate::state::incomplete::Incomplete;
use crate::state::observed::{ObservedResource, TAG_RESOLVED_INPUTS, Tags};
use crate::state::out_of_reach;

/// How many resources are described concurrently.
const WIDTH: usize = 8;

/// Compares the plan with the observed state.
pub(crate) async fn compare(cx: &Context<'_>, intent: Intent) -> Result<ChangeSet> {
    let mut changes = Vec::new();
    let mut kept = 0;
    if let Intent::Plan { deep } = intent {
        learn_passwords_of_tenants(cx).await;
        // A node is decided after the nodes that it refers to, because their replacement affects it.
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
    let (foreign, exposures) = (cx.live.foreign(), cx.live.exposures());
    let changes = ChangeSet { plan: cx.plan.id(), changes, kept, blockers, foreign, exposures };
    // A change set that cannot be executed must not be offered for approval. Changes that are impossible
    // on a live platform are refused separately, and their steps may well form a cycle.
    if changes.cannot_change().is_empty() {
        graph::steps(&graph::operations(cx.plan, &changes))?;
    }
    Ok(changes)
}

/// Within one address, the current resource comes before the deleted ones.
fn rank(change: &Change) -> (bool, Option<&str>) {
    let id = change.found.as_ref().map(|found| found.identity.id.as_str());
    (matches!(change.action, Action::Delete { .. }), id)
}

/// Whether the change gives the node a new identity, so that the resources referring to it need an
/// update. An impossible change has no consequences.
fn renews(change: &Change) -> bool {
    let is_impossible = |field: &FieldChange| {
        field.before != field.after && matches!(change.kind.impact(field), Impact::CannotChangeLive { .. })
    };
    match &change.action {
        Action::Create => true,
        Action::Replace { fields, .. } => !fields.iter().any(is_impossible),
        Action::Update { fields } => change.kind.has_revisions() || fields.iter().any(|field| is_value(change, field)),
        Action::Delete { .. } => false,
    }
}

/// Whether a field is the value of a secret. What received the value needs the next one.
fn is_value(change: &Change, field: &FieldChange) -> bool {
    change.kind == Kind::Secret && field.top() == SecretField::Content.as_str()
}

/// The change that a node needs, if any.
async fn decide(cx: &Context<'_>, node: &Node, renewed: &BTreeSet<Address>, deep: bool) -> Result<Option<Change>> {
    let change = |action, found| Some(Change { found, ..Change::new(node.address.clone(), node.kind(), action, None) });
    let Some(found) = cx.live.get(&node.address) else { return Ok(change(Action::Create, None)) };
    if found.kind != node.kind() || found.deleting {
        // The address now belongs to another kind, or an earlier run began to delete the resource: the
        // old resource is in the way.
        let why = if found.deleting { Incomplete::Deleting } else { Incomplete::AnotherKind { kind: found.kind } };
        let replacement = change(Action::Replace { fields: Vec::new(), beside: false }, Some(found));
        return Ok(replacement.map(|change| Change { incomplete: Some(why), ..change }));
    }
    let rebound = rebound(&node.resource, |address| renewed.contains(address));
    let is_vouched = is_vouched(cx, node, &found) && rebound.is_empty() && !deep;
    if is_vouched && provider::has_planned_access(cx, node, &found).await? {
        let fields = attempted(cx, node).await?;
        return Ok(if fields.is_empty() { None } else { change(Action::Update { fields }, Some(found)) });
    }
    let Some(reading) = provider::describe(cx, &found).await? else {
        cx.live.forget(&node.address);
        return Ok(change(Action::Create, None));
    };
    let mut fields = reading.differences_to(&node.resource);
    fields.extend(attempted(cx, node).await?);
    fields.extend(
        rebound.into_iter().filter(|field| !fields.iter().any(|other| other.field == field.field)).collect::<Vec<_>>(),
    );
    fields.extend(tag_changes(cx, node, reading.tags.as_ref()));
    let unchanged = fields.is_empty() && reading.unmodelled.is_empty();
    let incomplete = if unchanged { why_incomplete(cx, node, &found, &reading) } else { None };
    if unchanged && incomplete.is_none() {
        return Ok(None);
    }
    // A resource with data is never replaced just because a resource that it refers to was.
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

/// The differences that only an attempt shows. What a comparison cannot read for that, it does not report: the
/// verification does.
async fn attempted(cx: &Context<'_>, node: &Node) -> Result<Vec<FieldChange>> {
    match provider::probe(cx, node).await {
        // The next apply tests again, once the network path to the database is as planned.
        Err(error) if out_of_reach::is_closed(cx, &error) => Ok(Vec::new()),
        Err(Error::Call(_) | Error::Incomplete { .. }) => Ok(Vec::new()),
        tried => tried,
    }
}

/// The tags that differ, except those that record the committed digests.
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

/// Whether the listing alone shows that a resource needs no change. Its tags say that it was completed
/// for this very node with the present targets of its references, and none of its listed fields differ.
/// Listed fields need no further call, so drift in them is detected for free.
pub(crate) fn is_vouched(cx: &Context<'_>, node: &Node, found: &ObservedResource) -> bool {
    found.digest == Some(node.digest)
        && found.resolved_inputs == cx.resolved_inputs(node).ok()
        && found.unmodelled.is_empty()
        && found.raw_values.is_empty()
        && found.fields.as_ref().is_none_or(|seen| *seen == node.resource)
        && tag_changes(cx, node, found.tags.as_ref()).is_empty()
}

/// Whether a change is to a tag that policies match on: its drift affects security.
pub(crate) fn is_security_relevant(field: &FieldChange) -> bool {
    field.field == format!("tags.{TAG_TENANT}")
}

/// Deletions of the live resources that the desired state does not contain.
fn removals(cx: &Context<'_>, intent: Intent) -> Vec<Change> {
    let removal = |found: ObservedResource, reason| {
        let change = Change::new(found.address.clone(), found.kind, Action::Delete { reason }, None);
        Change { found: Some(found), ..change }
    };
    let unwanted = |found: &ObservedResource| intent == Intent::Nothing || cx.plan.node(&found.address).is_none();
    let reason = if intent == Intent::Nothing { Reason::Destroyed } else { Reason::NotPlanned };
    let gone = cx.live.all().into_iter().filter(unwanted).map(|found| removal(found, reason));
    let (superseded, kept) = match intent {
        Intent::Plan { .. } => (Reason::Superseded, Vec::new()),
        Intent::Nothing => (Reason::Destroyed, cx.live.kept()),
    };
    gone.chain(cx.live.superseded().into_iter().chain(kept).map(|found| removal(found, superseded))).collect()
}

async fn at_stake(cx: &Context<'_>, change: &Change) -> Result<Option<String>> {
    let goes = match change.action {
        // The control bucket, and the history in it, is deleted with the platform as a matter of course.
        Action::Delete { reason: Reason::Destroyed } => change.address.as_str() != CONTROL_BUCKET,
        Action::Delete { .. } | Action::Replace { .. } => true,
        Action::Create | Action::Update { .. } => false,
    };
    match change.found.as_ref().filter(|found| goes && !found.deleting && found.kind.holds_data()) {
        Some(found) => provider::data_loss(cx, found).await,
        None => Ok(None),
    }
}
