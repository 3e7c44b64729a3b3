//! ECS and Application Auto Scaling in cases with unexpected responses of AWS.

use std::collections::{BTreeMap, BTreeSet};

use saas_model::fields::FieldChange;
use saas_model::policy::Policy;
use saas_model::resource::{
    Container, EcsCluster, HealthCheck, Kind, LogGroup, ResourceSpec, Role, ScalableTarget, ScalingPolicy, Service,
    TargetGroup, TaskDefinition, Vpc,
};
use saas_model::{Address, Ref, Resource, Set};
use serde_json::{Value, json};
use wiremock::matchers::{body_partial_json, body_string_contains, header};
use wiremock::{Mock, MockBuilder, MockServer, ResponseTemplate};

use crate::error::Error;
use crate::provider::{self, Changes};
use crate::state::observed::Identity;
use crate::testing::Bench;

const ECS: &str = "AmazonEC2ContainerServiceV20141113";
const SCALING: &str = "AnyScaleFrontendService";
const SERVICE: &str = "tenant/acme/service";
const DEFINITION: &str = "tenant/acme/task-definition";
const TARGET: &str = "tenant/acme/scaling";
const SERVICE_ARN: &str = "arn:aws:ecs:us-east-1:123456789012:service/saas-platform/saas-platform-acme";
const DEFINITION_ARN: &str = "arn:aws:ecs:us-east-1:123456789012:task-definition/saas-platform-acme:1";

fn to<T: ResourceSpec>(address: &str) -> Ref<T> {
    Ref::to(Address::literal(address))
}

fn nodes() -> Vec<(&'static str, Resource)> {
    let vpc = Vpc { cidr: "10.0.0.0/16".parse().expect("valid"), dns_support: true, dns_hostnames: true };
    let role = Role {
        name: "saas-platform-acme-task".parse().expect("valid"),
        path: "/saas/development/".into(),
        description: "the application".into(),
        trust: Policy { statements: Vec::new() },
        policies: BTreeMap::new(),
    };
    let group = TargetGroup {
        name: "acme-12345678".parse().expect("valid"),
        vpc: to("network/vpc"),
        port: 80,
        health_check: HealthCheck {
            path: "/".into(),
            matcher: "200-399".into(),
            interval_seconds: 15,
            timeout_seconds: 5,
            healthy_threshold: 2,
            unhealthy_threshold: 3,
        },
        deregistration_delay_seconds: 30,
    };
    let definition = TaskDefinition {
        family: "saas-platform-acme".parse().expect("valid"),
        cpu: 1024,
        memory: 2048,
        execution_role: to("tenant/acme/role"),
        task_role: to("tenant/acme/role"),
        container: Container {
            name: "app".parse().expect("valid"),
            image: format!("nginx@sha256:{}", "a".repeat(64)).parse().expect("valid"),
            port: 80,
            environment: BTreeMap::new(),
            secrets: BTreeMap::new(),
            log_group: to("tenant/acme/logs"),
            log_region: "us-east-1".parse().expect("valid"),
            readonly_root: true,
            writable: ["/tmp".to_owned()].into(),
        },
    };
    let service = Service {
        name: "saas-platform-acme".parse().expect("valid"),
        cluster: to("runtime/cluster"),
        task_definition: to(DEFINITION),
        platform_version: "1.4.0".into(),
        subnets: Set::new(),
        security_groups: Set::new(),
        public_ip: false,
        target_group: to("tenant/acme/target-group"),
        container: "app".parse().expect("valid"),
        port: 80,
        health_check_grace_seconds: 60,
        minimum_healthy_percent: 100,
        maximum_percent: 200,
        circuit_breaker: true,
        rollback: true,
        propagate_tags: true,
    };
    let target = ScalableTarget {
        service: to(SERVICE),
        resource_id: "service/saas-platform/saas-platform-acme".into(),
        min: 2,
        max: 8,
        policy: ScalingPolicy {
            name: "cpu".into(),
            cpu_target: 60,
            scale_in_cooldown_seconds: 300,
            scale_out_cooldown_seconds: 60,
        },
    };
    let logs = LogGroup { name: "/ecs/tenant/acme".parse().expect("valid"), retention_days: 30 };
    vec![
        ("network/vpc", vpc.into()),
        ("runtime/cluster", EcsCluster { name: "saas-platform".parse().expect("valid") }.into()),
        ("tenant/acme/logs", logs.into()),
        ("tenant/acme/role", role.into()),
        ("tenant/acme/target-group", group.into()),
        (DEFINITION, definition.into()),
        (SERVICE, service.into()),
        (TARGET, target.into()),
    ]
}

async fn bench(server: &MockServer) -> Bench {
    let bench = Bench::new(&server.uri(), nodes()).await;
    bench.assume("runtime/cluster", Identity::of_arn("arn:aws:ecs:us-east-1:123456789012:cluster/saas-platform"));
    bench.assume("tenant/acme/logs", Identity::of_id("/ecs/tenant/acme"));
    bench.assume("tenant/acme/role", Identity::of_arn("arn:aws:iam::123456789012:role/saas-platform-acme-task"));
    bench.assume("tenant/acme/target-group", Identity::of_arn("arn:group"));
    bench.assume(DEFINITION, Identity::of_arn(DEFINITION_ARN));
    bench
}

fn called(service: &str, operation: &str) -> MockBuilder {
    Mock::given(header("x-amz-target", format!("{service}.{operation}").as_str()))
}

fn answer(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn refusal(code: &str, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(400).set_body_json(json!({ "__type": code, "message": message }))
}

/// The bodies of all calls of an operation.
async fn calls(server: &MockServer, operation: &str) -> Vec<Value> {
    let requests = server.received_requests().await.expect("requests are recorded");
    let suffix = format!(".{operation}");
    let wanted = requests.iter().filter(|request| {
        request
            .headers
            .get("x-amz-target")
            .is_some_and(|target| target.to_str().is_ok_and(|text| text.ends_with(&suffix)))
    });
    wanted.map(|request| serde_json::from_slice(&request.body).expect("requests are JSON")).collect()
}

fn tags(bench: &Bench, address: &str) -> Value {
    let tags = bench.cx().tags(bench.node(address)).expect("everything it refers to is live");
    tags.into_iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
}

fn live(status: &str, rollout: &str, event: &str) -> Value {
    json!({
        "serviceArn": SERVICE_ARN,
        "status": status,
        "taskDefinition": DEFINITION_ARN,
        "desiredCount": 2,
        "runningCount": if rollout == "COMPLETED" { 2 } else { 0 },
        "deployments": [{ "status": "PRIMARY", "rolloutState": rollout, "rolloutStateReason": "tasks failed to start." }],
        "events": [{ "message": event }],
    })
}

#[tokio::test]
async fn retried_service_creation_reuses_the_same_short_token() {
    let server = MockServer::start().await;
    called(ECS, "CreateService").respond_with(ResponseTemplate::new(500)).up_to_n_times(1).mount(&server).await;
    let made = json!({ "service": live("ACTIVE", "IN_PROGRESS", "") });
    called(ECS, "CreateService").respond_with(answer(made)).mount(&server).await;

    let bench = bench(&server).await;
    provider::create(&bench.cx(), bench.node(SERVICE)).await.expect("the second attempt succeeds");
    let tokens: Vec<Value> =
        calls(&server, "CreateService").await.iter().map(|body| body["clientToken"].clone()).collect();
    assert_eq!(tokens.len(), 2);
    assert_eq!(tokens[0], tokens[1]);
    assert_eq!(tokens[0].as_str().map(str::len), Some(36));
}

#[tokio::test]
async fn service_name_is_reused_once_the_draining_service_is_inactive() {
    let server = MockServer::start().await;
    let draining = refusal("InvalidParameterException", "Unable to Start a service that is still Draining.");
    called(ECS, "CreateService").respond_with(draining).up_to_n_times(1).mount(&server).await;
    let made = json!({ "service": live("ACTIVE", "IN_PROGRESS", "") });
    called(ECS, "CreateService").respond_with(answer(made)).mount(&server).await;
    let draining = json!({ "services": [live("DRAINING", "COMPLETED", "")] });
    called(ECS, "DescribeServices").respond_with(answer(draining)).up_to_n_times(3).mount(&server).await;
    let inactive = json!({ "services": [live("INACTIVE", "COMPLETED", "")] });
    called(ECS, "DescribeServices").respond_with(answer(inactive)).mount(&server).await;

    let bench = bench(&server).await;
    provider::create(&bench.cx(), bench.node(SERVICE)).await.expect("the name becomes free");
    assert_eq!(calls(&server, "DescribeServices").await.len(), 4);
    assert_eq!(calls(&server, "CreateService").await.len(), 2);
}

#[tokio::test]
async fn service_of_another_owner_is_not_adopted() {
    let server = MockServer::start().await;
    let refused = refusal("InvalidParameterException", "Creation of service was not idempotent.");
    called(ECS, "CreateService").respond_with(refused).mount(&server).await;
    let theirs = json!({ "services": [live("ACTIVE", "COMPLETED", "")] });
    called(ECS, "DescribeServices").respond_with(answer(theirs)).mount(&server).await;

    let bench = bench(&server).await;
    let error = provider::create(&bench.cx(), bench.node(SERVICE)).await.expect_err("another owner has the name");
    assert!(matches!(error, Error::Taken { .. }), "{error}");
}

#[tokio::test]
async fn revision_registered_by_a_call_without_response_is_not_registered_twice() {
    let server = MockServer::start().await;
    called(ECS, "RegisterTaskDefinition").respond_with(ResponseTemplate::new(500)).mount(&server).await;
    let bench = bench(&server).await;
    let newest = json!({
        "taskDefinition": { "taskDefinitionArn": DEFINITION_ARN, "status": "ACTIVE" },
        "tags": tags(&bench, DEFINITION),
    });
    called(ECS, "DescribeTaskDefinition").respond_with(answer(newest)).mount(&server).await;

    let identity = provider::create(&bench.cx(), bench.node(DEFINITION)).await.expect("it was registered");
    assert_eq!(identity, Identity::of_arn(DEFINITION_ARN));
    assert_eq!(calls(&server, "RegisterTaskDefinition").await.len(), 1);
}

#[tokio::test]
async fn role_not_visible_yet_is_waited_for() {
    let server = MockServer::start().await;
    let refused = refusal("ClientException", "Role is not valid");
    called(ECS, "RegisterTaskDefinition").respond_with(refused).up_to_n_times(2).mount(&server).await;
    let made = json!({ "taskDefinition": { "taskDefinitionArn": DEFINITION_ARN } });
    called(ECS, "RegisterTaskDefinition").respond_with(answer(made)).mount(&server).await;

    let bench = bench(&server).await;
    provider::create(&bench.cx(), bench.node(DEFINITION)).await.expect("the third attempt succeeds");
}

const PASS_ROLE: &str = "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: iam:PassRole on \
                         resource: arn:aws:iam::123456789012:role/saas-platform-acme-task";

/// Answers `GetRole`: the clock of IAM shows ten, and the role was created at `created`.
async fn role_of(server: &MockServer, created: &str) {
    let role = format!(
        "<GetRoleResponse><GetRoleResult><Role><Path>/</Path><RoleName>r</RoleName><RoleId>i</RoleId>\
         <Arn>arn:aws:iam::123456789012:role/r</Arn><CreateDate>{created}</CreateDate></Role></GetRoleResult></GetRoleResponse>"
    );
    let answer = ResponseTemplate::new(200)
        .insert_header("date", "Mon, 23 Nov 2026 10:00:00 GMT")
        .set_body_raw(role, "text/xml");
    let alone = body_string_contains("RoleName=saas-platform-acme-task");
    Mock::given(body_string_contains("Action=GetRole&")).and(alone).respond_with(answer).mount(server).await;
}

#[tokio::test]
async fn denied_pass_role_is_retried_for_a_new_role() {
    let server = MockServer::start().await;
    let denied = refusal("AccessDeniedException", PASS_ROLE);
    called(ECS, "RegisterTaskDefinition").respond_with(denied).up_to_n_times(3).mount(&server).await;
    let made = json!({ "taskDefinition": { "taskDefinitionArn": DEFINITION_ARN } });
    called(ECS, "RegisterTaskDefinition").respond_with(answer(made)).mount(&server).await;
    role_of(&server, "2026-11-23T09:55:01Z").await;

    // Only IAM knows that the role is new: a killed run may have created it.
    let bench = bench(&server).await;
    provider::create(&bench.cx(), bench.node(DEFINITION)).await.expect("the fourth attempt succeeds");
    assert_eq!(calls(&server, "RegisterTaskDefinition").await.len(), 4);
}

#[tokio::test]
async fn denied_pass_role_of_an_old_role_fails_immediately_with_its_name() {
    let server = MockServer::start().await;
    for message in [PASS_ROLE, "You are not authorized to perform iam:PassRole"] {
        let denied = refusal("AccessDeniedException", message);
        called(ECS, "RegisterTaskDefinition").respond_with(denied).up_to_n_times(1).mount(&server).await;
    }
    role_of(&server, "2026-11-23T09:55:00Z").await;

    let bench = bench(&server).await;
    for count in 1..=2 {
        let error = provider::create(&bench.cx(), bench.node(DEFINITION)).await.expect_err("it is denied");
        assert!(error.to_string().contains("role/saas-platform-acme-task"), "{error}");
        assert!(error.is(&["AccessDeniedException"]), "{error}");
        assert!(error.hint().is_some_and(|hint| hint.contains("`iam:PassRole`")), "{error}");
        assert_eq!(calls(&server, "RegisterTaskDefinition").await.len(), count, "it is not tried again");
    }
}

#[tokio::test]
async fn denied_call_other_than_pass_role_is_not_retried() {
    let server = MockServer::start().await;
    let denied = refusal("AccessDeniedException", "not authorized to perform: ecs:RegisterTaskDefinition");
    called(ECS, "RegisterTaskDefinition").respond_with(denied).mount(&server).await;
    let bench = bench(&server).await;
    provider::create(&bench.cx(), bench.node(DEFINITION)).await.expect_err("it is denied");
    assert_eq!(server.received_requests().await.expect("requests are recorded").len(), 1, "IAM is not asked");
}

#[tokio::test]
async fn service_calls_retry_denied_pass_role_for_a_new_role() {
    let server = MockServer::start().await;
    let denied = refusal("AccessDeniedException", PASS_ROLE);
    for operation in ["CreateService", "UpdateService"] {
        called(ECS, operation).respond_with(denied.clone()).up_to_n_times(2).mount(&server).await;
        let made = json!({ "service": live("ACTIVE", "IN_PROGRESS", "") });
        called(ECS, operation).respond_with(answer(made)).mount(&server).await;
    }
    called(ECS, "TagResource").respond_with(answer(json!({}))).mount(&server).await;
    role_of(&server, "2026-11-23T09:59:00Z").await;

    let bench = bench(&server).await;
    let node = bench.node(SERVICE);
    provider::create(&bench.cx(), node).await.expect("the third attempt succeeds");
    bench.assume(SERVICE, Identity::of_arn(SERVICE_ARN));
    let found = bench.live.get(&node.address).expect("it was assumed");
    let changes = [FieldChange { field: "task_definition".into(), before: json!("old"), after: json!("new") }];
    provider::update(&bench.cx(), node, &found, Changes(&changes)).await.expect("the third attempt succeeds");
    assert_eq!(calls(&server, "UpdateService").await.len(), 3);
}

#[tokio::test]
async fn service_creation_is_retried_while_the_inactive_service_is_remembered() {
    let server = MockServer::start().await;
    let refused = refusal("InvalidParameterException", "Creation of service was not idempotent.");
    called(ECS, "CreateService").respond_with(refused).up_to_n_times(4).mount(&server).await;
    let made = json!({ "service": live("ACTIVE", "IN_PROGRESS", "") });
    called(ECS, "CreateService").respond_with(answer(made)).mount(&server).await;
    let inactive = json!({ "services": [live("INACTIVE", "COMPLETED", "")] });
    called(ECS, "DescribeServices").respond_with(answer(inactive)).mount(&server).await;

    let bench = bench(&server).await;
    provider::create(&bench.cx(), bench.node(SERVICE)).await.expect("ECS forgets the old one");
    assert_eq!(calls(&server, "CreateService").await.len(), 5);
}

#[tokio::test]
async fn service_deletion_is_retried_while_dependents_exist() {
    let server = MockServer::start().await;
    called(ECS, "UpdateService").respond_with(answer(json!({}))).mount(&server).await;
    for refused in [
        refusal("DependencyViolation", "resource sg-1 has a dependent object"),
        refusal("InvalidParameterException", "the service has a dependent object"),
        refusal("InvalidParameterException", "The service cannot be stopped while deployments are active."),
    ] {
        called(ECS, "DeleteService").respond_with(refused).up_to_n_times(1).mount(&server).await;
    }
    let gone = json!({ "service": live("INACTIVE", "COMPLETED", "") });
    called(ECS, "DeleteService").respond_with(answer(gone)).mount(&server).await;

    let bench = bench(&server).await;
    bench.assume(SERVICE, Identity::of_arn(SERVICE_ARN));
    let found = bench.live.get(&Address::literal(SERVICE)).expect("it was assumed");
    provider::delete(&bench.cx(), &found).await.expect("it is deleted in the end");
    assert_eq!(calls(&server, "DeleteService").await.len(), 4);
}

#[tokio::test]
async fn services_of_all_pages_are_described_in_batches_of_ten() {
    let server = MockServer::start().await;
    let arns = |numbers: std::ops::Range<u32>| numbers.map(|n| format!("{SERVICE_ARN}-{n}")).collect::<Vec<_>>();
    let second = answer(json!({ "serviceArns": arns(9..12) }));
    called(ECS, "ListServices")
        .and(body_partial_json(json!({ "nextToken": "next" })))
        .respond_with(second)
        .mount(&server)
        .await;
    let first = answer(json!({ "serviceArns": arns(0..9), "nextToken": "next" }));
    called(ECS, "ListServices").respond_with(first).mount(&server).await;
    called(ECS, "DescribeServices").respond_with(answer(json!({ "services": [] }))).mount(&server).await;

    let bench = bench(&server).await;
    let found = provider::list(Kind::Service, &bench.cx()).await.expect("all pages are answered");
    assert!(found.is_empty());
    let described = calls(&server, "DescribeServices").await;
    let sizes: BTreeSet<usize> = described.iter().filter_map(|body| Some(body["services"].as_array()?.len())).collect();
    assert_eq!((described.len(), sizes), (2, [2, 10].into()));
}

#[tokio::test]
async fn ecs_cluster_with_the_same_name_is_not_adopted() {
    let server = MockServer::start().await;
    let theirs = json!({ "clusterArn": "arn:theirs", "clusterName": "saas-platform", "status": "ACTIVE" });
    called(ECS, "CreateCluster").respond_with(answer(json!({ "cluster": theirs }))).mount(&server).await;
    called(ECS, "DescribeClusters").respond_with(answer(json!({ "clusters": [theirs] }))).mount(&server).await;

    let bench = bench(&server).await;
    let error = provider::create(&bench.cx(), bench.node("runtime/cluster")).await.expect_err("it has another owner");
    assert!(matches!(error, Error::Taken { .. }), "{error}");
}

#[tokio::test]
async fn service_is_stable_when_its_deployment_is_complete() {
    let server = MockServer::start().await;
    let assuming = live("ACTIVE", "IN_PROGRESS", "ECS was unable to assume the role");
    called(ECS, "DescribeServices")
        .respond_with(answer(json!({ "services": [assuming] })))
        .up_to_n_times(2)
        .mount(&server)
        .await;
    let running = live("ACTIVE", "COMPLETED", "has reached a steady state");
    called(ECS, "DescribeServices").respond_with(answer(json!({ "services": [running] }))).mount(&server).await;

    let bench = bench(&server).await;
    bench.assume(SERVICE, Identity::of_arn(SERVICE_ARN));
    let settled = provider::wait_until_stable(Kind::Service, &bench.cx(), &[bench.node(SERVICE)]).await;
    assert!(matches!(settled.as_slice(), [(address, Ok(()))] if address.as_str() == SERVICE), "{settled:?}");
    assert_eq!(calls(&server, "DescribeServices").await.len(), 3);
}

#[tokio::test]
async fn failed_deployment_is_reported_with_its_events() {
    let server = MockServer::start().await;
    let failed = live("ACTIVE", "FAILED", "ECS was unable to assume the role 'arn:role'");
    called(ECS, "DescribeServices").respond_with(answer(json!({ "services": [failed] }))).mount(&server).await;

    let bench = bench(&server).await;
    bench.assume(SERVICE, Identity::of_arn(SERVICE_ARN));
    let settled = provider::wait_until_stable(Kind::Service, &bench.cx(), &[bench.node(SERVICE)]).await;
    let [(_, Err(error))] = settled.as_slice() else { panic!("{settled:?}") };
    assert!(error.to_string().contains("tasks failed to start. Last event: ECS was unable to assume"), "{error}");
}

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

    let bench = bench(&server).await;
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
    let bench = bench(&server).await;
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

/// A task that `RunTask` started keeps the cluster; a task of a service to be deleted does not.
#[tokio::test]
async fn foreign_task_is_a_blocker_of_the_ecs_cluster() {
    const CLUSTER: &str = "arn:aws:ecs:us-east-1:123456789012:cluster/saas-platform";
    let server = MockServer::start().await;
    let arn = |id: &str| format!("arn:aws:ecs:us-east-1:123456789012:task/saas-platform/{id}");
    let task = |id: &str, group: &str, desired: &str| json!({ "taskArn": arn(id), "group": group, "desiredStatus": desired, "lastStatus": "RUNNING" });
    called(ECS, "ListServices").respond_with(answer(json!({ "serviceArns": [] }))).mount(&server).await;
    let listed = ["ours", "alone", "other", "ends"].map(arn);
    called(ECS, "ListTasks").respond_with(answer(json!({ "taskArns": listed }))).mount(&server).await;
    let described = json!({ "tasks": [
        task("ours", "service:saas-platform-acme", "RUNNING"),
        task("alone", "family:migration", "RUNNING"),
        task("other", "service:saas-platform-other", "RUNNING"),
        task("ends", "family:migration", "STOPPED"),
    ] });
    called(ECS, "DescribeTasks").respond_with(answer(described)).mount(&server).await;
    let cluster = json!({ "clusters": [{ "clusterArn": CLUSTER, "status": "ACTIVE" }] });
    called(ECS, "DescribeClusters").respond_with(answer(cluster)).mount(&server).await;

    let bench = bench(&server).await;
    let change = bench.removal("runtime/cluster");
    let blockers = provider::blockers(Kind::EcsCluster, &bench.cx(), &[&change]).await.expect("ECS answers");
    let named: Vec<&str> = blockers.iter().map(|blocker| blocker.id.as_str()).collect();
    assert_eq!(named, [arn("alone"), arn("other")]);
    assert!(blockers[0].what.contains("family:migration"), "{blockers:?}");
}
