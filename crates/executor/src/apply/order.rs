//! The order in which kinds are listed, and which kinds must be deleted before others.
//!
//! For creations, the references in the plan give the order. For deletions there may be no plan any more,
//! so this table replaces it: a resource may depend on others of these kinds. Source of the orders: the
//! dependencies in the AWS guides of each service; an API that is called too early returns
//! `DependencyViolation`, `ResourceInUse` or the like.

use saas_model::resource::SecurityGroupRule;
use saas_model::{Kind, Resource};

/// Kinds that are listed concurrently; each stage comes after the kinds that it refers to.
pub(crate) const STAGES: [&[Kind]; 6] = [
    &[
        Kind::Vpc,
        Kind::ElasticIp,
        Kind::Secret,
        Kind::LogGroup,
        Kind::Role,
        Kind::Bucket,
        Kind::DbClusterParameterGroup,
    ],
    &[Kind::EcsCluster, Kind::Subnet, Kind::InternetGateway, Kind::SecurityGroup, Kind::TargetGroup],
    &[Kind::NatGateway, Kind::SecurityGroupRule, Kind::DbSubnetGroup, Kind::LoadBalancer],
    &[Kind::RouteTable, Kind::Listener, Kind::DbCluster],
    &[Kind::VpcEndpoint, Kind::ListenerRule, Kind::DbInstance, Kind::TaskDefinition],
    &[Kind::Service, Kind::DatabaseAccess],
];

/// The kinds that are listed last, because they refer to those of the stage before.
pub(crate) const LAST_STAGE: &[Kind] = &[Kind::ScalableTarget, Kind::TenantSchema];

/// The kinds that a resource of this kind may depend on. They cannot be deleted while it exists.
pub(crate) const fn needs(kind: Kind) -> &'static [Kind] {
    match kind {
        Kind::Vpc
        | Kind::ElasticIp
        | Kind::DbClusterParameterGroup
        | Kind::Bucket
        | Kind::Secret
        | Kind::LogGroup
        | Kind::Role => &[],
        // AWS does not require this: but saas lists the cluster only while there is a network.
        Kind::EcsCluster => &[Kind::RouteTable],
        Kind::Subnet | Kind::InternetGateway | Kind::SecurityGroup | Kind::TargetGroup => &[Kind::Vpc],
        // An address cannot be released while a NAT gateway uses it, and the Internet gateway cannot be
        // detached while public addresses are mapped.
        Kind::NatGateway => &[Kind::Subnet, Kind::ElasticIp, Kind::InternetGateway],
        Kind::RouteTable => &[Kind::Vpc, Kind::Subnet, Kind::InternetGateway, Kind::NatGateway],
        Kind::VpcEndpoint => &[Kind::Vpc, Kind::RouteTable],
        Kind::SecurityGroupRule => &[Kind::SecurityGroup],
        Kind::DbSubnetGroup => &[Kind::Subnet],
        Kind::DbCluster => &[Kind::DbSubnetGroup, Kind::DbClusterParameterGroup, Kind::SecurityGroup, Kind::Secret],
        Kind::DbInstance => &[Kind::DbCluster],
        Kind::DatabaseAccess => &[Kind::DbInstance, Kind::DbCluster, Kind::Secret],
        Kind::TenantSchema => &[Kind::DatabaseAccess, Kind::DbInstance, Kind::DbCluster, Kind::Secret],
        Kind::LoadBalancer => &[Kind::Subnet, Kind::SecurityGroup, Kind::InternetGateway],
        Kind::Listener => &[Kind::LoadBalancer],
        Kind::ListenerRule => &[Kind::Listener, Kind::TargetGroup],
        Kind::TaskDefinition => &[Kind::Role, Kind::LogGroup, Kind::Secret],
        // Until they end, the tasks of a service use its roles, write to its log group and its bucket,
        // and query its schema.
        Kind::Service => &[
            Kind::EcsCluster,
            Kind::TaskDefinition,
            Kind::TargetGroup,
            Kind::ListenerRule,
            Kind::Subnet,
            Kind::SecurityGroup,
            Kind::SecurityGroupRule,
            Kind::Role,
            Kind::LogGroup,
            Kind::Secret,
            Kind::TenantSchema,
            Kind::Bucket,
        ],
        Kind::ScalableTarget => &[Kind::Service],
    }
}

/// A property that only one resource of a kind can have at a time, among its siblings or in the account.
/// A resource that needs it waits until the other releases it.
///
/// Priorities of listener rules do not count: one call changes them together.
pub(crate) fn claim(resource: &Resource) -> Option<String> {
    match resource {
        Resource::Subnet(subnet) => Some(format!("{} {}", subnet.vpc.address(), subnet.cidr)),
        Resource::SecurityGroupRule(SecurityGroupRule { group, direction, port, peer, description: _ }) => {
            Some(format!("{} {direction:?} {port} {peer:?}", group.address()))
        }
        Resource::Listener(listener) => Some(format!("{} {}", listener.load_balancer.address(), listener.port)),
        Resource::ScalableTarget(target) => Some(target.resource_id.clone()),
        Resource::TenantSchema(schema) => Some(schema.schema.to_string()),
        named => named.name().map(str::to_owned),
    }
}

/// Steps in the same lane share a concurrency limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lane {
    Postgres,
    /// Creations and updates of a kind.
    Making(Kind),
    /// Deletions of a kind.
    Removing(Kind),
    /// Work that no other step waits for.
    Finishing,
}

impl Lane {
    pub(crate) const fn of(kind: Kind, goes: bool) -> Self {
        match kind {
            Kind::DatabaseAccess | Kind::TenantSchema => Self::Postgres,
            kind if goes => Self::Removing(kind),
            kind => Self::Making(kind),
        }
    }

    /// How many steps may run concurrently.
    ///
    /// The limit on AWS calls is their rate ([`crate::aws::rates`]). These widths only keep the queues
    /// for it short, so that a step that others depend on does not queue behind many earlier ones. At one
    /// or two seconds for a step, they exceed all bursts and rates. The deletion of a service or a
    /// security group waits for minutes without a call, so more of those run concurrently. In PostgreSQL,
    /// concurrent grants fail with `tuple concurrently updated`, so its width is one.
    pub(crate) const fn width(self) -> usize {
        match self {
            Self::Postgres => 1,
            // Enough to use the rates, and few enough to give way to steps that others depend on.
            Self::Finishing => 4,
            Self::Removing(Kind::Service | Kind::SecurityGroup) => 1_000,
            // AWS accepts three calls a second for everything created, changed and deleted on a load
            // balancer. A listener is on the longest chain, so it must not queue behind a hundred rules.
            Self::Making(Kind::TargetGroup | Kind::ListenerRule)
            | Self::Removing(Kind::TargetGroup | Kind::ListenerRule) => 8,
            Self::Making(_) | Self::Removing(_) => 64,
        }
    }
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;

    #[test]
    fn every_kind_is_found_once_and_after_what_it_needs() {
        let order: Vec<Kind> = STAGES.iter().copied().flatten().chain(LAST_STAGE).copied().collect();
        for kind in Kind::iter() {
            assert_eq!(order.iter().filter(|&&found| found == kind).count(), 1, "{kind}");
        }
    }

    #[test]
    fn what_a_service_writes_to_outlives_it() {
        for kind in Kind::iter().filter(|&kind| kind.holds_data() && kind != Kind::DbCluster) {
            assert!(needs(Kind::Service).contains(&kind), "{kind} goes while tasks still write to it");
        }
    }

    #[test]
    fn needs_have_no_cycle() {
        fn depth(kind: Kind, left: usize) {
            assert!(left > 0, "{kind} needs itself");
            needs(kind).iter().for_each(|&next| depth(next, left - 1));
        }
        Kind::iter().for_each(|kind| depth(kind, 20));
    }
}
