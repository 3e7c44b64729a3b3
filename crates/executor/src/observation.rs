//! What a session has listed.

use crate::state::observed::ObservedState;
use crate::state::tags_by_arn::TagIndex;

/// The observed state of the platform at one point in time.
#[derive(Default)]
pub struct Observation {
    pub(crate) live: ObservedState,
    pub(crate) tag_index: TagIndex,
}
