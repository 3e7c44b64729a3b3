//! How long AWS takes for what it does to load balancers after it has answered.

use std::time::Duration;

/// From `provisioning` to `active`. From experience: two to three minutes.
pub(super) const PROVISIONING: Duration = Duration::from_secs(150);

/// From the deletion of a load balancer, or from a subnet's being taken away, until its network
/// interfaces leave the subnets and the security groups. From experience: some minutes.
pub(super) const INTERFACES_GO: Duration = Duration::from_secs(5 * 60);
