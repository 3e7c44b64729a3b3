//! How long IAM takes after it has answered.

use std::time::Duration;

/// From the creation of a role until another service can assume it. IAM has one control plane, from
/// which roles propagate: mostly within seconds, sometimes within half a minute. Source: IAM User
/// Guide, "Troubleshooting IAM", "Changes that I make are not always immediately visible"; the ten
/// seconds are a common delay in installers.
pub(super) const PROPAGATION: Duration = Duration::from_secs(10);
