//! Preflight against answers on the wire.

use std::collections::BTreeSet;

use saas_model::Ref;
use saas_model::policy::{Condition, Effect, Operator, Policy, Principal, Statement};
use saas_model::resource::{Bucket, BucketEncryption, DbCluster, ObjectOwnership, PublicAccessBlock, Resource};
use wiremock::matchers::body_string_contains;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{Check, Failure, preflight};
use crate::testing::Bench;

const PROVISIONER: &str = "arn:aws:iam::123456789012:role/ci/saas-provisioner";

fn bucket() -> Resource {
    let control = Statement {
        sid: "DenyControlPlane".into(),
        effect: Effect::Deny,
        principal: Some(Principal::Anyone),
        actions: ["s3:PutBucketPolicy".to_owned()].into(),
        resources: ["arn:aws:s3:::saas-platform-acme-corp-data".to_owned()].into(),
        conditions: [Condition {
            operator: Operator::ArnNotLike,
            key: "aws:PrincipalArn".into(),
            values: [PROVISIONER.to_owned()].into(),
        }]
        .into(),
    };
    Bucket {
        name: "saas-platform-acme-corp-data".parse().expect("valid"),
        public_access_block: PublicAccessBlock::ALL,
        ownership: ObjectOwnership::BucketOwnerEnforced,
        encryption: BucketEncryption::Aes256,
        versioning: true,
        policy: Policy { statements: vec![control] },
    }
    .into()
}

/// The nodes of a database; what the cluster refers to is of no interest here.
fn database() -> Vec<(&'static str, Resource)> {
    use saas_model::resource::{DbClusterParameterGroup, DbSubnetGroup, Secret};
    let to = |address: &str| saas_model::Address::literal(address);
    let secret = Secret { name: "admin".parse().expect("valid"), description: "a".into(), rotation: false };
    let subnets = DbSubnetGroup { name: "a".parse().expect("valid"), description: "a".into(), subnets: [].into() };
    let parameters = DbClusterParameterGroup {
        name: "a".parse().expect("valid"),
        family: "aurora-postgresql15".into(),
        description: "a".into(),
        parameters: [].into(),
    };
    let cluster = DbCluster {
        name: "saas-platform-db".parse().expect("valid"),
        engine_version: "15.4".parse().expect("valid"),
        database: "saas".parse().expect("valid"),
        admin: "saasadmin".parse().expect("valid"),
        admin_password: Ref::to(to("database/password")),
        port: 5432,
        subnet_group: Ref::to(to("database/subnets")),
        parameter_group: Ref::to(to("database/parameters")),
        security_groups: [].into(),
        storage_encrypted: true,
        deletion_protection: false,
        backup_retention_days: 7,
        copy_tags_to_snapshots: true,
    };
    vec![
        ("database/password", secret.into()),
        ("database/subnets", subnets.into()),
        ("database/parameters", parameters.into()),
        ("database/cluster", cluster.into()),
        ("tenant/acme-corp/bucket", bucket()),
    ]
}

async fn on(server: &MockServer, action: &str, result: &str) {
    let body = format!("<{action}Response><{action}Result>{result}</{action}Result></{action}Response>");
    Mock::given(body_string_contains(format!("Action={action}&")))
        .respond_with(ResponseTemplate::new(200).set_body_raw(body, "text/xml"))
        .mount(server)
        .await;
}

async fn aws(account: &str, role: &str, versions: &[&str]) -> MockServer {
    let server = MockServer::start().await;
    let session =
        format!("<Account>{account}</Account><Arn>arn:aws:sts::{account}:assumed-role/saas-provisioner/ci</Arn>");
    on(&server, "GetCallerIdentity", &session).await;
    let role = format!(
        "<Role><Path>/</Path><RoleName>saas-provisioner</RoleName><RoleId>i</RoleId><Arn>{role}</Arn>\
         <CreateDate>2026-01-01T00:00:00Z</CreateDate></Role>"
    );
    on(&server, "GetRole", &role).await;
    let one = |version: &&str| format!("<DBEngineVersion><EngineVersion>{version}</EngineVersion></DBEngineVersion>");
    let versions: String = versions.iter().map(one).collect();
    on(&server, "DescribeDBEngineVersions", &format!("<DBEngineVersions>{versions}</DBEngineVersions>")).await;
    server
}

#[tokio::test]
async fn a_role_passes_with_the_path_that_its_session_does_not_tell() {
    let server = aws("123456789012", PROVISIONER, &["15.4", "15.6"]).await;
    let bench = Bench::new(&server.uri(), database()).await;
    preflight(&bench.cx(), &BTreeSet::new()).await.expect("the role is exempt, and the version is offered");
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once() {
    let role = "arn:aws:iam::210987654321:role/saas-provisioner";
    let server = aws("210987654321", role, &["15.6", "15.8"]).await;
    let bench = Bench::new(&server.uri(), database()).await;
    let error = preflight(&bench.cx(), &BTreeSet::new()).await.expect_err("nothing is right");
    let [Failure::WrongAccount { .. }, Failure::LockedOut { caller, buckets }, Failure::NotOffered { offered, .. }] =
        error.0.as_slice()
    else {
        panic!("{error}")
    };
    assert_eq!((caller.as_str(), buckets.len(), offered.len()), (role, 1, 2));
    assert!(error.to_string().ends_with("or not yet; 15.6, 15.8 can"), "{error}");
    assert!(error.is_refusal());
}

#[tokio::test]
async fn what_is_skipped_is_not_asked() {
    let server = aws("123456789012", "arn:aws:iam::123456789012:role/other", &[]).await;
    let bench = Bench::new(&server.uri(), database()).await;
    preflight(&bench.cx(), &[Check::Caller, Check::EngineVersion].into()).await.expect("both are skipped");
    assert_eq!(bench.aws.calls.tally().total(), 1);
}
