//! Application Auto Scaling: scalable targets and policies.

use serde::{Deserialize, Serialize};

use super::JsonOperation;
use crate::cloud::Cloud;
use crate::inventory::Item;
use crate::tags::Tags;

/// The operations.
pub(crate) const OPERATIONS: &[(&str, JsonOperation)] = &[];

/// What it remembers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {}

pub(crate) fn inventory(_cloud: &Cloud, _items: &mut Vec<Item>) {}

/// The ARNs of everything that has tags, for the tagging API.
pub(crate) fn tagged(_cloud: &Cloud) -> Vec<(String, Tags)> {
    Vec::new()
}
