//! Known obstacles to a change.

use saas_model::{Address, Kind};
use serde::Serialize;

/// A known obstacle that would make AWS or PostgreSQL refuse a change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Blocker {
    /// The node whose change it blocks.
    pub address: Address,
    /// Its kind.
    pub kind: Kind,
    /// The id in AWS of the obstacle.
    pub id: String,
    /// Why it blocks the change.
    pub what: String,
    /// What the operator can do about it.
    pub remedy: String,
}

impl Blocker {
    pub(crate) fn new(
        address: Address,
        kind: Kind,
        id: impl Into<String>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { address, kind, id: id.into(), what: what.into(), remedy: remedy.into() }
    }
}
