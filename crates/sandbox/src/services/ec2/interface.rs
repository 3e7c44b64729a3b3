//! Network interfaces: what load balancers, databases, tasks and NAT gateways have in a subnet.
//! Nobody asks for one here; they come and go with what uses them, and hold subnets, security
//! groups and addresses as long as they are there.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Happening;
use crate::agenda;
use crate::cloud::Cloud;

/// A network interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Interface {
    pub(crate) id: String,
    pub(crate) subnet: String,
    pub(crate) groups: Vec<String>,
    pub(crate) description: String,
    pub(crate) private_ip: String,
}

/// Attaches a new interface in a subnet and gives its id. The caller has checked that the subnet
/// and the groups exist.
pub(crate) fn attach(cloud: &mut Cloud, subnet: &str, groups: &[String], description: &str) -> String {
    let id = cloud.ids.ec2("eni");
    let interface = Interface {
        id: id.clone(),
        subnet: subnet.to_owned(),
        groups: groups.to_vec(),
        description: description.to_owned(),
        private_ip: String::new(),
    };
    cloud.ec2.interfaces.insert(id.clone(), interface);
    id
}

/// Lets an interface go after a while, as AWS does when what used it is gone.
pub(crate) fn release(cloud: &mut Cloud, id: &str, after: Duration) {
    cloud.later(after, agenda::Happening::Ec2(Happening::InterfaceGone(id.to_owned())));
}
