//! Why a resource is not complete although none of its fields differs.

use saas_model::{Address, Kind};
use serde::Serialize;

/// Why a resource is not complete although none of its fields differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Incomplete {
    /// No record shows that it was ever completed.
    Unrecorded,
    /// It was completed for an earlier plan, and no described field shows the difference.
    RecordedForAnother,
    /// A resource that it refers to has changed since it was completed, such as the value of a secret.
    BoundToAnother {
        /// The nodes that it refers to, of which at least one has changed.
        to: Vec<Address>,
    },
    /// AWS reports that it cannot be used.
    NotReady {
        /// The state that AWS reports.
        state: String,
    },
    /// AWS is deleting it, and it still occupies its name.
    Deleting,
    /// The revision is deregistered, and it is the newest.
    Inactive,
    /// The resource at the address is of another kind.
    AnotherKind {
        /// Its kind.
        kind: Kind,
    },
}
