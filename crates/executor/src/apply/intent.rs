//! What a change is to reach.

/// The desired state of the live resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// The state in the plan.
    Plan {
        /// Whether to describe every resource and compare its fields, even when its digest tag matches.
        deep: bool,
    },
    /// No resources at all.
    Nothing,
}
