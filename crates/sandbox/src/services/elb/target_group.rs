//! Target groups of application load balancers.

use std::collections::BTreeMap;

use super::attributes::Attributes;
use super::checks::{self, invalid, not_modelled, quota};
use super::health_check::HealthCheck;
use super::resource::{self, Kind, Resource, change, named};
use super::targets::Target;
use super::{LoadBalancer, quotas, tags, usage};
use crate::services::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TargetGroup {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) settings: Settings,
    pub(super) attributes: Attributes,
    /// By address and port.
    pub(super) targets: BTreeMap<String, Target>,
    tags: Tags,
}

/// The settings at creation. The same settings with the same name return the existing group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Settings {
    protocol: String,
    /// `HTTP1`, `HTTP2` or `GRPC`.
    pub(super) protocol_version: String,
    pub(super) port: u16,
    pub(super) vpc: String,
    /// `ip` or `instance`.
    pub(super) target_type: String,
    address_type: String,
    control_port: Option<u16>,
    pub(super) health_check: HealthCheck,
}

impl Resource for TargetGroup {
    const KIND: Kind = Kind { noun: "target group", segment: "targetgroup/", not_found: "TargetGroupNotFound" };

    kept_in!(target_groups);

    fn describe(&self, cloud: &Cloud) -> Vec<Element> {
        let settings = &self.settings;
        let balancer = usage::balancer_of(cloud, &self.arn).map(|balancer| balancer.arn.as_str());
        let mut answer = vec![
            xml::text("TargetGroupArn", &self.arn),
            xml::text("TargetGroupName", &self.name),
            xml::text("Protocol", &settings.protocol),
            xml::text("Port", settings.port),
            xml::text("VpcId", &settings.vpc),
            xml::texts("LoadBalancerArns", "member", balancer),
            xml::text("TargetType", &settings.target_type),
            xml::text("ProtocolVersion", &settings.protocol_version),
            xml::text("IpAddressType", &settings.address_type),
            xml::optional("TargetControlPort", settings.control_port),
        ];
        answer.extend(settings.health_check.describe(&settings.protocol_version));
        answer
    }
}

impl Settings {
    fn new(cloud: &Cloud, input: &Input) -> Result<Self, Refusal> {
        let target_type = input.text("TargetType").unwrap_or("instance");
        if ["lambda", "alb"].contains(&target_type) {
            return Err(not_modelled(format!("target groups of the target type '{target_type}'")));
        }
        let protocol = input.text("Protocol").ok_or_else(|| invalid("A protocol must be specified"))?;
        if !["HTTP", "HTTPS"].contains(&protocol) {
            return Err(not_modelled(format!("target groups of the protocol '{protocol}'")));
        }
        let version = input.text("ProtocolVersion").unwrap_or("HTTP1");
        if !["GRPC", "HTTP1", "HTTP2"].contains(&version) {
            return Err(invalid(format!("Protocol version '{version}' must be one of 'GRPC, HTTP1, HTTP2'")));
        }
        let port = input.int("Port").ok_or_else(|| invalid("A port must be specified"))?;
        let vpc = input.text("VpcId").ok_or_else(|| invalid("A VPC ID must be specified"))?;
        ensure!(cloud.ec2.vpcs.contains_key(vpc), invalid(format!("The VPC ID '{vpc}' is not found")));
        Ok(Self {
            protocol: protocol.to_owned(),
            protocol_version: version.to_owned(),
            port,
            vpc: vpc.to_owned(),
            target_type: target_type.to_owned(),
            address_type: input.text("IpAddressType").unwrap_or("ipv4").to_owned(),
            control_port: input.int("TargetControlPort"),
            health_check: HealthCheck::default_of(version).with(input, version)?,
        })
    }
}

/// `CreateTargetGroup`.
pub(super) fn create(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let name = input.required("Name")?;
    checks::name_form("Target group name", name)?;
    let settings = Settings::new(cloud, input)?;
    let tags = tags::of(input)?;
    if let Some(old) = cloud.elb.target_groups.values().find(|group| group.name == name) {
        if old.settings == settings {
            return Ok(answer(cloud, old));
        }
        let message = format!("A target group with the same name '{name}' exists, but with different settings");
        return Err(Refusal::new("DuplicateTargetGroupName", message));
    }
    let what = format!("target groups '{}'", quotas::TARGET_GROUPS);
    quota(cloud.elb.target_groups.len(), quotas::TARGET_GROUPS, "TooManyTargetGroups", what)?;

    let id = cloud.ids.hex16();
    let group = TargetGroup {
        arn: cloud.account.arn("elasticloadbalancing", &format!("targetgroup/{name}/{id}")),
        name: name.to_owned(),
        settings,
        attributes: Attributes::new(),
        targets: BTreeMap::new(),
        tags,
    };
    let answer = answer(cloud, &group);
    cloud.elb.target_groups.insert(group.arn.clone(), group);
    Ok(answer)
}

/// `DescribeTargetGroups`.
pub(super) fn describe(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let (arns, names) = (input.texts("TargetGroupArns"), input.texts("Names"));
    let balancer = input.text("LoadBalancerArn");
    if [!arns.is_empty(), !names.is_empty(), balancer.is_some()].into_iter().filter(|given| *given).count() > 1 {
        let message =
            "Target group names, target group ARNs, and a load balancer ARN cannot be specified at the same time";
        return Err(invalid(message));
    }
    let all = TargetGroup::all(&cloud.elb).iter().map(|(arn, group)| (arn.clone(), group));
    let groups: Vec<(String, &TargetGroup)> = if let Some(balancer) = balancer {
        named::<LoadBalancer>(cloud, balancer)?;
        let used = usage::groups(cloud, balancer);
        all.filter(|(arn, _)| used.contains(arn.as_str())).collect()
    } else if arns.is_empty() {
        all.filter(|(_, group)| names.is_empty() || names.contains(&group.name)).collect()
    } else {
        resource::every::<TargetGroup>(cloud, &arns)?
    };
    if names.iter().any(|name| !groups.iter().any(|(_, group)| group.name == *name)) {
        return Err(resource::not_found::<TargetGroup>());
    }
    resource::page(cloud, input, "TargetGroups", groups)
}

/// `ModifyTargetGroup`: only the health check can be changed.
pub(super) fn modify(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let arn = input.required("TargetGroupArn")?;
    let mut group = named::<TargetGroup>(cloud, arn)?.clone();
    let settings = &mut group.settings;
    settings.health_check = settings.health_check.clone().with(input, &settings.protocol_version)?;
    let answer = answer(cloud, &group);
    change::<TargetGroup>(cloud, arn, |old| *old = group);
    Ok(answer)
}

/// `DeleteTargetGroup`: no action may forward to the group. Deleting a group that does not exist
/// succeeds, because the API reference names no error for it.
pub(super) fn delete(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let arn = input.required("TargetGroupArn")?;
    resource::check_arn::<TargetGroup>(cloud, arn)?;
    if usage::balancer_of(cloud, arn).is_some() {
        let message = format!("Target group '{arn}' is currently in use by a listener or a rule");
        return Err(Refusal::new("ResourceInUse", message));
    }
    cloud.elb.target_groups.remove(arn);
    Ok(Vec::new())
}

fn answer(cloud: &Cloud, group: &TargetGroup) -> Vec<Element> {
    vec![xml::list("TargetGroups", "member", [group.describe(cloud)])]
}
