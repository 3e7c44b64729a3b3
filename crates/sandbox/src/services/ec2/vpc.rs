//! VPCs.

use serde::{Deserialize, Serialize};

use crate::clock::Time;
use crate::tags::Tags;

/// A VPC.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Vpc {
    pub(crate) id: String,
    pub(crate) cidr: String,
    pub(crate) created: Time,
    pub(crate) tags: Tags,
}
