//! `UpdateService`.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::testing::pass;

fn update(bench: &Bench, changes: &Value) -> Value {
    let input = with(&json!({"cluster": CLUSTER, "service": "web"}), changes);
    call(bench, "UpdateService", &input)["service"].clone()
}

fn deployments(live: &Value) -> usize {
    live["deployments"].as_array().map_or(0, Vec::len)
}

#[tokio::test(start_paused = true)]
async fn only_changes_that_affect_tasks_start_a_deployment() {
    let bench = running().await;
    let quiet = json!({
        "desiredCount": 3,
        "healthCheckGracePeriodSeconds": 90,
        "deploymentConfiguration": {"minimumHealthyPercent": 50},
        "propagateTags": "NONE",
        "enableECSManagedTags": false,
        // The same as before.
        "taskDefinition": "web:1",
        "platformVersion": "1.4.0",
        "networkConfiguration": service()["networkConfiguration"],
        "loadBalancers": service()["loadBalancers"],
    });
    let live = update(&bench, &quiet);
    assert_eq!(deployments(&live), 1);
    assert_eq!([&live["healthCheckGracePeriodSeconds"], &live["desiredCount"]], [&json!(90), &json!(3)]);
    assert_eq!([&live["propagateTags"], &live["enableECSManagedTags"]], [&json!("NONE"), &json!(false)]);
    let configuration = &live["deploymentConfiguration"];
    assert_eq!([&configuration["minimumHealthyPercent"], &configuration["maximumPercent"]], [&json!(50), &json!(200)]);
    assert_eq!(configuration["deploymentCircuitBreaker"], json!({"enable": true, "rollback": true}));
    let subnets = json!({"awsvpcConfiguration": {"subnets": [SUBNETS[0]], "securityGroups": [GROUP]}});
    for loud in [
        json!({"platformVersion": "LATEST"}),
        json!({"networkConfiguration": subnets}),
        json!({"forceNewDeployment": true}),
        json!({"loadBalancers": [], "healthCheckGracePeriodSeconds": 0}),
    ] {
        assert_eq!(deployments(&update(&bench, &loud)), 2, "{loud}");
        pass(LONG).await;
        assert_eq!((rollout(&described(&bench)), deployments(&described(&bench))), ("COMPLETED", 1));
    }
    assert!(described(&bench)["healthCheckGracePeriodSeconds"].is_null());
}

#[tokio::test(start_paused = true)]
async fn an_update_is_validated_like_a_creation() {
    let bench = running().await;
    let refuses = |changes: Value, code: &str, part: &str| {
        let input = with(&json!({"cluster": CLUSTER, "service": "web"}), &changes);
        refused(&bench, "UpdateService", &input, code, part);
    };
    let invalid = "InvalidParameterException";
    refuses(json!({"taskDefinition": "none"}), "ClientException", "TaskDefinition not found.");
    refuses(json!({"platformVersion": "0.0"}), "PlatformUnknownException", "");
    refuses(json!({"desiredCount": -1}), invalid, "desiredCount");
    refuses(json!({"deploymentConfiguration": {"maximumPercent": 100}}), invalid, "block deployments");
    refuses(json!({"healthCheckGracePeriodSeconds": -1}), invalid, "healthCheckGracePeriodSeconds");
    let network = json!({"awsvpcConfiguration": {"subnets": ["subnet-1"]}});
    refuses(json!({"networkConfiguration": network}), invalid, "InvalidSubnetID.NotFound");
    let balancer = json!([{"targetGroupArn": AROUND.target_group, "containerName": "db", "containerPort": 80}]);
    refuses(json!({"loadBalancers": balancer}), invalid, "does not exist in the task definition");
    let other = with(&container(), &json!({"portMappings": [{"containerPort": 81}]}));
    call(&bench, "RegisterTaskDefinition", &with(&definition(), &json!({"containerDefinitions": [other]})));
    refuses(json!({"taskDefinition": FAMILY}), invalid, "did not have a container port 80 defined.");
    call(&bench, "DeregisterTaskDefinition", &json!({"taskDefinition": "web:2"}));
    refuses(json!({"taskDefinition": "web:2"}), "ClientException", "TaskDefinition is inactive");
    let unknown = json!({"cluster": CLUSTER, "service": "none"});
    refused(&bench, "UpdateService", &unknown, "ServiceNotFoundException", "Service not found.");
    assert_eq!(deployments(&described(&bench)), 1);
}

#[tokio::test(start_paused = true)]
async fn a_service_starts_tasks_from_its_inactive_definition() {
    let bench = running().await;
    call(&bench, "DeregisterTaskDefinition", &json!({"taskDefinition": "web:1"}));
    update(&bench, &json!({"desiredCount": 3}));
    pass(LONG).await;
    assert_eq!(described(&bench)["runningCount"], 3);
}

#[tokio::test(start_paused = true)]
async fn a_deployment_in_progress_is_replaced_by_the_next() {
    let bench = prepared();
    call(&bench, "CreateService", &service());
    pass(Duration::from_secs(10)).await;
    update(&bench, &json!({"forceNewDeployment": true}));
    pass(Duration::from_secs(6)).await;
    let live = described(&bench);
    assert_eq!((deployments(&live), &live["pendingCount"]), (2, &json!(2)), "those that did not run yet go at once");
    pass(LONG).await;
    let live = described(&bench);
    assert_eq!((rollout(&live), deployments(&live), &live["runningCount"]), ("COMPLETED", 1, &json!(2)));
}

#[tokio::test(start_paused = true)]
async fn another_capacity_needs_a_forced_deployment() {
    let bench = running().await;
    let providers = json!({
        "cluster": CLUSTER, "capacityProviders": ["FARGATE", "FARGATE_SPOT"], "defaultCapacityProviderStrategy": [],
    });
    call(&bench, "PutClusterCapacityProviders", &providers);
    let spot = json!([{"capacityProvider": "FARGATE_SPOT", "weight": 1}]);
    let change = |strategy: &Value| json!({"cluster": CLUSTER, "service": "web", "capacityProviderStrategy": strategy});
    refused(&bench, "UpdateService", &change(&spot), "InvalidParameterException", "you must force a new deployment");
    let forced = json!({"forceNewDeployment": true});
    call(&bench, "UpdateService", &with(&change(&spot), &forced));
    call(&bench, "UpdateService", &change(&spot));
    pass(LONG).await;
    let found = described(&bench);
    let with_base = json!([{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}]);
    assert_eq!((&found["capacityProviderStrategy"], &found["launchType"]), (&with_base, &Value::Null));
    assert!(tasks(&bench, "RUNNING").iter().all(|task| task["capacityProviderName"] == "FARGATE_SPOT"));
    call(&bench, "UpdateService", &with(&change(&json!([])), &forced));
    assert_eq!(described(&bench)["launchType"], "FARGATE");
}
