//! Tests of EC2 over the wire.

mod endpoint;
mod gateway;
mod interface;
mod inventory;
mod listing;
mod nat_gateway;
mod permission;
mod route;
mod route_table;
mod security_group;
mod subnet;
mod tags;
mod vpc;

use std::time::Duration;

use crate::dials::{Dials, Lag, Staleness};
use crate::services::Service;
use crate::testing::{Bench, all, first};

type Parameters<'a> = &'a [(&'a str, &'a str)];

/// EC2 in an empty account.
struct Ec2(Bench);

impl Ec2 {
    fn new() -> Self {
        Self(Bench::new())
    }

    /// An account in which all reads lag by a minute.
    fn stale_reads() -> Self {
        Self(Bench::with(Dials {
            staleness: Staleness::everywhere(Lag::of(Duration::from_secs(60))),
            ..Dials::default()
        }))
    }

    fn call(&self, action: &str, input: Parameters<'_>) -> Result<String, String> {
        self.0.query(Service::Ec2, action, input)
    }

    /// The answer to a call that must succeed.
    fn done(&self, action: &str, input: Parameters<'_>) -> String {
        self.call(action, input).unwrap_or_else(|code| panic!("{action} is refused: {code}"))
    }

    /// The error code of a call that must fail.
    fn refused(&self, action: &str, input: Parameters<'_>) -> String {
        match self.call(action, input) {
            Ok(answer) => panic!("{action} is not refused: {answer}"),
            Err(code) => code,
        }
    }

    /// The text of the first element of this name in the answer to a call.
    fn get(&self, action: &str, input: Parameters<'_>, element: &str) -> String {
        first(&self.done(action, input), element).unwrap_or_else(|| panic!("{action} gives no {element}"))
    }

    /// The texts of all elements of this name in the answer to a call.
    fn list(&self, action: &str, input: Parameters<'_>, element: &str) -> Vec<String> {
        all(&self.done(action, input), element)
    }

    fn vpc(&self) -> String {
        self.get("CreateVpc", &[("CidrBlock", "10.0.0.0/16")], "vpcId")
    }

    fn subnet(&self, vpc: &str, cidr: &str) -> String {
        self.get("CreateSubnet", &[("VpcId", vpc), ("CidrBlock", cidr)], "subnetId")
    }

    fn internet_gateway(&self, vpc: &str) -> String {
        let id = self.get("CreateInternetGateway", &[], "internetGatewayId");
        self.done("AttachInternetGateway", &[("InternetGatewayId", &id), ("VpcId", vpc)]);
        id
    }

    fn address(&self) -> String {
        self.get("AllocateAddress", &[("Domain", "vpc")], "allocationId")
    }

    fn nat_gateway(&self, subnet: &str, address: &str) -> String {
        self.get("CreateNatGateway", &[("SubnetId", subnet), ("AllocationId", address)], "natGatewayId")
    }

    fn nat_state(&self, id: &str) -> String {
        self.get("DescribeNatGateways", &[("NatGatewayId.1", id)], "state")
    }

    fn table(&self, vpc: &str) -> String {
        self.get("CreateRouteTable", &[("VpcId", vpc)], "routeTableId")
    }

    fn group(&self, vpc: &str, name: &str) -> String {
        let input = [("VpcId", vpc), ("GroupName", name), ("GroupDescription", "for a test")];
        self.get("CreateSecurityGroup", &input, "groupId")
    }

    /// Allows ingress to a port from a range, and returns the id of the rule.
    fn rule(&self, group: &str, port: &str, cidr: &str) -> String {
        self.get("AuthorizeSecurityGroupIngress", &tcp(group, port, cidr), "securityGroupRuleId")
    }

    /// A VPC with an Internet gateway, a subnet and a NAT gateway. Returns their ids and that of the
    /// NAT gateway's address, which is last.
    fn network(&self) -> [String; 5] {
        let vpc = self.vpc();
        let internet_gateway = self.internet_gateway(&vpc);
        let subnet = self.subnet(&vpc, "10.0.1.0/24");
        let address = self.address();
        let nat_gateway = self.nat_gateway(&subnet, &address);
        [vpc, internet_gateway, subnet, nat_gateway, address]
    }
}

/// The parameters of a rule for a port and a range.
fn tcp<'a>(group: &'a str, port: &'a str, cidr: &'a str) -> [(&'a str, &'a str); 5] {
    [
        ("GroupId", group),
        ("IpPermissions.1.IpProtocol", "tcp"),
        ("IpPermissions.1.FromPort", port),
        ("IpPermissions.1.ToPort", port),
        ("IpPermissions.1.IpRanges.1.CidrIp", cidr),
    ]
}

/// The parameters of a rule for a port and a group.
fn from_group<'a>(group: &'a str, port: &'a str, peer: &'a str) -> [(&'a str, &'a str); 5] {
    let [group, protocol, from, to, _] = tcp(group, port, "");
    [group, protocol, from, to, ("IpPermissions.1.Groups.1.GroupId", peer)]
}
