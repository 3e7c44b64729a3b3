//! Task definitions in cases with unexpected responses of AWS.

use serde_json::{Value, json};
use wiremock::{MockServer, ResponseTemplate};

use crate::provider;
use crate::providers::ecs::tests::{PASS_ROLE, role_of, tags};
use crate::state::observed::Identity;
use crate::testing::Bench;
use crate::testing::application::{self, DEFINITION, DEFINITION_ARN, bench, nodes, nodes_with};
use crate::testing::json_api::{ECS, answer, called, calls, refusal};

#[tokio::test]
async fn revision_registered_by_a_call_without_response_is_not_registered_twice() {
    let server = MockServer::start().await;
    called(ECS, "RegisterTaskDefinition").respond_with(ResponseTemplate::new(500)).mount(&server).await;
    let bench = bench(&server.uri(), nodes()).await;
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

    let bench = bench(&server.uri(), nodes()).await;
    provider::create(&bench.cx(), bench.node(DEFINITION)).await.expect("the third attempt succeeds");
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
    let bench = bench(&server.uri(), nodes()).await;
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

    let bench = bench(&server.uri(), nodes()).await;
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
    let bench = bench(&server.uri(), nodes()).await;
    provider::create(&bench.cx(), bench.node(DEFINITION)).await.expect_err("it is denied");
    assert_eq!(server.received_requests().await.expect("requests are recorded").len(), 1, "IAM is not asked");
}

