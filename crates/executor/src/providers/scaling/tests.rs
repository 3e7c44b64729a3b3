//! Application Auto Scaling in cases with unexpected responses of AWS.

use std::collections::BTreeMap;

use saas_model::resource::{Kind, ScalableTarget, ScalingMetric};
use serde_json::{Value, json};
use wiremock::MockServer;

use crate::provider::{self, Changes};
use crate::state::observed::Identity;
use crate::testing::application::{
    self, BALANCER, GROUP, SERVICE, SERVICE_ARN, TARGET, bench, nodes, nodes_with, policy, to,
};
use crate::testing::json_api::{SCALING, answer, called, calls, refusal};

#[tokio::test]
async fn service_not_visible_to_autoscaling_yet_is_waited_for() {
    let server = MockServer::start().await;
    let unseen = refusal("ValidationException", "ECS service doesn't exist: service/saas-platform/saas-platform-acme");
    called(SCALING, "RegisterScalableTarget").respond_with(unseen).up_to_n_times(2).mount(&server).await;
    called(SCALING, "RegisterScalableTarget")
        .respond_with(answer(json!({ "ScalableTargetARN": "arn:target" })))
        .mount(&server)
        .await;
    let put = json!({ "PolicyARN": "arn:policy" });
    called(SCALING, "PutScalingPolicy").respond_with(answer(put)).mount(&server).await;

    let bench = bench(&server.uri(), nodes()).await;
    bench.assume(SERVICE, Identity::of_arn(SERVICE_ARN));
    let identity = provider::create(&bench.cx(), bench.node(TARGET)).await.expect("the service becomes visible");
    assert_eq!(identity.arn.as_deref(), Some("arn:target"));
    assert_eq!(calls(&server, "RegisterScalableTarget").await.len(), 3);
}

/// A live policy with this configuration.
fn live_policy(name: &str, configuration: Value) -> Value {
    json!({
        "PolicyARN": "arn:policy", "PolicyName": name, "ServiceNamespace": "ecs", "ResourceId": RESOURCE,
        "ScalableDimension": "ecs:service:DesiredCount", "PolicyType": "TargetTrackingScaling", "CreationTime": 1.0,
        "TargetTrackingScalingPolicyConfiguration": configuration,
    })
}

/// The configuration of a policy on a predefined metric.
fn predefined(metric: &str, target: f64) -> Value {
    json!({ "TargetValue": target, "ScaleInCooldown": 300, "ScaleOutCooldown": 60, "DisableScaleIn": false,
        "PredefinedMetricSpecification": { "PredefinedMetricType": metric } })
}

/// An Application Auto Scaling that has the target with these policies.
async fn scaling(policies: Value) -> MockServer {
    let server = MockServer::start().await;
    let target = json!({ "ServiceNamespace": "ecs", "ResourceId": RESOURCE,
        "ScalableDimension": "ecs:service:DesiredCount", "MinCapacity": 2, "MaxCapacity": 8,
        "RoleARN": "arn:role", "CreationTime": 1.0 });
    for (operation, body) in [
        ("DescribeScalableTargets", json!({ "ScalableTargets": [target] })),
        ("DescribeScalingPolicies", json!({ "ScalingPolicies": policies })),
        ("RegisterScalableTarget", json!({ "ScalableTargetARN": "arn:target" })),
        ("PutScalingPolicy", json!({ "PolicyARN": "arn:policy" })),
        ("DeleteScalingPolicy", json!({})),
    ] {
        called(SCALING, operation).respond_with(answer(body)).mount(&server).await;
    }
    server
}

const RESOURCE: &str = "service/saas-platform/saas-platform-acme";

/// The fields in which a target with these policies differs from the planned one: live and planned.
async fn drift(planned: ScalableTarget, policies: Value) -> Vec<(String, Value, Value)> {
    let server = scaling(policies).await;
    let bench = bench(&server.uri(), nodes_with(TARGET, planned)).await;
    bench.assume(SERVICE, Identity::of_arn(SERVICE_ARN));
    let found = provider::list(Kind::ScalableTarget, &bench.cx()).await.expect("it is listed");
    let [found] = found.as_slice() else { panic!("{found:#?}") };
    let reading = provider::describe(&bench.cx(), found).await.expect("the listing shows it").expect("it is there");
    let changes = reading.differences_to(&bench.node(TARGET).resource);
    changes.into_iter().map(|change| (change.field, change.before, change.after)).collect()
}

/// As for a tenant that is removed.
#[tokio::test]
async fn target_that_is_not_planned_is_beneath_its_service() {
    let server = scaling(json!([])).await;
    let planned = nodes().into_iter().filter(|(address, _)| *address != TARGET);
    let bench = bench(&server.uri(), planned.collect()).await;
    bench.assume(SERVICE, Identity::of_arn(SERVICE_ARN));
    let found = provider::list(Kind::ScalableTarget, &bench.cx()).await.expect("autoscaling answers");
    let addresses: Vec<&str> = found.iter().map(|target| target.address.as_str()).collect();
    assert_eq!(addresses, [TARGET]);
}

#[tokio::test]
async fn unsupported_scaling_policy_is_shown_verbatim_as_drift() {
    let planned = application::scalable_target;
    let of_cpu = |target: f64| live_policy("cpu", predefined("ECSServiceAverageCPUUtilization", target));
    assert_eq!(drift(planned(), json!([of_cpu(60.0)])).await, []);
    let found = drift(planned(), json!([of_cpu(59.5)])).await;
    assert_eq!(found, [("policies.cpu.target".to_owned(), json!(59.5), json!(60))]);
    let other = live_policy("cpu", predefined("EC2SpotFleetRequestAverageCPUUtilization", 60.0));
    let found = drift(planned(), json!([other])).await;
    let [(field, live, after)] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!(field, "policies.cpu");
    assert_eq!(*live, json!("TargetTrackingScaling on EC2SpotFleetRequestAverageCPUUtilization"));
    assert_eq!(after["target"], 60);
    let mut one_way = of_cpu(60.0);
    one_way["TargetTrackingScalingPolicyConfiguration"]["DisableScaleIn"] = json!(true);
    let found = drift(planned(), json!([one_way])).await;
    assert!(found[0].1.as_str().is_some_and(|live| live.ends_with(", which never scales in")), "{found:#?}");
    let found = drift(planned(), json!([])).await;
    assert_eq!(found[0].0, "policies.cpu", "there is none");
    let more = live_policy(
        "more",
        json!({ "TargetValue": 10.0, "CustomizedMetricSpecification": {
        "MetricName": "Backlog", "Namespace": "App", "Statistic": "Average" } }),
    );
    let found = drift(planned(), json!([of_cpu(60.0), more])).await;
    let live = json!("TargetTrackingScaling on the metric Backlog");
    assert_eq!(found, [("policies.more".to_owned(), live, Value::Null)]);
}

/// A target with a policy on each metric.
fn with_all_metrics() -> ScalableTarget {
    let requests = ScalingMetric::Requests { load_balancer: to(BALANCER), target_group: to(GROUP) };
    let messages = ScalingMetric::Messages { queue: "harbor-work-acme".parse().expect("valid") };
    let policies = [
        ("cpu", policy(ScalingMetric::Cpu, 60)),
        ("memory", policy(ScalingMetric::Memory, 70)),
        ("queue", policy(messages, 100)),
        ("requests", policy(requests, 1200)),
    ];
    let policies = policies.map(|(name, policy)| (name.to_owned(), policy)).into();
    ScalableTarget { policies, ..application::scalable_target() }
}

/// The configurations of the policies that a creation sends, by name.
async fn sent() -> BTreeMap<String, Value> {
    let server = scaling(json!([])).await;
    let bench = bench(&server.uri(), nodes_with(TARGET, with_all_metrics())).await;
    bench.assume(SERVICE, Identity::of_arn(SERVICE_ARN));
    provider::create(&bench.cx(), bench.node(TARGET)).await.expect("it is created");
    let sent = calls(&server, "PutScalingPolicy").await.into_iter();
    let name = |body: &Value| body["PolicyName"].as_str().expect("a text").to_owned();
    sent.map(|body| (name(&body), body["TargetTrackingScalingPolicyConfiguration"].clone())).collect()
}

#[tokio::test]
async fn each_metric_has_a_policy_of_its_own() {
    let sent = sent().await;
    assert_eq!(sent.keys().map(String::as_str).collect::<Vec<_>>(), ["cpu", "memory", "queue", "requests"]);
    let metric = |name: &str| &sent[name]["PredefinedMetricSpecification"];
    assert_eq!(metric("memory")["PredefinedMetricType"], "ECSServiceAverageMemoryUtilization");
    let label = "app/saas-platform-0/50dc6c495c0c9188/targetgroup/acme-12345678/943f017f100becff";
    assert_eq!(
        *metric("requests"),
        json!({ "PredefinedMetricType": "ALBRequestCountPerTarget", "ResourceLabel": label })
    );
    assert_eq!(sent["requests"]["TargetValue"], 1200.0);
    let metrics = &sent["queue"]["CustomizedMetricSpecification"]["Metrics"];
    assert_eq!(metrics[0]["MetricStat"]["Metric"]["MetricName"], "ApproximateNumberOfMessagesVisible");
    let queue = json!([{ "Name": "QueueName", "Value": "harbor-work-acme" }]);
    assert_eq!(metrics[0]["MetricStat"]["Metric"]["Dimensions"], queue);
    assert_eq!(metrics[1]["MetricStat"]["Stat"], "SampleCount");
    let service = json!([
        { "Name": "ClusterName", "Value": "saas-platform" },
        { "Name": "ServiceName", "Value": "saas-platform-acme" },
    ]);
    assert_eq!(metrics[1]["MetricStat"]["Metric"]["Dimensions"], service);
    assert_eq!((&metrics[2]["Expression"], &metrics[2]["ReturnData"]), (&"m1 / FILL(m2, 1)".into(), &true.into()));
}

#[tokio::test]
async fn written_policies_equal_the_planned_ones() {
    let live = sent().await.into_iter().map(|(name, configuration)| live_policy(&name, configuration));
    let live: Value = live.collect();
    assert_eq!(drift(with_all_metrics(), live.clone()).await, []);
    let mut other = live;
    let queue = &mut other[2]["TargetTrackingScalingPolicyConfiguration"]["CustomizedMetricSpecification"]["Metrics"];
    queue[0]["MetricStat"]["Metric"]["Dimensions"][0]["Value"] = json!("other");
    let requests = &mut other[3]["TargetTrackingScalingPolicyConfiguration"]["PredefinedMetricSpecification"];
    requests["ResourceLabel"] = json!("app/theirs/1/targetgroup/theirs/2");
    let found: Vec<(String, Value)> =
        drift(with_all_metrics(), other).await.into_iter().map(|(field, live, _)| (field, live)).collect();
    let foreign = json!("TargetTrackingScaling on ALBRequestCountPerTarget of app/theirs/1/targetgroup/theirs/2");
    let expected = [("policies.queue.metric.messages.queue", json!("other")), ("policies.requests", foreign)];
    assert_eq!(found, expected.map(|(field, live)| (field.to_owned(), live)));
}

/// AWS refuses two policies on one metric, whatever their names.
#[tokio::test]
async fn policies_on_other_metrics_than_planned_are_deleted_before_any_is_written() {
    let server = scaling(json!([
        live_policy("cpu", predefined("ECSServiceAverageMemoryUtilization", 60.0)),
        live_policy("memory", predefined("ECSServiceAverageMemoryUtilization", 50.0)),
        live_policy("old", predefined("ECSServiceAverageCPUUtilization", 60.0)),
    ]))
    .await;
    let bench = bench(&server.uri(), nodes_with(TARGET, with_all_metrics())).await;
    bench.assume(SERVICE, Identity::of_arn(SERVICE_ARN));
    let found = provider::list(Kind::ScalableTarget, &bench.cx()).await.expect("it is listed").remove(0);
    provider::update(&bench.cx(), bench.node(TARGET), &found, Changes(&[])).await.expect("it is updated");
    let deleted = calls(&server, "DeleteScalingPolicy").await;
    let deleted: Vec<&Value> = deleted.iter().map(|body| &body["PolicyName"]).collect();
    assert_eq!(deleted, ["cpu", "old"]);
    let requests = server.received_requests().await.expect("requests are recorded");
    let operations: Vec<&str> =
        requests.iter().filter_map(|request| request.headers.get("x-amz-target")?.to_str().ok()).collect();
    let last_deletion = operations.iter().rposition(|operation| operation.ends_with("DeleteScalingPolicy"));
    let first_write = operations.iter().position(|operation| operation.ends_with("PutScalingPolicy"));
    assert!(last_deletion < first_write, "{operations:#?}");
}
