//! What the tests of ECS share, and clusters in cases with unexpected responses of AWS.

use saas_model::fields::FieldChange;
use saas_model::resource::Kind;
use serde_json::{Value, json};
use wiremock::matchers::body_string_contains;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::error::Error;
use crate::provider::{self, Changes};
use crate::testing::Bench;
use crate::testing::application::{CLUSTER, CLUSTER_ARN, DEFINITION_ARN, SERVICE_ARN, bench, nodes};
use crate::testing::json_api::{ECS, answer, called, calls, refusal};

/// The tags of a complete resource.
pub(crate) fn tags(bench: &Bench, address: &str) -> Value {
    let tags = bench.cx().tags(bench.node(address)).expect("everything it refers to is live");
    tags.into_iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
}

/// A service with one deployment.
pub(crate) fn live(status: &str, rollout: &str, event: &str) -> Value {
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

pub(crate) const PASS_ROLE: &str = "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: iam:PassRole on \
                         resource: arn:aws:iam::123456789012:role/saas-platform-acme-task";

/// Answers `GetRole`: the clock of IAM shows ten, and the role was created at `created`.
pub(crate) async fn role_of(server: &MockServer, created: &str) {
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
async fn ecs_cluster_with_the_same_name_is_not_adopted() {
    let server = MockServer::start().await;
    let theirs = json!({ "clusterArn": "arn:theirs", "clusterName": "saas-platform", "status": "ACTIVE" });
    called(ECS, "CreateCluster").respond_with(answer(json!({ "cluster": theirs }))).mount(&server).await;
    called(ECS, "DescribeClusters").respond_with(answer(json!({ "clusters": [theirs] }))).mount(&server).await;

    let bench = bench(&server.uri(), nodes()).await;
    let error = provider::create(&bench.cx(), bench.node(CLUSTER)).await.expect_err("it has another owner");
    assert!(matches!(error, Error::Taken { .. }), "{error}");
}

/// A task that `RunTask` started keeps the cluster; a task of a service to be deleted does not, nor one that a
/// schedule started with a task definition of the platform.
#[tokio::test]
async fn foreign_task_is_a_blocker_of_the_ecs_cluster() {
    let server = MockServer::start().await;
    let arn = |id: &str| format!("arn:aws:ecs:us-east-1:123456789012:task/saas-platform/{id}");
    let task = |id: &str, group: &str, desired: &str| json!({ "taskArn": arn(id), "group": group, "desiredStatus": desired, "lastStatus": "RUNNING" });
    called(ECS, "ListServices").respond_with(answer(json!({ "serviceArns": [] }))).mount(&server).await;
    let mut report = task("report", "family:saas-platform-acme", "RUNNING");
    report["taskDefinitionArn"] = DEFINITION_ARN.into();
    let listed = ["ours", "alone", "other", "ends", "report"].map(arn);
    called(ECS, "ListTasks").respond_with(answer(json!({ "taskArns": listed }))).mount(&server).await;
    let described = json!({ "tasks": [
        task("ours", "service:saas-platform-acme", "RUNNING"),
        task("alone", "family:migration", "RUNNING"),
        task("other", "service:saas-platform-other", "RUNNING"),
        task("ends", "family:migration", "STOPPED"),
        report,
    ] });
    called(ECS, "DescribeTasks").respond_with(answer(described)).mount(&server).await;
    let cluster = json!({ "clusters": [{ "clusterArn": CLUSTER_ARN, "status": "ACTIVE" }] });
    called(ECS, "DescribeClusters").respond_with(answer(cluster)).mount(&server).await;

    let bench = bench(&server.uri(), nodes()).await;
    let change = bench.removal(CLUSTER);
    let blockers = provider::blockers(Kind::EcsCluster, &bench.cx(), &[&change]).await.expect("ECS answers");
    let named: Vec<&str> = blockers.iter().map(|blocker| blocker.id.as_str()).collect();
    assert_eq!(named, [arn("alone"), arn("other")]);
    assert!(blockers[0].what.contains("family:migration"), "{blockers:?}");
}

/// A cluster with these settings, as ECS describes it.
async fn described_cluster(server: &MockServer, settings: Value) -> Bench {
    let bench = bench(&server.uri(), nodes()).await;
    let mut cluster = json!({ "clusterArn": CLUSTER_ARN, "clusterName": "saas-platform", "status": "ACTIVE" });
    for (setting, value) in settings.as_object().expect("settings are an object") {
        cluster[setting] = value.clone();
    }
    cluster["tags"] = tags(&bench, CLUSTER);
    called(ECS, "ListClusters").respond_with(answer(json!({ "clusterArns": [CLUSTER_ARN] }))).mount(server).await;
    called(ECS, "DescribeClusters").respond_with(answer(json!({ "clusters": [cluster] }))).mount(server).await;
    bench
}

/// The fields in which that cluster differs from the plan, with their live values.
async fn cluster_drift(settings: Value) -> Vec<(String, Value)> {
    let server = MockServer::start().await;
    let bench = described_cluster(&server, settings).await;
    let found = provider::list(Kind::EcsCluster, &bench.cx()).await.expect("it is listed").remove(0);
    let reading = provider::describe(&bench.cx(), &found).await.expect("the listing shows it").expect("it is there");
    let changes = reading.differences_to(&bench.node(CLUSTER).resource).into_iter().chain(reading.unmodelled);
    changes.map(|change| (change.field, change.before)).collect()
}

#[tokio::test]
async fn capacity_of_the_ecs_cluster_is_compared() {
    let planned = json!(["FARGATE", "FARGATE_SPOT"]);
    assert_eq!(cluster_drift(json!({ "capacityProviders": planned })).await, []);
    let none = cluster_drift(json!({})).await;
    assert_eq!(none, [("capacity_providers".to_owned(), json!([]))]);
    let others = json!(["FARGATE", "FARGATE_SPOT", "theirs"]);
    let found = cluster_drift(json!({ "capacityProviders": others })).await;
    assert_eq!(found, [("capacity_providers".to_owned(), others)]);
    let strategy = json!([{ "capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0 }]);
    let found =
        cluster_drift(json!({ "capacityProviders": planned, "defaultCapacityProviderStrategy": strategy })).await;
    assert_eq!(found, [("default_capacity_provider_strategy".to_owned(), json!(["FARGATE_SPOT"]))]);
}

#[tokio::test]
async fn capacity_of_the_ecs_cluster_is_set_once_no_other_change_is_in_progress() {
    let server = MockServer::start().await;
    let bench = described_cluster(&server, json!({})).await;
    let busy = refusal("UpdateInProgressException", "The specified cluster is in a busy state");
    called(ECS, "PutClusterCapacityProviders").respond_with(busy).up_to_n_times(1).mount(&server).await;
    for operation in ["PutClusterCapacityProviders", "TagResource"] {
        called(ECS, operation).respond_with(answer(json!({}))).mount(&server).await;
    }
    let found = provider::list(Kind::EcsCluster, &bench.cx()).await.expect("it is listed").remove(0);
    let changed = FieldChange { field: "capacity_providers".into(), before: json!([]), after: json!(["FARGATE"]) };
    provider::update(&bench.cx(), bench.node(CLUSTER), &found, Changes(&[changed])).await.expect("it is set");
    let sent = calls(&server, "PutClusterCapacityProviders").await;
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[1]["capacityProviders"], json!(["FARGATE", "FARGATE_SPOT"]));
    assert_eq!(sent[1]["defaultCapacityProviderStrategy"], json!([]), "the API requires it");
}
