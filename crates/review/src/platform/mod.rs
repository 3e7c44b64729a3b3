//! The platform: its network by zones, load balancers, database and tenants, and what of it changes. What goes is
//! there too.

mod tenants;

use std::collections::BTreeMap;

use saas_model::resource::{DefaultRoute, Resource, ResourceSpec as _, RouteTable, Subnet};
use saas_model::{Address, Kind, Node, Plan};
use saas_planner::PlanDiff;
use serde::Serialize;

pub use tenants::Tenant;

use crate::changes::{Mark, mark};

/// A platform after a change, together with what the change removes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Platform {
    /// Its name.
    pub name: String,
    /// Its environment.
    pub environment: String,
    /// The AWS account.
    pub account: String,
    /// The Region.
    pub region: String,
    /// The virtual network.
    pub vpc: Option<Part>,
    /// The way from and to the Internet.
    pub internet_gateway: Option<Part>,
    /// Gateway endpoints.
    pub endpoints: Vec<Part>,
    /// The zones, in order of their names.
    pub zones: Vec<Zone>,
    /// The load balancers.
    pub load_balancers: Vec<LoadBalancer>,
    /// The ECS cluster.
    pub clusters: Vec<Part>,
    /// The database clusters, then their instances.
    pub databases: Vec<Part>,
    /// Whether tasks have public addresses.
    pub public_tasks: bool,
    /// The tenants, sorted.
    pub tenants: Vec<Tenant>,
    /// What is outside of the network: the number of resources by kind, and how many of them change.
    pub regional: BTreeMap<Kind, Count>,
}

/// A resource in the picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Its address.
    pub address: Address,
    /// Its key fields.
    pub what: String,
    /// What happens to it; `None` if it stays as it is.
    pub mark: Option<Mark>,
}

/// An availability zone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Zone {
    /// Its name.
    pub name: String,
    /// Subnets with a route to the Internet.
    pub public: Vec<Part>,
    /// Subnets without one.
    pub private: Vec<Part>,
    /// NAT gateways.
    pub nat_gateways: Vec<Part>,
}

/// A load balancer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LoadBalancer {
    /// The load balancer.
    pub part: Part,
    /// Its listeners.
    pub listeners: Vec<Part>,
}

/// Resources of a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Their number, with those that go.
    pub all: usize,
    /// How many of them change, by what happens to them.
    pub changed: BTreeMap<Mark, usize>,
}

impl Platform {
    /// The platform of a plan, with what it no longer has of the plan before.
    #[must_use]
    pub fn of(before: &Plan, after: &Plan, diff: &PlanDiff) -> Self {
        let gone = before.nodes().iter().filter(|node| after.node(&node.address).is_none()).map(|node| (before, node));
        let mut drawing = Drawing { diff, platform: Self::default(), zones: BTreeMap::new(), listeners: Vec::new() };
        for (plan, node) in after.nodes().iter().map(|node| (after, node)).chain(gone) {
            drawing.place(plan, node);
        }
        let Drawing { platform, zones, listeners, diff: _ } = drawing;
        let header = after.header();
        let mut platform = Self {
            name: header.platform.to_string(),
            environment: header.environment.to_string(),
            account: header.account.to_string(),
            region: header.region.to_string(),
            zones: zones.into_values().collect(),
            tenants: tenants::of(before, after, diff),
            ..platform
        };
        platform.load_balancers.sort_by(|one, other| one.part.address.cmp(&other.part.address));
        for (load_balancer, listener) in listeners {
            let of = platform.load_balancers.iter_mut().filter(|of| of.part.address == load_balancer);
            of.for_each(|of| of.listeners.push(listener.clone()));
        }
        platform
    }
}

/// A platform while it is put together.
struct Drawing<'d> {
    diff: &'d PlanDiff,
    platform: Platform,
    zones: BTreeMap<String, Zone>,
    /// The listeners, each with its load balancer.
    listeners: Vec<(Address, Part)>,
}

impl Drawing<'_> {
    /// Puts a resource where it belongs.
    fn place(&mut self, plan: &Plan, node: &Node) {
        let mark = self.diff.nodes.get(&node.address).map(mark);
        let part = || Part { address: node.address.clone(), what: node.resource.to_string(), mark };
        let platform = &mut self.platform;
        match &node.resource {
            Resource::Vpc(_) => platform.vpc = Some(part()),
            Resource::InternetGateway(_) => platform.internet_gateway = Some(part()),
            Resource::VpcEndpoint(_) => platform.endpoints.push(part()),
            Resource::Subnet(subnet) => {
                let zone = zone(&mut self.zones, subnet);
                let subnets = if is_public(plan, &node.address) { &mut zone.public } else { &mut zone.private };
                subnets.push(Part { what: subnet.cidr.to_string(), ..part() });
            }
            Resource::NatGateway(gateway) => {
                let subnet = plan.node(gateway.subnet.address()).and_then(|node| Subnet::of(&node.resource));
                if let Some(subnet) = subnet {
                    zone(&mut self.zones, subnet).nat_gateways.push(part());
                }
            }
            Resource::LoadBalancer(_) => {
                platform.load_balancers.push(LoadBalancer { part: part(), listeners: Vec::new() });
            }
            Resource::Listener(listener) => self.listeners.push((listener.load_balancer.address().clone(), part())),
            Resource::EcsCluster(_) => platform.clusters.push(part()),
            Resource::DbCluster(_) => platform.databases.insert(0, part()),
            Resource::DbInstance(_) => platform.databases.push(part()),
            Resource::Service(service) => platform.public_tasks |= service.public_ip,
            Resource::Bucket(_)
            | Resource::Secret(_)
            | Resource::LogGroup(_)
            | Resource::Role(_)
            | Resource::Schedule(_) => {
                let count = platform.regional.entry(node.kind()).or_default();
                count.all += 1;
                mark.into_iter().for_each(|mark| *count.changed.entry(mark).or_default() += 1);
            }
            // They belong to one of those above.
            Resource::ElasticIp(_)
            | Resource::RouteTable(_)
            | Resource::SecurityGroup(_)
            | Resource::SecurityGroupRule(_)
            | Resource::DbSubnetGroup(_)
            | Resource::DbClusterParameterGroup(_)
            | Resource::DatabaseAccess(_)
            | Resource::TenantSchema(_)
            | Resource::TargetGroup(_)
            | Resource::ListenerRule(_)
            | Resource::TaskDefinition(_)
            | Resource::ScalableTarget(_)
            | Resource::ScheduleGroup(_)
            | Resource::Migration(_) => {}
        }
    }
}

/// The zone of a subnet.
fn zone<'z>(zones: &'z mut BTreeMap<String, Zone>, subnet: &Subnet) -> &'z mut Zone {
    let name = subnet.zone.to_string();
    zones.entry(name.clone()).or_insert_with(|| Zone { name, ..Zone::default() })
}

/// Whether a route leads from a subnet to the Internet gateway.
fn is_public(plan: &Plan, subnet: &Address) -> bool {
    let tables = plan.nodes().iter().filter_map(|node| RouteTable::of(&node.resource));
    let mut public = tables.filter(|table| matches!(table.default_route, Some(DefaultRoute::InternetGateway(_))));
    public.any(|table| table.subnets.iter().any(|of| of.address() == subnet))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_the_fixture_has_its_place() {
        let plan = include_bytes!("../../../../fixtures/saas-platform/plan.msgpack");
        let plan = Plan::decode(plan).expect("the fixture is a plan");
        let platform = Platform::of(&plan, &plan, &saas_planner::diff(&plan, &plan));
        let zones: Vec<(&str, usize, usize, usize)> = platform
            .zones
            .iter()
            .map(|zone| (zone.name.as_str(), zone.public.len(), zone.private.len(), zone.nat_gateways.len()))
            .collect();
        assert_eq!(zones, [("us-east-1a", 1, 1, 1), ("us-east-1b", 1, 1, 1), ("us-east-1c", 1, 1, 1)]);
        assert_eq!(platform.load_balancers.len(), 1);
        assert_eq!(platform.load_balancers[0].listeners.len(), 1);
        assert_eq!(platform.databases.len(), 2);
        assert_eq!(platform.tenants.len(), 3);
        assert!(platform.tenants.iter().all(|tenant| tenant.mark.is_none() && tenant.load_balancer.is_some()));
        assert_eq!(platform.regional[&Kind::Bucket], Count { all: 4, changed: BTreeMap::new() });
    }

    #[test]
    fn what_goes_is_there_too() {
        let plan = include_bytes!("../../../../fixtures/saas-platform/plan.msgpack");
        let plan = Plan::decode(plan).expect("the fixture is a plan");
        let nothing = Plan::seal(plan.header().clone(), Vec::new(), BTreeMap::new()).expect("it has no faults").0;
        let platform = Platform::of(&plan, &nothing, &saas_planner::diff(&plan, &nothing));
        assert_eq!(platform.zones.len(), 3);
        assert!(platform.zones.iter().all(|zone| zone.public[0].mark == Some(Mark::Remove)));
        assert_eq!(platform.load_balancers[0].listeners[0].mark, Some(Mark::Remove));
        assert!(platform.tenants.iter().all(|tenant| tenant.mark == Some(Mark::Remove) && !tenant.services.is_empty()));
        assert_eq!(platform.regional[&Kind::Bucket].changed, BTreeMap::from([(Mark::Remove, 4)]));
    }
}
