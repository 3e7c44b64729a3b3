//! How long EC2 takes for what it does after it has answered. AWS promises none of these times;
//! they are what one sees in a quiet region.

use std::time::Duration;

/// From `pending` to `available`. Source: experience; one and a half to two minutes are usual.
pub(super) const NAT_GATEWAY_STARTS: Duration = Duration::from_secs(100);

/// From `pending` to `failed`, when something that it needs is not there. Source: experience.
pub(super) const NAT_GATEWAY_FAILS: Duration = Duration::from_secs(20);

/// From `deleting` to `deleted`, when its interface goes and its address is free again. Source:
/// experience; half a minute to a minute.
pub(super) const NAT_GATEWAY_STOPS: Duration = Duration::from_secs(45);

/// How long one that is deleted, or has failed, is still listed. Source: Amazon VPC User Guide, "Work
/// with NAT gateways", "Delete a NAT gateway", which speaks of an hour as usual.
pub(super) const NAT_GATEWAY_IS_FORGOTTEN: Duration = Duration::from_secs(3_600);

/// From `deleting` until the routes to a gateway endpoint are out of the tables. Source: experience.
pub(super) const ENDPOINT_STOPS: Duration = Duration::from_secs(15);
