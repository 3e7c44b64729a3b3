//! Estimates how many tenants a platform can have, and which limit comes first.
//!
//! Considers only limits that the spec decides and limits that AWS never raises; other quotas can be
//! increased on request.

use saas_model::resource::Resource;
use saas_model::{Address, Plan};
use serde::Serialize;

use super::Quota;
use super::addresses::PrivateAddresses;
use super::connections::Connections;
use super::count::Counts;

/// The capacity of a platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Capacity {
    /// The number of tenants, assuming that further tenants are like the existing ones on average.
    pub tenants: u64,
    /// The limit that one more tenant would exceed.
    pub limited_by: String,
}

/// A limited resource that tenants use.
struct Measure {
    /// The usage of all tenants.
    by_tenants: u64,
    /// The limit.
    limit: u64,
    what: String,
}

/// The limit that is reached first; `None` when there are no tenants to measure.
pub(super) fn capacity(plan: &Plan, counts: &Counts<'_>) -> Option<Capacity> {
    let schemas = plan.nodes().iter().filter(|node| matches!(node.resource, Resource::TenantSchema(_))).count() as u64;
    let connections = Connections::of(plan).map(|Connections { class, needed, available, .. }| Measure {
        by_tenants: needed,
        limit: available,
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
    let capacities = measures
        .filter(|measure| measure.by_tenants > 0 && schemas > 0)
        .map(|measure| Capacity { tenants: measure.limit * schemas / measure.by_tenants, limited_by: measure.what });
    capacities.min_by_key(|capacity| capacity.tenants)
}

/// A quota of all tenants that has a hard limit.
fn fixed(quota: Quota, address: Option<&Address>, count: u64) -> Option<Measure> {
    match (address, quota) {
        (None, Quota::Roles) => Some(Measure { by_tenants: count, limit: quota.most()?, what: quota.to_string() }),
        _ => None,
    }
}
