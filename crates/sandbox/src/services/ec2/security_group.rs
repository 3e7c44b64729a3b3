//! Security groups.

use serde::{Deserialize, Serialize};

use crate::clock::Time;
use crate::tags::Tags;

/// A security group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SecurityGroup {
    pub(crate) id: String,
    pub(crate) vpc: String,
    pub(crate) name: String,
    pub(crate) created: Time,
    pub(crate) tags: Tags,
}
