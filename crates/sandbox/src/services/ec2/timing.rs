//! The durations of EC2's asynchronous changes. AWS guarantees none of them; they are typical of a
//! quiet region.

use std::time::Duration;

/// From `pending` to `available`. Source: experience; one and a half to two minutes are usual.
pub(super) const NAT_GATEWAY_STARTS: Duration = Duration::from_secs(100);

/// From `pending` to `failed`, when a prerequisite is missing. Source: experience.
pub(super) const NAT_GATEWAY_FAILS: Duration = Duration::from_secs(20);

/// From `deleting` to `deleted`, when its network interface is deleted and its address is free again.
/// Source: experience; half a minute to a minute.
pub(super) const NAT_GATEWAY_STOPS: Duration = Duration::from_secs(45);

/// How long a deleted or failed NAT gateway is still listed. Source: Amazon VPC User Guide, "Work with
/// NAT gateways", "Delete a NAT gateway", which names an hour as usual.
pub(super) const NAT_GATEWAY_IS_FORGOTTEN: Duration = Duration::from_secs(3_600);

/// From `deleting` until the routes to a gateway endpoint are removed. Source: experience.
pub(super) const ENDPOINT_STOPS: Duration = Duration::from_secs(15);
