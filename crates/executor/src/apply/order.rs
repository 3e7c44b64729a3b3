//! In which order kinds are found, and what of a kind must be gone before another can go.
//!
//! When something is made, the plan's references say what comes first. When something is removed
//! there may be no plan of it any more, so this table stands in for it: a resource may need others
//! of these kinds. Source of the orders: the traps listed in the AWS guides of each service; an API
//! that is called too early answers `DependencyViolation`, `ResourceInUse` or the like.

use saas_model::resource::SecurityGroupRule;
use saas_model::{Kind, Resource};

/// The kinds that are found together, each after those that it refers to.
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

/// The kinds that are found last, for they refer to those of the last stage.
pub(crate) const LAST_STAGE: &[Kind] = &[Kind::ScalableTarget, Kind::TenantSchema];

/// What a resource of this kind may need: while it is there, those cannot go.
pub(crate) const fn needs(kind: Kind) -> &'static [Kind] {
    match kind {
        Kind::Vpc
        | Kind::ElasticIp
        | Kind::DbClusterParameterGroup
        | Kind::Bucket
        | Kind::Secret
        | Kind::LogGroup
        | Kind::Role => &[],
        // Not that AWS wants it so: but while there is a network, the cluster is looked for.
        Kind::EcsCluster => &[Kind::RouteTable],
        Kind::Subnet | Kind::InternetGateway | Kind::SecurityGroup | Kind::TargetGroup => &[Kind::Vpc],
        // An address cannot be released while a NAT gateway has it, nor can the Internet gateway be
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
        // The tasks of a service use its roles, write its logs and its bucket, and query its schema
        // to the last.
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

/// What only one resource of a kind can have at a time, among its siblings or in an account. Who
/// wants it waits until it is given up.
///
/// The priorities of listener rules are not among it: those change together, in one call.
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

/// What steps share a limit to how many of them are under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lane {
    Postgres,
    /// What is made and changed of a kind.
    Making(Kind),
    /// What goes of a kind.
    Removing(Kind),
    /// What nothing waits for.
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

    /// How many steps may be under way at a time.
    ///
    /// What limits calls to AWS is their rate ([`crate::aws::rates`]). These widths only keep the queues
    /// for it short, so that a step that others wait for does not stand behind many that came
    /// before: with steps that take a second or two, they are above all bursts and rates. A service
    /// or a group that goes waits for minutes without a call, so that there are more of those. In
    /// PostgreSQL, concurrent grants fail with `tuple concurrently updated`, so its lane is one wide.
    pub(crate) const fn width(self) -> usize {
        match self {
            Self::Postgres => 1,
            // Enough for the rates, and few enough to give way to what is waited for.
            Self::Finishing => 4,
            Self::Removing(Kind::Service | Kind::SecurityGroup) => 1_000,
            // AWS takes three calls a second for all that is made, changed and removed of a balancer, and
            // a listener, for which the longest chain waits, must not stand behind a hundred rules.
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
