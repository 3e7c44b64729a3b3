//! Target-tracking policies, as Application Auto Scaling takes and returns them.

use aws_sdk_applicationautoscaling::types::{
    CustomizedMetricSpecification, MetricType, PredefinedMetricSpecification, ScalingPolicy as LivePolicy,
    TargetTrackingMetric, TargetTrackingMetricDataQuery, TargetTrackingMetricDimension, TargetTrackingMetricStat,
    TargetTrackingScalingPolicyConfiguration,
};
use saas_model::Ref;
use saas_model::identifier::QueueName;
use saas_model::resource::{Kind, LoadBalancer, ScalingMetric, ScalingPolicy, TargetGroup};

use crate::context::Context;
use crate::error::Result;
use crate::providers::number::{from_i32, to_i32};

/// A policy of the scaled resource with this id.
pub(crate) fn configuration(
    cx: &Context<'_>,
    resource_id: &str,
    policy: &ScalingPolicy,
) -> Result<TargetTrackingScalingPolicyConfiguration> {
    let predefined = |metric: MetricType, label: Option<String>| {
        let built = PredefinedMetricSpecification::builder().predefined_metric_type(metric).set_resource_label(label);
        built.build().expect("its only required field is given")
    };
    let tracking = TargetTrackingScalingPolicyConfiguration::builder();
    let tracking = match &policy.metric {
        ScalingMetric::Cpu => {
            tracking.predefined_metric_specification(predefined(MetricType::EcsServiceAverageCpuUtilization, None))
        }
        ScalingMetric::Memory => {
            tracking.predefined_metric_specification(predefined(MetricType::EcsServiceAverageMemoryUtilization, None))
        }
        ScalingMetric::Requests { load_balancer, target_group } => {
            let label = resource_label(&cx.arn(load_balancer)?, &cx.arn(target_group)?);
            tracking.predefined_metric_specification(predefined(MetricType::AlbRequestCountPerTarget, Some(label)))
        }
        ScalingMetric::Messages { queue } => {
            tracking.customized_metric_specification(messages_per_task(queue, resource_id))
        }
    };
    let tracking = tracking
        .target_value(policy.target.into())
        .scale_in_cooldown(to_i32(policy.scale_in_cooldown_seconds))
        .scale_out_cooldown(to_i32(policy.scale_out_cooldown_seconds))
        .disable_scale_in(false);
    Ok(tracking.build().expect("its only required field, the target, is given"))
}

/// A live policy; `None` if the model cannot represent it. A fractional target is rounded down.
pub(crate) fn live_policy(cx: &Context<'_>, live: &LivePolicy) -> Option<ScalingPolicy> {
    let tracking = live.target_tracking_scaling_policy_configuration.as_ref()?;
    if tracking.disable_scale_in == Some(true) {
        return None;
    }
    Some(ScalingPolicy {
        metric: live_metric(cx, &live.resource_id, tracking)?,
        target: whole(tracking.target_value)?,
        scale_in_cooldown_seconds: from_i32(tracking.scale_in_cooldown).unwrap_or(0),
        scale_out_cooldown_seconds: from_i32(tracking.scale_out_cooldown).unwrap_or(0),
    })
}

/// The whole part of a target.
fn whole(target: f64) -> Option<u32> {
    target.trunc().to_string().parse().ok()
}

fn live_metric(
    cx: &Context<'_>,
    resource_id: &str,
    tracking: &TargetTrackingScalingPolicyConfiguration,
) -> Option<ScalingMetric> {
    if let Some(custom) = &tracking.customized_metric_specification {
        return live_messages(custom, resource_id);
    }
    let predefined = tracking.predefined_metric_specification.as_ref()?;
    match predefined.predefined_metric_type {
        MetricType::EcsServiceAverageCpuUtilization => Some(ScalingMetric::Cpu),
        MetricType::EcsServiceAverageMemoryUtilization => Some(ScalingMetric::Memory),
        MetricType::AlbRequestCountPerTarget => live_requests(cx, predefined.resource_label.as_deref()?),
        _ => None,
    }
}

/// The requests that one load balancer of the platform sends to one of its target groups.
fn live_requests(cx: &Context<'_>, label: &str) -> Option<ScalingMetric> {
    let named = |kind: Kind, tail: &str| {
        let mut all = cx.live.of_kind(kind).into_iter();
        all.find(|found| found.identity.arn.as_deref().map(tail_of) == Some(tail)).map(|found| found.address)
    };
    let at = label.find("/targetgroup/")?;
    Some(ScalingMetric::Requests {
        load_balancer: Ref::<LoadBalancer>::to(named(Kind::LoadBalancer, &label[..at])?),
        target_group: Ref::<TargetGroup>::to(named(Kind::TargetGroup, &label[at + 1..])?),
    })
}

/// What identifies a load balancer and a target group in a metric:
/// `app/<load balancer>/<id>/targetgroup/<target group>/<id>`, the ends of their ARNs.
/// Source: Application Auto Scaling API, `PredefinedMetricSpecification`, `ResourceLabel`.
fn resource_label(load_balancer: &str, target_group: &str) -> String {
    format!("{}/{}", tail_of(load_balancer), tail_of(target_group))
}

/// The end of an ARN in a metric: `app/<name>/<id>` or `targetgroup/<name>/<id>`.
fn tail_of(arn: &str) -> &str {
    let resource = arn.rsplit(':').next().unwrap_or_default();
    resource.strip_prefix("loadbalancer/").unwrap_or(resource)
}

/// The waiting messages of a queue for each running task. A running task sends one sample of its CPU a minute,
/// so their number is that of the tasks, without Container Insights. Without a task, one is assumed.
/// Source: Amazon ECS Developer Guide, "Service RUNNING task count"; Amazon SQS Developer Guide, "Available
/// CloudWatch metrics for Amazon SQS"; Amazon CloudWatch User Guide, "Using metric math", `FILL`.
fn messages_per_task(queue: &QueueName, resource_id: &str) -> CustomizedMetricSpecification {
    // `service/<cluster>/<service>`
    let mut names = resource_id.split('/').skip(1);
    let (cluster, service) = (names.next().unwrap_or_default(), names.next().unwrap_or_default());
    let messages =
        statistic("m1", "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Average", &[(QUEUE_NAME, queue.as_str())]);
    let dimensions = [("ClusterName", cluster), ("ServiceName", service)];
    let tasks = statistic("m2", "AWS/ECS", "CPUUtilization", "SampleCount", &dimensions);
    let per_task = TargetTrackingMetricDataQuery::builder().id("e1").expression("m1 / FILL(m2, 1)").return_data(true);
    let per_task = per_task.build().expect("its only required field is given");
    CustomizedMetricSpecification::builder().set_metrics(Some(vec![messages, tasks, per_task])).build()
}

const QUEUE_NAME: &str = "QueueName";

fn statistic(
    id: &str,
    namespace: &str,
    name: &str,
    statistic: &str,
    dimensions: &[(&str, &str)],
) -> TargetTrackingMetricDataQuery {
    let dimensions = dimensions.iter().map(|(name, value)| {
        let built = TargetTrackingMetricDimension::builder().name(*name).value(*value).build();
        built.expect("both of its fields are given")
    });
    let metric = TargetTrackingMetric::builder().namespace(namespace).metric_name(name);
    let metric = metric.set_dimensions(Some(dimensions.collect())).build();
    let stat = TargetTrackingMetricStat::builder().metric(metric).stat(statistic);
    let stat = stat.build().expect("its only required field is given");
    let query = TargetTrackingMetricDataQuery::builder().id(id).metric_stat(stat).return_data(false);
    query.build().expect("its only required field is given")
}

/// The queue of a live metric, if the metric is the one that saas writes for it.
fn live_messages(live: &CustomizedMetricSpecification, resource_id: &str) -> Option<ScalingMetric> {
    let dimensions = live.metrics().first()?.metric_stat()?.metric()?.dimensions();
    let queue = dimensions.iter().find(|dimension| dimension.name == QUEUE_NAME)?.value.parse().ok()?;
    (*live == messages_per_task(&queue, resource_id)).then_some(ScalingMetric::Messages { queue })
}

/// A policy that the model cannot represent, in words.
pub(crate) fn in_words(policy: &LivePolicy) -> String {
    let tracking = policy.target_tracking_scaling_policy_configuration.as_ref();
    let metric = tracking.and_then(|tracking| {
        let custom = tracking.customized_metric_specification.as_ref().map(|custom| match custom.metric_name() {
            Some(name) => format!("the metric {name}"),
            None => "a metric of its own".to_owned(),
        });
        let predefined = tracking.predefined_metric_specification.as_ref();
        custom.or(predefined.map(|metric| match metric.resource_label() {
            Some(label) => format!("{} of {label}", metric.predefined_metric_type),
            None => metric.predefined_metric_type.to_string(),
        }))
    });
    let only_out = tracking.is_some_and(|tracking| tracking.disable_scale_in == Some(true));
    let on = metric.map(|metric| format!(" on {metric}")).unwrap_or_default();
    format!("{}{on}{}", policy.policy_type.as_str(), if only_out { ", which never scales in" } else { "" })
}
