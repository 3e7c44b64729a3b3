//! Resources that look like the platform's, and are not.

use saas_model::{Address, Kind};
use serde::Serialize;

/// A resource that carries the platform's tags and was not created by saas.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Foreign {
    /// The node that its tags name.
    pub address: Address,
    /// Its kind.
    pub kind: Kind,
    /// Its id in AWS.
    pub id: String,
    /// How it differs from a resource that saas created.
    pub why: String,
}
