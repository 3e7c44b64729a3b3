//! Successful deployments.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::testing::{all, pass};

async fn seconds(seconds: u64) {
    pass(Duration::from_secs(seconds)).await;
}

/// The number of targets that receive requests.
fn targets(bench: &Bench) -> usize {
    let input = [("TargetGroupArn", AROUND.target_group.as_str())];
    let answer = bench.query(Service::Elb, "DescribeTargetHealth", &input).expect("the group is there");
    all(&answer, "State").iter().filter(|state| *state != "draining").count()
}

fn counts(bench: &Bench) -> [Value; 3] {
    let live = described(bench);
    ["desiredCount", "runningCount", "pendingCount"].map(|count| live[count].clone())
}

#[tokio::test(start_paused = true)]
async fn tasks_start_in_45_seconds_and_the_deployment_completes_when_they_are_healthy() {
    let bench = prepared();
    call(&bench, "CreateService", &service());
    assert!(tasks(&bench, "RUNNING").is_empty());
    seconds(6).await;
    let status = |bench: &Bench| tasks(bench, "RUNNING")[0]["lastStatus"].clone();
    assert_eq!((status(&bench), counts(&bench)), (json!("PROVISIONING"), [2, 0, 2].map(Value::from)));
    assert_eq!(interfaces(&bench), 2);
    seconds(15).await;
    assert_eq!((status(&bench), counts(&bench)), (json!("PENDING"), [2, 0, 2].map(Value::from)));
    assert_eq!(targets(&bench), 0);
    seconds(25).await;
    assert_eq!((status(&bench), counts(&bench)), (json!("RUNNING"), [2, 2, 0].map(Value::from)));
    assert_eq!((rollout(&described(&bench)), targets(&bench)), ("IN_PROGRESS", 2));
    seconds(30).await;
    let live = described(&bench);
    assert_eq!(rollout(&live), "COMPLETED");
    let told = events(&live);
    assert!(told[0].contains("has reached a steady state.") && told[1].contains("deployment completed."), "{told:?}");
    assert!(told.last().is_some_and(|event| event.contains("(service web) has started 2 tasks")), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_task_has_an_interface_with_the_security_groups_of_its_service() {
    let bench = running().await;
    let running = tasks(&bench, "RUNNING");
    let details = &running[0]["attachments"][0]["details"];
    let subnet = details[0]["value"].as_str().unwrap_or_default().to_owned();
    let interface = details[1]["value"].as_str().unwrap_or_default().to_owned();
    let attached = bench.cloud(|cloud| cloud.ec2.interfaces.get(&interface).cloned()).expect("it is attached");
    assert_eq!((attached.subnet, attached.groups), (subnet, vec![GROUP.to_owned()]));
    assert_ne!(running[0]["availabilityZone"], running[1]["availabilityZone"], "tasks are spread");
    assert_eq!([&running[0]["group"], &running[0]["launchType"]], ["service:web", "FARGATE"]);
    assert_eq!(
        running[0]["tags"],
        json!([
            {"key": "aws:ecs:clusterName", "value": "shop"},
            {"key": "aws:ecs:serviceName", "value": "web"},
            {"key": "tenant", "value": "acme"},
        ])
    );
    assert_eq!([&running[0]["cpu"], &running[0]["memory"]], ["1024", "2048"]);
}

#[tokio::test(start_paused = true)]
async fn a_service_without_tasks_is_complete_at_once() {
    let bench = prepared();
    call(&bench, "CreateService", &with(&service(), &json!({"desiredCount": 0})));
    seconds(6).await;
    assert_eq!(rollout(&described(&bench)), "COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn a_new_revision_replaces_the_old_tasks_when_its_tasks_are_healthy() {
    let bench = running().await;
    call(&bench, "RegisterTaskDefinition", &definition());
    let update = json!({"cluster": CLUSTER, "service": "web", "taskDefinition": "web:2"});
    let live = call(&bench, "UpdateService", &update)["service"].clone();
    let statuses = |live: &Value| {
        let deployments = live["deployments"].as_array().into_iter().flatten();
        deployments.map(|one| one["status"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((statuses(&live), rollout(&live)), (vec!["PRIMARY".into(), "ACTIVE".into()], "IN_PROGRESS"));
    assert_eq!(live["taskDefinition"], "arn:aws:ecs:us-east-1:123456789012:task-definition/web:2");
    seconds(50).await;
    assert_eq!((counts(&bench), targets(&bench)), ([2, 4, 0].map(Value::from), 4));
    // Healthy tasks replace the old ones, which then drain for a minute.
    seconds(30).await;
    let live = described(&bench);
    assert_eq!((counts(&bench), targets(&bench)), ([2, 2, 0].map(Value::from), 2));
    assert_eq!((rollout(&live), statuses(&live).len()), ("IN_PROGRESS", 2));
    assert_eq!(tasks(&bench, "STOPPED")[0]["lastStatus"], "DEACTIVATING");
    seconds(60).await;
    assert_eq!(tasks(&bench, "STOPPED")[0]["lastStatus"], "STOPPING");
    seconds(60).await;
    let live = described(&bench);
    assert_eq!((rollout(&live), statuses(&live)), ("COMPLETED", vec!["PRIMARY".into()]));
    assert_eq!(interfaces(&bench), 2);
}

#[tokio::test(start_paused = true)]
async fn half_of_the_tasks_may_stop_first() {
    let bench = running().await;
    let update = json!({
        "cluster": CLUSTER, "service": "web", "forceNewDeployment": true,
        "deploymentConfiguration": {"minimumHealthyPercent": 50, "maximumPercent": 100},
    });
    call(&bench, "UpdateService", &update);
    seconds(6).await;
    // One old task stops, and one new task starts.
    assert_eq!(counts(&bench), [2, 1, 1].map(Value::from));
    pass(LONG).await;
    assert_eq!((rollout(&described(&bench)), counts(&bench)), ("COMPLETED", [2, 2, 0].map(Value::from)));
}

#[tokio::test(start_paused = true)]
async fn stopped_tasks_drain_first_and_their_interfaces_are_deleted_last() {
    let bench = running().await;
    call(&bench, "UpdateService", &json!({"cluster": CLUSTER, "service": "web", "desiredCount": 0}));
    seconds(6).await;
    let status = |bench: &Bench| tasks(bench, "STOPPED")[0]["lastStatus"].clone();
    assert_eq!((status(&bench), targets(&bench), interfaces(&bench)), (json!("DEACTIVATING"), 0, 2));
    seconds(60).await;
    assert_eq!((status(&bench), interfaces(&bench)), (json!("STOPPING"), 2));
    seconds(30).await;
    assert_eq!((status(&bench), interfaces(&bench)), (json!("DEPROVISIONING"), 2));
    seconds(15).await;
    assert_eq!((status(&bench), interfaces(&bench)), (json!("STOPPED"), 2));
    seconds(5).await;
    assert_eq!(interfaces(&bench), 0);
    assert_eq!(rollout(&described(&bench)), "COMPLETED", "to scale is not to deploy");
}

#[tokio::test(start_paused = true)]
async fn stop_timeouts_are_respected() {
    let bench = bench();
    call(&bench, "CreateCluster", &json!({"clusterName": CLUSTER}));
    let patient = with(&container(), &json!({"stopTimeout": 120}));
    call(&bench, "RegisterTaskDefinition", &with(&definition(), &json!({"containerDefinitions": [patient]})));
    call(&bench, "CreateService", &service());
    pass(LONG).await;
    call(&bench, "UpdateService", &json!({"cluster": CLUSTER, "service": "web", "desiredCount": 0}));
    seconds(6 + 60 + 110).await;
    assert_eq!(tasks(&bench, "STOPPED")[0]["lastStatus"], "STOPPING");
    seconds(10).await;
    assert_eq!(tasks(&bench, "STOPPED")[0]["lastStatus"], "DEPROVISIONING");
}

#[tokio::test(start_paused = true)]
async fn changing_the_desired_count_starts_no_deployment() {
    let bench = running().await;
    let scale = |count: u32| {
        let input = json!({"cluster": CLUSTER, "service": "web", "desiredCount": count});
        call(&bench, "UpdateService", &input);
    };
    scale(5);
    pass(LONG).await;
    assert_eq!(counts(&bench), [5, 5, 0].map(Value::from));
    scale(1);
    pass(LONG).await;
    assert_eq!((counts(&bench), targets(&bench), interfaces(&bench)), ([1, 1, 0].map(Value::from), 1, 1));
    assert_eq!(described(&bench)["deployments"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(start_paused = true)]
async fn deleting_a_service_with_desired_tasks_requires_force() {
    let bench = running().await;
    let input = json!({"cluster": CLUSTER, "service": "web"});
    let above = "The service cannot be stopped while it is scaled above 0.";
    refused(&bench, "DeleteService", &input, "InvalidParameterException", above);
    call(&bench, "UpdateService", &with(&input, &json!({"desiredCount": 0})));
    let gone = call(&bench, "DeleteService", &input)["service"].clone();
    assert_eq!(gone["status"], "DRAINING");
    refused(&bench, "UpdateService", &input, "ServiceNotActiveException", "Service was not ACTIVE.");
    assert_eq!(call(&bench, "DeleteService", &input)["service"]["status"], "DRAINING");
    seconds(59).await;
    assert_eq!(described(&bench)["status"], "DRAINING");
    seconds(2).await;
    // The containers have stopped, so the service is inactive; its tasks still have their network
    // interfaces.
    assert_eq!((&described(&bench)["status"], interfaces(&bench)), (&json!("INACTIVE"), 2));
    refused(&bench, "UpdateService", &input, "ServiceNotActiveException", "");
    seconds(60).await;
    assert_eq!(interfaces(&bench), 0);
}

#[tokio::test(start_paused = true)]
async fn a_service_with_two_deployments_is_not_deleted() {
    let bench = running().await;
    let input = json!({"cluster": CLUSTER, "service": "web"});
    call(&bench, "UpdateService", &with(&input, &json!({"forceNewDeployment": true})));
    seconds(20).await;
    call(&bench, "UpdateService", &with(&input, &json!({"desiredCount": 0})));
    let active = "The service cannot be stopped while deployments are active.";
    refused(&bench, "DeleteService", &input, "InvalidParameterException", active);
    seconds(120).await;
    call(&bench, "DeleteService", &input);
    pass(LONG).await;
    assert_eq!((&described(&bench)["status"], interfaces(&bench)), (&json!("INACTIVE"), 0));
}

#[tokio::test(start_paused = true)]
async fn a_service_without_a_load_balancer_registers_no_targets() {
    let bench = prepared();
    let alone = json!({"loadBalancers": null, "healthCheckGracePeriodSeconds": null});
    call(&bench, "CreateService", &with(&service(), &alone));
    seconds(80).await;
    assert_eq!(rollout(&described(&bench)), "IN_PROGRESS");
    seconds(6).await;
    assert_eq!((rollout(&described(&bench)), targets(&bench)), ("COMPLETED", 0));
    call(&bench, "UpdateService", &json!({"cluster": CLUSTER, "service": "web", "desiredCount": 0}));
    seconds(6).await;
    assert_eq!(tasks(&bench, "STOPPED")[0]["lastStatus"], "STOPPING");
}

#[tokio::test(start_paused = true)]
async fn a_deployment_continues_after_a_reload() {
    let bench = prepared();
    call(&bench, "CreateService", &service());
    seconds(20).await;
    bench.cloud(|cloud| {
        let kept = serde_json::to_string(cloud).expect("it can be written");
        *cloud = serde_json::from_str(&kept).expect("it can be read");
    });
    pass(LONG).await;
    assert_eq!(rollout(&described(&bench)), "COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn at_instant_pace_tasks_run_before_the_next_call() {
    let bench = prepared();
    bench.cloud(|cloud| cloud.pace = crate::timing::Pace::Instant);
    call(&bench, "CreateService", &service());
    assert_eq!((rollout(&described(&bench)), counts(&bench)), ("COMPLETED", [2, 2, 0].map(Value::from)));
    call(&bench, "DeleteService", &json!({"cluster": CLUSTER, "service": "web", "force": true}));
    assert_eq!((&described(&bench)["status"], interfaces(&bench)), (&json!("INACTIVE"), 0));
}
