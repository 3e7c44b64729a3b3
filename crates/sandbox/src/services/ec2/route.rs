//! Routes in route tables.

use super::checks::{block, done, invalid};
use super::cidr::{Block, canonical_ipv6};
use super::nat_gateway::Stage;
use super::resource::{Kind, Resource, change, named};
use super::{Interface, InternetGateway, NatGateway, RouteTable, prefix_list};
use crate::services::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Route {
    pub(crate) destination: Destination,
    pub(crate) via: Via,
}

/// The destination of a route.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Destination {
    Ipv4(String),
    Ipv6(String),
    PrefixList(String),
}

/// The target of a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Via {
    /// The VPC itself.
    Local,
    InternetGateway(String),
    NatGateway(String),
    Interface(String),
    Endpoint(String),
}

impl Destination {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Ipv4(text) | Self::Ipv6(text) | Self::PrefixList(text) => text,
        }
    }

    const fn element(&self) -> &'static str {
        match self {
            Self::Ipv4(_) => "destinationCidrBlock",
            Self::Ipv6(_) => "destinationIpv6CidrBlock",
            Self::PrefixList(_) => "destinationPrefixListId",
        }
    }

    /// The one destination of a call, in its canonical form.
    fn of(cloud: &Cloud, input: &Input) -> Result<Self, Refusal> {
        let keys = ["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"];
        let mut named = keys.into_iter().filter(|key| input.has(key));
        let (key, more) = (named.next().ok_or_else(|| Refusal::missing(keys[0]))?, named.next());
        if more.is_some() {
            let message = "The request must contain exactly one destination";
            return Err(Refusal::new("InvalidParameterCombination", message));
        }
        let text = input.required(key)?;
        match key {
            "DestinationCidrBlock" => Ok(Self::Ipv4(block(input, key)?.to_string())),
            "DestinationIpv6CidrBlock" => canonical_ipv6(text)
                .map(Self::Ipv6)
                .ok_or_else(|| invalid(text, "destinationIpv6CidrBlock", "This is not a valid CIDR block.")),
            _ => prefix_list::find(cloud, text).map(|list| Self::PrefixList(list.id.to_owned())),
        }
    }
}

impl Via {
    /// The element and the id of the target.
    fn target(&self) -> (&'static str, &str) {
        match self {
            Self::Local => ("gatewayId", "local"),
            Self::InternetGateway(id) | Self::Endpoint(id) => ("gatewayId", id),
            Self::NatGateway(id) => ("natGatewayId", id),
            Self::Interface(id) => ("networkInterfaceId", id),
        }
    }

    /// Whether the target exists. AWS keeps a route without one as a black hole.
    fn exists(&self, cloud: &Cloud) -> bool {
        let state = &cloud.ec2;
        match self {
            Self::Local => true,
            Self::InternetGateway(id) => state.internet_gateways.get(id).is_some_and(|one| one.vpc.is_some()),
            Self::NatGateway(id) => state.nat_gateways.get(id).is_some_and(|one| one.state == Stage::Available),
            Self::Interface(id) => state.interfaces.contains_key(id),
            Self::Endpoint(id) => state.endpoints.contains_key(id),
        }
    }
}

impl Route {
    fn state(&self, cloud: &Cloud) -> &'static str {
        if self.via.exists(cloud) { "active" } else { "blackhole" }
    }

    fn origin(&self) -> &'static str {
        if self.via == Via::Local { "CreateRouteTable" } else { "CreateRoute" }
    }

    pub(super) fn describe(&self, cloud: &Cloud) -> Vec<Element> {
        let (element, target) = self.via.target();
        vec![
            xml::text(self.destination.element(), self.destination.text()),
            xml::text(element, target),
            xml::text("state", self.state(cloud)),
            xml::text("origin", self.origin()),
        ]
    }
}

/// Parameters for targets that never exist in the sandbox, with AWS's error codes for them.
const NOT_MODELLED: [(&str, &str); 6] = [
    ("InstanceId", "InvalidInstanceID.NotFound"),
    ("VpcPeeringConnectionId", "InvalidVpcPeeringConnectionID.NotFound"),
    ("TransitGatewayId", "InvalidTransitGatewayID.NotFound"),
    ("EgressOnlyInternetGatewayId", "InvalidGatewayID.NotFound"),
    ("LocalGatewayId", "InvalidLocalGatewayID.NotFound"),
    ("CarrierGatewayId", "InvalidCarrierGatewayID.NotFound"),
];

/// The one target of a call, which must exist and be in the VPC of the table.
fn target(cloud: &Cloud, input: &Input, table: &RouteTable) -> Result<Via, Refusal> {
    let modelled = ["GatewayId", "NatGatewayId", "NetworkInterfaceId"];
    let mut named = modelled.into_iter().chain(NOT_MODELLED.map(|(key, _)| key)).filter(|key| input.has(key));
    let (Some(key), None) = (named.next(), named.next()) else {
        let message = "The request must contain exactly one of gatewayId, natGatewayId, networkInterfaceId, \
                       vpcPeeringConnectionId, egressOnlyInternetGatewayId, transitGatewayId or instanceId";
        return Err(Refusal::new("InvalidParameterCombination", message));
    };
    let id = input.required(key)?;
    let state = &cloud.ec2;
    let unknown = |code: &'static str, noun: &str| Refusal::new(code, format!("The {noun} ID '{id}' does not exist"));
    let (via, vpc, noun) = match key {
        "GatewayId" => {
            if id.starts_with("igw-") {
                check(InternetGateway::kind(), id, "InvalidGatewayID.NotFound")?;
            }
            let gateway = state.internet_gateways.get(id);
            let gateway = gateway.ok_or_else(|| unknown("InvalidGatewayID.NotFound", "gateway"))?;
            (Via::InternetGateway(id.to_owned()), gateway.vpc.as_deref(), "network gateway")
        }
        "NatGatewayId" => {
            check(NatGateway::kind(), id, "InvalidNatGatewayID.NotFound")?;
            // A gateway that is not available cannot be the target of a new route.
            let gateway = state.nat_gateways.get(id).filter(|gateway| gateway.state == Stage::Available);
            let gateway = gateway.ok_or_else(|| unknown("InvalidNatGatewayID.NotFound", "natGateway"))?;
            (Via::NatGateway(id.to_owned()), Some(gateway.vpc.as_str()), "NAT gateway")
        }
        "NetworkInterfaceId" => {
            let interface = super::resource::find::<Interface>(cloud, id)?;
            let subnet = state.subnets.get(&interface.subnet);
            (Via::Interface(id.to_owned()), subnet.map(|subnet| subnet.vpc.as_str()), "interface")
        }
        _ => {
            let code =
                NOT_MODELLED.iter().find(|(known, _)| *known == key).map_or("InvalidParameterValue", |(_, code)| code);
            return Err(unknown(code, "target"));
        }
    };
    if vpc != Some(table.vpc.as_str()) {
        let message = format!("route table {} and {noun} {id} belong to different networks", table.id);
        return Err(Refusal::new("InvalidParameterValue", message));
    }
    Ok(via)
}

/// A malformed id has the same code as one that does not exist.
fn check(kind: &Kind, id: &str, code: &'static str) -> Result<(), Refusal> {
    kind.check(id).map_err(|refusal| Refusal::new(code, refusal.message))
}

/// Refuses a route within the range of the VPC, which the local route covers. Source: Amazon VPC User
/// Guide, "Route tables", "Local route".
fn check_destination(table: &RouteTable, destination: &Destination) -> Result<(), Refusal> {
    let Destination::Ipv4(text) = destination else { return Ok(()) };
    let within = table.routes.iter().find(|route| route.via == Via::Local).map(|route| route.destination.text());
    let is_within = match (within.and_then(Block::parse), Block::parse(text)) {
        (Some(within), Some(block)) => within.contains(block) && within != block,
        _ => false,
    };
    if !is_within {
        return Ok(());
    }
    let message = format!(
        "The destination CIDR block {text} is equal to or more specific than one of this VPC's CIDR blocks. This \
         route can target only an interface or an instance."
    );
    Err(Refusal::new("InvalidParameterValue", message))
}

/// `CreateRoute`.
pub(super) fn create(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let table = named::<RouteTable>(cloud, input, "RouteTableId")?;
    let destination = Destination::of(cloud, input)?;
    let via = target(cloud, input, table)?;
    check_destination(table, &destination)?;
    if table.routes.iter().any(|route| route.destination == destination) {
        let message = format!("The route identified by {} already exists.", destination.text());
        return Err(Refusal::new("RouteAlreadyExists", message));
    }
    let id = table.id.clone();

    change(cloud, &id, |table: &mut RouteTable| table.routes.push(Route { destination, via }));
    Ok(done())
}

/// `ReplaceRoute`.
pub(super) fn replace(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let table = named::<RouteTable>(cloud, input, "RouteTableId")?;
    let destination = Destination::of(cloud, input)?;
    let via = target(cloud, input, table)?;
    let Some(position) = table.routes.iter().position(|route| route.destination == destination) else {
        let text = destination.text();
        let message = format!("There is no route defined for '{text}' in the route table. Use CreateRoute instead.");
        return Err(Refusal::new("InvalidParameterValue", message));
    };
    refuse_fixed(table, &table.routes[position], "replace")?;
    let id = table.id.clone();

    change(cloud, &id, |table: &mut RouteTable| {
        if let Some(route) = table.routes.get_mut(position) {
            route.via = via;
        }
    });
    Ok(done())
}

/// `DeleteRoute`.
pub(super) fn delete(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let table = named::<RouteTable>(cloud, input, "RouteTableId")?;
    let destination = Destination::of(cloud, input)?;
    let Some(route) = table.routes.iter().find(|route| route.destination == destination) else {
        let message =
            format!("no route with destination-cidr-block {} in route table {}", destination.text(), table.id);
        return Err(Refusal::new("InvalidRoute.NotFound", message));
    };
    refuse_fixed(table, route, "remove")?;
    let id = table.id.clone();

    change(cloud, &id, |table: &mut RouteTable| table.routes.retain(|route| route.destination != destination));
    Ok(done())
}

/// Refuses to change a route that AWS manages.
fn refuse_fixed(table: &RouteTable, route: &Route, verb: &str) -> Result<(), Refusal> {
    let what = match route.via {
        Via::Local => "local route",
        Via::Endpoint(_) => "VPC endpoint route",
        _ => return Ok(()),
    };
    let message = format!("cannot {verb} {what} {} in route table {}", route.destination.text(), table.id);
    Err(Refusal::new("InvalidParameterValue", message))
}
