//! Groups tenants with the same changes.
//!
//! A change of the spec often affects every tenant in the same way. The collapsed diff lists such a
//! change once, with its tenants.

use std::collections::{BTreeMap, BTreeSet};

use saas_model::Address;
use saas_model::codec::canonical;
use serde::Serialize;

use super::{NodeChange, OutputChange, PlanDiff};

/// The changes of a [`PlanDiff`], with equal changes of several tenants grouped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Collapsed<'a> {
    /// The added tenants, each with its number of nodes.
    pub added: BTreeMap<&'a str, usize>,
    /// The removed tenants, each with its number of nodes.
    pub removed: BTreeMap<&'a str, usize>,
    /// The changed shared nodes.
    pub shared: BTreeMap<&'a Address, &'a NodeChange>,
    /// The changed nodes of tenants that are in both plans.
    pub tenants: Vec<Alike<'a, NodeChange>>,
    /// The changed shared outputs.
    pub shared_outputs: BTreeMap<&'a Address, &'a OutputChange>,
    /// The changed outputs of tenants that are in both plans.
    pub tenant_outputs: Vec<Alike<'a, OutputChange>>,
}

/// A change that is the same for several tenants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alike<'a, C> {
    /// The address relative to the tenant, such as `bucket`.
    pub address: &'a str,
    /// The change.
    pub change: &'a C,
    /// The tenants, in id order.
    pub tenants: Vec<&'a str>,
}

impl PlanDiff {
    /// The changes, with equal changes of several tenants grouped.
    #[must_use]
    pub fn collapsed(&self) -> Collapsed<'_> {
        let is_added_or_removed =
            |tenant: &str| self.tenants_added.contains(tenant) || self.tenants_removed.contains(tenant);
        let changed = |address: &Address| address.tenant().is_some_and(|tenant| !is_added_or_removed(tenant));
        let shared = |address: &Address| address.tenant().is_none();
        Collapsed {
            added: sizes(&self.tenants_added, &self.nodes),
            removed: sizes(&self.tenants_removed, &self.nodes),
            shared: self.nodes.iter().filter(|(address, _)| shared(address)).collect(),
            tenants: alike(self.nodes.iter().filter(|(address, _)| changed(address))),
            shared_outputs: self.outputs.iter().filter(|(address, _)| shared(address)).collect(),
            tenant_outputs: alike(self.outputs.iter().filter(|(address, _)| changed(address))),
        }
    }
}

fn sizes<'a>(tenants: &'a BTreeSet<String>, nodes: &BTreeMap<Address, NodeChange>) -> BTreeMap<&'a str, usize> {
    let mut sizes: BTreeMap<&str, usize> = tenants.iter().map(|tenant| (tenant.as_str(), 0)).collect();
    for tenant in nodes.keys().filter_map(Address::tenant) {
        if let Some(size) = sizes.get_mut(tenant) {
            *size += 1;
        }
    }
    sizes
}

fn alike<'a, C: Serialize>(changes: impl Iterator<Item = (&'a Address, &'a C)>) -> Vec<Alike<'a, C>> {
    // Changes contain JSON values, which have no order; their canonical bytes do.
    let mut groups: BTreeMap<(&str, Vec<u8>), Alike<'a, C>> = BTreeMap::new();
    for (address, change) in changes {
        let Some((tenant, rest)) = address.within_tenant() else { continue };
        let empty = || Alike { address: rest, change, tenants: Vec::new() };
        groups.entry((rest, canonical(change))).or_insert_with(empty).tenants.push(tenant);
    }
    groups.into_values().collect()
}
