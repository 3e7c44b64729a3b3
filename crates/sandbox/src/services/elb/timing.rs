//! The durations of asynchronous changes to load balancers.

use std::time::Duration;

/// From `provisioning` to `active`. Source: experience; two to three minutes.
pub(super) const PROVISIONING: Duration = Duration::from_secs(150);

/// From the deletion of a load balancer, or the removal of a subnet, until its network interfaces are
/// deleted. Source: experience; several minutes.
pub(super) const INTERFACES_GO: Duration = Duration::from_secs(5 * 60);
