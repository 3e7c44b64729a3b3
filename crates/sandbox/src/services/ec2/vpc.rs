//! VPCs. AWS creates a main route table and a security group `default` with each VPC, and deletes them
//! with it.

use super::checks::{attribute, block, dependency, done, one_of, owner, quota};
use super::resource::{Resource, change, find, named};
use super::tags::{at_creation, tag_set};
use super::{quotas, route_table, security_group};
use crate::services::prelude::*;

/// The DHCP option set of every VPC.
const DHCP_OPTIONS: &str = "dopt-0000000000000000d";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Vpc {
    pub(crate) id: String,
    pub(crate) cidr: String,
    pub(crate) tags: Tags,
    /// The id of the association with the CIDR block.
    pub(crate) cidr_association: String,
    pub(crate) tenancy: String,
    pub(crate) dns_support: bool,
    pub(crate) dns_hostnames: bool,
    pub(crate) usage_metrics: bool,
}

impl Default for Vpc {
    /// AWS's defaults. Source: Amazon VPC User Guide, "DNS attributes for your VPC".
    fn default() -> Self {
        Self {
            id: String::new(),
            cidr: String::new(),
            tags: Tags::new(),
            cidr_association: String::new(),
            tenancy: "default".to_owned(),
            dns_support: true,
            dns_hostnames: false,
            usage_metrics: false,
        }
    }
}

impl Resource for Vpc {
    const PREFIX: &'static str = "vpc";

    kept_in!(vpcs);

    fn describe(&self, cloud: &Cloud) -> Vec<Element> {
        self.elements(cloud, "available")
    }
}

impl Vpc {
    fn elements(&self, cloud: &Cloud, state: &str) -> Vec<Element> {
        let association = vec![
            xml::text("associationId", &self.cidr_association),
            xml::text("cidrBlock", &self.cidr),
            xml::element("cidrBlockState", [xml::text("state", "associated")]),
        ];
        vec![
            xml::text("vpcId", &self.id),
            owner(cloud),
            xml::text("state", state),
            xml::text("cidrBlock", &self.cidr),
            xml::list("cidrBlockAssociationSet", "item", [association]),
            xml::text("dhcpOptionsId", DHCP_OPTIONS),
            xml::text("instanceTenancy", &self.tenancy),
            xml::text("isDefault", false),
            tag_set(&self.tags),
        ]
    }
}

/// `CreateVpc`. The answer says `pending`; later reads say `available`.
pub(super) fn create(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let block = block(input, "CidrBlock")?;
    if !(16..=28).contains(&block.prefix()) {
        return Err(Refusal::new("InvalidVpc.Range", format!("The CIDR '{block}' is invalid.")));
    }
    let tenancy = one_of(input, "InstanceTenancy", &["default", "dedicated"])?;
    let tags = at_creation::<Vpc>(input)?;
    quota(cloud.ec2.vpcs.len(), quotas::VPCS, "VpcLimitExceeded", "VPCs")?;

    let vpc = Vpc {
        id: cloud.ids.ec2("vpc"),
        cidr: block.to_string(),
        tags,
        cidr_association: cloud.ids.ec2("vpc-cidr-assoc"),
        tenancy: tenancy.to_owned(),
        ..Vpc::default()
    };
    route_table::make_main(cloud, &vpc);
    security_group::make_default(cloud, &vpc.id);
    let mut elements = vpc.elements(cloud, "pending");
    elements.push(xml::list("ipv6CidrBlockAssociationSet", "item", []));
    let answer = vec![xml::element("vpc", elements)];
    cloud.ec2.vpcs.insert(vpc.id.clone(), vpc);
    Ok(answer)
}

/// `DeleteVpc`: the VPC must be empty except for the resources that AWS created with it.
pub(super) fn delete(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let id = named::<Vpc>(cloud, input, "VpcId")?.id.clone();
    let state = &cloud.ec2;
    let is_used = state.subnets.values().any(|subnet| subnet.vpc == id)
        || state.internet_gateways.values().any(|gateway| gateway.vpc.as_ref() == Some(&id))
        || state.groups.values().any(|group| group.vpc == id && !group.is_default())
        || state.route_tables.values().any(|table| table.vpc == id && !table.is_main())
        || state.endpoints.values().any(|endpoint| endpoint.vpc == id && !endpoint.is_forgotten());
    ensure!(!is_used, dependency("vpc", &id));

    let state = &mut cloud.ec2;
    state.route_tables.retain(|_, table| table.vpc != id);
    state.groups.retain(|_, group| group.vpc != id);
    let groups = &state.groups;
    state.rules.retain(|_, rule| groups.contains_key(&rule.group));
    state.vpcs.remove(&id);
    Ok(done())
}

const ATTRIBUTES: [&str; 3] = ["EnableDnsSupport", "EnableDnsHostnames", "EnableNetworkAddressUsageMetrics"];

/// `ModifyVpcAttribute`: one attribute in each call.
pub(super) fn modify_attribute(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let id = named::<Vpc>(cloud, input, "VpcId")?.id.clone();
    let name = one_attribute(input, &ATTRIBUTES)?;
    let value = attribute(input, name)?;
    change(cloud, &id, |vpc: &mut Vpc| match name {
        "EnableDnsSupport" => vpc.dns_support = value,
        "EnableDnsHostnames" => vpc.dns_hostnames = value,
        _ => vpc.usage_metrics = value,
    });
    Ok(done())
}

/// The one attribute of a call. Source: Amazon EC2 API reference, `ModifySubnetAttribute`: "You can
/// only modify one attribute at a time."
pub(super) fn one_attribute(input: &Input, known: &[&'static str]) -> Result<&'static str, Refusal> {
    let mut named = known.iter().copied().filter(|name| input.has(name));
    match (named.next(), named.next()) {
        (Some(name), None) => Ok(name),
        (None, _) => Err(Refusal::new("MissingParameter", "The request must contain an attribute to be modified")),
        _ => Err(Refusal::new("InvalidParameterCombination", "Fields for multiple attribute types specified")),
    }
}

/// `DescribeVpcAttribute`.
pub(super) fn describe_attribute(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let id = input.required("VpcId")?;
    let vpc = find::<Vpc>(cloud, id)?;
    let name = input.required("Attribute")?;
    let value = match name {
        "enableDnsSupport" => vpc.dns_support,
        "enableDnsHostnames" => vpc.dns_hostnames,
        _ => vpc.usage_metrics,
    };
    Ok(vec![xml::text("vpcId", id), xml::element(name, [xml::text("value", value)])])
}
