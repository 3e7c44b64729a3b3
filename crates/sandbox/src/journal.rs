//! The calls that a sandbox was sent, in their order.

use serde::{Deserialize, Serialize};

use crate::clock::Time;
use crate::services::Service;

/// A call and what became of it. Its parameters are not kept: some carry secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// When it was answered.
    pub at: Time,
    /// The id of the key that signed it, which tells one process that calls from another.
    pub key: String,
    /// The service.
    pub service: Service,
    /// The operation.
    pub operation: String,
    /// What became of it.
    pub outcome: Outcome,
    /// What the sandbox was given and did not look at, or answered and AWS does not: names of members,
    /// never their values. It is empty unless the sandbox lacks something.
    pub faults: Vec<String>,
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It did what it was to do, and said so.
    Done,
    /// It was refused with this code and changed nothing.
    Refused(String),
    /// A dial spoiled it before it had an effect.
    LostBefore,
    /// A dial spoiled it after it had its effect.
    LostAfter,
}

impl Call {
    /// Whether its operation only reads.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.service.reads(&self.operation)
    }
}
