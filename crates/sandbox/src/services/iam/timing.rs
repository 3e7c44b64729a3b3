//! How long IAM takes for what it does after it has answered.

use std::time::Duration;

/// From the creation of a role until another service can assume it. IAM has one control plane, from
/// which roles spread to where they are used: mostly within seconds, at times within half a minute.
/// Source: IAM User Guide, "Troubleshooting IAM", "Changes that I make are not always immediately
/// visible"; the ten seconds are what installers commonly wait.
pub(super) const PROPAGATION: Duration = Duration::from_secs(10);
