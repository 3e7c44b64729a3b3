//! The dependencies of a service in other AWS services, created and deleted by their own
//! operations.

use std::sync::LazyLock;

use serde_json::json;

use super::EXECUTION_ROLE;
use super::{LOG_GROUP, TASK_ROLE};
use crate::services::Service;
use crate::testing::{Bench, GROUP, SUBNETS, VPC, first};

/// The identifiers that other services generate.
pub(super) struct Around {
    /// The ARN of a secret with a value.
    pub(super) secret: String,
    /// The ARN of a target group of type `ip`.
    pub(super) target_group: String,
    /// The ARN of the listener that forwards to it.
    listener: String,
}

/// The result of [`make`] in an account with only a network, which is the same each time.
pub(super) static AROUND: LazyLock<Around> = LazyLock::new(|| make(&Bench::with_network()));

/// Creates roles, a secret, a log group, and a target group behind a listener.
pub(super) fn make(bench: &Bench) -> Around {
    [TASK_ROLE, EXECUTION_ROLE].into_iter().for_each(|role| make_role(bench, role));
    let value = json!({"Name": "web/password", "SecretString": "value", "ClientRequestToken": "a".repeat(32)});
    let secret = bench.json(Service::Secrets, "CreateSecret", &value).expect("a secret");
    bench.json(Service::Logs, "CreateLogGroup", &json!({"logGroupName": LOG_GROUP})).expect("a log group");
    let placed = [
        ("Name", "web"),
        ("Subnets.member.1", SUBNETS[0]),
        ("Subnets.member.2", SUBNETS[1]),
        ("Subnets.member.3", SUBNETS[2]),
        ("SecurityGroups.member.1", GROUP),
    ];
    let balancer = query(bench, Service::Elb, "CreateLoadBalancer", &placed, "LoadBalancerArn");
    let target_group = make_target_group(bench, "web", "ip");
    let drains = [
        ("TargetGroupArn", target_group.as_str()),
        ("Attributes.member.1.Key", "deregistration_delay.timeout_seconds"),
        ("Attributes.member.1.Value", "60"),
    ];
    query(bench, Service::Elb, "ModifyTargetGroupAttributes", &drains, "Key");
    let forward = [
        ("LoadBalancerArn", balancer.as_str()),
        ("Protocol", "HTTP"),
        ("Port", "80"),
        ("DefaultActions.member.1.Type", "forward"),
        ("DefaultActions.member.1.TargetGroupArn", &target_group),
    ];
    let listener = query(bench, Service::Elb, "CreateListener", &forward, "ListenerArn");
    Around { secret: secret["ARN"].as_str().expect("an ARN").to_owned(), target_group, listener }
}

/// Creates a target group in the network and returns its ARN.
pub(super) fn make_target_group(bench: &Bench, name: &str, target_type: &str) -> String {
    let input = [("Name", name), ("Protocol", "HTTP"), ("Port", "80"), ("VpcId", VPC), ("TargetType", target_type)];
    query(bench, Service::Elb, "CreateTargetGroup", &input, "TargetGroupArn")
}

/// Makes the listener forward to this target group instead.
pub(super) fn forward_to(bench: &Bench, target_group: &str) {
    let input = [
        ("ListenerArn", AROUND.listener.as_str()),
        ("DefaultActions.member.1.Type", "forward"),
        ("DefaultActions.member.1.TargetGroupArn", target_group),
    ];
    query(bench, Service::Elb, "ModifyListener", &input, "ListenerArn");
}

pub(super) fn delete_listener(bench: &Bench) {
    query(bench, Service::Elb, "DeleteListener", &[("ListenerArn", &AROUND.listener)], "RequestId");
}

pub(super) fn delete_target_group(bench: &Bench) {
    query(bench, Service::Elb, "DeleteTargetGroup", &[("TargetGroupArn", &AROUND.target_group)], "RequestId");
}

/// Creates the role with this ARN, which ECS tasks may assume.
pub(super) fn make_role(bench: &Bench, arn: &str) {
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ]});
    let input = [("RoleName", name(arn)), ("AssumeRolePolicyDocument", &trust.to_string())];
    query(bench, Service::Iam, "CreateRole", &input, "Arn");
}

pub(super) fn delete_role(bench: &Bench, arn: &str) {
    query(bench, Service::Iam, "DeleteRole", &[("RoleName", name(arn))], "RequestId");
}

/// Deletes the secret so that it can be restored.
pub(super) fn delete_secret(bench: &Bench) {
    bench.json(Service::Secrets, "DeleteSecret", &json!({"SecretId": AROUND.secret})).expect("it is there");
}

pub(super) fn restore_secret(bench: &Bench) {
    bench.json(Service::Secrets, "RestoreSecret", &json!({"SecretId": AROUND.secret})).expect("it is there");
}

pub(super) fn delete_log_group(bench: &Bench) {
    bench.json(Service::Logs, "DeleteLogGroup", &json!({"logGroupName": LOG_GROUP})).expect("it is there");
}

fn name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// A successful call of a query protocol: the text of an element of its answer.
fn query(bench: &Bench, service: Service, action: &str, input: &[(&str, &str)], element: &str) -> String {
    let answer = bench.query(service, action, input).unwrap_or_else(|code| panic!("{action} is refused: {code}"));
    first(&answer, element).unwrap_or_else(|| panic!("{action} answers without {element}"))
}
