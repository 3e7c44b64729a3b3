//! Attributes: named settings, each with a default.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::checks::{configuration, invalid};
use super::resource::{change, named};
use super::{LoadBalancer, TargetGroup};
use crate::services::prelude::*;

pub(super) const DELETION_PROTECTION: &str = "deletion_protection.enabled";
pub(super) const DEREGISTRATION_DELAY: &str = "deregistration_delay.timeout_seconds";

/// The attributes that were set explicitly.
pub(super) type Attributes = BTreeMap<String, String>;

/// The attributes of a kind of resource: name, default, and format of the value.
type Table = Vec<(&'static str, &'static str, Form)>;

/// The format of a value.
#[derive(Deserialize)]
enum Form {
    Flag,
    Number(u32, u32),
    /// 0, or a number in a range.
    ZeroOr(u32, u32),
    /// `off`, or a number in a range.
    OffOr(u32, u32),
    Word(#[serde(borrow)] Vec<&'static str>),
    Text,
}

/// The attributes; the file names its source.
#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct Tables {
    load_balancer: Table,
    target_group: Table,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../models/tables/elb-attributes.json")).expect("tests read the attributes")
});

/// `DescribeLoadBalancerAttributes`.
pub(super) fn describe_load_balancer(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let balancer = named::<LoadBalancer>(cloud, input.required("LoadBalancerArn")?)?;
    Ok(answer(&TABLES.load_balancer, &balancer.attributes))
}

/// `DescribeTargetGroupAttributes`.
pub(super) fn describe_target_group(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let group = named::<TargetGroup>(cloud, input.required("TargetGroupArn")?)?;
    Ok(answer(&TABLES.target_group, &group.attributes))
}

/// `ModifyLoadBalancerAttributes`.
pub(super) fn modify_load_balancer(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let arn = input.required("LoadBalancerArn")?;
    let balancer = named::<LoadBalancer>(cloud, arn)?;
    let attributes = changed("Load balancer", &TABLES.load_balancer, &balancer.attributes, input)?;
    for logs in ["access_logs", "connection_logs", "health_check_logs"] {
        let of = |part: &str| value(&TABLES.load_balancer, &attributes, &format!("{logs}.s3.{part}"));
        if of("enabled") == "true" && of("bucket").is_empty() {
            return Err(configuration(format!("{logs}.s3.enabled needs a bucket in {logs}.s3.bucket")));
        }
    }
    let answer = answer(&TABLES.load_balancer, &attributes);
    change::<LoadBalancer>(cloud, arn, |balancer| balancer.attributes = attributes);
    Ok(answer)
}

/// `ModifyTargetGroupAttributes`.
pub(super) fn modify_target_group(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let arn = input.required("TargetGroupArn")?;
    let group = named::<TargetGroup>(cloud, arn)?;
    let attributes = changed("Target group", &TABLES.target_group, &group.attributes, input)?;
    check_target_group(|key| value(&TABLES.target_group, &attributes, key))?;
    let answer = answer(&TABLES.target_group, &attributes);
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
    value(&TABLES.load_balancer, &balancer.attributes, DELETION_PROTECTION) == "true"
}

/// The deregistration delay of a target group in seconds.
pub(super) fn deregistration_delay(group: &TargetGroup) -> u64 {
    value(&TABLES.target_group, &group.attributes, DEREGISTRATION_DELAY).parse().unwrap_or_default()
}

/// The old attributes with those that a call sets.
fn changed(what: &str, table: &'static Table, old: &Attributes, input: &Input) -> Result<Attributes, Refusal> {
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
        if let Some(wanted) = form.expected(value) {
            return Err(invalid(format!("'{key}' value '{value}' must be {wanted}")));
        }
        attributes.insert(key.to_owned(), value.to_owned());
    }
    Ok(attributes)
}

impl Form {
    /// The expected format, when a value does not have it.
    fn expected(&self, value: &str) -> Option<String> {
        let within = |start, end| value.parse().is_ok_and(|number: u32| (start..=end).contains(&&number));
        let (sound, wanted) = match self {
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

fn value<'a>(table: &'static Table, attributes: &'a Attributes, key: &str) -> &'a str {
    let default = || table.iter().find(|(known, _, _)| *known == key).map_or("", |(_, default, _)| default);
    attributes.get(key).map_or_else(default, String::as_str)
}

fn answer(table: &'static Table, attributes: &Attributes) -> Vec<Element> {
    let describe = |(key, _, _): &(&'static str, _, _)| {
        vec![xml::text("Key", key), xml::text("Value", value(table, attributes, key))]
    };
    vec![xml::list("Attributes", "member", table.iter().map(describe))]
}
