//! Checks that the subnets have enough addresses.

use std::collections::{BTreeMap, BTreeSet};

use saas_model::resource::{LoadBalancer, Resource, ResourceSpec, Service, Subnet};
use saas_model::{Address, Node, Plan, Ref, Set};

use super::{Finding, Reason};

/// AWS reserves the first four addresses and the last address of a subnet.
/// Source: Amazon VPC User Guide, "Subnet sizing for IPv4".
const RESERVED: u64 = 5;

/// An Application Load Balancer needs eight free addresses in each of its subnets.
/// Source: Application Load Balancers guide, "Subnets for your load balancer".
const PER_LOAD_BALANCER: u64 = 8;

/// An Aurora cluster has an interface per instance, and uses one more during a failover or a
/// replacement.
const SPARE_FOR_DATABASE: u64 = 1;

/// The valid prefix lengths of a subnet.
/// Source: Amazon VPC User Guide, "Subnet CIDR blocks".
const PREFIXES: std::ops::RangeInclusive<u8> = 16..=28;

/// The tasks of services.
#[derive(Default)]
pub(super) struct Tasks {
    /// The maximum at the same time: at `max_count`, during a deployment.
    pub(super) most: u64,
    /// The number at `desired_count`, during a deployment.
    pub(super) in_rollout: u64,
}

/// The usage and the capacity of the private subnets.
pub(super) struct PrivateAddresses {
    pub(super) tasks: Tasks,
    /// The addresses that are not for tasks.
    pub(super) shared: u64,
    pub(super) available: u64,
    subnets: usize,
}

impl PrivateAddresses {
    pub(super) fn of(plan: &Plan) -> Self {
        let peaks = Peaks::of(plan);
        let mut found = Self { tasks: Tasks::default(), shared: 0, available: 0, subnets: 0 };
        let mut subnets: BTreeSet<&Address> = BTreeSet::new();
        for node in plan.nodes() {
            match &node.resource {
                Resource::Service(service) => {
                    let (most, in_rollout) = peaks.tasks(node, service);
                    found.tasks.most += most;
                    found.tasks.in_rollout += in_rollout;
                    subnets.extend(service.subnets.iter().map(Ref::address));
                }
                Resource::DbSubnetGroup(group) => subnets.extend(group.subnets.iter().map(Ref::address)),
                Resource::DbInstance(_) => found.shared += 1 + SPARE_FOR_DATABASE,
                _ => {}
            }
        }
        found.subnets = subnets.len();
        found.available = subnets.into_iter().filter_map(|subnet| usable(plan, subnet)).sum();
        found
    }

    pub(super) fn finding(&self) -> Option<Finding> {
        let Self { tasks, shared, available, subnets } = self;
        let needed = tasks.most + shared;
        (needed > *available).then(|| Finding {
            address: None,
            reason: Reason::FewAddresses {
                needed,
                in_rollout: tasks.in_rollout + shared,
                available: *available,
                subnets: *subnets,
                enough: longest_sufficient_prefix(needed, *subnets),
            },
        })
    }
}

/// The subnets that are too small for their load balancers.
pub(super) fn of_load_balancers(plan: &Plan) -> Vec<Finding> {
    let mut needed: BTreeMap<&Address, u64> = BTreeMap::new();
    for node in plan.nodes() {
        let (subnets, each): (Vec<&Address>, u64) = match &node.resource {
            Resource::LoadBalancer(LoadBalancer { subnets, .. }) => (addresses(subnets), PER_LOAD_BALANCER),
            Resource::NatGateway(gateway) => (vec![gateway.subnet.address()], 1),
            _ => continue,
        };
        for subnet in subnets {
            *needed.entry(subnet).or_default() += each;
        }
    }
    let finding = |(subnet, needed): (&Address, u64)| {
        let available = usable(plan, subnet)?;
        (needed > available).then(|| Finding {
            address: Some(subnet.clone()),
            reason: Reason::SmallSubnet { needed, available, enough: longest_sufficient_prefix(needed, 1) },
        })
    };
    needed.into_iter().filter_map(finding).collect()
}

fn addresses(subnets: &Set<Ref<Subnet>>) -> Vec<&Address> {
    subnets.iter().map(Ref::address).collect()
}

fn usable(plan: &Plan, subnet: &Address) -> Option<u64> {
    Subnet::of(&plan.node(subnet)?.resource).map(|subnet| usable_with(subnet.cidr.prefix_len()))
}

/// The addresses of a subnet that AWS does not reserve.
const fn usable_with(prefix: u8) -> u64 {
    (1_u64 << (32 - prefix)).saturating_sub(RESERVED)
}

/// The longest sufficient prefix for this number of subnets.
fn longest_sufficient_prefix(needed: u64, subnets: usize) -> Option<u8> {
    PREFIXES.rev().find(|prefix| usable_with(*prefix) * subnets as u64 >= needed)
}

/// The maximum number of tasks of each service.
pub(super) struct Peaks<'a> {
    max: BTreeMap<&'a Address, u32>,
}

impl<'a> Peaks<'a> {
    pub(super) fn of(plan: &'a Plan) -> Self {
        let max = plan.nodes().iter().filter_map(|node| match &node.resource {
            Resource::ScalableTarget(target) => Some((target.service.address(), target.max)),
            _ => None,
        });
        Self { max: max.collect() }
    }

    /// The tasks of a service during a deployment: the maximum, and the number at the planned count.
    pub(super) fn tasks(&self, node: &Node, service: &Service) -> (u64, u64) {
        let initial = node.initial.map_or(0, |initial| initial.desired_count);
        let max = self.max.get(&node.address).copied().unwrap_or(initial);
        let deploying = |tasks: u32| u64::from(tasks) * u64::from(service.maximum_percent) / 100;
        (deploying(max), deploying(initial))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aws_reserves_five_addresses_per_subnet() {
        assert_eq!([28, 24, 16].map(usable_with), [11, 251, 65_531]);
    }

    #[test]
    fn smallest_sufficient_prefix_is_suggested() {
        assert_eq!(longest_sufficient_prefix(753, 3), Some(24));
        assert_eq!(longest_sufficient_prefix(754, 3), Some(23));
        assert_eq!(longest_sufficient_prefix(4_000, 3), Some(21));
        assert_eq!(longest_sufficient_prefix(1_000_000, 3), None);
    }
}
