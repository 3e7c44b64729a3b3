//! Application load balancers.

use super::attributes::{self, Attributes};
use super::checks::{self, configuration, invalid, not_modelled, quota};
use super::placement::{self, Place};
use super::resource::{self, Kind, Resource, change, named};
use super::{Event, listener, quotas, tags, timing};
use crate::services::ec2;
use crate::services::prelude::*;

/// The maximum number of ARNs in one call. Source: Elastic Load Balancing API reference,
/// `DescribeLoadBalancers`.
const DESCRIBED: usize = 20;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LoadBalancer {
    pub(super) arn: String,
    pub(super) name: String,
    /// `internet-facing` or `internal`.
    pub(super) scheme: String,
    pub(super) vpc: String,
    /// The subnets, in the order of their zones.
    pub(super) places: Vec<Place>,
    pub(super) security_groups: Vec<String>,
    pub(super) address_type: String,
    pub(super) dns_name: String,
    pub(super) is_active: bool,
    pub(super) attributes: Attributes,
    pub(super) created: Time,
    pub(super) tags: Tags,
}

impl Resource for LoadBalancer {
    const KIND: Kind = Kind { noun: "load balancer", segment: "loadbalancer/", not_found: "LoadBalancerNotFound" };

    kept_in!(load_balancers);

    fn describe(&self, cloud: &Cloud) -> Vec<Element> {
        let state = if self.is_active { "active" } else { "provisioning" };
        vec![
            xml::text("LoadBalancerArn", &self.arn),
            xml::text("DNSName", &self.dns_name),
            xml::text("CanonicalHostedZoneId", hosted_zone(&cloud.account.region)),
            xml::text("CreatedTime", self.created.iso()),
            xml::text("LoadBalancerName", &self.name),
            xml::text("Scheme", &self.scheme),
            xml::text("VpcId", &self.vpc),
            xml::element("State", [xml::text("Code", state)]),
            xml::text("Type", "application"),
            zones(&self.places),
            xml::texts("SecurityGroups", "member", &self.security_groups),
            xml::text("IpAddressType", &self.address_type),
        ]
    }
}

impl LoadBalancer {
    /// The last part of the ARN, which identifies the load balancer in network interfaces and metrics:
    /// `app/<name>/<id>`.
    fn full_name(&self) -> &str {
        self.arn.split_once("loadbalancer/").map_or("", |(_, name)| name)
    }

    fn subnets(&self) -> impl Iterator<Item = &str> {
        self.places.iter().map(|place| place.subnet.as_str())
    }
}

/// `CreateLoadBalancer`: the same settings with the same name return the existing load balancer.
pub(super) fn create(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let name = input.required("Name")?;
    checks::name_form("Load balancer name", name)?;
    if name.starts_with("internal-") {
        return Err(invalid(format!("Load balancer name '{name}' cannot begin with 'internal-'")));
    }
    if let Some(kind) = input.text("Type").filter(|kind| *kind != "application") {
        return Err(not_modelled(format!("load balancers of the type '{kind}'")));
    }
    let scheme = input.text("Scheme").unwrap_or("internet-facing");
    let address_type = input.text("IpAddressType").unwrap_or("ipv4");
    placement::check_address_type(address_type, scheme)?;
    let tags = tags::of(input)?;
    let site = placement::site(cloud, &placement::subnet_ids(input)?)?;
    let security_groups = placement::security_groups(cloud, &input.texts("SecurityGroups"), &site.vpc)?;

    if let Some(old) = cloud.elb.load_balancers.values().find(|balancer| balancer.name == name) {
        let subnets = site.subnets.iter().map(|(_, subnet)| subnet.as_str());
        let same = old.scheme == scheme
            && old.address_type == address_type
            && old.subnets().eq(subnets)
            && same_members(&old.security_groups, &security_groups);
        if same {
            return Ok(answer(cloud, old));
        }
        let message = format!("A load balancer with the same name '{name}' exists, but with different settings");
        return Err(Refusal::new("DuplicateLoadBalancerName", message));
    }
    let what = format!("load balancers '{}'", quotas::LOAD_BALANCERS);
    quota(cloud.elb.load_balancers.len(), quotas::LOAD_BALANCERS, "TooManyLoadBalancers", what)?;
    placement::check_room(cloud, &site, scheme, &[])?;

    let full_name = format!("app/{name}/{}", cloud.ids.hex16());
    let places = placement::settle(cloud, &site, &[], &security_groups, &full_name, scheme);
    let balancer = LoadBalancer {
        arn: cloud.account.arn("elasticloadbalancing", &format!("loadbalancer/{full_name}")),
        name: name.to_owned(),
        scheme: scheme.to_owned(),
        vpc: site.vpc,
        places,
        security_groups,
        address_type: address_type.to_owned(),
        dns_name: dns_name(cloud, name, scheme),
        is_active: false,
        attributes: Attributes::new(),
        created: cloud.now,
        tags,
    };
    let starts = Event::LoadBalancerStarts(balancer.arn.clone());
    cloud.later(timing::PROVISIONING, starts);
    let answer = answer(cloud, &balancer);
    cloud.elb.load_balancers.insert(balancer.arn.clone(), balancer);
    Ok(answer)
}

/// `DescribeLoadBalancers`.
pub(super) fn describe(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let (arns, names) = (input.texts("LoadBalancerArns"), input.texts("Names"));
    if !arns.is_empty() && !names.is_empty() {
        return Err(invalid("Load balancer names and load balancer ARNs cannot be specified at the same time"));
    }
    if arns.len() > DESCRIBED {
        let message = format!("Up to '{DESCRIBED}' load balancer ARNs can be specified, but '{}' were", arns.len());
        return Err(invalid(message));
    }
    let balancers = if !arns.is_empty() {
        resource::every::<LoadBalancer>(cloud, &arns)?
    } else {
        let all = LoadBalancer::all(&cloud.elb).iter();
        let wanted = all.filter(|(_, balancer)| names.is_empty() || names.contains(&balancer.name));
        wanted.map(|(arn, balancer)| (arn.clone(), balancer)).collect()
    };
    let missing = names.iter().find(|name| !balancers.iter().any(|(_, balancer)| balancer.name == **name));
    if let Some(name) = missing {
        return Err(Refusal::new("LoadBalancerNotFound", format!("Load balancers '[{name}]' not found")));
    }
    resource::page(cloud, input, "LoadBalancers", balancers)
}

/// `DeleteLoadBalancer`: also deletes its listeners. Deleting a load balancer that does not exist
/// succeeds.
pub(super) fn delete(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let arn = input.required("LoadBalancerArn")?;
    resource::check_arn::<LoadBalancer>(cloud, arn)?;
    let Some(balancer) = cloud.elb.load_balancers.get(arn) else { return Ok(Vec::new()) };
    if attributes::is_protected(balancer) {
        let message = format!("Load balancer '{arn}' cannot be deleted because deletion protection is enabled");
        return Err(Refusal::new("OperationNotPermitted", message));
    }
    let places = balancer.places.clone();
    let listeners = cloud.elb.listeners.values().filter(|listener| listener.load_balancer == arn);
    let listeners: Vec<String> = listeners.map(|listener| listener.arn.clone()).collect();
    listeners.iter().for_each(|listener| listener::remove(cloud, listener));
    placement::release_interfaces(cloud, &places);
    cloud.elb.load_balancers.remove(arn);
    Ok(Vec::new())
}

/// `SetSubnets`.
pub(super) fn set_subnets(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let arn = input.required("LoadBalancerArn")?;
    let balancer = named::<LoadBalancer>(cloud, arn)?.clone();
    let site = placement::site(cloud, &placement::subnet_ids(input)?)?;
    if site.vpc != balancer.vpc {
        return Err(configuration(format!("All subnets must belong to the same VPC: '{}'", balancer.vpc)));
    }
    let address_type = input.text("IpAddressType").unwrap_or(&balancer.address_type).to_owned();
    placement::check_address_type(&address_type, &balancer.scheme)?;
    placement::check_room(cloud, &site, &balancer.scheme, &balancer.places)?;

    let (groups, name) = (&balancer.security_groups, balancer.full_name());
    let places = placement::settle(cloud, &site, &balancer.places, groups, name, &balancer.scheme);
    let answer = vec![zones(&places), xml::text("IpAddressType", &address_type)];
    change::<LoadBalancer>(cloud, arn, |balancer| {
        balancer.places = places;
        balancer.address_type = address_type;
    });
    Ok(answer)
}

/// `SetSecurityGroups`.
pub(super) fn set_security_groups(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let arn = input.required("LoadBalancerArn")?;
    let balancer = named::<LoadBalancer>(cloud, arn)?;
    let groups = placement::security_groups(cloud, &input.texts("SecurityGroups"), &balancer.vpc)?;
    let places = balancer.places.clone();
    places.iter().for_each(|place| ec2::set_groups(cloud, &place.interface, &groups));
    let answer = vec![xml::texts("SecurityGroupIds", "member", &groups)];
    change::<LoadBalancer>(cloud, arn, |balancer| balancer.security_groups = groups);
    Ok(answer)
}

/// `SetIpAddressType`.
pub(super) fn set_ip_address_type(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let arn = input.required("LoadBalancerArn")?;
    let balancer = named::<LoadBalancer>(cloud, arn)?;
    let kind = input.required("IpAddressType")?;
    placement::check_address_type(kind, &balancer.scheme)?;
    change::<LoadBalancer>(cloud, arn, |balancer| balancer.address_type = kind.to_owned());
    Ok(vec![xml::text("IpAddressType", kind)])
}

/// The load balancer becomes active.
pub(super) fn starts(cloud: &mut Cloud, arn: &str) {
    change::<LoadBalancer>(cloud, arn, |balancer| balancer.is_active = true);
}

fn answer(cloud: &Cloud, balancer: &LoadBalancer) -> Vec<Element> {
    vec![xml::list("LoadBalancers", "member", [balancer.describe(cloud)])]
}

fn zones(places: &[Place]) -> Element {
    let describe = |place: &Place| {
        vec![
            xml::text("ZoneName", &place.zone),
            xml::text("SubnetId", &place.subnet),
            xml::element("LoadBalancerAddresses", []),
        ]
    };
    xml::list("AvailabilityZones", "member", places.iter().map(describe))
}

fn same_members(one: &[String], other: &[String]) -> bool {
    one.len() == other.len() && one.iter().all(|member| other.contains(member))
}

fn dns_name(cloud: &mut Cloud, name: &str, scheme: &str) -> String {
    let prefix = if scheme == "internal" { "internal-" } else { "" };
    let number = 1_000_000_000 + cloud.ids.next() % 1_000_000_000;
    format!("{prefix}{name}-{number}.{}.elb.{}", cloud.account.region, cloud.account.dns_suffix())
}

/// The Route 53 hosted zone of the DNS names of a Region's load balancers. Source: AWS General
/// Reference, "Elastic Load Balancing endpoints and quotas". The zone of any other Region is invented.
fn hosted_zone(region: &str) -> &'static str {
    match region {
        "us-east-1" => "Z35SXDOTRQ7X7K",
        "us-east-2" => "Z3AADJGX6KTTL2",
        "us-west-1" => "Z368ELLRRE2KJ0",
        "us-west-2" => "Z1H1FL5HABSF5",
        "eu-west-1" => "Z32O12XQLNTSW2",
        "eu-central-1" => "Z215JYRZR1TBD5",
        _ => "Z0SANDBOXSANDBOX",
    }
}
