//! AWS Secrets Manager.

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

/// What happens in it without a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Happening {}

pub(crate) fn happen(_cloud: &mut Cloud, happening: Happening) {
    match happening {}
}

pub(crate) fn inventory(_cloud: &Cloud, _items: &mut Vec<Item>) {}

/// The ARNs of everything that has tags, for the tagging API.
pub(crate) fn tagged(_cloud: &Cloud) -> Vec<(String, Tags)> {
    Vec::new()
}

/// Whether a task can be given the secret of this ARN: it exists, is not being deleted, and has a value.
pub(crate) fn has_value(_cloud: &Cloud, _arn: &str) -> bool {
    false
}
