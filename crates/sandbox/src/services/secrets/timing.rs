//! How long Secrets Manager takes after it has answered.

use std::time::Duration;

/// From a deletion without recovery until the name is free: "there might be a short delay before
/// the secret is permanently deleted". Source: AWS Secrets Manager API, `DeleteSecret`; the five
/// seconds are from experience.
pub(super) const REMOVAL: Duration = Duration::from_secs(5);

/// The minimum time for which an unreferenced version is kept. Source: AWS Secrets Manager API,
/// `PutSecretValue`.
pub(super) const VERSION_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// A day of the recovery window.
pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
