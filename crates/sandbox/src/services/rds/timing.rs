//! How long RDS takes for what it does after it has answered. AWS promises none of these times;
//! they are what one sees in a quiet region.

use std::time::Duration;

/// From `creating` to `available`: an Aurora cluster without instances is only a volume and names.
/// Source: experience; one to three minutes.
pub(super) const CLUSTER_COMES: Duration = Duration::from_secs(120);

/// An instance's `creating`, at whose end its engine starts. Source: experience; five to eight
/// minutes.
pub(super) const INSTANCE_STARTS: Duration = Duration::from_secs(360);

/// What comes between an engine that runs and an instance that is `available`. Source: Amazon
/// Aurora User Guide, "Viewing DB instance status"; a minute is usual.
pub(super) const INSTANCE_IS_CONFIGURED: Duration = Duration::from_secs(60);

/// How long something is still `available` after it was told to change: the call only notes the
/// change. Source: experience, and the waiters of those who found out.
pub(super) const CHANGE_IS_NOTICED: Duration = Duration::from_secs(10);

/// A cluster's `modifying`. Source: experience; half a minute.
pub(super) const CLUSTER_CHANGES: Duration = Duration::from_secs(30);

/// A cluster's `resetting-master-credentials`. Source: experience; half a minute.
pub(super) const PASSWORD_IS_SET: Duration = Duration::from_secs(30);

/// The `upgrading` of a cluster with its instances. Source: experience; ten minutes for a minor
/// version of a small database, and more for a major one.
pub(super) const UPGRADE: Duration = Duration::from_secs(600);

/// An instance's `modifying` when it gets another class. Source: experience; five minutes.
pub(super) const INSTANCE_CHANGES: Duration = Duration::from_secs(300);

/// An instance's `rebooting`. Source: experience; about a minute.
pub(super) const REBOOT: Duration = Duration::from_secs(60);

/// From a changed parameter to every running engine of the group. Source: experience; under a
/// minute.
pub(super) const PARAMETERS_ARE_APPLIED: Duration = Duration::from_secs(30);

/// An instance's `deleting`. Source: experience; about five minutes.
pub(super) const INSTANCE_GOES: Duration = Duration::from_secs(300);

/// A cluster's `deleting`, once it has no instance. Source: experience; one to two minutes.
pub(super) const CLUSTER_GOES: Duration = Duration::from_secs(90);

/// A snapshot's `creating`, of a small volume. Source: experience; one to three minutes.
pub(super) const SNAPSHOT: Duration = Duration::from_secs(120);

/// How long an instance's interface outlives it. Source: experience; a security group can be
/// deleted about a minute after the last instance that had it.
pub(super) const INTERFACE_GOES: Duration = Duration::from_secs(60);
