//! Generated values and resource policies of secrets, as Secrets Manager has them.

use std::collections::BTreeMap;

use saas_model::policy::{Effect, Policy, Principal, Statement};
use saas_model::resource::{Kind, ResourceSpec, Secret, SecretContent};
use serde_json::{Value, json};
use wiremock::MockServer;

use crate::provider::{self, Changes};
use crate::state::observed::ObservedResource;
use crate::testing::Bench;
use crate::testing::application::{GENERATED, GENERATED_ARN};
use crate::testing::json_api::{answer, called, calls, refusal};

const SERVICE: &str = "secretsmanager";

/// A plan of a secret with these keys and lengths.
async fn bench(server: &MockServer, lengths: &[(&str, u32)]) -> Bench {
    let lengths = lengths.iter().map(|(key, length)| ((*key).to_owned(), *length)).collect();
    planned(server, lengths, Policy::default()).await
}

async fn planned(server: &MockServer, lengths: BTreeMap<String, u32>, policy: Policy) -> Bench {
    let secret = Secret {
        name: "ecs/tenant/acme/generated".parse().expect("valid"),
        description: "generated values".into(),
        content: SecretContent::Generated(lengths),
        rotation: false,
        policy,
    };
    Bench::new(&server.uri(), vec![(GENERATED, secret.into())]).await
}

/// The secret of an earlier plan, as a listing finds it.
async fn found(bench: &Bench, server: &MockServer) -> ObservedResource {
    let tags: Vec<Value> = bench
        .plan
        .tags(bench.node(GENERATED))
        .into_iter()
        .filter(|(key, _)| key != "saas:digest")
        .map(|(key, value)| json!({ "Key": key, "Value": value }))
        .collect();
    let secret = json!({
        "ARN": GENERATED_ARN,
        "Name": "ecs/tenant/acme/generated",
        "Description": "generated values",
        "SecretVersionsToStages": { "v1": ["AWSCURRENT"] },
        "Tags": tags,
    });
    called(SERVICE, "ListSecrets").respond_with(answer(json!({ "SecretList": [secret] }))).mount(server).await;
    let found = provider::list(Kind::Secret, &bench.cx()).await.expect("it is answered");
    found.into_iter().next().expect("it is the platform's")
}

async fn has_value(server: &MockServer, value: &str) {
    let secret = json!({ "ARN": GENERATED_ARN, "SecretString": value });
    called(SERVICE, "GetSecretValue").respond_with(answer(secret)).mount(server).await;
    called(SERVICE, "GetResourcePolicy").respond_with(answer(json!({ "ARN": GENERATED_ARN }))).mount(server).await;
}

#[tokio::test]
async fn created_secret_has_a_text_for_each_key() {
    let server = MockServer::start().await;
    let made = json!({ "ARN": GENERATED_ARN, "VersionId": "v1" });
    called(SERVICE, "CreateSecret").respond_with(answer(made)).mount(&server).await;
    let bench = bench(&server, &[("SESSION_KEY", 64), ("SALT", 16)]).await;
    let made = provider::create(&bench.cx(), bench.node(GENERATED)).await.expect("it is created");
    assert_eq!(made.version.as_deref(), Some("v1"));
    let call = &calls(&server, "CreateSecret").await[0];
    let value: Value = serde_json::from_str(call["SecretString"].as_str().expect("a text")).expect("it is JSON");
    let length = |key: &str| value[key].as_str().map(str::len);
    assert_eq!((length("SESSION_KEY"), length("SALT")), (Some(64), Some(16)));
}

#[tokio::test]
async fn changed_keys_are_added_and_removed_and_the_others_stay() {
    let server = MockServer::start().await;
    let bench = bench(&server, &[("ADDED", 8), ("STAYS", 4)]).await;
    let found = found(&bench, &server).await;
    has_value(&server, r#"{"REMOVED":"hunter2hunter2","STAYS":"AbC1"}"#).await;
    called(SERVICE, "PutSecretValue").respond_with(answer(json!({ "VersionId": "v2" }))).mount(&server).await;
    called(SERVICE, "TagResource").respond_with(answer(json!({}))).mount(&server).await;
    let reading = provider::describe(&bench.cx(), &found).await.expect("its value is read").expect("it is there");
    let node = bench.node(GENERATED);
    let changes = reading.differences_to(&node.resource);
    let fields: Vec<&str> = changes.iter().map(|change| change.field.as_str()).collect();
    assert!(fields.iter().all(|field| field.starts_with("content")), "{fields:?}");
    assert!(!format!("{changes:?}").contains("hunter2"), "{changes:?}");
    assert!(changes.iter().all(|change| Secret::KIND.updates_in_place(change.top())));
    let updated = provider::update(&bench.cx(), node, &found, Changes(&changes)).await.expect("it is updated");
    // What received a value from it depends on the version.
    assert_eq!(updated.version.as_deref(), Some("v2"));
    let put = &calls(&server, "PutSecretValue").await[0];
    let value: Value = serde_json::from_str(put["SecretString"].as_str().expect("a text")).expect("it is JSON");
    assert_eq!(value["STAYS"], "AbC1");
    assert_eq!(value["ADDED"].as_str().map(str::len), Some(8));
    assert!(value["REMOVED"].is_null());
}

#[tokio::test]
async fn value_that_a_killed_apply_has_written_is_not_written_again() {
    let server = MockServer::start().await;
    let bench = bench(&server, &[("KEY", 4)]).await;
    let found = found(&bench, &server).await;
    has_value(&server, r#"{"KEY":"AbC1"}"#).await;
    called(SERVICE, "TagResource").respond_with(answer(json!({}))).mount(&server).await;
    let reading = provider::describe(&bench.cx(), &found).await.expect("its value is read").expect("it is there");
    let node = bench.node(GENERATED);
    assert_eq!(reading.differences_to(&node.resource), []);
    let updated = provider::update(&bench.cx(), node, &found, Changes(&[])).await.expect("its tags are written");
    assert_eq!(updated.version.as_deref(), Some("v1"));
    assert_eq!(calls(&server, "PutSecretValue").await.len(), 0);
}

#[tokio::test]
async fn foreign_value_is_a_difference_that_does_not_show_it() {
    let server = MockServer::start().await;
    let bench = bench(&server, &[("KEY", 4)]).await;
    let found = found(&bench, &server).await;
    has_value(&server, "hunter2").await;
    let reading = provider::describe(&bench.cx(), &found).await.expect("its value is read").expect("it is there");
    let changes = reading.differences_to(&bench.node(GENERATED).resource);
    assert_eq!(changes.len(), 1);
    assert_eq!(
        (changes[0].field.as_str(), &changes[0].before),
        ("content", &json!("another text than generated values"))
    );
}

#[tokio::test]
async fn all_secrets_of_a_tenant_are_known_by_their_names() {
    let bench = bench(&MockServer::start().await, &[("KEY", 4)]).await;
    let naming = provider::declaration(Kind::Secret).naming().expect("secrets have names");
    let names = naming.of_tenant.names(&bench.plan, "acme");
    for name in ["rds/tenant/acme/password", "rds/tenant/acme/migrator/password", "ecs/tenant/acme/generated"] {
        assert!(names.contains(name), "{name}: {names:?}");
    }
    assert_eq!(names.len(), 6);
}

/// A policy that denies this action.
fn denial(action: &str) -> Policy {
    let statement = Statement {
        sid: "DenyReads".into(),
        effect: Effect::Deny,
        principal: Some(Principal::Anyone),
        actions: [action.to_owned()].into(),
        resources: ["*".to_owned()].into(),
        conditions: [].into(),
    };
    Policy { statements: vec![statement] }
}

/// A plan of a secret with this policy.
async fn bench_with(server: &MockServer, policy: Policy) -> Bench {
    planned(server, [("SALT".to_owned(), 4)].into(), policy).await
}

/// The live secret has this policy for `times` reads, and then none.
async fn has_policy(server: &MockServer, document: &str, times: u64) {
    let told = json!({ "ARN": GENERATED_ARN, "ResourcePolicy": document });
    called(SERVICE, "GetResourcePolicy").respond_with(answer(told)).up_to_n_times(times).mount(server).await;
    has_value(server, r#"{"SALT": "aaaa"}"#).await;
    for operation in ["PutResourcePolicy", "DeleteResourcePolicy", "TagResource"] {
        called(SERVICE, operation).respond_with(answer(json!({}))).mount(server).await;
    }
}

#[tokio::test]
async fn created_secret_gets_its_policy_which_may_not_be_public() {
    let server = MockServer::start().await;
    let made = json!({ "ARN": GENERATED_ARN, "VersionId": "v1" });
    called(SERVICE, "CreateSecret").respond_with(answer(made)).mount(&server).await;
    let unseen = refusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
    called(SERVICE, "PutResourcePolicy").respond_with(unseen).up_to_n_times(1).mount(&server).await;
    called(SERVICE, "PutResourcePolicy").respond_with(answer(json!({}))).mount(&server).await;
    let policy = denial("secretsmanager:GetSecretValue");
    let bench = bench_with(&server, policy.clone()).await;
    provider::create(&bench.cx(), bench.node(GENERATED)).await.expect("it is created");
    let [_, put] = &calls(&server, "PutResourcePolicy").await[..] else { panic!("it is sent again") };
    assert_eq!((&put["SecretId"], &put["BlockPublicPolicy"]), (&json!(GENERATED_ARN), &json!(true)));
    assert_eq!(put["ResourcePolicy"], json!(policy.to_json()));
}

/// Nothing else than the policy differs: the digest tag vouches for the rest.
#[tokio::test]
async fn another_policy_of_a_secret_is_a_difference_that_an_update_repairs() {
    let planned = denial("secretsmanager:GetSecretValue");
    let weaker = denial("secretsmanager:DeleteSecret").to_json();
    let foreign = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotPrincipal":"*","Action":"*"}]}"#;
    for live in [weaker.as_str(), foreign, "no document"] {
        let server = MockServer::start().await;
        has_policy(&server, live, 2).await;
        let bench = bench_with(&server, planned.clone()).await;
        let (found, node, cx) = (found(&bench, &server).await, bench.node(GENERATED), bench.cx());
        assert!(!provider::has_planned_access(&cx, node, &found).await.expect("it is answered"), "{live}");
        let reading = provider::describe(&cx, &found).await.expect("it is answered").expect("it is there");
        let changes = reading.differences_to(&node.resource);
        let [change] = changes.as_slice() else { panic!("{reading:#?}") };
        assert_eq!(change.field, "policy");
        provider::update(&cx, node, &found, Changes(&changes)).await.expect("it is repaired");
        let [put] = &calls(&server, "PutResourcePolicy").await[..] else { panic!("one call") };
        assert_eq!((&put["ResourcePolicy"], &put["BlockPublicPolicy"]), (&json!(planned.to_json()), &json!(true)));
    }
}

/// Secrets Manager may write the document in another form.
#[tokio::test]
async fn policies_of_secrets_are_compared_by_meaning() {
    let server = MockServer::start().await;
    let policy = denial("secretsmanager:GetSecretValue");
    let told = r#"{ "Statement": { "Resource": "*", "Principal": { "AWS": "*" }, "Sid": "DenyReads", "Effect": "Deny",
        "Action": "secretsmanager:GetSecretValue" }, "Version": "2012-10-17" }"#;
    has_policy(&server, told, 1).await;
    let bench = bench_with(&server, policy).await;
    let (found, node, cx) = (found(&bench, &server).await, bench.node(GENERATED), bench.cx());
    assert!(provider::has_planned_access(&cx, node, &found).await.expect("it is answered"));
    assert!(!provider::has_planned_access(&cx, node, &found).await.expect("it is answered"), "now it has none");
}

/// A plan of an earlier version has no policy.
#[tokio::test]
async fn policy_that_is_not_planned_is_removed() {
    let server = MockServer::start().await;
    has_policy(&server, &denial("secretsmanager:GetSecretValue").to_json(), 2).await;
    let bench = bench_with(&server, Policy::default()).await;
    let (found, node, cx) = (found(&bench, &server).await, bench.node(GENERATED), bench.cx());
    assert!(!provider::has_planned_access(&cx, node, &found).await.expect("it is answered"));
    let reading = provider::describe(&cx, &found).await.expect("it is answered").expect("it is there");
    let changes = reading.differences_to(&node.resource);
    provider::update(&cx, node, &found, Changes(&changes)).await.expect("it is removed");
    assert_eq!(calls(&server, "DeleteResourcePolicy").await.len(), 1);
    assert!(provider::has_planned_access(&cx, node, &found).await.expect("it is answered"));
}

/// A policy that denies the call differs, whatever it says; a missing permission is an error.
#[tokio::test]
async fn denied_resource_policy_is_a_difference_only_if_the_policy_denies_it() {
    for (why, differs) in [
        ("with an explicit deny in a resource-based policy", true),
        ("because no identity-based policy allows the secretsmanager:GetResourcePolicy action", false),
    ] {
        let server = MockServer::start().await;
        let denied = refusal("AccessDeniedException", &format!("User: arn:aws:iam::1:role/r is not authorized {why}"));
        called(SERVICE, "GetResourcePolicy").respond_with(denied).mount(&server).await;
        let bench = bench(&server, &[]).await;
        let found = found(&bench, &server).await;
        let read = provider::has_planned_access(&bench.cx(), bench.node(GENERATED), &found).await;
        assert_eq!(read.ok(), differs.then_some(false), "{why}");
    }
}

/// A copy in another Region has a resource policy of its own.
#[tokio::test]
async fn replica_of_a_secret_is_an_exposure() {
    let server = MockServer::start().await;
    let replicated = json!({
        "ARN": GENERATED_ARN,
        "Name": "ecs/tenant/acme/generated",
        "ReplicationStatus": [{ "Region": "eu-west-1", "Status": "InSync" }],
        "Tags": [
            { "Key": "saas:platform", "Value": "saas-platform" },
            { "Key": "saas:address", "Value": GENERATED },
        ],
    });
    called(SERVICE, "DescribeSecret").respond_with(answer(replicated)).mount(&server).await;
    let bench = bench(&server, &[]).await;
    provider::named(Kind::Secret, &bench.cx(), GENERATED_ARN).await.expect("it is answered").expect("it is ours");
    let exposures = bench.live.exposures();
    let [exposure] = exposures.as_slice() else { panic!("{exposures:#?}") };
    assert_eq!((exposure.address.as_str(), exposure.id.as_str()), (GENERATED, "eu-west-1"));
}
