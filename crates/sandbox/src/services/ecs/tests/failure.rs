//! Failed deployments.

use std::time::Duration;

use serde_json::json;

use super::around::{delete_log_group, delete_role, delete_secret, make_role, restore_secret};
use super::*;
use crate::testing::pass;
use crate::timing::Pace;

fn deployment(bench: &Bench, place: usize) -> Value {
    described(bench)["deployments"][place].clone()
}

fn told(bench: &Bench, part: &str) -> bool {
    events(&described(bench)).iter().any(|event| event.contains(part))
}

/// A deployment after a change that makes it fail.
fn lacking(change: impl FnOnce(&Bench)) -> Bench {
    let bench = prepared();
    change(&bench);
    call(&bench, "CreateService", &service());
    bench
}

#[tokio::test(start_paused = true)]
async fn a_missing_role_fails_the_deployment_and_not_the_call() {
    for role in [TASK_ROLE, EXECUTION_ROLE] {
        let bench = lacking(|bench| delete_role(bench, role));
        pass(LONG).await;
        let failed = deployment(&bench, 0);
        assert_eq!([&failed["rolloutState"], &failed["failedTasks"]], [&json!("FAILED"), &json!(3)]);
        assert_eq!(failed["rolloutStateReason"], "ECS deployment circuit breaker: tasks failed to start.");
        assert!(told(&bench, &format!("ECS was unable to assume the role '{role}'")));
        assert!(told(&bench, "deployment failed: tasks failed to start."));
        assert_eq!(described(&bench)["runningCount"], 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_created_late_only_causes_an_event() {
    let bench = lacking(|bench| delete_role(bench, TASK_ROLE));
    pass(Duration::from_secs(10)).await;
    assert!(told(&bench, "unable to assume the role"));
    make_role(&bench, TASK_ROLE);
    pass(LONG).await;
    let completed = deployment(&bench, 0);
    assert_eq!([&completed["rolloutState"], &completed["failedTasks"]], [&json!("COMPLETED"), &json!(0)]);
}

#[tokio::test(start_paused = true)]
async fn a_secret_without_a_value_stops_the_tasks() {
    let bench = prepared();
    let empty = json!({"Name": "web/empty", "ClientRequestToken": "b".repeat(32)});
    let secret = bench.json(Service::Secrets, "CreateSecret", &empty).expect("a secret")["ARN"].clone();
    let container = with(&container(), &json!({"secrets": [{"name": "PASSWORD", "valueFrom": secret}]}));
    call(&bench, "RegisterTaskDefinition", &with(&definition(), &json!({"containerDefinitions": [container]})));
    call(&bench, "CreateService", &service());
    pass(LONG).await;
    assert_eq!(deployment(&bench, 0)["rolloutState"], "FAILED");
    let stopped = tasks(&bench, "STOPPED");
    assert_eq!(stopped.len(), 4, "two at a time until three have failed");
    for task in stopped {
        assert_eq!([&task["lastStatus"], &task["stopCode"]], ["STOPPED", "TaskFailedToStart"]);
        let reason = task["stoppedReason"].as_str().unwrap_or_default();
        assert!(
            reason.starts_with("ResourceInitializationError") && reason.contains(secret.as_str().expect("an ARN")),
            "{reason}"
        );
    }
    assert_eq!(interfaces(&bench), 0);
}

#[tokio::test(start_paused = true)]
async fn a_missing_log_group_stops_the_tasks() {
    let bench = lacking(delete_log_group);
    pass(LONG).await;
    assert_eq!(deployment(&bench, 0)["rolloutState"], "FAILED");
    let reason = tasks(&bench, "STOPPED")[0]["stoppedReason"].clone();
    assert!(
        reason.as_str().is_some_and(|reason| reason.contains("The specified log group does not exist")),
        "{reason}"
    );
}

#[tokio::test(start_paused = true)]
async fn without_the_circuit_breaker_a_failing_deployment_never_ends() {
    let bench = prepared();
    delete_secret(&bench);
    call(&bench, "CreateService", &with(&service(), &json!({"deploymentConfiguration": null})));
    pass(Duration::from_secs(3_000)).await;
    let going_on = deployment(&bench, 0);
    assert_eq!(going_on["rolloutState"], "IN_PROGRESS");
    assert!(going_on["failedTasks"].as_u64().is_some_and(|failed| (6..40).contains(&failed)), "{going_on}");
    assert!(told(&bench, "is unable to consistently start tasks successfully."));
    restore_secret(&bench);
    pass(Duration::from_secs(1_800)).await;
    assert_eq!(deployment(&bench, 0)["rolloutState"], "COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn at_instant_pace_failing_deployments_end() {
    for breaker in [json!(null), service()["deploymentConfiguration"].clone()] {
        let bench = prepared();
        bench.cloud(|cloud| cloud.pace = Pace::Instant);
        delete_role(&bench, TASK_ROLE);
        call(&bench, "CreateService", &with(&service(), &json!({"deploymentConfiguration": breaker})));
        let state = if breaker.is_null() { "IN_PROGRESS" } else { "FAILED" };
        assert_eq!(deployment(&bench, 0)["rolloutState"], state);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_deployment_rolls_back_to_the_previous_revision() {
    let bench = running().await;
    let first = deployment(&bench, 0)["id"].clone();
    let definition = described(&bench)["taskDefinition"].clone();
    let bad = with(
        &container(),
        &json!({"logConfiguration": {"logDriver": "awslogs", "options": {
            "awslogs-group": "/none", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "task",
        }}}),
    );
    call(&bench, "RegisterTaskDefinition", &with(&super::definition(), &json!({"containerDefinitions": [bad]})));
    let update = json!({"cluster": CLUSTER, "service": "web", "taskDefinition": FAMILY});
    call(&bench, "UpdateService", &update);
    let mut reason = String::new();
    for _ in 0..600 {
        pass(Duration::from_secs(1)).await;
        reason = deployment(&bench, 0)["rolloutStateReason"].as_str().unwrap_or_default().to_owned();
        assert_eq!(described(&bench)["runningCount"], 2, "the old tasks go on");
        if reason.contains("rolling back") {
            break;
        }
    }
    let expected =
        format!("ECS deployment circuit breaker: rolling back to deploymentId {}.", first.as_str().unwrap_or_default());
    assert_eq!(reason, expected);
    assert_eq!(described(&bench)["taskDefinition"], definition);
    assert_eq!([&deployment(&bench, 1)["status"], &deployment(&bench, 1)["rolloutState"]], ["ACTIVE", "FAILED"]);
    pass(LONG).await;
    let live = described(&bench);
    assert_eq!(
        (rollout(&live), &live["taskDefinition"], live["deployments"].as_array().map(Vec::len)),
        ("COMPLETED", &definition, Some(1))
    );
    assert!(told(&bench, "rolling back to deployment"));
}

#[tokio::test(start_paused = true)]
async fn without_rollback_a_failed_deployment_keeps_the_previous_tasks() {
    let bench = running().await;
    let update = json!({
        "cluster": CLUSTER, "service": "web", "forceNewDeployment": true,
        "deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": true, "rollback": false}},
    });
    delete_secret(&bench);
    call(&bench, "UpdateService", &update);
    pass(LONG).await;
    assert_eq!([&deployment(&bench, 0)["rolloutState"], &deployment(&bench, 1)["status"]], ["FAILED", "ACTIVE"]);
    assert_eq!(described(&bench)["runningCount"], 2);
    // After the cause is removed, a new deployment replaces both.
    restore_secret(&bench);
    call(&bench, "UpdateService", &json!({"cluster": CLUSTER, "service": "web", "forceNewDeployment": true}));
    pass(LONG).await;
    let live = described(&bench);
    assert_eq!((rollout(&live), live["deployments"].as_array().map(Vec::len)), ("COMPLETED", Some(1)));
}

#[tokio::test(start_paused = true)]
async fn a_custom_threshold_is_used() {
    let bench = prepared();
    delete_role(&bench, TASK_ROLE);
    let breaker = json!({
        "enable": true, "rollback": false, "thresholdConfiguration": {"type": "COUNT", "value": 1},
    });
    let changes = json!({"deploymentConfiguration": {"deploymentCircuitBreaker": breaker}});
    call(&bench, "CreateService", &with(&service(), &changes));
    pass(Duration::from_secs(6)).await;
    assert_eq!(
        [&deployment(&bench, 0)["rolloutState"], &deployment(&bench, 0)["failedTasks"]],
        [&json!("FAILED"), &json!(1)]
    );
}

#[tokio::test(start_paused = true)]
async fn a_failed_service_can_be_deleted() {
    let bench = lacking(delete_secret);
    pass(LONG).await;
    let input = json!({"cluster": CLUSTER, "service": "web"});
    call(&bench, "UpdateService", &with(&input, &json!({"desiredCount": 0})));
    call(&bench, "DeleteService", &input);
    assert_eq!(described(&bench)["status"], "INACTIVE");
}
