//! Amazon EC2: the network.

mod interface;
mod security_group;
mod subnet;
mod vpc;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::XmlOperation;
use crate::cloud::Cloud;
use crate::inventory::Item;
use crate::tags::Tags;

pub(crate) use interface::{Interface, attach, release};
pub(crate) use security_group::SecurityGroup;
pub(crate) use subnet::Subnet;
pub(crate) use vpc::Vpc;

/// The operations.
pub(crate) const OPERATIONS: &[(&str, XmlOperation)] = &[];

/// What it remembers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) vpcs: BTreeMap<String, Vpc>,
    pub(crate) subnets: BTreeMap<String, Subnet>,
    pub(crate) groups: BTreeMap<String, SecurityGroup>,
    pub(crate) interfaces: BTreeMap<String, Interface>,
}

/// What happens in it without a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Happening {
    /// A network interface goes, with the address that it had.
    InterfaceGone(String),
}

pub(crate) fn happen(cloud: &mut Cloud, happening: Happening) {
    match happening {
        Happening::InterfaceGone(id) => {
            cloud.ec2.interfaces.remove(&id);
        }
    }
}

pub(crate) fn inventory(_cloud: &Cloud, _items: &mut Vec<Item>) {}

/// The ARNs of everything that has tags, for the tagging API.
pub(crate) fn tagged(_cloud: &Cloud) -> Vec<(String, Tags)> {
    Vec::new()
}
