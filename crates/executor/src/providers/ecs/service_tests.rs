//! Services in cases with unexpected responses of AWS.

use std::collections::BTreeSet;

use saas_model::Address;
use saas_model::fields::FieldChange;
use saas_model::resource::Kind;
use serde_json::{Value, json};
use wiremock::matchers::body_partial_json;
use wiremock::{MockServer, ResponseTemplate};

use crate::error::Error;
use crate::provider::{self, Changes};
use crate::providers::ecs::tests::{PASS_ROLE, live, role_of, tags};
use crate::state::observed::Identity;
use crate::testing::application::{self, SERVICE, SERVICE_ARN, bench, nodes, nodes_with};
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
    let error = provider::create(&bench.cx(), bench.node(SERVICE)).await.expect_err("somebody else has the name");
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

