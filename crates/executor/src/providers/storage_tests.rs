//! S3, Secrets Manager, CloudWatch Logs and IAM in cases that no emulator provokes: lost responses, pages,
//! and names that another account has.

use std::collections::BTreeSet;
use std::time::Duration;

use saas_model::fields::FieldChange;
use saas_model::policy::Policy;
use saas_model::resource::{BucketEncryption, Kind, LogGroup, Resource, Role, Secret};
use saas_model::{Address, Ref};
use serde_json::json;
use wiremock::matchers::{any, body_string_contains, header, method, path, query_param};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::context::Context;
use crate::error::Error;
use crate::event::Event;
use crate::lease::Moment;
use crate::provider::{self, Changes};
use crate::providers::s3::bucket::remove_control_bucket;
use crate::providers::secrets::secret::secret_value;
use crate::retry_policy::RetryPolicy;
use crate::state::observed::{Identity, ObservedResource, ObservedState, Tags};
use crate::testing::{Bench, RecordingReporter, bucket};

const BUCKET: &str = "tenant/acme-corp/bucket";
const PASSWORD: &str = "tenant/acme-corp/password";
const ROLE: &str = "tenant/acme-corp/task-role";
const LOG_GROUP: &str = "tenant/acme-corp/log-group";

fn nodes() -> Vec<(&'static str, Resource)> {
    let secret = Secret {
        name: "rds/tenant/acme-corp/password".parse().expect("valid"),
        description: "password".into(),
        content: saas_model::resource::SecretContent::Password,
        rotation: false,
        policy: Policy::default(),
    };
    let role = Role {
        name: "saas-platform-acme-corp-task".parse().expect("valid"),
        path: "/saas/development/".into(),
        description: "application of acme-corp".into(),
        trust: Policy::default(),
        permissions_boundary: None,
        policies: [("bucket".to_owned(), Policy::default())].into(),
    };
    let log_group = LogGroup { name: "/ecs/tenant/acme-corp".parse().expect("valid"), retention_days: 30 };
    let bucket = bucket("saas-platform-acme-corp-data");
    vec![(BUCKET, bucket.into()), (PASSWORD, secret.into()), (ROLE, role.into()), (LOG_GROUP, log_group.into())]
}

async fn bench(server: &MockServer) -> Bench {
    Bench::new(&server.uri(), nodes()).await
}

async fn requests(server: &MockServer) -> Vec<Request> {
    server.received_requests().await.expect("requests are recorded")
}

fn json(request: &Request) -> serde_json::Value {
    request.body_json().expect("the body is JSON")
}

/// Answers an operation of a JSON service, `times` times.
async fn on(server: &MockServer, target: &str, times: u64, response: ResponseTemplate) {
    Mock::given(header("x-amz-target", target)).respond_with(response).up_to_n_times(times).mount(server).await;
}

fn ok(body: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_string(body)
}

#[tokio::test]
async fn retried_secret_creation_reuses_the_same_token_and_value() {
    let server = MockServer::start().await;
    on(&server, "secretsmanager.CreateSecret", 1, ResponseTemplate::new(500)).await;
    on(&server, "secretsmanager.CreateSecret", 1, ok(r#"{"ARN":"arn:aws:secretsmanager:x"}"#)).await;
    let bench = bench(&server).await;
    let node = bench.node(PASSWORD);
    provider::create(&bench.cx(), node).await.expect("the second call is taken");
    let calls = requests(&server).await;
    let [lost, taken] = calls.as_slice() else { panic!("{} calls", calls.len()) };
    assert_eq!(json(lost), json(taken));
    assert_eq!(json(taken)["ClientRequestToken"], bench.cx().token(node).expect("it has no references"));
    let kept = bench.cx().password(&Ref::to(Address::literal(PASSWORD))).await.expect("it is in memory");
    assert_eq!(json(taken)["SecretString"].as_str(), Some(kept.as_str()));
}

#[tokio::test]
async fn secret_scheduled_for_deletion_is_restored_with_a_new_value() {
    let server = MockServer::start().await;
    let scheduled =
        r#"{"__type":"InvalidRequestException","message":"a secret with this name is already scheduled for deletion"}"#;
    on(&server, "secretsmanager.CreateSecret", 1, ResponseTemplate::new(400).set_body_string(scheduled)).await;
    let there = r#"{"ARN":"arn:aws:secretsmanager:x","DeletedDate":1.5e9,"Tags":[
        {"Key":"saas:platform","Value":"saas-platform"},{"Key":"saas:address","Value":"tenant/acme-corp/password"}]}"#;
    on(&server, "secretsmanager.DescribeSecret", 1, ok(there)).await;
    for operation in ["RestoreSecret", "PutSecretValue", "UpdateSecret", "DeleteResourcePolicy", "TagResource"] {
        on(&server, &format!("secretsmanager.{operation}"), 1, ok("{}")).await;
    }
    let bench = bench(&server).await;
    provider::create(&bench.cx(), bench.node(PASSWORD)).await.expect("it is restored");
    let kept = bench.cx().password(&Ref::to(Address::literal(PASSWORD))).await.expect("it is in memory");
    let put = requests(&server)
        .await
        .into_iter()
        .find(|call| call.headers["x-amz-target"] == "secretsmanager.PutSecretValue");
    assert_eq!(json(&put.expect("it gets a new value"))["SecretString"].as_str(), Some(kept.as_str()));
}

#[tokio::test]
async fn truncated_secret_response_does_not_show_the_password() {
    let server = MockServer::start().await;
    on(&server, "secretsmanager.GetSecretValue", 100, ok(r#"{"ARN":"a","SecretString":"hunter2-hunter2"#)).await;
    let bench = bench(&server).await;
    let error = secret_value(&bench.cx(), "a").await.expect_err("it is no JSON");
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
}

#[tokio::test]
async fn log_groups_of_all_pages_are_found_although_the_tag_index_lags() {
    let server = MockServer::start().await;
    let group = |name: &str| {
        format!(
            r#"{{"logGroupName":"{name}","arn":"arn:aws:logs:us-east-1:123456789012:log-group:{name}:*","retentionInDays":7}}"#
        )
    };
    let first = format!(r#"{{"logGroups":[{}],"nextToken":"more"}}"#, group("/ecs/tenant/other"));
    let second = format!(r#"{{"logGroups":[{}]}}"#, group("/ecs/tenant/acme-corp"));
    on(&server, "Logs_20140328.DescribeLogGroups", 1, ok(&first)).await;
    on(&server, "Logs_20140328.DescribeLogGroups", 1, ok(&second)).await;
    on(&server, "ResourceGroupsTaggingAPI_20170126.GetResources", 1, ok("{}")).await;
    let tags = r#"{"tags":{"saas:platform":"saas-platform","saas:address":"tenant/acme-corp/log-group","saas:digest":"DIGEST"}}"#;
    let bench = bench(&server).await;
    let tags = tags.replace("DIGEST", &bench.node(LOG_GROUP).digest.to_string());
    on(&server, "Logs_20140328.ListTagsForResource", 1, ok(&tags)).await;
    let found = provider::list(Kind::LogGroup, &bench.cx()).await.expect("everything is answered");
    assert_eq!(found.len(), 1, "the other one is in no index and in no plan");
    assert_eq!(
        found[0].identity.arn.as_deref(),
        Some("arn:aws:logs:us-east-1:123456789012:log-group:/ecs/tenant/acme-corp")
    );
    assert_eq!(found[0].digest, None, "its retention was not set yet");
}

#[tokio::test]
async fn denied_storage_call_error_has_a_hint() {
    let server = MockServer::start().await;
    let refused =
        "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized</Message></Error></ErrorResponse>";
    Mock::given(body_string_contains("Action=GetAccountAuthorizationDetails"))
        .respond_with(ResponseTemplate::new(403).set_body_raw(refused, "text/xml"))
        .mount(&server)
        .await;
    let bench = bench(&server).await;
    let error = provider::list(Kind::Role, &bench.cx()).await.expect_err("it is denied");
    assert_eq!(error.to_string(), "iam GetAccountAuthorizationDetails: not authorized (AccessDenied)");
    assert!(error.hint().is_some_and(|hint| hint.contains("permission")));
    assert_eq!(requests(&server).await.len(), 1, "a refusal does not pass by itself");
}

#[tokio::test]
async fn role_created_by_a_call_without_response_is_adopted_and_completed() {
    let server = MockServer::start().await;
    let on = async |action: &str, status: u16, body: String| {
        let matcher = body_string_contains(format!("Action={action}&"));
        let response = ResponseTemplate::new(status).set_body_raw(body, "text/xml");
        Mock::given(matcher).respond_with(response).up_to_n_times(1).mount(&server).await;
    };
    let refusal = |code: &str| format!("<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>");
    on("CreateRole", 500, refusal("ServiceFailure")).await;
    on("CreateRole", 409, refusal("EntityAlreadyExists")).await;
    let tag = |key: &str, value: &str| format!("<member><Key>{key}</Key><Value>{value}</Value></member>");
    let role = format!(
        "<GetRoleResponse><GetRoleResult><Role><Path>/</Path><RoleName>r</RoleName><RoleId>i</RoleId><Arn>arn:aws:iam::1:role/r</Arn>\
         <CreateDate>2026-01-01T00:00:00Z</CreateDate><Tags>{}{}</Tags></Role></GetRoleResult></GetRoleResponse>",
        tag("saas:platform", "saas-platform"),
        tag("saas:address", ROLE),
    );
    on("GetRole", 200, role).await;
    on("PutRolePolicy", 404, refusal("NoSuchEntity")).await;
    on("PutRolePolicy", 200, "<PutRolePolicyResponse/>".into()).await;
    let bench = bench(&server).await;
    let identity = provider::create(&bench.cx(), bench.node(ROLE)).await.expect("the role is ours");
    assert_eq!(identity.arn.as_deref(), Some("arn:aws:iam::1:role/r"));
    assert_eq!(requests(&server).await.len(), 5);
}

/// The run after a killed apply lists the resource, even if it is no longer planned.
#[tokio::test]
async fn bucket_is_created_with_ownership_tags() {
    let server = MockServer::start().await;
    TagStore::with(&server, &[]).await;
    Mock::given(method("PUT")).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let bench = bench(&server).await;
    provider::create(&bench.cx(), bench.node(BUCKET)).await.expect("every call is taken");
    let calls = requests(&server).await;
    let made = String::from_utf8_lossy(&calls[0].body);
    assert!(made.contains("<Key>saas:address</Key><Value>tenant/acme-corp/bucket</Value>"), "{made}");
    assert!(!made.contains("saas:digest"), "it is not complete: {made}");
    let last = calls.last().expect("there were calls");
    assert!(last.url.query() == Some("tagging") && String::from_utf8_lossy(&last.body).contains("saas:digest"));
}

/// A bucket that stores its settings and tags, and refuses some writes at first.
#[derive(Clone, Default)]
struct TagStore {
    tags: std::sync::Arc<std::sync::Mutex<String>>,
}

impl Respond for TagStore {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut tags = self.tags.lock().expect("no test panics while it holds this");
        if request.method.as_str() == "PUT" {
            *tags = String::from_utf8_lossy(&request.body).into_owned();
            return ResponseTemplate::new(204);
        }
        if tags.is_empty() {
            let none = "<Error><Code>NoSuchTagSet</Code></Error>";
            return ResponseTemplate::new(404).set_body_raw(none, "application/xml");
        }
        ResponseTemplate::new(200).set_body_raw(tags.clone(), "application/xml")
    }
}

impl TagStore {
    /// A bucket with these tags, behind `?tagging`.
    async fn with(server: &MockServer, tags: &[(&str, &str)]) -> Self {
        let tag = |(key, value): &(&str, &str)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>");
        let set: String = tags.iter().map(tag).collect();
        let kept = Self::default();
        *kept.tags.lock().expect("no other test holds the lock") = format!("<Tagging><TagSet>{set}</TagSet></Tagging>");
        Mock::given(query_param("tagging", "")).respond_with(kept.clone()).mount(server).await;
        kept
    }

    fn has(&self, key: &str) -> bool {
        self.tags.lock().expect("no test panics while it holds this").contains(&format!("<Key>{key}</Key>"))
    }
}

#[tokio::test]
async fn update_keeps_foreign_tags_and_removes_unplanned_own_tags() {
    let server = MockServer::start().await;
    let kept =
        TagStore::with(&server, &[("backup", "daily"), ("saas:old", "x"), ("saas:platform", "saas-platform")]).await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let bench = bench(&server).await;
    bench.assume(BUCKET, Identity::of_id("saas-platform-acme-corp-data"));
    let found = bench.live.get(&Address::literal(BUCKET)).expect("it was assumed");
    let node = bench.node(BUCKET);
    provider::update(&bench.cx(), node, &found, Changes(&[])).await.expect("every call is taken");
    for (key, stays) in [("backup", true), ("saas:digest", true), ("tenant_id", true), ("saas:old", false)] {
        assert_eq!(kept.has(key), stays, "{key}");
    }
    // Settings that are as planned are not written again.
    let before = requests(&server).await.len();
    provider::update(&bench.cx(), node, &found, Changes(&[])).await.expect("every call is taken");
    assert_eq!(requests(&server).await.len(), before + 1, "it is read, and nothing else");
}

#[tokio::test]
async fn create_and_delete_keep_foreign_tags() {
    let server = MockServer::start().await;
    // An automation that tags every new bucket of the account was faster.
    let kept = TagStore::with(&server, &[("backup", "daily"), ("saas:platform", "saas-platform")]).await;
    let pages = [("versions", "<ListVersionsResult/>"), ("uploads", "<ListMultipartUploadsResult/>")];
    for (query, body) in pages {
        let page = ResponseTemplate::new(200).set_body_raw(body, "application/xml");
        Mock::given(method("GET")).and(query_param(query, "")).respond_with(page).mount(&server).await;
    }
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let bench = bench(&server).await;
    provider::create(&bench.cx(), bench.node(BUCKET)).await.expect("every call is taken");
    assert!(kept.has("backup") && kept.has("saas:digest"));
    bench.assume(BUCKET, Identity::of_id("saas-platform-acme-corp-data"));
    let found = bench.live.get(&Address::literal(BUCKET)).expect("it was assumed");
    provider::delete(&bench.cx(), &found).await.expect("it is deleted");
    assert!(kept.has("backup") && kept.has("saas:platform") && !kept.has("saas:digest"), "only the digest goes");
}

/// Each call that writes a setting of a bucket is aborted once, and none sees the new bucket at once.
#[tokio::test]
async fn all_bucket_writes_are_retried_after_transient_errors() {
    let server = MockServer::start().await;
    let refusal = |status: u16, code: &str| {
        let body = format!("<Error><Code>{code}</Code></Error>");
        ResponseTemplate::new(status).set_body_raw(body, "application/xml")
    };
    for query in ["publicAccessBlock", "ownershipControls", "encryption", "versioning", "policy", "tagging"] {
        for answer in [refusal(409, "OperationAborted"), refusal(404, "NoSuchBucket")] {
            Mock::given(method("PUT"))
                .and(query_param(query, ""))
                .respond_with(answer)
                .up_to_n_times(1)
                .mount(&server)
                .await;
        }
    }
    for query in ["policy", "encryption"] {
        Mock::given(method("DELETE"))
            .and(query_param(query, ""))
            .respond_with(refusal(409, "OperationAborted"))
            .up_to_n_times(1)
            .mount(&server)
            .await;
    }
    let deleted = Mock::given(method("DELETE")).and(path("/saas-platform-acme-corp-data/"));
    deleted.respond_with(refusal(409, "OperationAborted")).up_to_n_times(1).mount(&server).await;
    TagStore::with(&server, &[]).await;
    for (query, body) in [("versions", "<ListVersionsResult/>"), ("uploads", "<ListMultipartUploadsResult/>")] {
        let page = ResponseTemplate::new(200).set_body_raw(body, "application/xml");
        Mock::given(method("GET")).and(query_param(query, "")).respond_with(page).mount(&server).await;
    }
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let mut nodes = nodes();
    if let Resource::Bucket(bucket) = &mut nodes[0].1 {
        bucket.encryption = BucketEncryption::None;
    }
    for bench in [bench(&server).await, Bench::new(&server.uri(), nodes).await] {
        let identity = provider::create(&bench.cx(), bench.node(BUCKET)).await.expect("it passes");
        let changes = ["public_access_block", "ownership", "encryption", "versioning", "policy"];
        let changes = changes.map(|field| FieldChange { field: field.into(), before: json!(1), after: json!(2) });
        bench.assume(BUCKET, identity);
        let found = bench.live.get(&Address::literal(BUCKET)).expect("it was assumed");
        provider::update(&bench.cx(), bench.node(BUCKET), &found, Changes(&changes)).await.expect("it passes");
        provider::delete(&bench.cx(), &found).await.expect("it passes");
    }
}

#[tokio::test]
async fn control_bucket_deletion_is_retried_after_a_conflict() {
    let server = MockServer::start().await;
    let aborted = "<Error><Code>OperationAborted</Code></Error>";
    let aborted = ResponseTemplate::new(409).set_body_raw(aborted, "application/xml");
    TagStore::with(&server, &[("backup", "daily"), ("saas:digest", "d")]).await;
    let bucket = "/saas-platform-acme-corp-data/";
    let refused = Mock::given(method("DELETE")).and(path(bucket)).respond_with(aborted);
    refused.up_to_n_times(2).mount(&server).await;
    for (query, body) in [("versions", "<ListVersionsResult/>"), ("uploads", "<ListMultipartUploadsResult/>")] {
        let page = ResponseTemplate::new(200).set_body_raw(body, "application/xml");
        Mock::given(method("GET")).and(query_param(query, "")).respond_with(page).mount(&server).await;
    }
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let bench = bench(&server).await;
    bench.assume(BUCKET, Identity::of_id("saas-platform-acme-corp-data"));
    let found = bench.live.get(&Address::literal(BUCKET)).expect("it was assumed");
    let lease = bench.aws.lease.clone();
    lease.begin("saas-platform-acme-corp-data", Moment::now(), Duration::from_secs(45));
    // No renewer runs in this test.
    lease.renewer_ended();
    remove_control_bucket(&bench.cx(), &found).await.expect("it is removed");
    let deletions = requests(&server).await.into_iter();
    let deletions = deletions.filter(|call| call.method.as_str() == "DELETE" && call.url.path() == bucket);
    assert_eq!(deletions.count(), 3);
}

fn exists() -> ResponseTemplate {
    let exists = "<Error><Code>BucketAlreadyExists</Code><Message>not available</Message></Error>";
    ResponseTemplate::new(409).set_body_raw(exists, "application/xml")
}

#[tokio::test]
async fn bucket_creation_waits_for_the_name_of_a_deleted_bucket() {
    let server = MockServer::start().await;
    let bucket = "/saas-platform-acme-corp-data/";
    let aborted = "<Error><Code>OperationAborted</Code></Error>";
    let aborted = ResponseTemplate::new(409).set_body_raw(aborted, "application/xml");
    for answer in [aborted, exists(), exists()] {
        Mock::given(method("PUT")).and(path(bucket)).respond_with(answer).up_to_n_times(1).mount(&server).await;
    }
    Mock::given(method("HEAD")).respond_with(ResponseTemplate::new(404)).mount(&server).await;
    TagStore::with(&server, &[]).await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let (bench, recorded) = (bench(&server).await, RecordingReporter::default());
    let node = bench.node(BUCKET);
    let cx = Context { reporter: &recorded, ..bench.cx() };
    provider::create(&cx.at(&node.address), node).await.expect("the name is free at the fourth attempt");
    let recorded = recorded.0.into_inner().expect("no test panics here");
    let waits = recorded.iter().filter(|event| matches!(event, Event::Waiting { what, .. } if what.contains("name")));
    assert_eq!(waits.count(), 3);
}

#[tokio::test]
async fn bucket_name_not_released_in_time_is_an_error_with_a_hint() {
    let server = MockServer::start().await;
    Mock::given(method("PUT")).respond_with(exists()).mount(&server).await;
    Mock::given(method("HEAD")).respond_with(ResponseTemplate::new(404)).mount(&server).await;
    let bench = bench(&server).await;
    let cx = bench.cx();
    let cx = Context { retry_policy: RetryPolicy { timeout: Duration::from_millis(50), ..cx.retry_policy }, ..cx };
    let error = provider::create(&cx, bench.node(BUCKET)).await.expect_err("it is held");
    assert!(matches!(&error, Error::NameHeld { name, .. } if name == "saas-platform-acme-corp-data"), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("apply again later")), "{error}");
}

#[tokio::test]
async fn own_bucket_created_concurrently_is_adopted() {
    let server = MockServer::start().await;
    let bucket = "/saas-platform-acme-corp-data/";
    Mock::given(method("PUT")).and(path(bucket)).respond_with(exists()).up_to_n_times(1).mount(&server).await;
    let kept = TagStore::with(&server, &[("saas:platform", "saas-platform")]).await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let bench = bench(&server).await;
    provider::create(&bench.cx(), bench.node(BUCKET)).await.expect("it is ours");
    assert!(kept.has("saas:digest"));
}

fn foreign_bucket(bench: &Bench) -> ObservedResource {
    let tags = Tags::from([("saas:platform".to_owned(), "another".to_owned())]);
    let node = bench.node(BUCKET);
    ObservedResource::at(Kind::Bucket, node.address.clone(), Identity::of_id("saas-platform-acme-corp-data"), tags)
        .incomplete()
}

#[tokio::test]
async fn bucket_of_another_platform_is_not_adopted() {
    let server = MockServer::start().await;
    let bench = bench(&server).await;
    let (node, foreign) = (bench.node(BUCKET), foreign_bucket(&bench));
    let error = provider::update(&bench.cx(), node, &foreign, Changes(&[])).await.expect_err("it is not ours");
    assert!(error.to_string().contains("does not belong to this platform"), "{error}");
    assert_eq!(provider::data_loss(&bench.cx(), &foreign).await.expect("no call is needed"), None);
    provider::delete(&bench.cx(), &foreign).await.expect("there is nothing of ours to delete");
    assert_eq!(requests(&server).await.len(), 0);
}

#[tokio::test]
async fn bucket_name_in_another_account_fails_immediately_with_a_suffix_hint() {
    let server = MockServer::start().await;
    Mock::given(method("PUT")).respond_with(exists()).mount(&server).await;
    Mock::given(method("HEAD")).respond_with(ResponseTemplate::new(403)).mount(&server).await;
    let bench = bench(&server).await;
    let error = provider::create(&bench.cx(), bench.node(BUCKET)).await.expect_err("the name is taken");
    assert!(error.to_string().contains("of tenant `acme-corp`"), "{error}");
    let hint = error.hint().expect("there is a way");
    assert!(hint.contains("a `bucket_suffix` in this tenant's `[[tenant]]`"), "{hint}");
    // Another suffix for all buckets would replace each of them.
    assert!(!hint.contains("storage.bucket_suffix"), "{hint}");
    assert_eq!(requests(&server).await.len(), 2, "it is not waited for");
}

#[tokio::test]
async fn secret_creation_waits_for_the_name_of_a_deleted_secret() {
    let server = MockServer::start().await;
    for message in ["a secret with this name is already scheduled for deletion", "because it was deleted"] {
        let body = format!(r#"{{"__type":"InvalidRequestException","message":"{message}"}}"#);
        let refused = ResponseTemplate::new(400).set_body_string(body);
        on(&server, "secretsmanager.CreateSecret", 2, refused).await;
    }
    on(&server, "secretsmanager.CreateSecret", 1, ok(r#"{"ARN":"arn:aws:secretsmanager:x"}"#)).await;
    let gone = ResponseTemplate::new(400).set_body_string(r#"{"__type":"ResourceNotFoundException"}"#);
    on(&server, "secretsmanager.DescribeSecret", 100, gone).await;
    let bench = bench(&server).await;
    provider::create(&bench.cx(), bench.node(PASSWORD)).await.expect("the name is free at the fifth attempt");
}

#[tokio::test]
async fn restored_secret_is_waited_for() {
    let server = MockServer::start().await;
    let refused = |message: &str| {
        let body = format!(r#"{{"__type":"InvalidRequestException","message":"{message}"}}"#);
        ResponseTemplate::new(400).set_body_string(body)
    };
    on(&server, "secretsmanager.CreateSecret", 1, refused("it is already scheduled for deletion")).await;
    let there = r#"{"ARN":"arn:aws:secretsmanager:x","DeletedDate":1.5e9,"Tags":[
        {"Key":"saas:platform","Value":"saas-platform"},{"Key":"saas:address","Value":"tenant/acme-corp/password"}]}"#;
    on(&server, "secretsmanager.DescribeSecret", 1, ok(there)).await;
    on(&server, "secretsmanager.RestoreSecret", 1, ok("{}")).await;
    for operation in ["PutSecretValue", "UpdateSecret", "DeleteResourcePolicy", "TagResource"] {
        let target = format!("secretsmanager.{operation}");
        on(&server, &target, 1, refused("because it was marked for deletion")).await;
        on(&server, &target, 1, ok("{}")).await;
    }
    let bench = bench(&server).await;
    provider::create(&bench.cx(), bench.node(PASSWORD)).await.expect("it is restored");
}

#[tokio::test]
async fn retention_is_set_once_the_tags_of_the_new_log_group_are_visible() {
    let server = MockServer::start().await;
    let denied = r#"{"__type":"AccessDeniedException","message":"not authorized to perform: logs:PutRetentionPolicy"}"#;
    let denied = ResponseTemplate::new(400).set_body_string(denied);
    on(&server, "Logs_20140328.CreateLogGroup", 1, ok("{}")).await;
    on(&server, "Logs_20140328.PutRetentionPolicy", 3, denied.clone()).await;
    on(&server, "Logs_20140328.PutRetentionPolicy", 1, ok("{}")).await;
    let bench = bench(&server).await;
    provider::create(&bench.cx(), bench.node(LOG_GROUP)).await.expect("it may be changed in the end");
    // Missing permission to create the group is not transient.
    on(&server, "Logs_20140328.CreateLogGroup", 1, denied).await;
    provider::create(&bench.cx(), bench.node(LOG_GROUP)).await.expect_err("it is denied");
}

/// AWS would refuse a marker for an upload that has been aborted by then.
#[tokio::test]
async fn all_multipart_uploads_are_listed_before_the_first_is_aborted() {
    let server = MockServer::start().await;
    let page = |truncated: bool, id: &str| {
        let body = format!(
            "<ListMultipartUploadsResult><IsTruncated>{truncated}</IsTruncated><NextKeyMarker>k</NextKeyMarker>\
             <NextUploadIdMarker>{id}</NextUploadIdMarker><Upload><Key>k</Key><UploadId>{id}</UploadId></Upload>\
             </ListMultipartUploadsResult>"
        );
        ResponseTemplate::new(200).set_body_raw(body, "application/xml")
    };
    for page in [page(true, "u1"), page(false, "u2")] {
        let once = Mock::given(method("GET")).and(query_param("uploads", "")).respond_with(page).up_to_n_times(1);
        once.mount(&server).await;
    }
    let versions = ResponseTemplate::new(200).set_body_raw("<ListVersionsResult/>", "application/xml");
    Mock::given(method("GET")).and(query_param("versions", "")).respond_with(versions).mount(&server).await;
    Mock::given(method("DELETE")).respond_with(ResponseTemplate::new(204)).mount(&server).await;
    let bench = bench(&server).await;
    bench.assume(BUCKET, Identity::of_id("saas-platform-acme-corp-data"));
    let mut found = bench.live.get(&Address::literal(BUCKET)).expect("it was assumed");
    found.tags = Some(Tags::new());
    provider::delete(&bench.cx(), &found).await.expect("it is emptied and deleted");
    let calls = requests(&server).await;
    let of = |name: &str| -> Vec<usize> {
        let has = |call: &(usize, &wiremock::Request)| call.1.url.query_pairs().any(|(key, _)| key == name);
        calls.iter().enumerate().filter(has).map(|(place, _)| place).collect()
    };
    let (listed, given_up) = (of("uploads"), of("uploadId"));
    assert_eq!((listed.len(), given_up.len()), (2, 2));
    assert!(listed.iter().max() < given_up.iter().min(), "{listed:?} {given_up:?}");
}

#[tokio::test]
async fn bucket_is_emptied_page_by_page_after_its_policy_is_deleted() {
    let server = MockServer::start().await;
    let bucket = "/saas-platform-acme-corp-data/";
    let versions = |truncated: bool, kind: &str, version: &str| {
        let body = format!(
            "<ListVersionsResult><IsTruncated>{truncated}</IsTruncated><{kind}><Key>k</Key><VersionId>{version}</VersionId></{kind}></ListVersionsResult>"
        );
        ResponseTemplate::new(200).set_body_raw(body, "application/xml")
    };
    let denied = ResponseTemplate::new(403).set_body_raw("<Error><Code>AccessDenied</Code></Error>", "application/xml");
    for page in [denied, versions(true, "Version", "v1"), versions(false, "DeleteMarker", "v2")] {
        Mock::given(method("GET"))
            .and(query_param("versions", ""))
            .respond_with(page)
            .up_to_n_times(1)
            .mount(&server)
            .await;
    }
    let answer = |body: &str| ResponseTemplate::new(200).set_body_raw(body.to_owned(), "application/xml");
    Mock::given(method("POST"))
        .and(query_param("delete", ""))
        .respond_with(answer("<DeleteResult/>"))
        .mount(&server)
        .await;
    let uploads = answer("<ListMultipartUploadsResult/>");
    Mock::given(method("GET")).and(query_param("uploads", "")).respond_with(uploads).mount(&server).await;
    Mock::given(method("DELETE")).and(path(bucket)).respond_with(ResponseTemplate::new(204)).mount(&server).await;
    let bench = bench(&server).await;
    bench.assume(BUCKET, Identity::of_id("saas-platform-acme-corp-data"));
    let mut found = bench.live.get(&Address::literal(BUCKET)).expect("it was assumed");
    found.tags = Some(Tags::new());
    provider::delete(&bench.cx(), &found).await.expect("it is emptied and deleted");
    let calls = requests(&server).await;
    let first = calls.first().expect("there are calls");
    assert_eq!((first.method.as_str(), first.url.query()), ("DELETE", Some("policy")), "the policy goes first");
    let deletions =
        calls.iter().filter(|call| call.method.as_str() == "POST").map(|call| String::from_utf8_lossy(&call.body));
    let deletions: BTreeSet<bool> = deletions.map(|body| body.contains("<VersionId>v1</VersionId>")).collect();
    assert_eq!(deletions.len(), 2, "each page is deleted by a call of its own");
}

/// Only the root user, with an MFA code, deletes versions, so no other caller can empty the bucket.
#[tokio::test]
async fn mfa_delete_is_a_blocker_of_a_bucket_that_is_not_empty() {
    for (status, blocked) in [("Enabled", true), ("Disabled", false)] {
        let server = MockServer::start().await;
        let s3 = |parameter: &'static str, status: u16, body: String| {
            Mock::given(method("GET"))
                .and(wiremock::matchers::query_param_contains(parameter, ""))
                .respond_with(ResponseTemplate::new(status).set_body_string(body))
        };
        let none = "<Error><Code>ObjectLockConfigurationNotFoundError</Code></Error>";
        s3("object-lock", 404, none.to_owned()).mount(&server).await;
        let versioning = format!(
            "<VersioningConfiguration><Status>Enabled</Status><MfaDelete>{status}</MfaDelete></VersioningConfiguration>"
        );
        s3("versioning", 200, versioning).mount(&server).await;
        let version = "<Version><Key>one</Key><VersionId>1</VersionId></Version>";
        s3("versions", 200, format!("<ListVersionsResult>{version}</ListVersionsResult>")).mount(&server).await;
        let bench = bench(&server).await;
        bench.assume(BUCKET, Identity::of_id("saas-platform-acme-corp-data"));
        let change = bench.removal(BUCKET);
        let blockers = provider::blockers(Kind::Bucket, &bench.cx(), &[&change]).await.expect("S3 answers");
        let named = blockers.iter().any(|blocker| blocker.what.contains("MFA delete"));
        assert_eq!((named, blockers.len()), (blocked, usize::from(blocked)), "{status}: {blockers:#?}");
    }
}

/// The listing of roles shows their instance profiles. A role that is too new for it is described by name.
#[tokio::test]
async fn described_role_includes_its_instance_profiles() {
    const ARN: &str = "arn:aws:iam::123456789012:instance-profile/theirs";
    let server = MockServer::start().await;
    let tag = |key: &str, value: &str| format!("<member><Key>{key}</Key><Value>{value}</Value></member>");
    let tags = tag("saas:platform", "saas-platform") + &tag("saas:address", ROLE);
    let role = format!(
        "<Role><RoleName>saas-platform-acme-corp-task</RoleName><Path>/saas/development/</Path><RoleId>A</RoleId>\
         <Arn>arn:aws:iam::123456789012:role/saas-platform-acme-corp-task</Arn>\
         <CreateDate>2026-01-01T00:00:00Z</CreateDate><Tags>{tags}</Tags></Role>"
    );
    let profile = format!(
        "<member><InstanceProfileName>theirs</InstanceProfileName><Path>/</Path><InstanceProfileId>B\
         </InstanceProfileId><Arn>{ARN}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate><Roles/></member>"
    );
    for (action, result) in [
        ("GetRole", role),
        ("ListRolePolicies", "<PolicyNames/>".to_owned()),
        ("ListAttachedRolePolicies", "<AttachedPolicies/>".to_owned()),
        ("ListInstanceProfilesForRole", format!("<InstanceProfiles>{profile}</InstanceProfiles>")),
    ] {
        let body = format!("<{action}Response><{action}Result>{result}</{action}Result></{action}Response>");
        Mock::given(method("POST"))
            .and(body_string_contains(format!("Action={action}&")))
            .respond_with(ok(&body))
            .mount(&server)
            .await;
    }
    let bench = bench(&server).await;
    let node = bench.node(ROLE);
    let found = provider::describe_by_name(Kind::Role, &bench.cx(), &[node]).await.expect("IAM answers");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].blockers.iter().map(|blocker| blocker.id.as_str()).collect::<Vec<_>>(), [ARN]);
}

/// A bucket of the planned name that has no tags may be anyone's. It is adopted only where a run was creating it.
#[tokio::test]
async fn untagged_bucket_is_adopted_only_if_a_run_was_creating_it() {
    for in_flight in [false, true] {
        let server = MockServer::start().await;
        let untagged = ResponseTemplate::new(404)
            .set_body_string("<Error><Code>NoSuchTagSet</Code><Message>The TagSet does not exist</Message></Error>");
        Mock::given(method("GET")).and(query_param("tagging", "")).respond_with(untagged).mount(&server).await;
        let mut bench = bench(&server).await;
        if in_flight {
            bench.live = ObservedState::after([Address::literal(BUCKET)].into());
        }
        let nodes = [bench.node(BUCKET)];
        let found = provider::describe_by_name(Kind::Bucket, &bench.cx(), &nodes).await.expect("S3 answers");
        assert_eq!(found.len(), usize::from(in_flight), "{found:#?}");
    }
}

#[tokio::test]
async fn untagged_bucket_with_objects_is_not_adopted_by_its_creation() {
    let server = MockServer::start().await;
    let bucket = "/saas-platform-acme-corp-data/";
    let ours = "<Error><Code>BucketAlreadyOwnedByYou</Code><Message>yours</Message></Error>";
    let ours = ResponseTemplate::new(409).set_body_raw(ours, "application/xml");
    Mock::given(method("PUT")).and(path(bucket)).respond_with(ours).mount(&server).await;
    let untagged = ResponseTemplate::new(404)
        .set_body_string("<Error><Code>NoSuchTagSet</Code><Message>The TagSet does not exist</Message></Error>");
    Mock::given(method("GET")).and(query_param("tagging", "")).respond_with(untagged).mount(&server).await;
    let objects =
        "<ListVersionsResult><Version><Key>theirs</Key><VersionId>1</VersionId></Version></ListVersionsResult>";
    Mock::given(method("GET"))
        .and(query_param("versions", ""))
        .respond_with(ResponseTemplate::new(200).set_body_string(objects))
        .mount(&server)
        .await;
    let bench = bench(&server).await;
    let error = provider::create(&bench.cx(), bench.node(BUCKET)).await.expect_err("it may be anyone's");
    assert!(error.to_string().contains("does not belong to this platform"), "{error}");
}
