//! In which order kinds are found, and what of a kind must be gone before another can go.
//!
//! When something is made, the plan's references say what comes first. When something is removed
//! there may be no plan of it any more, so this table stands in for it: a resource may need others
//! of these kinds. Source of the orders: the traps listed in the AWS guides of each service; an API
//! that is called too early answers `DependencyViolation`, `ResourceInUse` or the like.

use saas_model::Kind;

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

/// The parts of AWS that set a pace of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lane {
    Ec2,
    Rds,
    Iam,
    S3,
    Secrets,
    Logs,
    Elb,
    Ecs,
    Scaling,
    Postgres,
}

impl Lane {
    pub(crate) const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Vpc
            | Kind::Subnet
            | Kind::InternetGateway
            | Kind::ElasticIp
            | Kind::NatGateway
            | Kind::RouteTable
            | Kind::VpcEndpoint
            | Kind::SecurityGroup
            | Kind::SecurityGroupRule => Self::Ec2,
            Kind::DbSubnetGroup | Kind::DbClusterParameterGroup | Kind::DbCluster | Kind::DbInstance => Self::Rds,
            Kind::DatabaseAccess | Kind::TenantSchema => Self::Postgres,
            Kind::Bucket => Self::S3,
            Kind::Secret => Self::Secrets,
            Kind::LogGroup => Self::Logs,
            Kind::Role => Self::Iam,
            Kind::LoadBalancer | Kind::Listener | Kind::TargetGroup | Kind::ListenerRule => Self::Elb,
            Kind::EcsCluster | Kind::TaskDefinition | Kind::Service => Self::Ecs,
            Kind::ScalableTarget => Self::Scaling,
        }
    }

    /// How many steps may be under way at a time.
    ///
    /// A call takes some 100 ms, so 8 steps are near the 50 calls in a burst that EC2 and ECS take
    /// before they throttle at 5 a second; beyond it the SDK backs off. IAM and Application Auto
    /// Scaling publish no rate and are known to be slow. In PostgreSQL, concurrent grants fail with
    /// `tuple concurrently updated`, so its lane is one wide.
    pub(crate) const fn width(self) -> usize {
        match self {
            Self::Ec2 | Self::S3 | Self::Secrets | Self::Elb | Self::Ecs => 8,
            Self::Rds | Self::Iam | Self::Logs | Self::Scaling => 4,
            Self::Postgres => 1,
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
