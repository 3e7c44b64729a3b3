//! The calls that a sandbox received, in order.

use serde::{Deserialize, Serialize};

use crate::clock::Time;
use crate::services::Service;

/// A call and its outcome. Its parameters are not recorded, because some are secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// When it was answered.
    pub at: Time,
    /// The access key id of its signature, which distinguishes calling processes.
    pub key: String,
    /// The service.
    pub service: Service,
    /// The operation.
    pub operation: String,
    /// The outcome.
    pub outcome: Outcome,
    /// Members that were sent and that the sandbox does not read, and members of the answer that do not
    /// conform to AWS's API model. Only names are recorded, never values. Empty unless the sandbox is
    /// incomplete.
    pub faults: Vec<String>,
}

/// The outcome of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The operation succeeded and its answer was delivered.
    Done,
    /// The operation failed with this error code and changed nothing.
    Refused(String),
    /// A fault of the dials prevented the operation.
    LostBefore,
    /// A fault of the dials lost the answer after the operation took effect.
    LostAfter,
}

impl Call {
    /// Whether the operation is read-only.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.service.reads(&self.operation)
    }
}
