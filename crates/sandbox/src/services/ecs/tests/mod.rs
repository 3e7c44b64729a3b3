//! Tests of ECS together with the services that it depends on.

mod around;
mod cluster;
mod definition;
mod deployment;
mod failure;
mod listing;
mod neighbours;
mod register;
mod run;
mod service;
mod tags;
mod update;

use std::time::Duration;

use serde_json::{Value, json};

use crate::dials::{Lag, Staleness};
use crate::services::Service;
use crate::testing::{Bench, GROUP, SUBNETS};
use around::AROUND;

pub(crate) const CLUSTER: &str = "shop";
pub(crate) const FAMILY: &str = "web";
pub(crate) const TASK_ROLE: &str = "arn:aws:iam::123456789012:role/web-task";
pub(crate) const EXECUTION_ROLE: &str = "arn:aws:iam::123456789012:role/web-exec";
pub(crate) const LOG_GROUP: &str = "/ecs/web";

/// Longer than any deployment of two tasks without failures.
pub(crate) const LONG: Duration = Duration::from_secs(600);

/// An account with a network and everything else that a service needs.
pub(crate) fn bench() -> Bench {
    let bench = Bench::with_network();
    around::make(&bench);
    // New roles cannot be assumed immediately.
    bench.later(Duration::from_secs(3_600))
}

/// The same, with stale reads after each change.
pub(crate) fn slow_bench() -> Bench {
    let bench = bench();
    bench.cloud(|cloud| cloud.dials.staleness = Staleness::everywhere(Lag::of(Duration::from_secs(10))));
    bench
}

/// A call that succeeds.
pub(crate) fn call(bench: &Bench, operation: &str, input: &Value) -> Value {
    bench.json(Service::Ecs, operation, input).unwrap_or_else(|code| panic!("{operation} is refused: {code}"))
}

/// A call that is rejected: the code and the message.
pub(crate) fn refusal(bench: &Bench, operation: &str, input: &Value) -> (String, String) {
    let headers = [("x-amz-target", format!("Service.{operation}"))];
    let response = bench.send(Service::Ecs, "POST", "/", &headers, input.to_string().into_bytes());
    let value: Value = serde_json::from_slice(response.body()).expect("an answer in JSON");
    assert_eq!(response.status().as_u16(), 400, "{operation} of {input} answers {value}");
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    (text("__type"), text("message"))
}

/// Asserts that a call is rejected with this code and with this text in its message.
pub(crate) fn refused(bench: &Bench, operation: &str, input: &Value, code: &str, part: &str) {
    let (found, text) = refusal(bench, operation, input);
    assert!(found == code && text.contains(part), "{operation} of {input} is refused with {found}: {text}");
}

/// A value with some fields changed; null removes a field.
pub(crate) fn with(value: &Value, changes: &Value) -> Value {
    let mut value = value.clone();
    for (key, change) in changes.as_object().into_iter().flatten() {
        value[key] = change.clone();
    }
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|_, field| !field.is_null());
    }
    value
}

/// A container with all settings.
pub(crate) fn container() -> Value {
    json!({
        "name": "web",
        "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1",
        "essential": true,
        "portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}],
        "environment": [{"name": "COLOR", "value": "blue"}],
        "secrets": [{"name": "PASSWORD", "valueFrom": AROUND.secret}],
        "logConfiguration": {"logDriver": "awslogs", "options": {
            "awslogs-group": LOG_GROUP, "awslogs-region": "us-east-1", "awslogs-stream-prefix": "task",
        }},
        "readonlyRootFilesystem": true,
        "mountPoints": [{"sourceVolume": "scratch", "containerPath": "/tmp", "readOnly": false}],
    })
}

/// A task definition for Fargate.
pub(crate) fn definition() -> Value {
    json!({
        "family": FAMILY,
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "1024",
        "memory": "2048",
        "executionRoleArn": EXECUTION_ROLE,
        "taskRoleArn": TASK_ROLE,
        "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
        "volumes": [{"name": "scratch"}],
        "containerDefinitions": [container()],
    })
}

/// A service of two tasks behind a load balancer.
pub(crate) fn service() -> Value {
    json!({
        "cluster": CLUSTER,
        "serviceName": "web",
        "taskDefinition": FAMILY,
        "launchType": "FARGATE",
        "platformVersion": "1.4.0",
        "desiredCount": 2,
        "networkConfiguration": {"awsvpcConfiguration": {
            "subnets": SUBNETS, "securityGroups": [GROUP], "assignPublicIp": "DISABLED",
        }},
        "loadBalancers": [{"targetGroupArn": AROUND.target_group, "containerName": "web", "containerPort": 80}],
        "healthCheckGracePeriodSeconds": 60,
        "deploymentConfiguration": {
            "deploymentCircuitBreaker": {"enable": true, "rollback": true},
            "minimumHealthyPercent": 100,
            "maximumPercent": 200,
        },
        "propagateTags": "SERVICE",
        "enableECSManagedTags": true,
        "tags": [{"key": "tenant", "value": "acme"}],
    })
}

/// A bench with a cluster and a task definition.
pub(crate) fn prepared() -> Bench {
    let bench = bench();
    call(&bench, "CreateCluster", &json!({"clusterName": CLUSTER}));
    call(&bench, "RegisterTaskDefinition", &definition());
    bench
}

/// The same with a service whose tasks run.
pub(crate) async fn running() -> Bench {
    let bench = prepared();
    call(&bench, "CreateService", &service());
    crate::testing::pass(LONG).await;
    let live = described(&bench);
    assert_eq!((&live["runningCount"], rollout(&live)), (&json!(2), "COMPLETED"));
    bench
}

/// The description of the service.
pub(crate) fn described(bench: &Bench) -> Value {
    let input = json!({"cluster": CLUSTER, "services": ["web"], "include": ["TAGS"]});
    call(bench, "DescribeServices", &input)["services"][0].clone()
}

/// The rollout state of its PRIMARY deployment.
pub(crate) fn rollout(service: &Value) -> &str {
    assert_eq!(service["deployments"][0]["status"], "PRIMARY", "{service}");
    service["deployments"][0]["rolloutState"].as_str().unwrap_or_default()
}

/// The number of network interfaces of tasks.
pub(crate) fn interfaces(bench: &Bench) -> usize {
    bench.cloud(|cloud| {
        cloud.ec2.interfaces.values().filter(|interface| interface.description.starts_with("arn:aws:ecs:")).count()
    })
}

/// The messages of its events, newest first.
pub(crate) fn events(service: &Value) -> Vec<String> {
    let events = service["events"].as_array().into_iter().flatten();
    events.filter_map(|event| event["message"].as_str()).map(str::to_owned).collect()
}

/// The tasks of the cluster with this desired status.
pub(crate) fn tasks(bench: &Bench, status: &str) -> Vec<Value> {
    let listed = call(bench, "ListTasks", &json!({"cluster": CLUSTER, "desiredStatus": status}));
    if listed["taskArns"] == json!([]) {
        return Vec::new();
    }
    let input = json!({"cluster": CLUSTER, "tasks": listed["taskArns"], "include": ["TAGS"]});
    call(bench, "DescribeTasks", &input)["tasks"].as_array().cloned().unwrap_or_default()
}
