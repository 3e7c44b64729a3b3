//! Attributes: named settings, each with a default.
//!
//! Source: Elastic Load Balancing API reference, `LoadBalancerAttribute` and `TargetGroupAttribute`, as
//! far as they concern application load balancers and target groups.

use std::collections::{BTreeMap, BTreeSet};

use super::checks::{configuration, invalid};
use super::resource::{change, named};
use super::{LoadBalancer, TargetGroup};
use crate::services::prelude::*;

pub(super) const DELETION_PROTECTION: &str = "deletion_protection.enabled";
pub(super) const DEREGISTRATION_DELAY: &str = "deregistration_delay.timeout_seconds";

/// The attributes that were set explicitly.
pub(super) type Attributes = BTreeMap<String, String>;

/// The attributes of a kind of resource: name, default, and format of the value.
type Table = &'static [(&'static str, &'static str, Form)];

/// The format of a value.
enum Form {
    Flag,
    Number(u32, u32),
    /// 0, or a number in a range.
    ZeroOr(u32, u32),
    /// `off`, or a number in a range.
    OffOr(u32, u32),
    Word(&'static [&'static str]),
    Text,
}

/// A week in seconds, the maximum duration of a stickiness cookie.
const WEEK: u32 = 604_800;

const OF_LOAD_BALANCER: Table = &[
    ("access_logs.s3.enabled", "false", Form::Flag),
    ("access_logs.s3.bucket", "", Form::Text),
    ("access_logs.s3.prefix", "", Form::Text),
    ("client_keep_alive.seconds", "3600", Form::Number(60, 604_800)),
    ("connection_logs.s3.enabled", "false", Form::Flag),
    ("connection_logs.s3.bucket", "", Form::Text),
    ("connection_logs.s3.prefix", "", Form::Text),
    (DELETION_PROTECTION, "false", Form::Flag),
    ("health_check_logs.s3.enabled", "false", Form::Flag),
    ("health_check_logs.s3.bucket", "", Form::Text),
    ("health_check_logs.s3.prefix", "", Form::Text),
    ("idle_timeout.timeout_seconds", "60", Form::Number(1, 4_000)),
    // Cross-zone load balancing cannot be disabled for a load balancer, only for a target group.
    ("load_balancing.cross_zone.enabled", "true", Form::Word(&["true"])),
    ("routing.http.desync_mitigation_mode", "defensive", Form::Word(&["monitor", "defensive", "strictest"])),
    ("routing.http.drop_invalid_header_fields.enabled", "false", Form::Flag),
    ("routing.http.preserve_host_header.enabled", "false", Form::Flag),
    ("routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "false", Form::Flag),
    ("routing.http.xff_client_port.enabled", "false", Form::Flag),
    ("routing.http.xff_header_processing.mode", "append", Form::Word(&["append", "preserve", "remove"])),
    ("routing.http2.enabled", "true", Form::Flag),
    ("waf.fail_open.enabled", "false", Form::Flag),
    ("zonal_shift.config.enabled", "false", Form::Flag),
];

const OF_TARGET_GROUP: Table = &[
    (DEREGISTRATION_DELAY, "300", Form::Number(0, 3_600)),
    ("load_balancing.algorithm.anomaly_mitigation", "off", Form::Word(&["on", "off"])),
    (
        "load_balancing.algorithm.type",
        "round_robin",
        Form::Word(&["round_robin", "least_outstanding_requests", "weighted_random"]),
    ),
    (
        "load_balancing.cross_zone.enabled",
        "use_load_balancer_configuration",
        Form::Word(&["true", "false", "use_load_balancer_configuration"]),
    ),
    ("slow_start.duration_seconds", "0", Form::ZeroOr(30, 900)),
    ("stickiness.app_cookie.cookie_name", "", Form::Text),
    ("stickiness.app_cookie.duration_seconds", "86400", Form::Number(1, WEEK)),
    ("stickiness.enabled", "false", Form::Flag),
    ("stickiness.lb_cookie.duration_seconds", "86400", Form::Number(1, WEEK)),
    ("stickiness.type", "lb_cookie", Form::Word(&["lb_cookie", "app_cookie"])),
    ("target_group_health.dns_failover.minimum_healthy_targets.count", "1", Form::OffOr(1, 1_000)),
    ("target_group_health.dns_failover.minimum_healthy_targets.percentage", "off", Form::OffOr(1, 100)),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "1", Form::Number(1, 1_000)),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "off", Form::OffOr(1, 100)),
];

/// `DescribeLoadBalancerAttributes`.
pub(super) fn describe_load_balancer(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let balancer = named::<LoadBalancer>(cloud, input.required("LoadBalancerArn")?)?;
    Ok(answer(OF_LOAD_BALANCER, &balancer.attributes))
}

/// `DescribeTargetGroupAttributes`.
pub(super) fn describe_target_group(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let group = named::<TargetGroup>(cloud, input.required("TargetGroupArn")?)?;
    Ok(answer(OF_TARGET_GROUP, &group.attributes))
}

/// `ModifyLoadBalancerAttributes`.
pub(super) fn modify_load_balancer(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let arn = input.required("LoadBalancerArn")?;
    let balancer = named::<LoadBalancer>(cloud, arn)?;
    let attributes = changed("Load balancer", OF_LOAD_BALANCER, &balancer.attributes, input)?;
    for logs in ["access_logs", "connection_logs", "health_check_logs"] {
        let of = |part: &str| value(OF_LOAD_BALANCER, &attributes, &format!("{logs}.s3.{part}"));
        if of("enabled") == "true" && of("bucket").is_empty() {
            return Err(configuration(format!("{logs}.s3.enabled needs a bucket in {logs}.s3.bucket")));
        }
    }
    let answer = answer(OF_LOAD_BALANCER, &attributes);
    change::<LoadBalancer>(cloud, arn, |balancer| balancer.attributes = attributes);
    Ok(answer)
}

/// `ModifyTargetGroupAttributes`.
pub(super) fn modify_target_group(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let arn = input.required("TargetGroupArn")?;
    let group = named::<TargetGroup>(cloud, arn)?;
    let attributes = changed("Target group", OF_TARGET_GROUP, &group.attributes, input)?;
    check_target_group(|key| value(OF_TARGET_GROUP, &attributes, key))?;
    let answer = answer(OF_TARGET_GROUP, &attributes);
    change::<TargetGroup>(cloud, arn, |group| group.attributes = attributes);
    Ok(answer)
}

/// Refuses attributes that exclude each other. Source: Application Load Balancers user guide, "Edit
/// target group attributes".
fn check_target_group<'a>(value: impl Fn(&str) -> &'a str) -> Result<(), Refusal> {
    let cookie = value("stickiness.app_cookie.cookie_name");
    if value("stickiness.enabled") == "true" && value("stickiness.type") == "app_cookie" && cookie.is_empty() {
        let message = "You must set an application cookie name to enable stickiness of type 'app_cookie'";
        return Err(configuration(message));
    }
    if cookie.starts_with("AWSALB") {
        return Err(configuration(format!("The cookie name '{cookie}' is reserved for the load balancer")));
    }
    let algorithm = value("load_balancing.algorithm.type");
    if value("load_balancing.algorithm.anomaly_mitigation") == "on" && algorithm != "weighted_random" {
        return Err(configuration("Anomaly mitigation needs the algorithm 'weighted_random'"));
    }
    if value("slow_start.duration_seconds") != "0" && algorithm != "round_robin" {
        return Err(configuration(format!("Slow start is not supported with the algorithm '{algorithm}'")));
    }
    Ok(())
}

/// Whether a load balancer has deletion protection.
pub(super) fn is_protected(balancer: &LoadBalancer) -> bool {
    value(OF_LOAD_BALANCER, &balancer.attributes, DELETION_PROTECTION) == "true"
}

/// The deregistration delay of a target group in seconds.
pub(super) fn deregistration_delay(group: &TargetGroup) -> u64 {
    value(OF_TARGET_GROUP, &group.attributes, DEREGISTRATION_DELAY).parse().unwrap_or_default()
}

/// The old attributes with those that a call sets.
fn changed(what: &str, table: Table, old: &Attributes, input: &Input) -> Result<Attributes, Refusal> {
    let mut attributes = old.clone();
    let mut keys = BTreeSet::new();
    for attribute in input.list("Attributes") {
        let (key, value) = (attribute.required("Key")?, attribute.text("Value").unwrap_or_default());
        if !keys.insert(key.to_owned()) {
            return Err(invalid(format!("{what} attribute key '{key}' was specified more than once")));
        }
        let Some((_, _, form)) = table.iter().find(|(known, _, _)| *known == key) else {
            return Err(invalid(format!("{what} attribute key '{key}' is not recognized")));
        };
        if let Some(wanted) = form.misses(value) {
            return Err(invalid(format!("'{key}' value '{value}' must be {wanted}")));
        }
        attributes.insert(key.to_owned(), value.to_owned());
    }
    Ok(attributes)
}

impl Form {
    /// The expected format, when a value does not have it.
    fn misses(&self, value: &str) -> Option<String> {
        let within = |start, end| value.parse().is_ok_and(|number: u32| (start..=end).contains(&number));
        let (sound, wanted) = match *self {
            Self::Flag => (["true", "false"].contains(&value), "'true' or 'false'".to_owned()),
            Self::Number(start, end) => (within(start, end), format!("between '{start}-{end}' inclusive")),
            Self::ZeroOr(start, end) => {
                (value == "0" || within(start, end), format!("'0' or between '{start}-{end}' inclusive"))
            }
            Self::OffOr(start, end) => {
                (value == "off" || within(start, end), format!("'off' or between '{start}-{end}' inclusive"))
            }
            Self::Word(words) => (words.contains(&value), format!("one of [{}]", words.join(", "))),
            // Source: the API model, `LoadBalancerAttributeValue`.
            Self::Text => (value.chars().count() <= 1_024, "at most 1024 characters long".to_owned()),
        };
        (!sound).then_some(wanted)
    }
}

fn value<'a>(table: Table, attributes: &'a Attributes, key: &str) -> &'a str {
    let default = || table.iter().find(|(known, _, _)| *known == key).map_or("", |(_, default, _)| default);
    attributes.get(key).map_or_else(default, String::as_str)
}

fn answer(table: Table, attributes: &Attributes) -> Vec<Element> {
    let describe = |(key, _, _): &(&'static str, _, _)| {
        vec![xml::text("Key", key), xml::text("Value", value(table, attributes, key))]
    };
    vec![xml::list("Attributes", "member", table.iter().map(describe))]
}
