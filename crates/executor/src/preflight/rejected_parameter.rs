//! Why RDS rejects a parameter.

/// Why RDS rejects a parameter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RejectedParameter {
    /// The family has no such parameter.
    #[error("no such parameter exists")]
    Unknown,
    /// Customers cannot set it.
    #[error("it cannot be changed")]
    Fixed,
    /// It has other allowed values.
    #[error("allowed values are {allowed}")]
    Value {
        /// The allowed values, in the format of RDS.
        allowed: String,
    },
}
