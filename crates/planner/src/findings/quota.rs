//! The quotas of AWS that a plan can exceed.

use serde::Serialize;

/// A quota of AWS.
///
/// Sources: the quota pages of the Amazon VPC, Elastic Load Balancing, Amazon ECS, Amazon S3,
/// Application Auto Scaling, CloudWatch and EventBridge Scheduler user guides, and "IAM and STS quotas". The values are the
/// defaults of a Region or an account; AWS changes them occasionally.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, strum::Display, strum::EnumIter)]
#[serde(rename_all = "kebab-case")]
pub enum Quota {
    /// Inbound rules of a security group.
    #[strum(serialize = "inbound rules of one security group")]
    IngressRulesPerGroup,
    /// Outbound rules of a security group.
    #[strum(serialize = "outbound rules of one security group")]
    EgressRulesPerGroup,
    /// Security groups per network interface.
    #[strum(serialize = "security groups on one network interface")]
    GroupsPerInterface,
    /// The quota of rules per group multiplied by the quota of groups per interface.
    #[strum(serialize = "rules per security group times security groups per network interface")]
    RulesPerInterface,
    /// Security groups in a Region.
    #[strum(serialize = "security groups in the Region")]
    SecurityGroups,
    /// Elastic IP addresses in a Region.
    #[strum(serialize = "elastic IP addresses in the Region")]
    ElasticIps,
    /// Application load balancers in a Region.
    #[strum(serialize = "application load balancers in the Region")]
    LoadBalancers,
    /// Target groups in a Region.
    #[strum(serialize = "target groups in the Region")]
    TargetGroups,
    /// Rules of a load balancer, without default actions.
    #[strum(serialize = "rules of one load balancer")]
    RulesPerLoadBalancer,
    /// Target groups that a load balancer forwards to.
    #[strum(serialize = "target groups of one load balancer")]
    TargetGroupsPerLoadBalancer,
    /// Certificates of a load balancer, without the default certificates of its listeners.
    #[strum(serialize = "non-default certificates of one load balancer")]
    CertificatesPerLoadBalancer,
    /// IAM roles in an account.
    #[strum(serialize = "IAM roles in the account")]
    Roles,
    /// Characters of all inline policies of a role, without white space.
    #[strum(serialize = "characters of inline policies in one role")]
    InlinePolicyCharacters,
    /// Buckets in an account.
    #[strum(serialize = "buckets in the account")]
    Buckets,
    /// Bytes of a bucket policy.
    #[strum(serialize = "bytes of one bucket policy")]
    BucketPolicyBytes,
    /// Services of an ECS cluster.
    #[strum(serialize = "services in one ECS cluster")]
    ServicesPerCluster,
    /// Fargate vCPUs running at the same time in a Region, with every service at `max_count` during a
    /// deployment. New accounts start with a low quota.
    #[strum(serialize = "Fargate vCPU in the Region, with every service at `max_count` during a deployment")]
    FargateCpus,
    /// Targets of a target group.
    #[strum(serialize = "targets of one target group during a deployment of its service")]
    TargetsPerTargetGroup,
    /// Targets of a load balancer.
    #[strum(serialize = "targets of one load balancer during a deployment of all its services")]
    TargetsPerLoadBalancer,
    /// Network interfaces in a Region: one per task, and those of the database, load balancers and NAT
    /// gateways.
    #[strum(serialize = "network interfaces in the Region")]
    NetworkInterfaces,
    /// Scalable targets of ECS in a Region.
    #[strum(serialize = "scalable targets of ECS in the Region")]
    ScalableTargets,
    /// CloudWatch alarms in a Region: target tracking keeps two for each policy.
    #[strum(serialize = "CloudWatch alarms in the Region")]
    Alarms,
    /// Groups of schedules in a Region.
    #[strum(serialize = "schedule groups in the Region")]
    ScheduleGroups,
    /// Schedules in a Region.
    #[strum(serialize = "schedules in the Region")]
    Schedules,
}

impl Quota {
    /// The quota of an account without any increase.
    #[must_use]
    pub const fn default(self) -> u64 {
        match self {
            Self::IngressRulesPerGroup | Self::EgressRulesPerGroup => 60,
            Self::GroupsPerInterface | Self::ElasticIps => 5,
            Self::RulesPerInterface | Self::Roles | Self::TargetsPerTargetGroup | Self::TargetsPerLoadBalancer => 1_000,
            Self::SecurityGroups => 2_500,
            Self::LoadBalancers => 50,
            Self::TargetGroups | Self::ScalableTargets => 3_000,
            Self::RulesPerLoadBalancer | Self::TargetGroupsPerLoadBalancer => 100,
            Self::CertificatesPerLoadBalancer => 25,
            Self::InlinePolicyCharacters => 10_240,
            Self::Buckets => 10_000,
            Self::BucketPolicyBytes => 20 * 1_024,
            Self::ServicesPerCluster | Self::NetworkInterfaces | Self::Alarms => 5_000,
            Self::FargateCpus => 6,
            Self::ScheduleGroups => 500,
            Self::Schedules => 1_000_000,
        }
    }

    /// The hard limit; `None` when none is documented.
    #[must_use]
    pub const fn most(self) -> Option<u64> {
        match self {
            Self::GroupsPerInterface => Some(16),
            Self::Roles => Some(5_000),
            Self::RulesPerInterface
            | Self::TargetGroupsPerLoadBalancer
            | Self::InlinePolicyCharacters
            | Self::BucketPolicyBytes => Some(self.default()),
            Self::IngressRulesPerGroup
            | Self::EgressRulesPerGroup
            | Self::SecurityGroups
            | Self::ElasticIps
            | Self::LoadBalancers
            | Self::TargetGroups
            | Self::RulesPerLoadBalancer
            | Self::CertificatesPerLoadBalancer
            | Self::Buckets
            | Self::ServicesPerCluster
            | Self::FargateCpus
            | Self::TargetsPerTargetGroup
            | Self::TargetsPerLoadBalancer
            | Self::NetworkInterfaces
            | Self::ScalableTargets
            | Self::Alarms
            | Self::ScheduleGroups
            | Self::Schedules => None,
        }
    }
}
