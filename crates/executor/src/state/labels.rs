//! The address of a resource, by its tags.

use saas_model::plan::{TAG_ADDRESS, TAG_PLATFORM};
use saas_model::{Address, Kind, Plan};

use crate::state::earlier_address;
use crate::state::observed::{Identity, ObservedResource, Tags};
use crate::state::provenance::name_in_id;
use crate::state::unlabelled;

impl ObservedResource {
    /// A resource with these tags; `None` when they name another platform or no platform. Where they lack
    /// the platform or the address, the other tags and the name may prove both.
    pub(crate) fn by_tags(plan: &Plan, kind: Kind, identity: Identity, tags: Tags) -> Option<Self> {
        let ours = tags.get(TAG_PLATFORM).map(String::as_str) == Some(plan.header().platform.as_str());
        let told = tags.get(TAG_ADDRESS).filter(|_| ours).and_then(|address| address.parse::<Address>().ok());
        let earlier = || told.as_ref().and_then(|address| earlier_address::node_of(plan, kind, address));
        // An operator may have changed the address instead of deleting it.
        let other = || unlabelled::node(plan, kind, name_in_id(kind, &identity.id), &tags);
        if told.as_ref().is_none_or(|address| plan.node(address).is_none())
            && let Some(node) = earlier().or_else(other)
        {
            return Some(Self { unlabelled: true, ..Self::at(kind, node.address.clone(), identity, tags) });
        }
        Some(Self::at(kind, told?, identity, tags))
    }
}
