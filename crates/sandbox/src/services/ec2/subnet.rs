//! Subnets.

use serde::{Deserialize, Serialize};

use crate::clock::Time;
use crate::tags::Tags;

/// A subnet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subnet {
    pub(crate) id: String,
    pub(crate) vpc: String,
    pub(crate) cidr: String,
    pub(crate) zone: String,
    pub(crate) created: Time,
    pub(crate) tags: Tags,
}
