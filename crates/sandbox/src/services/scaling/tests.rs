//! Tests of Application Auto Scaling, with the ECS service that it scales.

use std::time::Duration;

use serde_json::{Value, json};

use crate::dials::{Lag, Staleness};
use crate::services::Service;
use crate::services::ecs::tests::{CLUSTER, LONG, call as ecs, described, prepared, running, service, with};
use crate::testing::{Bench, item, pass};

const ID: &str = "service/shop/web";

fn call(bench: &Bench, operation: &str, input: &Value) -> Value {
    bench.json(Service::Scaling, operation, input).unwrap_or_else(|code| panic!("{operation} is refused: {code}"))
}

/// Asserts that a call fails with this code, and that its message contains this text.
fn refused(bench: &Bench, operation: &str, input: &Value, code: &str, part: &str) {
    let headers = [("x-amz-target", format!("Service.{operation}"))];
    let response = bench.send(Service::Scaling, "POST", "/", &headers, input.to_string().into_bytes());
    let value: Value = serde_json::from_slice(response.body()).expect("an answer in JSON");
    let text = value["message"].as_str().unwrap_or_default();
    assert!(value["__type"] == code && text.contains(part), "{operation} of {input} answers {value}");
}

fn about(changes: &Value) -> Value {
    let about = json!({"ServiceNamespace": "ecs", "ResourceId": ID, "ScalableDimension": "ecs:service:DesiredCount"});
    with(&about, changes)
}

fn range(minimum: i64, maximum: i64) -> Value {
    about(&json!({"MinCapacity": minimum, "MaxCapacity": maximum}))
}

fn policy(name: &str, metric: &str) -> Value {
    about(&json!({
        "PolicyName": name,
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": 60.0,
            "PredefinedMetricSpecification": {"PredefinedMetricType": metric},
            "ScaleInCooldown": 300,
            "ScaleOutCooldown": 60,
            "DisableScaleIn": false,
        },
    }))
}

const CPU: &str = "ECSServiceAverageCPUUtilization";
const MEMORY: &str = "ECSServiceAverageMemoryUtilization";

fn targets(bench: &Bench) -> Vec<Value> {
    let answer = call(bench, "DescribeScalableTargets", &json!({"ServiceNamespace": "ecs"}));
    answer["ScalableTargets"].as_array().cloned().unwrap_or_default()
}

fn policies(bench: &Bench) -> Vec<Value> {
    let answer = call(bench, "DescribeScalingPolicies", &json!({"ServiceNamespace": "ecs"}));
    answer["ScalingPolicies"].as_array().cloned().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn blank_tag_values_are_refused() {
    let bench = prepared();
    ecs(&bench, "CreateService", &service());
    let tagged = |value: &str| with(&range(2, 8), &json!({"Tags": {"k": value}}));
    for value in ["", " "] {
        let blank = "Tag values cannot be empty or blank";
        refused(&bench, "RegisterScalableTarget", &tagged(value), "ValidationException", blank);
    }
    let made = call(&bench, "RegisterScalableTarget", &tagged("v"));
    let input = json!({"ResourceARN": made["ScalableTargetARN"], "Tags": {"k": ""}});
    refused(&bench, "TagResource", &input, "ValidationException", "Tag values cannot be empty or blank");
}

#[tokio::test(start_paused = true)]
async fn the_first_target_fails_until_the_service_linked_role_is_usable() {
    let bench = prepared();
    ecs(&bench, "CreateService", &service());
    bench.cloud(|cloud| cloud.dials.linked_roles = Duration::from_secs(20));
    for _ in 0..2 {
        refused(
            &bench,
            "RegisterScalableTarget",
            &range(2, 8),
            "ValidationException",
            "Unable to assume IAM role: arn:",
        );
    }
    pass(Duration::from_secs(20)).await;
    call(&bench, "RegisterScalableTarget", &range(2, 8));
}

#[tokio::test(start_paused = true)]
async fn registering_a_target_again_updates_it() {
    let bench = running().await;
    let first = call(&bench, "RegisterScalableTarget", &range(2, 8));
    let again = call(&bench, "RegisterScalableTarget", &about(&json!({"MaxCapacity": 9})));
    assert_eq!(first, again, "it keeps its ARN");
    let found = targets(&bench)[0].clone();
    assert_eq!([&found["MinCapacity"], &found["MaxCapacity"]], [&json!(2), &json!(9)]);
    assert_eq!([&found["ResourceId"], &found["ScalableTargetARN"]], [&json!(ID), &first["ScalableTargetARN"]]);
    assert_eq!(found["SuspendedState"]["DynamicScalingInSuspended"], false);
    assert_eq!(
        found["RoleARN"],
        "arn:aws:iam::123456789012:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/\
         AWSServiceRoleForApplicationAutoScaling_ECSService"
    );
    let filtered = |ids: Value| {
        let input = json!({
            "ServiceNamespace": "ecs", "ResourceIds": ids, "ScalableDimension": "ecs:service:DesiredCount",
        });
        call(&bench, "DescribeScalableTargets", &input)["ScalableTargets"].as_array().map_or(0, Vec::len)
    };
    assert_eq!((filtered(json!([ID])), filtered(json!(["service/shop/other"]))), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_target_requires_a_service_and_a_range() {
    let bench = prepared();
    let missing = "ECS service doesn't exist: service/shop/web";
    refused(&bench, "RegisterScalableTarget", &range(1, 2), "ValidationException", missing);
    ecs(&bench, "CreateService", &service());
    let refuses = |input: Value, part: &str| {
        refused(&bench, "RegisterScalableTarget", &input, "ValidationException", part);
    };
    refuses(range(3, 2), "Maximum capacity cannot be less than minimum capacity");
    refuses(range(-1, 2), "MinCapacity");
    refuses(about(&json!({"MinCapacity": 1})), "MaxCapacity");
    let unsupported = "Unsupported service namespace, resource type or scalable dimension";
    refuses(with(&range(1, 2), &json!({"ScalableDimension": "rds:cluster:ReadReplicaCount"})), unsupported);
    refuses(with(&range(1, 2), &json!({"ResourceId": "shop/web"})), unsupported);
    refuses(with(&range(1, 2), &json!({"ServiceNamespace": "dynamodb"})), unsupported);
    refuses(with(&range(1, 2), &json!({"ServiceNamespace": "moon"})), "enum value set");
    refuses(with(&range(1, 2), &json!({"ResourceId": null})), "resourceId");
    refuses(with(&range(1, 2), &json!({"Tags": {"aws:x": "v"}})), "aws:");
    assert!(targets(&bench).is_empty());
}

#[tokio::test(start_paused = true)]
async fn registering_adjusts_the_desired_count_to_the_range() {
    let bench = running().await;
    let desired = |bench: &Bench| described(bench)["desiredCount"].clone();
    call(&bench, "RegisterScalableTarget", &range(3, 8));
    assert_eq!(desired(&bench), 3);
    pass(LONG).await;
    assert_eq!(described(&bench)["runningCount"], 3);
    call(&bench, "RegisterScalableTarget", &range(1, 2));
    assert_eq!(desired(&bench), 2);
    // Registering also raises a desired count of 0 into the range.
    ecs(&bench, "UpdateService", &json!({"cluster": CLUSTER, "service": "web", "desiredCount": 0}));
    call(&bench, "RegisterScalableTarget", &about(&json!({})));
    assert_eq!(desired(&bench), 1);
}

#[tokio::test(start_paused = true)]
async fn tags_are_accepted_only_at_the_first_registration() {
    let bench = running().await;
    let tagged = with(&range(2, 8), &json!({"Tags": {"tenant": "acme"}}));
    let arn = call(&bench, "RegisterScalableTarget", &tagged)["ScalableTargetARN"].clone();
    refused(&bench, "RegisterScalableTarget", &tagged, "ValidationException", "use the TagResource API");
    call(&bench, "RegisterScalableTarget", &range(2, 8));
    call(&bench, "TagResource", &json!({"ResourceARN": arn, "Tags": {"a": "1", "b": "2"}}));
    call(&bench, "UntagResource", &json!({"ResourceARN": arn, "TagKeys": ["a"]}));
    let tags = json!({"b": "2", "tenant": "acme"});
    assert_eq!(call(&bench, "ListTagsForResource", &json!({"ResourceARN": arn})), json!({"Tags": tags}));
    assert_eq!(json!(item(&bench.inventory(), "scaling:target", ID)), tags);
    let listed = bench.tagged(Service::Scaling);
    assert!(listed.iter().any(|(listed, tags)| json!(listed) == arn && tags.len() == 2));
    let many: serde_json::Map<String, Value> = (0..49).map(|number| (format!("k{number}"), json!("v"))).collect();
    refused(&bench, "TagResource", &json!({"ResourceARN": arn, "Tags": many}), "TooManyTagsException", "50");
    let missing = json!({"ResourceARN": "arn:aws:application-autoscaling:us-east-1:123456789012:scalable-target/0"});
    refused(&bench, "ListTagsForResource", &missing, "ResourceNotFoundException", "");
    let odd = json!({"ResourceARN": ID, "Tags": {"a": "b"}});
    refused(&bench, "TagResource", &odd, "ValidationException", "");
}

#[tokio::test(start_paused = true)]
async fn updating_a_policy_keeps_its_arn_and_alarms() {
    let bench = running().await;
    let missing = "No scalable target registered for service namespace: ecs, resource ID: service/shop/web";
    refused(&bench, "PutScalingPolicy", &policy("cpu", CPU), "ObjectNotFoundException", missing);
    call(&bench, "RegisterScalableTarget", &range(2, 8));
    let first = call(&bench, "PutScalingPolicy", &policy("cpu", CPU));
    let arn = first["PolicyARN"].as_str().unwrap_or_default();
    assert!(arn.starts_with("arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:"), "{arn}");
    assert!(arn.ends_with(":resource/ecs/service/shop/web:policyName/cpu"), "{arn}");
    let alarms = first["Alarms"].as_array().cloned().unwrap_or_default();
    let names: Vec<_> = alarms.iter().filter_map(|alarm| alarm["AlarmName"].as_str()).collect();
    assert!(names[0].starts_with("TargetTracking-service/shop/web-AlarmHigh-"), "{names:?}");
    assert!(names[1].starts_with("TargetTracking-service/shop/web-AlarmLow-"), "{names:?}");
    assert_eq!(call(&bench, "PutScalingPolicy", &policy("cpu", CPU))["PolicyARN"], first["PolicyARN"]);
    let found = policies(&bench);
    assert_eq!(found.len(), 1);
    let field = "TargetTrackingScalingPolicyConfiguration";
    assert_eq!(found[0][field], policy("cpu", CPU)[field]);
    assert_eq!([&found[0]["PolicyName"], &found[0]["PolicyType"]], ["cpu", "TargetTrackingScaling"]);
    assert!(item(&bench.inventory(), "scaling:policy", "service/shop/web/cpu").is_some());
}

#[tokio::test(start_paused = true)]
async fn a_metric_has_one_target_tracking_policy() {
    let bench = running().await;
    call(&bench, "RegisterScalableTarget", &range(2, 8));
    call(&bench, "PutScalingPolicy", &policy("cpu", CPU));
    let only = "Only one TargetTrackingScaling policy for a given metric specification is allowed.";
    refused(&bench, "PutScalingPolicy", &policy("other", CPU), "ValidationException", only);
    call(&bench, "PutScalingPolicy", &policy("memory", MEMORY));
    assert_eq!(policies(&bench).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn policies_are_validated() {
    let bench = running().await;
    call(&bench, "RegisterScalableTarget", &range(2, 8));
    let field = "TargetTrackingScalingPolicyConfiguration";
    let tracking = |changes: &Value| {
        let input = policy("cpu", CPU);
        with(&input, &json!({field: with(&input[field], changes)}))
    };
    for odd in [
        with(&policy("cpu", CPU), &json!({"PolicyType": null})),
        with(&policy("cpu", CPU), &json!({"PolicyType": "Guessing"})),
        with(&policy("cpu", CPU), &json!({field: null})),
        with(&policy("cpu", CPU), &json!({"PolicyName": "x".repeat(257)})),
        tracking(&json!({"TargetValue": null})),
        tracking(&json!({"TargetValue": 0})),
        tracking(&json!({"ScaleInCooldown": -1})),
        tracking(&json!({"PredefinedMetricSpecification": null})),
        tracking(&json!({"CustomizedMetricSpecification": {"MetricName": "m"}})),
        tracking(&json!({"PredefinedMetricSpecification": {"PredefinedMetricType": "RDSReaderAverageCPUUtilization"}})),
        tracking(&json!({"PredefinedMetricSpecification": {"PredefinedMetricType": CPU, "ResourceLabel": "x"}})),
    ] {
        refused(&bench, "PutScalingPolicy", &odd, "ValidationException", "");
    }
    assert!(policies(&bench).is_empty());
}

#[tokio::test(start_paused = true)]
async fn deregistering_a_target_deletes_its_policies() {
    let bench = running().await;
    let none = "No scalable target found for service namespace: ecs";
    refused(&bench, "DeregisterScalableTarget", &about(&json!({})), "ObjectNotFoundException", none);
    call(&bench, "RegisterScalableTarget", &range(2, 8));
    call(&bench, "PutScalingPolicy", &policy("cpu", CPU));
    call(&bench, "PutScalingPolicy", &policy("memory", MEMORY));
    let name = about(&json!({"PolicyName": "memory"}));
    call(&bench, "DeleteScalingPolicy", &name);
    refused(&bench, "DeleteScalingPolicy", &name, "ObjectNotFoundException", "No scaling policy found");
    call(&bench, "DeregisterScalableTarget", &about(&json!({})));
    assert!(targets(&bench).is_empty() && policies(&bench).is_empty());
    assert_eq!(described(&bench)["desiredCount"], 2);
}

#[tokio::test(start_paused = true)]
async fn deleting_a_service_deregisters_its_target() {
    let bench = running().await;
    call(&bench, "RegisterScalableTarget", &range(2, 8));
    call(&bench, "PutScalingPolicy", &policy("cpu", CPU));
    ecs(&bench, "DeleteService", &json!({"cluster": CLUSTER, "service": "web", "force": true}));
    // A draining service can still be registered, but its desired count stays.
    call(&bench, "RegisterScalableTarget", &range(3, 8));
    assert_eq!(described(&bench)["desiredCount"], 0);
    pass(LONG).await;
    assert_eq!(described(&bench)["status"], "INACTIVE");
    assert!(targets(&bench).is_empty() && policies(&bench).is_empty());
    refused(&bench, "RegisterScalableTarget", &range(2, 8), "ValidationException", "ECS service doesn't exist");
}

#[tokio::test(start_paused = true)]
async fn pages_have_50_targets_and_10_policies() {
    let bench = prepared();
    for number in 0..51 {
        let name = format!("s{number:02}");
        let changes = json!({"serviceName": name, "desiredCount": 0});
        ecs(&bench, "CreateService", &with(&service(), &changes));
        let id = json!({"ResourceId": format!("service/shop/{name}")});
        call(&bench, "RegisterScalableTarget", &with(&range(0, 2), &id));
        call(&bench, "PutScalingPolicy", &with(&policy("cpu", CPU), &id));
    }
    for (operation, field, most) in
        [("DescribeScalableTargets", "ScalableTargets", 50), ("DescribeScalingPolicies", "ScalingPolicies", 10)]
    {
        let page = |changes: Value| call(&bench, operation, &with(&json!({"ServiceNamespace": "ecs"}), &changes));
        let first = page(json!({}));
        assert_eq!(first[field].as_array().map(Vec::len), Some(most));
        let second = page(json!({"NextToken": first["NextToken"]}));
        assert_ne!(first[field][0], second[field][0]);
        let odd = json!({"ServiceNamespace": "ecs", "MaxResults": most + 1});
        refused(&bench, operation, &odd, "ValidationException", "MaxResults");
        let token = json!({"ServiceNamespace": "ecs", "NextToken": "mine"});
        refused(&bench, operation, &token, "InvalidNextTokenException", "");
        let dimension = json!({"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"});
        refused(&bench, operation, &dimension, "ValidationException", "resource ID");
        let elsewhere = call(&bench, operation, &json!({"ServiceNamespace": "rds"}));
        assert_eq!(elsewhere[field], json!([]));
    }
    let many: Vec<_> = (0..51).map(|number| format!("service/shop/{number}")).collect();
    let input = json!({"ServiceNamespace": "ecs", "ResourceIds": many});
    refused(&bench, "DescribeScalableTargets", &input, "ValidationException", "50");
}

#[tokio::test(start_paused = true)]
async fn new_targets_are_not_visible_immediately() {
    let bench = running().await;
    bench.cloud(|cloud| cloud.dials.staleness = Staleness::everywhere(Lag::of(std::time::Duration::from_secs(10))));
    call(&bench, "RegisterScalableTarget", &range(2, 8));
    refused(&bench, "PutScalingPolicy", &policy("cpu", CPU), "ObjectNotFoundException", "");
    assert!(targets(&bench).is_empty());
    pass(std::time::Duration::from_secs(10)).await;
    call(&bench, "PutScalingPolicy", &policy("cpu", CPU));
    assert_eq!(targets(&bench).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn quotas_of_targets_and_policies_are_enforced() {
    let bench = running().await;
    call(&bench, "RegisterScalableTarget", &range(2, 8));
    call(&bench, "PutScalingPolicy", &policy("cpu", CPU));
    bench.cloud(|cloud| {
        let target = cloud.scaling.targets[ID].clone();
        let others = (1..3_000).map(|number| (format!("service/shop/s{number}"), target.clone()));
        cloud.scaling.targets.extend(others);
        let policy = cloud.scaling.policies.values().next().cloned().expect("it was just put");
        let others = (1..50).map(|number| (format!("{ID} p{number}"), policy.clone()));
        cloud.scaling.policies.extend(others);
    });
    let fewer = "More than 50 policies";
    refused(&bench, "PutScalingPolicy", &policy("memory", MEMORY), "LimitExceededException", fewer);
    ecs(&bench, "CreateService", &with(&service(), &json!({"serviceName": "api"})));
    let another = with(&range(2, 8), &json!({"ResourceId": "service/shop/api"}));
    refused(&bench, "RegisterScalableTarget", &another, "LimitExceededException", "3000");
    // The existing target can still be updated.
    call(&bench, "RegisterScalableTarget", &range(2, 9));
}

/// The specification of a policy's metric.
fn tracked(name: &str, specification: &Value) -> Value {
    let input = policy(name, CPU);
    let field = "TargetTrackingScalingPolicyConfiguration";
    let configuration = with(&input[field], &json!({"PredefinedMetricSpecification": null}));
    with(&input, &json!({field: with(&configuration, specification)}))
}

#[tokio::test(start_paused = true)]
async fn requests_are_counted_where_the_balancer_routes_to_the_service() {
    let bench = running().await;
    call(&bench, "RegisterScalableTarget", &range(2, 2));
    let target_group = described(&bench)["loadBalancers"][0]["targetGroupArn"].clone();
    let target_group = target_group.as_str().and_then(|arn| arn.rsplit(':').next()).expect("an ARN").to_owned();
    let balancers = bench.query(Service::Elb, "DescribeLoadBalancers", &[]).expect("a list");
    let balancer = crate::testing::first(&balancers, "LoadBalancerArn").expect("an ARN");
    let balancer = balancer.rsplit("loadbalancer/").next().expect("an id").to_owned();
    let specification = |label: &str| {
        let metric = json!({"PredefinedMetricType": "ALBRequestCountPerTarget", "ResourceLabel": label});
        tracked("requests", &json!({"PredefinedMetricSpecification": metric}))
    };
    for odd in
        ["x", &balancer, &format!("app/other/0123456789abcdef/{target_group}"), &format!("{balancer}/targetgroup/o/1")]
    {
        let part = "does not route traffic";
        refused(&bench, "PutScalingPolicy", &specification(odd), "ValidationException", part);
    }
    call(&bench, "PutScalingPolicy", &specification(&format!("{balancer}/{target_group}")));
    ecs(
        &bench,
        "CreateService",
        &with(&service(), &json!({"serviceName": "api", "loadBalancers": null, "healthCheckGracePeriodSeconds": null})),
    );
    let id = json!({"ResourceId": "service/shop/api"});
    call(&bench, "RegisterScalableTarget", &with(&range(2, 2), &id));
    let other = with(&specification(&format!("{balancer}/{target_group}")), &id);
    refused(&bench, "PutScalingPolicy", &other, "ValidationException", "not one of the service");
}

#[tokio::test(start_paused = true)]
async fn a_metric_can_be_computed_from_others() {
    let bench = running().await;
    call(&bench, "RegisterScalableTarget", &range(1, 8));
    let stat = |id: &str, namespace: &str, name: &str, stat: &str| {
        json!({
            "Id": id,
            "MetricStat": {
                "Metric": {
                    "Namespace": namespace, "MetricName": name,
                    "Dimensions": [{"Name": "QueueName", "Value": "jobs"}],
                },
                "Stat": stat,
            },
            "ReturnData": false,
        })
    };
    let queue = stat("m1", "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Average");
    let tasks = stat("m2", "AWS/ECS", "CPUUtilization", "SampleCount");
    let sum = |expression: &str| json!({"Id": "e1", "Expression": expression, "ReturnData": true});
    let metrics = |metrics: Value| tracked("queue", &json!({"CustomizedMetricSpecification": {"Metrics": metrics}}));
    let good = metrics(json!([queue, tasks, sum("m1 / FILL(m2, 1)")]));
    call(&bench, "PutScalingPolicy", &good);
    let field = "TargetTrackingScalingPolicyConfiguration";
    assert_eq!(policies(&bench)[0][field], good[field]);
    let single = json!({"MetricName": "m", "Namespace": "n", "Statistic": "Average"});
    let customized = |metric: Value| tracked("own", &json!({"CustomizedMetricSpecification": metric}));
    call(&bench, "PutScalingPolicy", &customized(single.clone()));
    for (odd, part) in [
        (metrics(json!([queue, sum("m1 / m2")])), "does not exist"),
        (metrics(json!([queue, queue, sum("m1")])), "Id of its own"),
        (metrics(json!([with(&queue, &json!({"Id": "M1"})), sum("1")])), "Id of its own"),
        (metrics(json!([with(&queue, &json!({"Expression": "1"})), sum("m1")])), "either an Expression"),
        (metrics(json!([queue, with(&sum("m1"), &json!({"ReturnData": false}))])), "return data"),
        (metrics(json!([with(&queue, &json!({"MetricStat": {"Metric": {}, "Stat": "Sum"}})), sum("m1")])), "Namespace"),
        (customized(json!({"MetricName": "m"})), "Statistic"),
        (customized(with(&single, &json!({"Metrics": [sum("1")]}))), "together"),
    ] {
        refused(&bench, "PutScalingPolicy", &odd, "ValidationException", part);
    }
}
