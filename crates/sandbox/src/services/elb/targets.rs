//! Targets: addresses in target groups. ECS registers its tasks, and callers can register other
//! addresses.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::checks::invalid;
use super::resource::named;
use super::target_group::TargetGroup;
use super::{Event, attributes, placement, quotas, usage};
use crate::services::prelude::*;

/// A target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Target {
    address: String,
    port: u16,
    /// Its zone, or `all` for an address outside of the VPC.
    zone: String,
    health: Health,
    /// The number of the registration. Events of an earlier registration of the same address do not
    /// apply to this one.
    registration: u64,
}

impl Target {
    fn new(address: &str, port: u16, zone: String) -> Self {
        Self { address: address.to_owned(), port, zone, health: Health::Initial, registration: 0 }
    }

    fn key(&self) -> String {
        key(&self.address, self.port)
    }
}

/// The health of a target while a load balancer uses its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Health {
    Initial,
    Healthy,
    Draining,
}

/// The target of a scheduled event: its group, its key in the group, and its registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Registration {
    group: String,
    key: String,
    number: u64,
}

/// Registers the address of a task, which becomes healthy after some time. Does nothing when the group
/// does not exist or a quota is reached.
pub(crate) fn register(cloud: &mut Cloud, target_group: &str, address: &str, port: u16) {
    let Some(group) = cloud.elb.target_groups.get(target_group) else { return };
    let zone = address.parse().ok().and_then(|ip| placement::zone_of(cloud, &group.settings.vpc, ip));
    let target = Target::new(address, port, zone.unwrap_or_else(|| "all".to_owned()));
    if check_room(cloud, group, std::slice::from_ref(&target)).is_ok() {
        put(cloud, target_group, target);
    }
}

/// Deregisters the address of a task. Returns the time that it drains, which is the deregistration
/// delay of the group.
pub(crate) fn deregister(cloud: &mut Cloud, target_group: &str, address: &str) -> Duration {
    let Some(group) = cloud.elb.target_groups.get(target_group) else { return Duration::ZERO };
    let of_address = group.targets.iter().filter(|(_, target)| target.address == address);
    let keys: Vec<String> = of_address.map(|(key, _)| key.clone()).collect();
    let delays: Vec<Duration> = keys.iter().map(|key| drain(cloud, target_group, key)).collect();
    delays.into_iter().max().unwrap_or_default()
}

/// Adds a target to a group. An existing target stays unchanged unless it is draining.
fn put(cloud: &mut Cloud, arn: &str, target: Target) {
    let is_used = usage::balancer_of(cloud, arn).is_some();
    let Some(group) = cloud.elb.target_groups.get_mut(arn) else { return };
    let key = target.key();
    if group.targets.get(&key).is_some_and(|target| target.health != Health::Draining) {
        return;
    }
    group.targets.insert(key.clone(), target);
    if is_used {
        watch(cloud, arn, &key);
    }
}

/// Starts the health checks of a target.
fn watch(cloud: &mut Cloud, arn: &str, key: &str) {
    let delay = cloud.elb.target_groups.get(arn).map(|group| group.settings.health_check.time_to_healthy());
    if let (Some(delay), Some(registration)) = (delay, renew(cloud, arn, key, Health::Initial)) {
        cloud.later(delay, Event::TargetIsHealthy(registration));
    }
}

/// Starts to drain a target and returns the time that this takes: zero when no load balancer uses the
/// group.
fn drain(cloud: &mut Cloud, arn: &str, key: &str) -> Duration {
    let Some(group) = cloud.elb.target_groups.get(arn) else { return Duration::ZERO };
    let delay = Duration::from_secs(attributes::deregistration_delay(group));
    let is_draining = group.targets.get(key).is_some_and(|target| target.health == Health::Draining);
    if usage::balancer_of(cloud, arn).is_none() || delay.is_zero() {
        if let Some(group) = cloud.elb.target_groups.get_mut(arn) {
            group.targets.remove(key);
        }
        return Duration::ZERO;
    }
    if !is_draining && let Some(registration) = renew(cloud, arn, key, Health::Draining) {
        cloud.later(delay, Event::TargetIsGone(registration));
    }
    delay
}

/// Sets the health of a target with a new registration number, which cancels its scheduled events.
fn renew(cloud: &mut Cloud, arn: &str, key: &str, health: Health) -> Option<Registration> {
    let target = cloud.elb.target_groups.get_mut(arn)?.targets.get_mut(key)?;
    cloud.elb.registrations += 1;
    target.health = health;
    target.registration = cloud.elb.registrations;
    Some(Registration { group: arn.to_owned(), key: key.to_owned(), number: target.registration })
}

/// Starts the health checks of target groups that a load balancer starts to use.
pub(super) fn check_health(cloud: &mut Cloud, groups: &[String]) {
    for arn in groups {
        let Some(group) = cloud.elb.target_groups.get(arn) else { continue };
        let watched = group.targets.iter().filter(|(_, target)| target.health != Health::Draining);
        let keys: Vec<String> = watched.map(|(key, _)| key.clone()).collect();
        for key in keys {
            watch(cloud, arn, &key);
        }
    }
}

/// The target passes its health checks.
pub(super) fn is_healthy(cloud: &mut Cloud, registration: &Registration) {
    if let Some(target) = target_of(cloud, registration) {
        target.health = Health::Healthy;
    }
}

/// The target has drained.
pub(super) fn is_gone(cloud: &mut Cloud, registration: &Registration) {
    if target_of(cloud, registration).is_some()
        && let Some(group) = cloud.elb.target_groups.get_mut(&registration.group)
    {
        group.targets.remove(&registration.key);
    }
}

fn target_of<'a>(cloud: &'a mut Cloud, registration: &Registration) -> Option<&'a mut Target> {
    let target = cloud.elb.target_groups.get_mut(&registration.group)?.targets.get_mut(&registration.key)?;
    (target.registration == registration.number).then_some(target)
}

/// `RegisterTargets`.
pub(super) fn register_all(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let group = named::<TargetGroup>(cloud, input.required("TargetGroupArn")?)?;
    let arn = group.arn.clone();
    let mut targets = Vec::new();
    for target in input.list("Targets") {
        let id = target.required("Id")?;
        if group.settings.target_type == "instance" {
            let message = format!("The following targets are not in a running state and cannot be registered: '{id}'");
            return Err(Refusal::new("InvalidTarget", message));
        }
        let zone = zone(cloud, group, id, target.text("AvailabilityZone"))?;
        targets.push(Target::new(id, target.int("Port").unwrap_or(group.settings.port), zone));
    }
    check_room(cloud, group, &targets)?;
    targets.into_iter().for_each(|target| put(cloud, &arn, target));
    Ok(Vec::new())
}

/// `DeregisterTargets`: deregistering a target that is not registered succeeds.
pub(super) fn deregister_all(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let group = named::<TargetGroup>(cloud, input.required("TargetGroupArn")?)?;
    let (arn, port) = (group.arn.clone(), group.settings.port);
    for target in input.list("Targets") {
        drain(cloud, &arn, &key(target.required("Id")?, target.int("Port").unwrap_or(port)));
    }
    Ok(Vec::new())
}

/// `DescribeTargetHealth`: of all targets, or of those in the call.
pub(super) fn describe_health(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let group = named::<TargetGroup>(cloud, input.required("TargetGroupArn")?)?;
    let anomalies = input.texts("Include").iter().any(|part| ["AnomalyDetection", "All"].contains(&part.as_str()));
    let describe = |target: &Target| {
        let mut description =
            described(group, &target.address, target.port, Some(&target.zone), health(cloud, group, target));
        if anomalies {
            let result = [xml::text("Result", "normal"), xml::text("MitigationInEffect", "no")];
            description.push(xml::element("AnomalyDetection", result));
        }
        description
    };
    let mut descriptions = Vec::new();
    let asked = input.list("Targets");
    for wanted in &asked {
        let id = wanted.required("Id")?;
        let port = wanted.int("Port").unwrap_or(group.settings.port);
        let target = group.targets.get(&key(id, port));
        descriptions.push(target.map_or_else(|| described(group, id, port, None, NOT_REGISTERED), describe));
    }
    if asked.is_empty() {
        descriptions.extend(group.targets.values().map(describe));
    }
    Ok(vec![xml::list("TargetHealthDescriptions", "member", descriptions)])
}

/// The state, reason code and description of a target's health. Source: Elastic Load Balancing API
/// reference, `TargetHealth`.
type Described = (&'static str, &'static str, &'static str);

const NOT_REGISTERED: Described = ("unused", "Target.NotRegistered", "Target is not registered");

fn health(cloud: &Cloud, group: &TargetGroup, target: &Target) -> Described {
    if target.health == Health::Draining {
        return ("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress");
    }
    let Some(balancer) = usage::balancer_of(cloud, &group.arn) else {
        let text = "Target group is not configured to receive traffic from the load balancer";
        return ("unused", "Target.NotInUse", text);
    };
    if target.zone != "all" && !balancer.places.iter().any(|place| place.zone == target.zone) {
        let text = "Target is in an Availability Zone that is not enabled for the load balancer";
        return ("unused", "Target.NotInUse", text);
    }
    match target.health {
        Health::Healthy => ("healthy", "", ""),
        _ => ("initial", "Elb.InitialHealthChecking", "Initial health checks in progress"),
    }
}

fn described(group: &TargetGroup, id: &str, port: u16, zone: Option<&str>, health: Described) -> Vec<Element> {
    let (state, reason, text) = health;
    let given = |text: &'static str| Some(text).filter(|text| !text.is_empty());
    let target = [xml::text("Id", id), xml::text("Port", port), xml::optional("AvailabilityZone", zone)];
    let health =
        [xml::text("State", state), xml::optional("Reason", given(reason)), xml::optional("Description", given(text))];
    let checked = match group.settings.health_check.port.as_str() {
        "traffic-port" => port.to_string(),
        checked => checked.to_owned(),
    };
    vec![xml::element("Target", target), xml::text("HealthCheckPort", checked), xml::element("TargetHealth", health)]
}

/// The zone of an address: that of its subnet, or the given one for an address outside of the VPC.
fn zone(cloud: &Cloud, group: &TargetGroup, id: &str, given: Option<&str>) -> Result<String, Refusal> {
    let address: Ipv4Addr =
        id.parse().map_err(|_| invalid(format!("The IP address '{id}' is not a valid IPv4 address")))?;
    if let Some(own) = placement::zone_of(cloud, &group.settings.vpc, address) {
        return match given {
            Some(given) if given != own => Err(invalid(format!(
                "The IP address '{id}' is within the VPC, and cannot have its Availability Zone overridden to \
                 '{given}' from '{own}'"
            ))),
            _ => Ok(own),
        };
    }
    // 100.64.0.0/10 is the shared address space of RFC 6598.
    let shared = address.octets()[0] == 100 && address.octets()[1] & 0b1100_0000 == 64;
    ensure!(address.is_private() || shared, invalid(format!("The IP address '{id}' must be a private one")));
    match given {
        Some(given) => Ok(given.to_owned()),
        None => Err(invalid(format!(
            "You must specify a valid Availability Zone or select 'all' for all enabled Availability zones, since the \
             IP address '{id}' is outside the VPC"
        ))),
    }
}

/// Checks the quotas of targets of the group and of its load balancer.
fn check_room(cloud: &Cloud, group: &TargetGroup, targets: &[Target]) -> Result<(), Refusal> {
    let new = targets.iter().filter(|target| !group.targets.contains_key(&target.key())).count();
    let balancer = usage::balancer_of(cloud, &group.arn);
    let others = balancer.map(|balancer| usage::groups(cloud, &balancer.arn)).unwrap_or_default();
    let groups = others.iter().filter(|arn| **arn != group.arn).filter_map(|arn| cloud.elb.target_groups.get(*arn));
    let behind: usize = groups.map(|group| group.targets.len()).sum();
    if group.targets.len() + behind + new <= quotas::TARGETS {
        return Ok(());
    }
    Err(usage::too_many_targets(balancer.map_or("", |balancer| balancer.arn.as_str())))
}

fn key(address: &str, port: u16) -> String {
    format!("{address}:{port}")
}
