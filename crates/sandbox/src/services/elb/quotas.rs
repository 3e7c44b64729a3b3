//! The quotas of an account. Source: Application Load Balancers user guide, "Quotas for your
//! Application Load Balancers".

/// Load balancers in a Region.
pub(super) const LOAD_BALANCERS: usize = 50;

/// Target groups in a Region.
pub(super) const TARGET_GROUPS: usize = 3_000;

/// Listeners of a load balancer.
pub(super) const LISTENERS: usize = 50;

/// Rules of a load balancer, without default rules.
pub(super) const RULES: usize = 100;

/// Certificates of a load balancer, without default certificates.
pub(super) const CERTIFICATES: usize = 25;

/// Target groups of a load balancer.
pub(super) const GROUPS_OF_BALANCER: usize = 100;

/// Target groups of an action.
pub(super) const GROUPS_OF_ACTION: usize = 5;

/// Targets of a load balancer, and of a target group.
pub(super) const TARGETS: usize = 1_000;

/// Values in the conditions of a rule.
pub(super) const CONDITION_VALUES: usize = 5;

/// Wildcards in the conditions of a rule.
pub(super) const CONDITION_WILDCARDS: usize = 6;

/// Security groups of a load balancer, which has the quota of its network interfaces. Source: Amazon
/// VPC user guide, "Amazon VPC quotas".
pub(super) const SECURITY_GROUPS: usize = 5;
