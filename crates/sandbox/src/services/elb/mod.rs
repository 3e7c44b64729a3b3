//! Elastic Load Balancing: load balancers, listeners, rules, target groups.

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

/// Whether the target group of this ARN stands behind a listener; `None` when there is no such group.
pub(crate) fn is_behind_listener(_cloud: &Cloud, _target_group: &str) -> Option<bool> {
    None
}

/// Registers the address of a task; it is healthy after a while.
pub(crate) fn register(_cloud: &mut Cloud, _target_group: &str, _address: &str, _port: u16) {}

/// Takes the address of a task out; it drains for the group's deregistration delay, which is given back.
pub(crate) fn deregister(_cloud: &mut Cloud, _target_group: &str, _address: &str) -> std::time::Duration {
    std::time::Duration::ZERO
}
