//! The tenants in the picture: where each is served, and whether it changes.

use std::collections::{BTreeMap, BTreeSet};

use saas_model::resource::{Listener, ListenerRule, ResourceSpec as _};
use saas_model::{Address, Plan};
use saas_planner::PlanDiff;
use serde::Serialize;

use crate::changes::Mark;
use crate::tenants;

/// A tenant, together with what it loses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tenant {
    /// Its id.
    pub id: String,
    /// Whether it joins, leaves or changes; `None` if it stays as it is.
    pub mark: Option<Mark>,
    /// The number of its resources that change, come or go.
    pub changed: usize,
    /// The number of its resources; of one that leaves, as it was.
    pub resources: usize,
    /// Its services, each with image, size and number of tasks.
    pub services: Vec<String>,
    /// The address of the load balancer that serves it; `None` for a tenant that only has workers.
    pub load_balancer: Option<Address>,
}

/// The tenants of both plans.
pub(super) fn of(before: &Plan, after: &Plan, diff: &PlanDiff) -> Vec<Tenant> {
    let ids: BTreeSet<&str> = before.tenant_ids().chain(after.tenant_ids()).collect();
    let changed = diff.nodes.keys().filter_map(Address::tenant);
    let mut changes = BTreeMap::<&str, usize>::new();
    changed.for_each(|tenant| *changes.entry(tenant).or_default() += 1);
    let tenant = |id: &str| {
        let leaves = diff.tenants_removed.contains(id);
        let plan = if leaves { before } else { after };
        let changed = changes.get(id).copied().unwrap_or_default();
        let mark = match (diff.tenants_added.contains(id), leaves, changed) {
            (true, _, _) => Some(Mark::Add),
            (_, true, _) => Some(Mark::Remove),
            (_, _, 0) => None,
            (_, _, _) => Some(Mark::Update),
        };
        Tenant {
            id: id.to_owned(),
            mark,
            changed,
            resources: tenants::nodes(plan, id).len(),
            services: tenants::services(plan, id),
            load_balancer: load_balancer(plan, id),
        }
    };
    ids.into_iter().map(tenant).collect()
}

/// The load balancer that sends requests to a tenant.
fn load_balancer(plan: &Plan, id: &str) -> Option<Address> {
    let rule = tenants::nodes(plan, id).iter().find_map(|node| ListenerRule::of(&node.resource))?;
    let listener = Listener::of(&plan.node(rule.listener.address())?.resource)?;
    Some(listener.load_balancer.address().clone())
}
