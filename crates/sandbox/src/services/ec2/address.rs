//! Elastic IP addresses.

use std::net::Ipv4Addr;

use super::checks::{done, invalid, one_of, quota};
use super::listing::select;
use super::quotas;
use super::resource::{Resource, change, named};
use super::tags::{at_creation, tag_set};
use crate::services::prelude::*;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Address {
    pub(crate) id: String,
    pub(crate) public_ip: String,
    pub(crate) association: Option<Association>,
    pub(crate) tags: Tags,
}

/// The association of an address with a network interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Association {
    pub(crate) id: String,
    pub(crate) interface: String,
    pub(crate) private_ip: String,
}

impl Resource for Address {
    const PREFIX: &'static str = "eipalloc";

    kept_in!(addresses);

    fn describe(&self, cloud: &Cloud) -> Vec<Element> {
        let mut elements = self.allocation(cloud);
        let association = self.association.as_ref();
        elements.extend([
            xml::optional("associationId", association.map(|it| &it.id)),
            xml::optional("networkInterfaceId", association.map(|it| &it.interface)),
            xml::optional("networkInterfaceOwnerId", association.map(|_| &cloud.account.id)),
            xml::optional("privateIpAddress", association.map(|it| &it.private_ip)),
            tag_set(&self.tags),
        ]);
        elements
    }
}

impl Address {
    fn allocation(&self, cloud: &Cloud) -> Vec<Element> {
        vec![
            xml::text("publicIp", &self.public_ip),
            xml::text("allocationId", &self.id),
            xml::text("domain", "vpc"),
            xml::text("publicIpv4Pool", "amazon"),
            xml::text("networkBorderGroup", &cloud.account.region),
        ]
    }
}

/// A public address that is not in use. The addresses are from the range for benchmarks, so packets to
/// them never reach a real host. Source: RFC 2544.
pub(super) fn unused_public_ip(cloud: &mut Cloud) -> String {
    const FIRST: u32 = u32::from_be_bytes([198, 18, 0, 0]);
    loop {
        let number = u32::try_from(cloud.ids.next() % (1 << 17)).unwrap_or_default();
        let candidate = Ipv4Addr::from(FIRST + number).to_string();
        let of_interfaces = cloud.ec2.interfaces.values().filter_map(|interface| interface.public_ip.as_ref());
        let mut used = cloud.ec2.addresses.values().map(|address| &address.public_ip).chain(of_interfaces);
        if !used.any(|used| *used == candidate) {
            return candidate;
        }
    }
}

/// The address that is associated with a network interface.
pub(super) fn of_interface<'a>(cloud: &'a Cloud, interface: &str) -> Option<&'a Address> {
    let is_mapped = |association: &Association| association.interface == interface;
    cloud.ec2.addresses.values().find(|address| address.association.as_ref().is_some_and(is_mapped))
}

/// Associates an address with a network interface, and returns the id of the association.
pub(super) fn associate(cloud: &mut Cloud, id: &str, interface: &str) -> String {
    let association = cloud.ids.ec2("eipassoc");
    let private_ip = cloud.ec2.interfaces.get(interface).map(|interface| interface.private_ip.clone());
    let new = Association {
        id: association.clone(),
        interface: interface.to_owned(),
        private_ip: private_ip.unwrap_or_default(),
    };
    change(cloud, id, |address: &mut Address| address.association = Some(new));
    association
}

/// `AllocateAddress`.
pub(super) fn allocate(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    one_of(input, "Domain", &["vpc"])?;
    one_of(input, "PublicIpv4Pool", &["amazon"])?;
    if let Some(group) = input.text("NetworkBorderGroup").filter(|group| *group != cloud.account.region) {
        return Err(invalid(group, "networkBorderGroup", "There is no such group in the Region."));
    }
    let tags = at_creation::<Address>(input)?;
    quota(cloud.ec2.addresses.len(), quotas::ADDRESSES, "AddressLimitExceeded", "addresses")?;

    let public_ip = unused_public_ip(cloud);
    let address = Address { id: cloud.ids.ec2("eipalloc"), public_ip, association: None, tags };
    let answer = address.allocation(cloud);
    cloud.ec2.addresses.insert(address.id.clone(), address);
    Ok(answer)
}

/// `DescribeAddresses`. It has no pagination, and accepts public addresses as well as ids.
pub(super) fn describe(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let found = select::<Address>(cloud, input)?;
    let wanted = input.texts("PublicIp");
    for text in &wanted {
        if text.parse::<Ipv4Addr>().is_err() {
            let message = format!("Invalid value '{text}' for publicIp. It is no address.");
            return Err(Refusal::new("InvalidAddress.Malformed", message));
        }
        if !cloud.ec2.addresses.values().any(|address| address.public_ip == *text) {
            return Err(Refusal::new("InvalidAddress.NotFound", format!("Address '{text}' not found.")));
        }
    }
    let is_wanted = |id: &str| cloud.ec2.addresses.get(id).is_some_and(|address| wanted.contains(&address.public_ip));
    let found = found.into_iter().filter(|(id, _)| wanted.is_empty() || is_wanted(id));
    Ok(vec![xml::list(Address::kind().set, "item", found.map(|(_, elements)| elements))])
}

/// `ReleaseAddress`: the address must not be associated.
///
/// In the sandbox only NAT gateways associate addresses. Their network interfaces belong to AWS, and
/// the caller may not change them: hence the error code. Source: recorded by genevieve/leftovers#33;
/// kubernetes/kops#938, #1604.
pub(super) fn release(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    if input.has("PublicIp") && !input.has("AllocationId") {
        let message = "You must specify an allocation id when releasing a VPC elastic IP address";
        return Err(Refusal::new("InvalidParameterValue", message));
    }
    let address = named::<Address>(cloud, input, "AllocationId")?;
    if address.association.is_some() {
        return Err(Refusal::new("AuthFailure", "You do not have permission to access the specified resource."));
    }
    let id = address.id.clone();

    cloud.ec2.addresses.remove(&id);
    Ok(done())
}
