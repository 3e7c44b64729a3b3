//! The scope of a verification: everything, or the resources that an apply touched with their dependants.

use std::collections::BTreeSet;

use saas_model::resource::{ResourceSpec, TenantSchema};
use saas_model::{Address, Plan};

/// The scope of a verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every node, and the rights of every tenant on every other.
    All,
    /// The resources that an apply touched, and their dependants.
    Touched(Touched),
}

/// The resources that an apply touched, and their dependants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// The addresses to compare: changed and deleted ones, and the nodes that refer to them.
    nodes: BTreeSet<Address>,
    /// The addresses to list for that: the same, and the nodes that these refer to.
    looked_at: BTreeSet<Address>,
    /// The tenants whose rights are tested.
    tenants: BTreeSet<String>,
    /// Whether a resource was deleted that has no node in the plan.
    removed: bool,
}

/// Everything.
pub(crate) const ALL: &Scope = &Scope::All;

impl Scope {
    /// The scope of an apply that changes the resources at these addresses.
    ///
    /// Direct dependants are enough: where a node gets a new identity, the nodes that refer to it are
    /// updated, so they are among the changes themselves.
    #[must_use]
    pub fn touched(plan: &Plan, changed: &BTreeSet<&Address>) -> Self {
        let mut touched = Touched { nodes: changed.iter().copied().cloned().collect(), ..Touched::default() };
        for node in plan.nodes() {
            let dependencies = node.dependencies();
            if !changed.contains(&node.address) && dependencies.is_disjoint(changed) {
                continue;
            }
            touched.nodes.insert(node.address.clone());
            touched.looked_at.extend(dependencies.into_iter().cloned());
            // The probe of tenants' rights tries them on schemas.
            if TenantSchema::of(&node.resource).is_some() {
                touched.tenants.extend(node.address.tenant().map(str::to_owned));
            }
        }
        touched.looked_at.extend(touched.nodes.iter().cloned());
        touched.removed = changed.iter().any(|address| plan.node(address).is_none());
        Self::Touched(touched)
    }

    /// Whether the resource at this address is compared with the plan.
    #[must_use]
    pub fn covers(&self, address: &Address) -> bool {
        match self {
            Self::All => true,
            Self::Touched(touched) => touched.nodes.contains(address),
        }
    }

    /// Whether the resource at this address is listed.
    pub(crate) fn looks_at(&self, address: &Address) -> bool {
        match self {
            Self::All => true,
            Self::Touched(touched) => touched.looked_at.contains(address),
        }
    }

    /// Whether all listed resources have planned names, so that asking for a few names can be cheaper
    /// than listing everything.
    pub(crate) const fn is_narrow(&self) -> bool {
        match self {
            Self::All => false,
            Self::Touched(touched) => !touched.removed,
        }
    }

    /// The tenants whose rights on all others are tested, as are the rights of all others on them; `None`
    /// for all tenants.
    #[must_use]
    pub const fn tenants(&self) -> Option<&BTreeSet<String>> {
        match self {
            Self::All => None,
            Self::Touched(touched) => Some(&touched.tenants),
        }
    }
}

#[cfg(test)]
mod tests {
    use saas_model::resource::{SecurityGroup, Subnet, Vpc};
    use saas_model::{Ref, Resource};

    use super::*;
    use crate::testing::Bench;

    fn nodes() -> Vec<(&'static str, Resource)> {
        let vpc = || Ref::to(Address::literal("network/vpc"));
        let cidr = |text: &str| text.parse().expect("valid");
        let subnet =
            |cidr| Subnet { vpc: vpc(), cidr, zone: "us-east-1a".parse().expect("valid"), public_ip_on_launch: false };
        let group =
            |name: &str| SecurityGroup { vpc: vpc(), name: name.parse().expect("valid"), description: "d".into() };
        vec![
            ("network/subnet", subnet(cidr("10.0.1.0/24")).into()),
            ("network/vpc", Vpc { cidr: cidr("10.0.0.0/16"), dns_support: true, dns_hostnames: true }.into()),
            ("tenant/acme-corp/security-group", group("acme").into()),
            ("tenant/globex-inc/security-group", group("globex").into()),
        ]
    }

    #[tokio::test]
    async fn scope_of_an_apply_covers_changed_nodes_and_their_referrers() {
        let bench = Bench::new("http://127.0.0.1:9", nodes()).await;
        let scope = |addresses: &[&str]| {
            let addresses: Vec<Address> = addresses.iter().copied().map(Address::literal).collect();
            Scope::touched(&bench.plan, &addresses.iter().collect())
        };
        let covered = |scope: &Scope| -> Vec<&str> {
            bench
                .plan
                .nodes()
                .iter()
                .map(|node| &node.address)
                .filter(|a| scope.covers(a))
                .map(Address::as_str)
                .collect()
        };
        let one = scope(&["tenant/acme-corp/security-group", "tenant/gone/bucket"]);
        assert_eq!(covered(&one), ["tenant/acme-corp/security-group"]);
        assert!(one.covers(&Address::literal("tenant/gone/bucket")), "that it is gone is looked at as well");
        assert!(one.looks_at(&Address::literal("network/vpc")), "the group is compared with the network that it is in");
        assert!(!one.looks_at(&Address::literal("network/subnet")));
        let all = scope(&["network/vpc"]);
        assert_eq!(covered(&all).len(), 4, "everything is in the network");
        assert_eq!(covered(&Scope::All).len(), 4);
    }
}
