//! Deletion protection: AWS refuses to delete a protected resource. So a destroy switches it off first
//! when the caller requests that.

use saas_model::resource::Resource;
use saas_model::{Address, Plan};

use crate::apply::change_set::ChangeSet;
use crate::aws::calls::on_behalf_of;
use crate::context::Context;
use crate::error::Result;
use crate::provider::declaration;
use crate::state::blocker::Blocker;
use crate::state::observed::{ObservedResource, ObservedState};

/// Whether a resource has deletion protection, according to its fields.
fn is_protected(resource: &Resource) -> bool {
    declaration(resource.kind()).deletion_protection.as_ref().is_some_and(|protection| (protection.is_on)(resource))
}

/// The nodes of a plan with deletion protection.
#[must_use]
pub fn protected_nodes(plan: &Plan) -> Vec<Address> {
    let protected = plan.nodes().iter().filter(|node| is_protected(&node.resource));
    protected.map(|node| node.address.clone()).collect()
}

impl ChangeSet {
    /// These changes, without deletion protection as a blocker, because it is switched off first.
    pub(crate) fn without_protection(mut self) -> Self {
        self.blockers.retain(|blocker| !is_protection(blocker));
        self
    }
}

/// Whether the blocker is a deletion protection that [`unprotect_all`] switches off.
fn is_protection(blocker: &Blocker) -> bool {
    let protection = declaration(blocker.kind).deletion_protection.as_ref();
    protection.is_some_and(|protection| blocker.what == protection.blocker)
}

/// The live resources with deletion protection, whether it comes from the plan or from a manual change.
pub(crate) fn protected_resources(live: &ObservedState) -> Vec<ObservedResource> {
    let found = live.all().into_iter().chain(live.superseded());
    found.filter(|found| !found.deleting && found.fields.as_ref().is_some_and(is_protected)).collect()
}

/// Switches deletion protection off for every live resource, before a destroy.
///
/// # Errors
/// When AWS refuses that; nothing is deleted by then.
pub(crate) async fn unprotect_all(cx: &Context<'_>) -> Result<()> {
    for found in protected_resources(cx.live) {
        if let Some(protection) = &declaration(found.kind).deletion_protection {
            on_behalf_of(&found.address, (protection.switch_off)(&cx.at(&found.address), &found)).await?;
        }
    }
    Ok(())
}
