//! How long RDS takes after it has answered. AWS guarantees none of these durations; they are
//! observations in a quiet Region.

use std::time::Duration;

/// From `creating` to `available`: an Aurora cluster without instances is only a volume and names.
/// Source: experience; one to three minutes.
pub(super) const CLUSTER_COMES: Duration = Duration::from_secs(120);

/// An instance's `creating`, after which its engine starts. Source: experience; five to eight
/// minutes.
pub(super) const INSTANCE_STARTS: Duration = Duration::from_secs(360);

/// From a running engine to an `available` instance. Source: Amazon Aurora User Guide, "Viewing DB
/// instance status"; a minute is usual.
pub(super) const INSTANCE_IS_CONFIGURED: Duration = Duration::from_secs(60);

/// How long a resource remains `available` after a modification: the call only records the change.
/// Source: experience, and published waiters that handle this.
pub(super) const CHANGE_IS_NOTICED: Duration = Duration::from_secs(10);

/// A cluster's `modifying`. Source: experience; half a minute.
pub(super) const CLUSTER_CHANGES: Duration = Duration::from_secs(30);

/// A cluster's `resetting-master-credentials`. Source: experience; half a minute.
pub(super) const PASSWORD_IS_SET: Duration = Duration::from_secs(30);

/// The `upgrading` of a cluster with its instances. Source: experience; ten minutes for a minor
/// version of a small database, and more for a major one.
pub(super) const UPGRADE: Duration = Duration::from_secs(600);

/// An instance's `modifying` when its class changes. Source: experience; five minutes.
pub(super) const INSTANCE_CHANGES: Duration = Duration::from_secs(300);

/// An instance's `rebooting`. Source: experience; about a minute.
pub(super) const REBOOT: Duration = Duration::from_secs(60);

/// From a changed parameter to all running engines of the group. Source: experience; under a
/// minute.
pub(super) const PARAMETERS_ARE_APPLIED: Duration = Duration::from_secs(30);

/// An instance's `deleting`. Source: experience; about five minutes.
pub(super) const INSTANCE_GOES: Duration = Duration::from_secs(300);

/// A cluster's `deleting`, once it has no instances. Source: experience; one to two minutes.
pub(super) const CLUSTER_GOES: Duration = Duration::from_secs(90);

/// A snapshot's `creating`, for a small volume. Source: experience; one to three minutes.
pub(super) const SNAPSHOT: Duration = Duration::from_secs(120);

/// How long an instance's network interface outlives it. Source: experience; a security group can
/// be deleted about a minute after the last instance that used it.
pub(super) const INTERFACE_GOES: Duration = Duration::from_secs(60);
