//! NAT gateways. Their creation takes minutes; while they exist, they use a network interface and an
//! address.

use super::checks::{created_before, one_of, quota};
use super::resource::{Resource, change, created, find, named, store};
use super::tags::{at_creation, tag_set};
use super::{Address, Event, Subnet, address, interface, internet_gateway, quotas, timing};
use crate::services::prelude::*;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NatGateway {
    pub(crate) id: String,
    pub(crate) vpc: String,
    pub(crate) subnet: String,
    pub(crate) zone: String,
    pub(crate) state: Stage,
    pub(crate) connectivity: String,
    pub(crate) allocation: Option<String>,
    pub(crate) public_ip: Option<String>,
    pub(crate) association: Option<String>,
    pub(crate) interface: Option<String>,
    pub(crate) private_ip: String,
    /// The code and the message of its failure, which may still be in the future.
    pub(crate) failure: Option<(String, String)>,
    pub(crate) created: Time,
    pub(crate) deleted: Option<Time>,
    /// Whether it is no longer listed.
    pub(crate) is_forgotten: bool,
    pub(crate) tags: Tags,
}

/// The lifecycle state of a NAT gateway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stage {
    #[default]
    Pending,
    Available,
    Failed,
    Deleting,
    Deleted,
}

impl Stage {
    const fn text(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Available => "available",
            Self::Failed => "failed",
            Self::Deleting => "deleting",
            Self::Deleted => "deleted",
        }
    }
}

impl NatGateway {
    /// Whether it exists or is being created; `false` for one whose creation is going to fail, which
    /// uses nothing.
    pub(super) const fn is_alive(&self) -> bool {
        self.interface.is_some() && !matches!(self.state, Stage::Failed | Stage::Deleted)
    }

    fn addresses(&self) -> Vec<Element> {
        let status = match self.state {
            Stage::Pending => "associating",
            Stage::Available => "succeeded",
            Stage::Failed => "failed",
            Stage::Deleting | Stage::Deleted => "disassociating",
        };
        vec![
            xml::optional("allocationId", self.allocation.as_ref()),
            xml::optional("publicIp", self.public_ip.as_ref()),
            xml::optional("associationId", self.association.as_ref()),
            xml::optional("networkInterfaceId", self.interface.as_ref()),
            xml::optional("privateIp", Some(&self.private_ip).filter(|address| !address.is_empty())),
            xml::text("isPrimary", true),
            xml::text("status", status),
        ]
    }
}

impl Resource for NatGateway {
    const PREFIX: &'static str = "nat";

    kept_in!(nat_gateways);

    fn is_forgotten(&self) -> bool {
        self.is_forgotten
    }

    fn is_deleted(&self) -> bool {
        self.is_forgotten || self.state == Stage::Deleted
    }

    fn describe(&self, _cloud: &Cloud) -> Vec<Element> {
        let failure = self.failure.as_ref().filter(|_| self.state == Stage::Failed);
        vec![
            xml::text("natGatewayId", &self.id),
            xml::text("vpcId", &self.vpc),
            xml::text("subnetId", &self.subnet),
            xml::text("state", self.state.text()),
            xml::text("createTime", self.created.iso()),
            xml::text("connectivityType", &self.connectivity),
            xml::text("availabilityMode", "zonal"),
            xml::list("natGatewayAddressSet", "item", [self.addresses()]),
            tag_set(&self.tags),
            xml::optional("deleteTime", self.deleted.map(Time::iso)),
            xml::optional("failureCode", failure.map(|(code, _)| code)),
            xml::optional("failureMessage", failure.map(|(_, message)| message)),
        ]
    }
}

/// `CreateNatGateway`. AWS checks the network during the asynchronous creation, which fails when a
/// prerequisite is missing. Source: Amazon VPC User Guide, "Troubleshoot NAT gateways".
pub(super) fn create(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let made = created_before(&cloud.ec2.nat_gateway_tokens, input)?;
    if let Some(gateway) = made.and_then(|id| cloud.ec2.nat_gateways.get(id)) {
        return Ok(created(cloud, input, "natGateway", gateway));
    }
    one_of(input, "AvailabilityMode", &["zonal"])?;
    let connectivity = one_of(input, "ConnectivityType", &["public", "private"])?;
    let subnet = named::<Subnet>(cloud, input, "SubnetId")?.clone();
    let address = wanted_address(cloud, input, connectivity)?.cloned();
    let tags = at_creation::<NatGateway>(input)?;
    let of_zone = |gateway: &&NatGateway| gateway.is_alive() && gateway.zone == subnet.zone;
    let count = cloud.ec2.nat_gateways.values().filter(of_zone).count();
    quota(count, quotas::NAT_GATEWAYS, "NatGatewayLimitExceeded", "NAT gateways in the Availability Zone")?;

    let mut gateway = NatGateway {
        id: cloud.ids.ec2("nat"),
        vpc: subnet.vpc.clone(),
        subnet: subnet.id.clone(),
        zone: subnet.zone.clone(),
        connectivity: connectivity.to_owned(),
        allocation: address.as_ref().map(|address| address.id.clone()),
        public_ip: address.as_ref().map(|address| address.public_ip.clone()),
        failure: failure(cloud, &subnet, address.as_ref()),
        created: cloud.now,
        tags,
        ..NatGateway::default()
    };
    let id = gateway.id.clone();
    if gateway.failure.is_some() {
        cloud.later(timing::NAT_GATEWAY_FAILS, Event::NatGatewayFails(id.clone()));
    } else {
        let interface = interface::attach_for_nat_gateway(cloud, &subnet.id, &id);
        gateway.association = address.map(|address| address::associate(cloud, &address.id, &interface));
        let private_ip = cloud.ec2.interfaces.get(&interface).map(|interface| interface.private_ip.clone());
        gateway.private_ip = private_ip.unwrap_or_default();
        gateway.interface = Some(interface);
        cloud.later(timing::NAT_GATEWAY_STARTS, Event::NatGatewayStarts(id.clone()));
    }
    cloud.ec2.nat_gateway_tokens.remember(input.text("ClientToken"), input, &id);
    Ok(store(cloud, input, "natGateway", &id, gateway))
}

/// The address for a public gateway. EC2 has a code of its own here for an address that does not exist.
/// Source: github.com/hashicorp/terraform-provider-aws, issue 27087.
fn wanted_address<'a>(cloud: &'a Cloud, input: &Input, connectivity: &str) -> Result<Option<&'a Address>, Refusal> {
    match (connectivity, input.text("AllocationId")) {
        ("private", None) => Ok(None),
        ("private", Some(_)) => {
            let message = "A private NAT gateway cannot have an elastic IP address";
            Err(Refusal::new("InvalidParameterCombination", message))
        }
        (_, None) => Err(Refusal::missing("AllocationId")),
        (_, Some(id)) => find(cloud, id).map(Some).map_err(|_| {
            Refusal::new("InvalidElasticIpID.NotFound", format!("The elasticIp ID '{id}' does not exist"))
        }),
    }
}

/// The reason why the creation of a gateway in this subnet and with this address is going to fail.
/// Source: Amazon EC2 API reference, `NatGateway`, `failureCode` and `failureMessage`.
fn failure(cloud: &Cloud, subnet: &Subnet, address: Option<&Address>) -> Option<(String, String)> {
    let (code, message) = match address {
        Some(_) if internet_gateway::seen_in_vpc(cloud, &subnet.vpc).is_none() => {
            ("Gateway.NotAttached", format!("Network {} has no Internet gateway attached", subnet.vpc))
        }
        Some(Address { id, association: Some(_), .. }) => {
            ("Resource.AlreadyAssociated", format!("Elastic IP address [{id}] is already associated"))
        }
        _ if interface::free_addresses(cloud, subnet) == 0 => (
            "InsufficientFreeAddressesInSubnet",
            "Subnet has insufficient free addresses to create this NAT gateway".to_owned(),
        ),
        _ => return None,
    };
    Some((code.to_owned(), message))
}

/// `DeleteNatGateway`. Routes to the gateway become black holes.
pub(super) fn delete(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let gateway = named::<NatGateway>(cloud, input, "NatGatewayId")?;
    let id = gateway.id.clone();
    ensure!(gateway.state != Stage::Deleted, NatGateway::kind().unknown(&id));
    let is_new = gateway.state != Stage::Deleting;

    if is_new {
        change(cloud, &id, |gateway: &mut NatGateway| gateway.state = Stage::Deleting);
        cloud.later(timing::NAT_GATEWAY_STOPS, Event::NatGatewayStops(id.clone()));
    }
    Ok(vec![xml::text("natGatewayId", id)])
}

/// The gateway becomes available, unless it was deleted in the meantime.
pub(super) fn starts(cloud: &mut Cloud, id: &str) {
    change(cloud, id, |gateway: &mut NatGateway| {
        if gateway.state == Stage::Pending {
            gateway.state = Stage::Available;
        }
    });
}

/// The creation fails, unless the gateway was deleted in the meantime.
pub(super) fn fails(cloud: &mut Cloud, id: &str) {
    if cloud.ec2.nat_gateways.get(id).is_some_and(|gateway| gateway.state == Stage::Pending) {
        end(cloud, id, Stage::Failed);
    }
}

/// The deletion completes: the network interface is deleted and the address is free.
pub(super) fn stops(cloud: &mut Cloud, id: &str) {
    let interface = cloud.ec2.nat_gateways.get(id).and_then(|gateway| gateway.interface.clone());
    if let Some(interface) = interface {
        interface::delete(cloud, &interface);
    }
    end(cloud, id, Stage::Deleted);
}

/// Ends a gateway, which stays listed for some time.
fn end(cloud: &mut Cloud, id: &str, state: Stage) {
    let now = cloud.now;
    change(cloud, id, |gateway: &mut NatGateway| (gateway.state, gateway.deleted) = (state, Some(now)));
    cloud.in_exactly(timing::NAT_GATEWAY_IS_FORGOTTEN, Event::NatGatewayIsForgotten(id.to_owned()));
}

/// The gateway is no longer listed. It stays stored, because its client token still returns it.
pub(super) fn is_forgotten(cloud: &mut Cloud, id: &str) {
    change(cloud, id, |gateway: &mut NatGateway| gateway.is_forgotten = true);
}
