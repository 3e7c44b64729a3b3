//! The metrics of target tracking policies.
//!
//! Source: Application Auto Scaling API reference, `PredefinedMetricSpecification`,
//! `CustomizedMetricSpecification` and `TargetTrackingMetricDataQuery`. The texts are not known.

use std::collections::BTreeSet;

use super::refusals::validation;
use super::resource::{self, DIMENSION};
use crate::services::prelude::*;
use crate::services::{ecs, elb};

/// The members for the metric of a policy.
pub(super) const FIELDS: [&str; 2] = ["PredefinedMetricSpecification", "CustomizedMetricSpecification"];
/// The predefined metrics for ECS services.
const PREDEFINED: [&str; 5] = [
    REQUESTS,
    "ECSServiceAverageCPUUtilization",
    "ECSServiceAverageMemoryUtilization",
    "ECSServiceAverageCPUUtilizationHighResolution",
    "ECSServiceAverageMemoryUtilizationHighResolution",
];
const REQUESTS: &str = "ALBRequestCountPerTarget";

/// Validates the metric of a policy for a service.
pub(super) fn check(cloud: &Cloud, resource: &str, configuration: &Input) -> Result<(), Refusal> {
    let [is_predefined, is_customized] = FIELDS.map(|field| configuration.has(field));
    let message = "Exactly one of a predefined and a customized metric must be specified";
    ensure!(is_predefined != is_customized, validation(message));
    if is_predefined {
        check_predefined(cloud, resource, &configuration.inner(FIELDS[0]))
    } else {
        check_customized(&configuration.inner(FIELDS[1]))
    }
}

fn check_predefined(cloud: &Cloud, resource: &str, metric: &Input) -> Result<(), Refusal> {
    let kind = metric.text("PredefinedMetricType").unwrap_or_default();
    let unsupported = || validation(format!("The metric type {kind} is not supported for {DIMENSION}"));
    ensure!(PREDEFINED.contains(&kind), unsupported());
    let label = metric.text("ResourceLabel");
    let message = "A resource label is for ALBRequestCountPerTarget, and needed there";
    ensure!((kind == REQUESTS) == label.is_some(), validation(message));
    let Some(label) = label else { return Ok(()) };
    let (balancer, target_group) = label.split_once("/targetgroup/").unwrap_or_default();
    let arn = elb::routes(cloud, balancer, &format!("targetgroup/{target_group}"));
    let message = format!("The load balancer does not route traffic to the target group in the label {label}");
    let arn = arn.ok_or_else(|| validation(message))?;
    let (cluster, service) = resource::parts(resource).unwrap_or_default();
    let message = format!("The target group in the label {label} is not one of the service");
    ensure!(ecs::has_target_group(cloud, cluster, service, &arn), validation(message));
    Ok(())
}

/// A metric of CloudWatch, or metric math.
fn check_customized(metric: &Input) -> Result<(), Refusal> {
    let single = ["MetricName", "Namespace", "Statistic"];
    if !metric.has("Metrics") {
        let message = "A customized metric needs MetricName, Namespace and Statistic, or Metrics";
        ensure!(single.iter().all(|key| metric.has(key)), validation(message));
        return Ok(());
    }
    let others = single.into_iter().chain(["Dimensions", "Unit"]);
    let has_others = others.filter(|key| metric.has(key)).count() > 0;
    ensure!(!has_others, validation("Metrics cannot be specified together with a single metric"));
    let queries = metric.list("Metrics");
    let ids: Vec<&str> = queries.iter().map(|query| query.text("Id").unwrap_or_default()).collect();
    let different: BTreeSet<&str> = ids.iter().copied().collect();
    let is_id = |id: &&str| id.starts_with(|first: char| first.is_ascii_lowercase()) && words_of(id).eq([*id]);
    let message = "Each metric needs an Id of its own: a lowercase letter, then letters, numbers and underscores";
    ensure!(different.len() == ids.len() && ids.iter().all(is_id), validation(message));
    for query in &queries {
        let message = "Each metric needs either an Expression or a MetricStat";
        ensure!(query.has("Expression") != query.has("MetricStat"), validation(message));
        if let Some(expression) = query.text("Expression") {
            // Functions are written in upper case, and ids begin with a lowercase letter.
            let mut used = words_of(expression).filter(|word| word.starts_with(|c: char| c.is_ascii_lowercase()));
            let unknown = used.find(|word| !different.contains(word));
            let message = format!("The expression {expression} refers to a metric that does not exist");
            ensure!(unknown.is_none(), validation(message));
        } else {
            let of_cloudwatch = query.inner("MetricStat").inner("Metric");
            let is_whole = of_cloudwatch.has("MetricName") && of_cloudwatch.has("Namespace");
            ensure!(is_whole, validation("The metric of a MetricStat needs a MetricName and a Namespace"));
        }
    }
    let returned = queries.iter().filter(|query| query.flag("ReturnData") != Some(false)).count();
    ensure!(returned == 1, validation("Exactly one metric must return data"));
    Ok(())
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.filter(|word| !word.is_empty())
}
