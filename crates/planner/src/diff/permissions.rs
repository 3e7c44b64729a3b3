//! What the spec allows the code in tasks, beside the tenant's own bucket.

use std::collections::{BTreeMap, BTreeSet};

use saas_model::policy::Statement;
use saas_model::resource::{ResourceSpec, Role};
use saas_model::{Address, Plan};
use serde::Serialize;

use crate::tenant::ALLOW;

/// The permissions that a role gains and loses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PermissionDiff {
    /// The statements that are only in the new plan.
    pub added: Vec<Statement>,
    /// The statements that are only in the old plan.
    pub removed: Vec<Statement>,
}

/// The roles whose permissions differ.
pub(super) fn permissions(old: &Plan, new: &Plan) -> BTreeMap<Address, PermissionDiff> {
    let (before, after) = (allowed(old), allowed(new));
    let roles: BTreeSet<&Address> = before.keys().chain(after.keys()).copied().collect();
    let diff = |role: &Address| {
        let statements = |all: &BTreeMap<&Address, Vec<Statement>>| all.get(role).cloned().unwrap_or_default();
        let (before, after) = (statements(&before), statements(&after));
        let only_in = |one: &[Statement], other: &[Statement]| {
            one.iter().filter(|statement| !other.contains(statement)).cloned().collect::<Vec<_>>()
        };
        PermissionDiff { added: only_in(&after, &before), removed: only_in(&before, &after) }
    };
    let is_any =
        |(_, PermissionDiff { added, removed }): &(Address, PermissionDiff)| !added.is_empty() || !removed.is_empty();
    roles.into_iter().map(|role| (role.clone(), diff(role))).filter(is_any).collect()
}

/// The resources that the spec allows more than one tenant: they do not depend on the tenant's id.
pub(super) fn shared_resources(plan: &Plan) -> BTreeSet<String> {
    let mut tenants: BTreeMap<&String, BTreeSet<&str>> = BTreeMap::new();
    let allowed = allowed(plan);
    for (role, statements) in &allowed {
        for resource in statements.iter().flat_map(|statement| statement.resources.iter()) {
            tenants.entry(resource).or_default().extend(role.tenant());
        }
    }
    let shared = tenants.into_iter().filter(|(_, tenants)| tenants.len() > 1);
    shared.map(|(resource, _)| resource.clone()).collect()
}

/// The statements of each role that the spec gives it. Their names are only their numbers.
fn allowed(plan: &Plan) -> BTreeMap<&Address, Vec<Statement>> {
    let role = |node: &saas_model::Node| {
        let policy = Role::of(&node.resource)?.policies.get(ALLOW)?;
        let unnamed = |statement: &Statement| Statement { sid: "".into(), ..statement.clone() };
        Some(policy.statements.iter().map(unnamed).collect())
    };
    plan.nodes().iter().filter_map(|node| Some((&node.address, role(node)?))).collect()
}
