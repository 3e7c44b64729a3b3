//! Known obstacles to a change, checked before the first write. So no apply starts an irreversible change
//! that then fails on a deletion protection or on a resource outside the platform.
//!
//! The data of the listing is free. The rest takes further calls, kind by kind, and only for resources to
//! be deleted. An apply that deletes nothing makes none of these calls.

use std::collections::BTreeMap;

use saas_model::Kind;

use crate::apply::change_set::{Action, Change};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::provider;
use crate::state::blocker::Blocker;
use crate::state::observed::{ObservedResource, is_named};
use crate::state::unlabelled;

/// Error codes for a caller without permission to make the call.
const DENIED: &[&str] = &["AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"];

/// Error codes of emulators for an operation that they do not implement.
const UNKNOWN: &[&str] = &["InvalidAction", "NotImplemented", "UnknownOperationException"];

/// The answer to a call that only checks for obstacles. `None` when the caller lacks the permission,
/// which is reported, or when an emulator does not implement the operation.
pub(crate) fn if_answered<T, E>(cx: &Context<'_>, what: &str, answer: std::result::Result<T, E>) -> Result<Option<T>>
where
    Error: From<E>,
{
    match answer.map_err(Error::from) {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.is(UNKNOWN) => Ok(None),
        Err(error) if error.is(DENIED) => {
            let message = format!("not checked: {what}: {error}");
            cx.report(Event::Warning { address: None, message });
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

impl Change {
    /// The resource that this change deletes from AWS, if any.
    pub(crate) fn removed(&self) -> Option<&ObservedResource> {
        match self.action {
            Action::Delete { .. } | Action::Replace { .. } => self.found.as_ref().filter(|found| !found.deleting),
            Action::Create | Action::Update { .. } => None,
        }
    }
}

/// The resources that these changes delete from AWS, by id.
pub(crate) fn removed_by_id<'c>(changes: &[&'c Change]) -> BTreeMap<&'c str, &'c ObservedResource> {
    changes.iter().filter_map(|change| change.removed()).map(|found| (found.identity.id.as_str(), found)).collect()
}

/// The blockers of these changes, in the order of the addresses.
pub(crate) async fn blockers(cx: &Context<'_>, changes: &[Change]) -> Result<Vec<Blocker>> {
    let mut by_kind: BTreeMap<Kind, Vec<&Change>> = BTreeMap::new();
    for change in changes.iter().filter(|change| change.found.is_some()) {
        by_kind.entry(change.kind).or_default().push(change);
    }
    let shown = changes.iter().filter_map(Change::removed).flat_map(|found| found.blockers.iter().cloned());
    let mut blockers: Vec<Blocker> = shown.collect();
    blockers.extend(taken(cx, changes));
    blockers.extend(unlabelled::in_use(cx, changes));
    for (kind, changes) in by_kind {
        blockers.extend(provider::blockers(kind, cx, &changes).await?);
    }
    blockers.sort();
    blockers.dedup();
    Ok(blockers)
}

/// Names of resources to be created that are already taken by resources outside of saas.
fn taken(cx: &Context<'_>, changes: &[Change]) -> Vec<Blocker> {
    const REMEDY: &str = "rename it, or delete it if it is not needed; saas does not change it";
    let makes = |change: &&Change| matches!(change.action, Action::Create);
    let foreign = cx.live.foreign();
    let mut found = Vec::new();
    for change in changes.iter().filter(makes) {
        let Some(name) = cx.plan.node(&change.address).and_then(|node| node.resource.name()) else { continue };
        for foreign in foreign.iter().filter(|foreign| foreign.kind == change.kind && is_named(&foreign.id, name)) {
            let what = format!("it has the planned name, but {}", foreign.why);
            found.push(Blocker::new(change.address.clone(), change.kind, &foreign.id, what, REMEDY));
        }
    }
    found
}
