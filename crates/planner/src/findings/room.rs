//! How many tenants a platform has room for, and what is short then.
//!
//! Only what the spec decides, and what AWS raises for nobody: the rest is a matter of asking.

use saas_model::resource::Resource;
use saas_model::{Address, Plan};
use serde::Serialize;

use super::Quota;
use super::addresses::PrivateAddresses;
use super::connections::Connections;
use super::count::Counts;

/// How many tenants there can be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Room {
    /// How many, where they are on average as those that there are.
    pub tenants: u64,
    /// What is short with one more.
    pub short: String,
}

/// Something that tenants use up.
struct Measure {
    /// By all tenants together.
    by_tenants: u64,
    /// What there is for them.
    limit: u64,
    what: String,
}

/// What is used up first; `None` where there are no tenants to measure by.
pub(super) fn room(plan: &Plan, counts: &Counts<'_>) -> Option<Room> {
    let schemas = plan.nodes().iter().filter(|node| matches!(node.resource, Resource::TenantSchema(_))).count() as u64;
    let connections = Connections::of(plan).map(|Connections { class, needed, offered, .. }| Measure {
        by_tenants: needed,
        limit: offered,
        what: format!("connections of {class}"),
    });
    let private = PrivateAddresses::of(plan);
    let addresses = Measure {
        by_tenants: private.tasks.most,
        limit: private.available.saturating_sub(private.shared),
        what: "addresses in the private subnets".to_owned(),
    };
    let quotas = counts.iter().filter_map(|((quota, address), count)| fixed(*quota, *address, *count));
    let measures = connections.into_iter().chain([addresses]).chain(quotas);
    let rooms = measures
        .filter(|measure| measure.by_tenants > 0 && schemas > 0)
        .map(|measure| Room { tenants: measure.limit * schemas / measure.by_tenants, short: measure.what });
    rooms.min_by_key(|room| room.tenants)
}

/// A quota of all tenants together that has an end.
fn fixed(quota: Quota, address: Option<&Address>, count: u64) -> Option<Measure> {
    match (address, quota) {
        (None, Quota::Roles) => Some(Measure { by_tenants: count, limit: quota.most()?, what: quota.to_string() }),
        _ => None,
    }
}
