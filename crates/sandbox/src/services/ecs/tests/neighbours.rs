//! A service among the services beside ECS, none of which is arranged.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::testing::{VPC, all, first, pass};

/// What a task needs, as its services made it: the secret's ARN, and the target group's.
struct Made {
    bench: Bench,
    secret: String,
    target_group: String,
}

fn query(bench: &Bench, service: Service, action: &str, input: &[(&str, &str)], element: &str) -> String {
    let answer = bench.query(service, action, input).unwrap_or_else(|code| panic!("{action} is refused: {code}"));
    first(&answer, element).unwrap_or_default()
}

/// A network with roles, a secret, a log group and a target group of this type behind a listener.
async fn made(target_type: &str) -> Made {
    let bench = Bench::with_network();
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ]})
    .to_string();
    for role in ["web-task", "web-exec"] {
        let input = [("RoleName", role), ("AssumeRolePolicyDocument", trust.as_str())];
        query(&bench, Service::Iam, "CreateRole", &input, "Arn");
    }
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
    let balancer = query(&bench, Service::Elb, "CreateLoadBalancer", &placed, "LoadBalancerArn");
    let grouped = [("Name", "web"), ("Protocol", "HTTP"), ("Port", "80"), ("VpcId", VPC), ("TargetType", target_type)];
    let target_group = query(&bench, Service::Elb, "CreateTargetGroup", &grouped, "TargetGroupArn");
    let forward = [
        ("LoadBalancerArn", balancer.as_str()),
        ("Protocol", "HTTP"),
        ("Port", "80"),
        ("DefaultActions.member.1.Type", "forward"),
        ("DefaultActions.member.1.TargetGroupArn", &target_group),
    ];
    query(&bench, Service::Elb, "CreateListener", &forward, "ListenerArn");

    call(&bench, "CreateCluster", &json!({"clusterName": CLUSTER}));
    let secret = secret["ARN"].as_str().expect("an ARN").to_owned();
    let given = json!({"secrets": [{"name": "PASSWORD", "valueFrom": secret}]});
    let containers = json!({"containerDefinitions": [with(&container(), &given)]});
    call(&bench, "RegisterTaskDefinition", &with(&definition(), &containers));
    // Until the roles can be assumed.
    pass(Duration::from_secs(30)).await;
    Made { bench, secret, target_group }
}

impl Made {
    fn service(&self) -> Value {
        let balancer = json!({"targetGroupArn": self.target_group, "containerName": "web", "containerPort": 80});
        with(&service(), &json!({"loadBalancers": [balancer]}))
    }

    /// The states of the targets.
    fn health(&self) -> Vec<String> {
        let input = [("TargetGroupArn", self.target_group.as_str())];
        let answer = self.bench.query(Service::Elb, "DescribeTargetHealth", &input);
        all(&answer.expect("the group is there"), "State")
    }
}

#[tokio::test(start_paused = true)]
async fn tasks_are_registered_become_healthy_and_drain() {
    let made = made("ip").await;
    call(&made.bench, "CreateService", &made.service());
    assert!(made.health().is_empty());
    pass(Duration::from_secs(50)).await;
    assert_eq!(made.health(), ["initial", "initial"]);
    pass(LONG).await;
    assert_eq!((made.health(), rollout(&described(&made.bench))), (vec!["healthy".to_owned(); 2], "COMPLETED"));
    call(&made.bench, "DeleteService", &json!({"cluster": CLUSTER, "service": "web", "force": true}));
    pass(Duration::from_secs(6)).await;
    assert_eq!(made.health(), ["draining", "draining"]);
    pass(LONG).await;
    assert!(made.health().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_scheduled_for_deletion_stops_the_tasks() {
    let made = made("ip").await;
    made.bench.json(Service::Secrets, "DeleteSecret", &json!({"SecretId": made.secret})).expect("a deletion");
    call(&made.bench, "CreateService", &made.service());
    pass(LONG).await;
    assert_eq!(rollout(&described(&made.bench)), "FAILED");
}

#[tokio::test(start_paused = true)]
async fn a_target_group_of_instances_takes_no_tasks_with_their_own_interfaces() {
    let made = made("instance").await;
    let incompatible = "has target type instance, which is incompatible with the awsvpc network mode";
    refused(&made.bench, "CreateService", &made.service(), "InvalidParameterException", incompatible);
}
