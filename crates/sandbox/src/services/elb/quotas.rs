//! How much an account may have. Source: Application Load Balancers user guide, "Quotas for your
//! Application Load Balancers".

/// Load balancers a region.
pub(super) const LOAD_BALANCERS: usize = 50;

/// Target groups a region.
pub(super) const TARGET_GROUPS: usize = 3_000;

/// Listeners a load balancer.
pub(super) const LISTENERS: usize = 50;

/// Rules a load balancer, without the default ones.
pub(super) const RULES: usize = 100;

/// Certificates a load balancer, without the default ones.
pub(super) const CERTIFICATES: usize = 25;

/// Target groups behind a load balancer.
pub(super) const GROUPS_OF_BALANCER: usize = 100;

/// Target groups of an action.
pub(super) const GROUPS_OF_ACTION: usize = 5;

/// Targets behind a load balancer, and targets of a target group.
pub(super) const TARGETS: usize = 1_000;

/// Values in the conditions of a rule.
pub(super) const CONDITION_VALUES: usize = 5;

/// Wildcards in the conditions of a rule.
pub(super) const CONDITION_WILDCARDS: usize = 6;

/// Security groups of a load balancer, which are those of its network interfaces. Source: Amazon VPC
/// user guide, "Amazon VPC quotas".
pub(super) const SECURITY_GROUPS: usize = 5;
