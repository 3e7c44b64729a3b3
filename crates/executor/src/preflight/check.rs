//! The checks of preflight, by the names with which they are skipped.

use strum::IntoEnumIterator;

/// A check that can be skipped by name, if it cannot be answered.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    strum::Display,
    strum::EnumString,
    strum::EnumIter,
    strum::IntoStaticStr,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Check {
    /// Whether the bucket policies of the plan exempt the caller.
    Caller,
    /// Whether RDS offers the database's version and instance class, and accepts its parameters.
    EngineVersion,
    /// Whether the Region has the zones.
    Zones,
    /// Whether the certificates of the listeners are issued.
    Certificates,
    /// Whether the secrets and parameters outside of the plan exist that containers receive, with their keys.
    ExternalSecrets,
    /// Whether every planned name is free.
    Names,
    /// Whether this machine can reach the database.
    DatabaseRoute,
}

impl Check {
    /// All checks.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }
}
