//! What the resources of a plan cost a month, item by item.

use std::collections::BTreeMap;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Sub};

use saas_model::identifier::Region;
use saas_model::resource::{Resource, ResourceSpec, ScalableTarget, Service, TaskDefinition};
use saas_model::{Address, Node, Plan};
use serde::Serialize;

use super::money::Money;
use super::prices::{Price, Priced, Prices};

/// The hours of a month, on average.
const HOURS: u64 = 730;

/// The GB of logs that a task is assumed to write in a month.
pub(super) const LOGS: u64 = 1;

/// An amount with the fewest and with the most tasks that autoscaling may run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Range {
    /// With the fewest tasks.
    pub minimum: Money,
    /// With the most tasks.
    pub maximum: Money,
}

/// A month's cost of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Bill {
    /// Everything.
    pub total: Range,
    /// What tenants share, by item.
    pub shared: BTreeMap<Item, Range>,
    /// What tenants have of their own, by item.
    pub tenants: BTreeMap<Item, Range>,
    /// Each tenant's own part.
    pub by_tenant: BTreeMap<String, Range>,
    /// What has no price in the table, and is in no sum: the key of its price, and what it is in words.
    pub unpriced: BTreeMap<String, String>,
    /// The day of the oldest price in the sums of each thing, in words.
    pub prices_of: BTreeMap<String, String>,
}

/// What a bill lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Item {
    /// Instances of the database.
    Database,
    /// NAT gateways.
    NatGateways,
    /// Load balancers.
    LoadBalancers,
    /// Public IPv4 addresses.
    PublicIpv4,
    /// Tasks of services on Fargate.
    Tasks,
    /// Secrets.
    Secrets,
    /// Logs.
    Logs,
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Database => "Aurora instance",
            Self::NatGateways => "NAT gateways",
            Self::LoadBalancers => "load balancers",
            Self::PublicIpv4 => "public IPv4 addresses",
            Self::Tasks => "Fargate tasks of services",
            Self::Secrets => "secrets",
            Self::Logs => "logs",
        })
    }
}

impl Bill {
    /// The bill of a plan, with the prices of its Region.
    #[must_use]
    pub fn of(plan: &Plan, prices: &Prices) -> Self {
        let mut biller = Biller { prices, region: &plan.header().region, bill: Self::default() };
        let scaling = plan.nodes().iter().filter_map(|node| ScalableTarget::of(&node.resource));
        let scaling: BTreeMap<&Address, &ScalableTarget> =
            scaling.map(|target| (target.service.address(), target)).collect();
        for node in plan.nodes() {
            match &node.resource {
                Resource::DbInstance(instance) => {
                    biller.hours(node, Item::Database, &Priced::Aurora(&instance.class), 1)
                }
                Resource::NatGateway(_) => biller.hours(node, Item::NatGateways, &Priced::NatGateway, 1),
                Resource::ElasticIp(_) => biller.hours(node, Item::PublicIpv4, &Priced::PublicIpv4, 1),
                Resource::LoadBalancer(balancer) => {
                    biller.hours(node, Item::LoadBalancers, &Priced::LoadBalancer, 1);
                    // It has an address in each of its subnets.
                    biller.hours(node, Item::PublicIpv4, &Priced::PublicIpv4, balancer.subnets.len() as u64);
                }
                Resource::Secret(_) => {
                    if let Some(price) = biller.price(&Priced::Secret) {
                        biller.add(node, Item::Secrets, Range::fixed(price));
                    }
                }
                Resource::Service(service) => {
                    let definition = plan.node(service.task_definition.address());
                    if let Some(definition) = definition.and_then(|node| TaskDefinition::of(&node.resource)) {
                        biller.tasks(node, service, definition, scaling.get(&node.address).copied());
                    }
                }
                // AWS does not bill these, or bills their use alone, or bills tasks of theirs that a service does not start.
                Resource::Vpc(_)
                | Resource::Subnet(_)
                | Resource::InternetGateway(_)
                | Resource::RouteTable(_)
                | Resource::VpcEndpoint(_)
                | Resource::SecurityGroup(_)
                | Resource::SecurityGroupRule(_)
                | Resource::DbSubnetGroup(_)
                | Resource::DbClusterParameterGroup(_)
                | Resource::DbCluster(_)
                | Resource::DatabaseAccess(_)
                | Resource::TenantSchema(_)
                | Resource::Bucket(_)
                | Resource::Role(_)
                | Resource::LogGroup(_)
                | Resource::Listener(_)
                | Resource::TargetGroup(_)
                | Resource::ListenerRule(_)
                | Resource::EcsCluster(_)
                | Resource::TaskDefinition(_)
                | Resource::ScalableTarget(_)
                | Resource::ScheduleGroup(_)
                | Resource::Schedule(_)
                | Resource::Migration(_) => {}
            }
        }
        let Bill { shared, tenants, .. } = &biller.bill;
        biller.bill.total = shared.values().chain(tenants.values()).copied().sum();
        biller.bill
    }

    /// What tenants share, and what they have of their own.
    #[must_use]
    pub fn parts(&self) -> [Range; 2] {
        [&self.shared, &self.tenants].map(|items| items.values().copied().sum())
    }
}

struct Biller<'p> {
    prices: &'p Prices,
    region: &'p Region,
    bill: Bill,
}

impl Biller<'_> {
    /// A price; `None` if the table has none, which the bill says.
    fn price(&mut self, priced: &Priced<'_>) -> Option<Money> {
        let Some(Price { amount, as_of, source: _ }) = self.prices.of(self.region, priced) else {
            self.bill.unpriced.insert(priced.to_string(), priced.words());
            return None;
        };
        let day = self.bill.prices_of.entry(priced.words()).or_insert_with(|| as_of.clone());
        if as_of < day {
            day.clone_from(as_of);
        }
        Some(*amount)
    }

    /// Things that run all the time.
    fn hours(&mut self, node: &Node, item: Item, priced: &Priced<'_>, count: u64) {
        if let Some(price) = self.price(priced) {
            self.add(node, item, Range::fixed(price.times(HOURS * count, 1)));
        }
    }

    /// The tasks of a service, with what they log.
    fn tasks(&mut self, node: &Node, service: &Service, definition: &TaskDefinition, scaling: Option<&ScalableTarget>) {
        let fixed = u64::from(node.initial.map_or(0, |initial| initial.desired_count));
        let [fewest, most] = scaling.map_or([fixed; 2], |target| [target.min, target.max].map(u64::from));
        let TaskDefinition { cpu, memory, architecture, .. } = definition;
        let cpu_price = self.price(&Priced::FargateCpu(*architecture, service.capacity));
        let memory_price = self.price(&Priced::FargateMemory(*architecture, service.capacity));
        if let (Some(for_cpu), Some(for_memory)) = (cpu_price, memory_price) {
            // 1,024 CPU units are a virtual CPU, and 1,024 MiB are what AWS bills as a GB.
            let cost = |tasks: u64| {
                for_cpu.times(tasks * HOURS * u64::from(*cpu), 1_024)
                    + for_memory.times(tasks * HOURS * u64::from(*memory), 1_024)
            };
            self.add(node, Item::Tasks, Range { minimum: cost(fewest), maximum: cost(most) });
        }
        if let Some(price) = self.price(&Priced::LogsIngested) {
            let cost = |tasks: u64| price.times(tasks * LOGS, 1);
            self.add(node, Item::Logs, Range { minimum: cost(fewest), maximum: cost(most) });
        }
    }

    fn add(&mut self, node: &Node, item: Item, range: Range) {
        let Bill { shared, tenants, by_tenant, .. } = &mut self.bill;
        let items = match node.address.tenant() {
            Some(tenant) => {
                let sum = by_tenant.entry(tenant.to_owned()).or_default();
                *sum = *sum + range;
                tenants
            }
            None => shared,
        };
        let sum = items.entry(item).or_default();
        *sum = *sum + range;
    }
}

impl Range {
    const fn fixed(amount: Money) -> Self {
        Self { minimum: amount, maximum: amount }
    }
}

impl Add for Range {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { minimum: self.minimum + other.minimum, maximum: self.maximum + other.maximum }
    }
}

impl Sub for Range {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { minimum: self.minimum - other.minimum, maximum: self.maximum - other.maximum }
    }
}

impl Sum for Range {
    fn sum<I: Iterator<Item = Self>>(ranges: I) -> Self {
        ranges.fold(Self::default(), Add::add)
    }
}
