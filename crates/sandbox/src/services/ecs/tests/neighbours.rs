//! A service together with the AWS services that it depends on.

use std::time::Duration;

use serde_json::json;

use super::around::{delete_secret, forward_to, make_target_group};
use super::*;
use crate::testing::{all, pass};

/// The health of the targets.
fn health(bench: &Bench) -> Vec<String> {
    let input = [("TargetGroupArn", AROUND.target_group.as_str())];
    all(&bench.query(Service::Elb, "DescribeTargetHealth", &input).expect("the group is there"), "State")
}

#[tokio::test(start_paused = true)]
async fn tasks_are_registered_become_healthy_and_drain() {
    let bench = prepared();
    call(&bench, "CreateService", &service());
    assert!(health(&bench).is_empty());
    pass(Duration::from_secs(50)).await;
    assert_eq!(health(&bench), ["initial", "initial"]);
    pass(LONG).await;
    assert_eq!((health(&bench), rollout(&described(&bench))), (vec!["healthy".to_owned(); 2], "COMPLETED"));
    call(&bench, "DeleteService", &json!({"cluster": CLUSTER, "service": "web", "force": true}));
    pass(Duration::from_secs(6)).await;
    assert_eq!(health(&bench), ["draining", "draining"]);
    pass(LONG).await;
    assert!(health(&bench).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_scheduled_for_deletion_stops_the_tasks() {
    let bench = prepared();
    delete_secret(&bench);
    call(&bench, "CreateService", &service());
    pass(LONG).await;
    assert_eq!(rollout(&described(&bench)), "FAILED");
}

#[tokio::test(start_paused = true)]
async fn awsvpc_tasks_require_a_target_group_of_ips() {
    let bench = prepared();
    let instances = make_target_group(&bench, "instances", "instance");
    forward_to(&bench, &instances);
    let balancer = json!({"targetGroupArn": instances, "containerName": "web", "containerPort": 80});
    let incompatible = "has target type instance, which is incompatible with the awsvpc network mode";
    let service = with(&service(), &json!({"loadBalancers": [balancer]}));
    refused(&bench, "CreateService", &service, "InvalidParameterException", incompatible);
}
