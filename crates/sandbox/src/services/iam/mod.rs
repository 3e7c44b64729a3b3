//! AWS IAM: roles and their policies.

use serde::{Deserialize, Serialize};

use super::XmlOperation;
use crate::cloud::Cloud;
use crate::inventory::Item;
use crate::tags::Tags;

/// The operations.
pub(crate) const OPERATIONS: &[(&str, XmlOperation)] = &[];

/// What it remembers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {}

pub(crate) fn inventory(_cloud: &Cloud, _items: &mut Vec<Item>) {}

/// The ARNs of everything that has tags, for the tagging API.
pub(crate) fn tagged(_cloud: &Cloud) -> Vec<(String, Tags)> {
    Vec::new()
}

/// Whether there is a role of this ARN.
pub(crate) fn has_role(_cloud: &Cloud, _arn: &str) -> bool {
    false
}
