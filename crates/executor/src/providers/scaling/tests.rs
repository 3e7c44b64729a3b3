//! Application Auto Scaling in cases with unexpected responses of AWS.

use saas_model::resource::{Kind, ScalingMetric};
use serde_json::{Value, json};
use wiremock::MockServer;

use crate::provider::{self, Changes};
use crate::state::observed::Identity;
use crate::testing::application::{self, SERVICE, SERVICE_ARN, TARGET, bench, nodes, nodes_with, policy};
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

/// The one field that differs from the plan where a target has these policies: live and planned.
async fn policy_drift(policies: Value) -> (String, Value, Value) {
    let server = MockServer::start().await;
    let target = json!({ "ServiceNamespace": "ecs", "ResourceId": "service/saas-platform/saas-platform-acme",
        "ScalableDimension": "ecs:service:DesiredCount", "MinCapacity": 2, "MaxCapacity": 8,
        "RoleARN": "arn:role", "CreationTime": 1.0 });
    called(SCALING, "DescribeScalableTargets")
        .respond_with(answer(json!({ "ScalableTargets": [target] })))
        .mount(&server)
        .await;
    called(SCALING, "DescribeScalingPolicies")
        .respond_with(answer(json!({ "ScalingPolicies": policies })))
        .mount(&server)
        .await;
    let bench = bench(&server.uri(), nodes()).await;
    bench.assume(SERVICE, Identity::of_arn(SERVICE_ARN));
    let found = provider::list(Kind::ScalableTarget, &bench.cx()).await.expect("it is listed");
    let reading = provider::describe(&bench.cx(), &found[0]).await.expect("the listing shows it").expect("it is there");
    let mut changes = reading.differences_to(&bench.node(TARGET).resource);
    let change = changes.pop().expect("the policy is another");
    assert!(changes.is_empty(), "{changes:?}");
    (change.field, change.before, change.after)
}

#[tokio::test]
async fn unsupported_scaling_policy_is_shown_verbatim_as_drift() {
    let policy = |metric: &str, target: f64| {
        json!({ "PolicyARN": "arn:policy", "PolicyName": "cpu", "ServiceNamespace": "ecs",
            "ResourceId": "service/saas-platform/saas-platform-acme",
            "ScalableDimension": "ecs:service:DesiredCount", "PolicyType": "TargetTrackingScaling", "CreationTime": 1.0,
            "TargetTrackingScalingPolicyConfiguration": { "TargetValue": target, "ScaleInCooldown": 300,
                "ScaleOutCooldown": 60, "DisableScaleIn": false,
                "PredefinedMetricSpecification": { "PredefinedMetricType": metric } } })
    };
    let (field, live, planned) = policy_drift(json!([policy("ECSServiceAverageCPUUtilization", 59.5)])).await;
    assert_eq!((field.as_str(), live, planned), ("policy.cpu_target", json!(59.5), json!(60)));
    let (field, live, planned) = policy_drift(json!([policy("ECSServiceAverageMemoryUtilization", 60.0)])).await;
    assert_eq!(field, "policy");
    assert_eq!(live, json!("cpu: TargetTrackingScaling on ECSServiceAverageMemoryUtilization"));
    assert_eq!(planned["cpu_target"], 60);
    let (field, live, _) = policy_drift(json!([])).await;
    assert_eq!((field.as_str(), live), ("policy", json!([])), "there is none");
}

