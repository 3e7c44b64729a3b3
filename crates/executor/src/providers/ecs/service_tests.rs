//! Services in cases with unexpected responses of AWS.

use std::collections::BTreeSet;

use saas_model::Address;
use saas_model::fields::FieldChange;
use saas_model::resource::{CapacityProvider, Kind, Service};
use serde_json::{Value, json};
use wiremock::matchers::body_partial_json;
use wiremock::{MockServer, ResponseTemplate};

use crate::apply::diff::is_vouched;
use crate::error::Error;
use crate::provider::{self, Changes};
use crate::providers::ecs::tests::{PASS_ROLE, live, role_of, tags};
use crate::state::observed::Identity;
use crate::testing::application::{
    self, CLUSTER_ARN, DEFINITION_ARN, GROUP_ARN, SERVICE, SERVICE_ARN, bench, nodes, nodes_with,
};
use crate::testing::json_api::{ECS, answer, called, calls, refusal};

#[tokio::test]
async fn retried_service_creation_reuses_the_same_short_token() {
    let server = MockServer::start().await;
    called(ECS, "CreateService").respond_with(ResponseTemplate::new(500)).up_to_n_times(1).mount(&server).await;
    let made = json!({ "service": live("ACTIVE", "IN_PROGRESS", "") });
    called(ECS, "CreateService").respond_with(answer(made)).mount(&server).await;

    let bench = bench(&server.uri(), nodes()).await;
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

    let bench = bench(&server.uri(), nodes()).await;
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

    let bench = bench(&server.uri(), nodes()).await;
    let error = provider::create(&bench.cx(), bench.node(SERVICE)).await.expect_err("another owner has the name");
    assert!(matches!(error, Error::Taken { .. }), "{error}");
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

    let bench = bench(&server.uri(), nodes()).await;
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

    let bench = bench(&server.uri(), nodes()).await;
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

    let bench = bench(&server.uri(), nodes()).await;
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

    let bench = bench(&server.uri(), nodes()).await;
    let found = provider::list(Kind::Service, &bench.cx()).await.expect("all pages are answered");
    assert!(found.is_empty());
    let described = calls(&server, "DescribeServices").await;
    let sizes: BTreeSet<usize> = described.iter().filter_map(|body| Some(body["services"].as_array()?.len())).collect();
    assert_eq!((described.len(), sizes), (2, [2, 10].into()));
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

    let bench = bench(&server.uri(), nodes()).await;
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

    let bench = bench(&server.uri(), nodes()).await;
    bench.assume(SERVICE, Identity::of_arn(SERVICE_ARN));
    let settled = provider::wait_until_stable(Kind::Service, &bench.cx(), &[bench.node(SERVICE)]).await;
    let [(_, Err(error))] = settled.as_slice() else { panic!("{settled:?}") };
    assert!(error.to_string().contains("tasks failed to start. Last event: ECS was unable to assume"), "{error}");
}

/// The body of the only call of an operation.
async fn only_call(server: &MockServer, operation: &str) -> Value {
    let mut calls = calls(server, operation).await;
    assert_eq!(calls.len(), 1, "{calls:#?}");
    calls.pop().expect("there is one")
}

#[tokio::test]
async fn worker_is_created_without_a_load_balancer_on_its_capacity() {
    let server = MockServer::start().await;
    let made = json!({ "service": live("ACTIVE", "IN_PROGRESS", "") });
    called(ECS, "CreateService").respond_with(answer(made)).mount(&server).await;

    let worker =
        Service { load_balancer: None, capacity: CapacityProvider::FargateSpot, exec: true, ..application::service() };
    let bench = bench(&server.uri(), nodes_with(SERVICE, worker)).await;
    provider::create(&bench.cx(), bench.node(SERVICE)).await.expect("ECS creates it");
    let sent = only_call(&server, "CreateService").await;
    assert_eq!(
        sent["capacityProviderStrategy"],
        json!([{ "capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0 }])
    );
    assert_eq!(sent["launchType"], Value::Null, "ECS refuses both");
    assert_eq!(sent["loadBalancers"], json!([]));
    assert_eq!(sent["healthCheckGracePeriodSeconds"], Value::Null, "ECS refuses it without a load balancer");
    assert_eq!(sent["enableExecuteCommand"], true);
}

/// The settings that an update of the service sends, without its names.
async fn update(service: Service, changes: &[FieldChange]) -> Value {
    let server = MockServer::start().await;
    for operation in ["UpdateService", "TagResource"] {
        called(ECS, operation).respond_with(answer(json!({}))).mount(&server).await;
    }
    let bench = bench(&server.uri(), nodes_with(SERVICE, service)).await;
    bench.assume(SERVICE, Identity::of_arn(SERVICE_ARN));
    let found = bench.live.get(&Address::literal(SERVICE)).expect("it was assumed");
    provider::update(&bench.cx(), bench.node(SERVICE), &found, Changes(changes)).await.expect("ECS updates it");
    let mut sent = only_call(&server, "UpdateService").await;
    let settings = sent.as_object_mut().expect("a request is an object");
    settings.retain(|name, _| !["cluster", "service"].contains(&name.as_str()));
    sent
}

fn changed(field: &str) -> FieldChange {
    FieldChange { field: field.into(), before: json!("old"), after: json!("new") }
}

#[tokio::test]
async fn service_update_sends_only_what_differs() {
    let service = application::service;
    let strategy = json!([{ "capacityProvider": "FARGATE", "weight": 1, "base": 0 }]);
    assert_eq!(
        update(service(), &[changed("capacity")]).await,
        json!({ "capacityProviderStrategy": strategy, "forceNewDeployment": true })
    );
    assert_eq!(
        update(service(), &[changed("exec")]).await,
        json!({ "enableExecuteCommand": false, "forceNewDeployment": true })
    );
    assert_eq!(
        update(service(), &[changed("load_balancer.health_check_grace_seconds")]).await,
        json!({ "healthCheckGracePeriodSeconds": 60 })
    );
    let balancers = json!([{ "targetGroupArn": GROUP_ARN, "containerName": "web", "containerPort": 80 }]);
    assert_eq!(
        update(service(), &[changed("load_balancer.target_group")]).await,
        json!({ "loadBalancers": balancers })
    );
    assert_eq!(
        update(service(), &[changed("load_balancer")]).await,
        json!({ "loadBalancers": balancers, "healthCheckGracePeriodSeconds": 60 })
    );
    let worker = Service { load_balancer: None, ..service() };
    assert_eq!(update(worker, &[changed("load_balancer")]).await, json!({ "loadBalancers": [] }));
}

/// The fields in which a service differs from the plan that ECS describes with these settings.
async fn drift(planned: Service, settings: Value) -> Vec<(String, Value)> {
    let server = MockServer::start().await;
    let bench = bench(&server.uri(), nodes_with(SERVICE, planned)).await;
    let mut service = json!({
        "serviceArn": SERVICE_ARN,
        "serviceName": "saas-platform-acme",
        "clusterArn": CLUSTER_ARN,
        "status": "ACTIVE",
        "taskDefinition": DEFINITION_ARN,
        "platformVersion": "1.4.0",
        "capacityProviderStrategy": [{ "capacityProvider": "FARGATE", "weight": 1, "base": 0 }],
        "loadBalancers": [{ "targetGroupArn": GROUP_ARN, "containerName": "web", "containerPort": 80 }],
        "healthCheckGracePeriodSeconds": 60,
        "deploymentConfiguration": {
            "deploymentCircuitBreaker": { "enable": true, "rollback": true },
            "minimumHealthyPercent": 100,
            "maximumPercent": 200,
        },
        "enableExecuteCommand": false,
        "propagateTags": "SERVICE",
        "tags": tags(&bench, SERVICE),
    });
    for (setting, value) in settings.as_object().expect("settings are an object") {
        service[setting] = value.clone();
    }
    called(ECS, "ListServices").respond_with(answer(json!({ "serviceArns": [SERVICE_ARN] }))).mount(&server).await;
    called(ECS, "DescribeServices").respond_with(answer(json!({ "services": [service] }))).mount(&server).await;
    let found = provider::list(Kind::Service, &bench.cx()).await.expect("it is listed");
    let [found] = found.as_slice() else { panic!("{found:#?}") };
    let node = bench.node(SERVICE);
    let reading = provider::describe(&bench.cx(), found).await.expect("the listing shows it").expect("it is there");
    let changes = reading.differences_to(&node.resource);
    assert_eq!(is_vouched(&bench.cx(), node, found), changes.is_empty(), "the listing alone shows a difference");
    changes.into_iter().map(|change| (change.field, change.before)).collect()
}

#[tokio::test]
async fn live_service_is_compared_in_every_field() {
    let planned = application::service;
    let one = |field: &str, live: Value| vec![(field.to_owned(), live)];
    assert_eq!(drift(planned(), json!({})).await, []);
    // A service made elsewhere, on the same capacity.
    let launched = json!({ "capacityProviderStrategy": [], "launchType": "FARGATE" });
    assert_eq!(drift(planned(), launched).await, []);
    let spot = json!({ "capacityProviderStrategy": [{ "capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0 }] });
    assert_eq!(drift(planned(), spot).await, one("capacity", json!("FARGATE_SPOT")));
    assert_eq!(drift(planned(), json!({ "enableExecuteCommand": true })).await, one("exec", json!(true)));
    let worker = Service { load_balancer: None, ..planned() };
    assert_eq!(drift(worker.clone(), json!({ "loadBalancers": [] })).await, []);
    let attached = drift(worker, json!({})).await;
    assert_eq!(attached[0].0, "load_balancer");
    assert_eq!(attached[0].1["container"], "web");
}

#[tokio::test]
async fn live_service_settings_without_a_model_value_are_drift() {
    let planned = application::service;
    let mixed = json!({ "capacityProviderStrategy": [
        { "capacityProvider": "FARGATE", "weight": 1, "base": 1 },
        { "capacityProvider": "FARGATE_SPOT", "weight": 3, "base": 0 },
    ] });
    let live = json!(["FARGATE: base 1, weight 1", "FARGATE_SPOT: base 0, weight 3"]);
    assert_eq!(drift(planned(), mixed).await, [("capacity".to_owned(), live)]);
    let own = json!({ "capacityProviderStrategy": [{ "capacityProvider": "theirs", "weight": 1, "base": 0 }] });
    assert_eq!(drift(planned(), own).await, [("capacity".to_owned(), json!("theirs"))]);
    let balancer = |arn: &str| json!({ "targetGroupArn": arn, "containerName": "web", "containerPort": 80 });
    let two = json!({ "loadBalancers": [balancer("arn:other"), balancer(GROUP_ARN)] });
    assert_eq!(drift(planned(), two).await, [("load_balancer".to_owned(), json!(["arn:other", GROUP_ARN]))]);
}

/// A registry, a mesh, a volume or another controller was set by hand: it is a difference, and an update removes what
/// ECS removes.
#[tokio::test]
async fn unplanned_settings_of_a_service_are_differences() {
    let server = MockServer::start().await;
    let bench = bench(&server.uri(), nodes()).await;
    let service = json!({
        "serviceArn": SERVICE_ARN,
        "serviceName": "saas-platform-acme",
        "status": "ACTIVE",
        "serviceRegistries": [{ "registryArn": "arn:aws:servicediscovery:us-east-1:123456789012:service/srv-1" }],
        "deploymentController": { "type": "EXTERNAL" },
        "deployments": [{
            "status": "PRIMARY",
            "serviceConnectConfiguration": { "enabled": true, "namespace": "mesh" },
            "volumeConfigurations": [{ "name": "disk" }],
        }],
        "tags": tags(&bench, SERVICE),
    });
    called(ECS, "ListServices").respond_with(answer(json!({ "serviceArns": [SERVICE_ARN] }))).mount(&server).await;
    called(ECS, "DescribeServices").respond_with(answer(json!({ "services": [service] }))).mount(&server).await;
    let found = provider::list(Kind::Service, &bench.cx()).await.expect("it is listed");
    let [change] = found[0].unmodelled.as_slice() else { panic!("{found:#?}") };
    let settings =
        json!(["deploymentController", "serviceConnectConfiguration", "serviceRegistries", "volumeConfigurations"]);
    assert_eq!((change.field.as_str(), &change.before), ("settings", &settings));
    assert!(!is_vouched(&bench.cx(), bench.node(SERVICE), &found[0]));

    let sent = update(application::service(), std::slice::from_ref(change)).await;
    let removed = json!({
        "serviceConnectConfiguration": { "enabled": false },
        "serviceRegistries": [],
        "volumeConfigurations": [],
        "vpcLatticeConfigurations": [],
    });
    assert_eq!(sent, removed);
}
