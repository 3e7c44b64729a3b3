//! The quotas of AWS that a plan can exceed.

use serde::Serialize;

/// A quota of AWS.
///
/// Sources: the quota pages of the Amazon VPC, Elastic Load Balancing, Amazon ECS, Amazon S3,
/// Application Auto Scaling and CloudWatch user guides, and "IAM and STS quotas". The figures are the defaults of a Region or of an
/// account, and AWS changes them now and then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, strum::Display, strum::EnumIter)]
#[serde(rename_all = "kebab-case")]
pub enum Quota {
    /// Inbound rules of a security group.
    #[strum(serialize = "inbound rules of one security group")]
    IngressRulesPerGroup,
    /// Outbound rules of a security group.
    #[strum(serialize = "outbound rules of one security group")]
    EgressRulesPerGroup,
    /// Security groups that a network interface has.
    #[strum(serialize = "security groups on one network interface")]
    GroupsPerInterface,
    /// The quota of rules a group, multiplied by the quota of groups an interface.
    #[strum(serialize = "rules a security group times security groups a network interface")]
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
    /// Rules of a load balancer, default actions not counted.
    #[strum(serialize = "rules of one load balancer")]
    RulesPerLoadBalancer,
    /// Target groups that a load balancer sends requests to.
    #[strum(serialize = "target groups of one load balancer")]
    TargetGroupsPerLoadBalancer,
    /// Certificates of a load balancer, the default ones of its listeners not counted.
    #[strum(serialize = "certificates of one load balancer beside its default")]
    CertificatesPerLoadBalancer,
    /// IAM roles of an account.
    #[strum(serialize = "IAM roles in the account")]
    Roles,
    /// Characters of all inline policies of a role, white space not counted.
    #[strum(serialize = "characters of inline policies in one role")]
    InlinePolicyCharacters,
    /// Buckets of an account.
    #[strum(serialize = "buckets in the account")]
    Buckets,
    /// Bytes of a bucket's policy.
    #[strum(serialize = "bytes of one bucket policy")]
    BucketPolicyBytes,
    /// Services of an ECS cluster.
    #[strum(serialize = "services in one ECS cluster")]
    ServicesPerCluster,
    /// vCPU that Fargate runs at a time in a Region, every service at `max_count` while it is
    /// deployed anew. New accounts begin low.
    #[strum(serialize = "Fargate vCPU in the Region, every service at `max_count` while it is deployed anew")]
    FargateCpus,
    /// Targets that a target group has.
    #[strum(serialize = "targets of one target group while its service is deployed anew")]
    TargetsPerTargetGroup,
    /// Targets that a load balancer has.
    #[strum(serialize = "targets of one load balancer while all its services are deployed anew")]
    TargetsPerLoadBalancer,
    /// Network interfaces in a Region: one a task, and those of database, load balancers and NAT
    /// gateways.
    #[strum(serialize = "network interfaces in the Region")]
    NetworkInterfaces,
    /// Scalable targets of ECS in a Region.
    #[strum(serialize = "scalable targets of ECS in the Region")]
    ScalableTargets,
    /// CloudWatch alarms in a Region: target tracking keeps two for each service.
    #[strum(serialize = "CloudWatch alarms in the Region")]
    Alarms,
}

impl Quota {
    /// How many an account has when it has asked for nothing.
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
        }
    }

    /// How many there can be, whatever one asks for; `None` where no end is documented.
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
            | Self::Alarms => None,
        }
    }
}
