//! Preflight against HTTP answers.

use std::collections::BTreeSet;

use saas_model::Ref;
use saas_model::policy::{Condition, Effect, Operator, Policy, Principal, Statement};
use saas_model::resource::{Bucket, BucketEncryption, ObjectOwnership, PublicAccessBlock, Resource};
use wiremock::matchers::{body_string_contains, header, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{Check, Failure, Owner, RejectedParameter, TakenName, preflight};
use crate::testing::Bench;
use crate::testing::database::{self, CLUSTER, PARAMETER_GROUP, WRITER};

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

/// The cluster with the resources that it refers to, and a bucket.
fn database() -> Vec<(&'static str, Resource)> {
    let nodes = database::nodes().into_iter().filter(|(address, _)| *address != WRITER);
    nodes.chain([("tenant/acme-corp/bucket", bucket())]).collect()
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

/// The check that the servers of these tests do not answer.
fn unanswered() -> BTreeSet<Check> {
    [Check::Names].into()
}

#[tokio::test]
async fn exempt_role_is_recognized_by_its_path_which_the_session_arn_lacks() {
    let server = aws("123456789012", PROVISIONER, &["15.4", "15.6"]).await;
    let bench = Bench::new(&server.uri(), database()).await;
    preflight(&bench.cx(), &unanswered()).await.expect("the role is exempt, and the version is offered");
}

#[tokio::test]
async fn all_failed_checks_are_reported_together() {
    let role = "arn:aws:iam::210987654321:role/saas-provisioner";
    let server = aws("210987654321", role, &["15.6", "15.8"]).await;
    let bench = Bench::new(&server.uri(), database()).await;
    let error = preflight(&bench.cx(), &unanswered()).await.expect_err("nothing is right");
    let [Failure::WrongAccount { .. }, Failure::LockedOut { caller, resources }, Failure::NotOffered { offered, .. }] =
        error.0.as_slice()
    else {
        panic!("{error}")
    };
    assert_eq!((caller.as_str(), resources.len(), offered.len()), (role, 1, 2));
    assert!(error.to_string().ends_with("; it offers 15.6, 15.8"), "{error}");
    assert!(error.is_refusal());
}

#[tokio::test]
async fn skipped_checks_make_no_calls() {
    let server = aws("123456789012", "arn:aws:iam::123456789012:role/other", &[]).await;
    let bench = Bench::new(&server.uri(), database()).await;
    preflight(&bench.cx(), &Check::all().collect()).await.expect("all are skipped");
    assert_eq!(bench.aws.calls.tally().total(), 1);
}

async fn target(server: &MockServer, target: &str, body: serde_json::Value) {
    Mock::given(header("x-amz-target", target))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .mount(server)
        .await;
}

fn only(check: Check) -> BTreeSet<Check> {
    Check::all().filter(|other| *other != check).collect()
}

/// Another platform of the account has a tenant with the same id.
#[tokio::test]
async fn all_taken_names_are_reported_with_owners() {
    use saas_model::resource::{LogGroup, Role, Secret};
    let server = aws("123456789012", PROVISIONER, &[]).await;
    let other = serde_json::json!([{ "Key": "saas:platform", "Value": "other" }]);
    target(&server, "secretsmanager.DescribeSecret", serde_json::json!({ "Name": "a", "Tags": other })).await;
    let group = "/ecs/tenant/acme-corp";
    let arn = format!("arn:aws:logs:us-east-1:123456789012:log-group:{group}");
    let groups = serde_json::json!({ "logGroups": [
        { "logGroupName": group, "arn": format!("{arn}:*") },
        { "logGroupName": "/ecs/tenant/acme-corporation", "arn": "arn:aws:logs:us-east-1:123456789012:log-group:b" },
    ] });
    target(&server, "Logs_20140328.DescribeLogGroups", groups).await;
    target(&server, "Logs_20140328.ListTagsForResource", serde_json::json!({ "tags": {} })).await;
    Mock::given(method("HEAD")).respond_with(ResponseTemplate::new(403)).mount(&server).await;
    // The names of roles in IAM are case-insensitive.
    let role = "<Roles><member><Path>/</Path><RoleName>SaaS-Provisioner</RoleName><RoleId>i</RoleId>\
                <Arn>arn:aws:iam::123456789012:role/SaaS-Provisioner</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate>\
                </member></Roles><IsTruncated>false</IsTruncated>";
    on(&server, "ListRoles", role).await;
    let secret = Secret {
        name: "rds/tenant/acme-corp/password".parse().expect("valid"),
        description: "a".into(),
        content: saas_model::resource::SecretContent::Password,
        rotation: false,
        policy: Policy::default(),
    };
    let role = Role {
        name: "saas-provisioner".parse().expect("valid"),
        path: "/saas/development/".into(),
        description: "a".into(),
        trust: Policy::default(),
        permissions_boundary: None,
        policies: [].into(),
    };
    let nodes = vec![
        ("tenant/acme-corp/bucket", bucket()),
        ("tenant/acme-corp/log-group", LogGroup { name: group.parse().expect("valid"), retention_days: 30 }.into()),
        ("tenant/acme-corp/role", role.into()),
        ("tenant/acme-corp/secret", secret.into()),
    ];
    let bench = Bench::new(&server.uri(), nodes).await;
    let error = preflight(&bench.cx(), &only(Check::Names)).await.expect_err("all names are taken");
    assert!(error.is_refusal());
    let [Failure::NamesTaken(taken)] = error.0.as_slice() else { panic!("{error}") };
    let owners: Vec<(&str, &Owner)> =
        taken.iter().map(|TakenName { address, owner, .. }| (address.as_str(), owner)).collect();
    let expected = [
        ("tenant/acme-corp/bucket", &Owner::OtherAccount),
        ("tenant/acme-corp/log-group", &Owner::Untagged),
        ("tenant/acme-corp/role", &Owner::Untagged),
        ("tenant/acme-corp/secret", &Owner::Platform("other".into())),
    ];
    assert_eq!(owners, expected);
    let text = error.to_string();
    assert!(text.starts_with("4 names of the plan are already in use: "), "{text}");
    assert!(text.contains("secret `rds/tenant/acme-corp/password`"), "{text}");
    assert!(error.0[0].hint().is_some_and(|hint| hint.contains("[names] scope = \"platform\"")));
    let wrote = server.received_requests().await.expect("they are recorded");
    assert!(wrote.iter().all(|request| !String::from_utf8_lossy(&request.body).contains("Action=Create")));
}

/// The owner that preflight reports for the planned bucket, when S3 answers `HeadBucket` like this.
async fn bucket_taken(status: u16, region: Option<&str>) -> String {
    let server = aws("123456789012", PROVISIONER, &[]).await;
    let answer = ResponseTemplate::new(status);
    let answer = match region {
        Some(region) => answer.insert_header("x-amz-bucket-region", region),
        None => answer,
    };
    Mock::given(method("HEAD")).respond_with(answer).mount(&server).await;
    let bench = Bench::new(&server.uri(), vec![("tenant/acme-corp/bucket", bucket())]).await;
    let error = preflight(&bench.cx(), &only(Check::Names)).await.expect_err("it is taken, or not to be told");
    error.to_string()
}

#[tokio::test]
async fn taken_bucket_in_another_region_is_distinguished_from_a_bad_request() {
    for status in [301, 400, 403] {
        let text = bucket_taken(status, Some("eu-west-1")).await;
        assert!(text.ends_with("is in Region eu-west-1"), "{status}: {text}");
    }
    assert!(bucket_taken(403, Some("us-east-1")).await.contains("belongs to another account"));
    for region in [None, Some("us-east-1")] {
        let text = bucket_taken(400, region).await;
        assert!(
            text.contains("saas-platform-acme-corp-data") && text.contains("credentials may have expired"),
            "{text}"
        );
    }
}

/// A lagging listing does not attribute the platform's own secret to another owner.
#[tokio::test]
async fn own_secret_missing_in_the_listing_is_not_a_taken_name() {
    use saas_model::resource::Secret;
    let server = aws("123456789012", PROVISIONER, &[]).await;
    let ours = serde_json::json!([{ "Key": "saas:platform", "Value": "saas-platform" }]);
    target(&server, "secretsmanager.DescribeSecret", serde_json::json!({ "Name": "a", "Tags": ours })).await;
    let secret = Secret {
        name: "rds/tenant/a/password".parse().expect("valid"),
        description: "a".into(),
        content: saas_model::resource::SecretContent::Password,
        rotation: false,
        policy: Policy::default(),
    };
    let bench = Bench::new(&server.uri(), vec![("tenant/a/secret", secret.into())]).await;
    preflight(&bench.cx(), &only(Check::Names)).await.expect("it is ours");
}

#[tokio::test]
async fn unknown_zone_is_reported_with_available_zones() {
    use saas_model::resource::{Subnet, Vpc};
    let server = aws("123456789012", PROVISIONER, &[]).await;
    let zones = "<DescribeAvailabilityZonesResponse><availabilityZoneInfo>\
                 <item><zoneName>us-east-1a</zoneName><zoneState>available</zoneState></item>\
                 <item><zoneName>us-east-1b</zoneName><zoneState>available</zoneState></item>\
                 </availabilityZoneInfo></DescribeAvailabilityZonesResponse>";
    Mock::given(body_string_contains("Action=DescribeAvailabilityZones&"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(zones, "text/xml"))
        .mount(&server)
        .await;
    let vpc = Vpc { cidr: "10.0.0.0/16".parse().expect("valid"), dns_support: true, dns_hostnames: true };
    let subnet = Subnet {
        vpc: Ref::to(saas_model::Address::literal("network/vpc")),
        cidr: "10.0.1.0/24".parse().expect("valid"),
        zone: "us-east-1z".parse().expect("valid"),
        public_ip_on_launch: false,
    };
    let nodes = vec![("network/vpc", vpc.into()), ("network/subnet/private/us-east-1z", subnet.into())];
    let bench = Bench::new(&server.uri(), nodes).await;
    let error = preflight(&bench.cx(), &only(Check::Zones)).await.expect_err("there is no such zone");
    assert_eq!(error.to_string(), "the Region has no zone us-east-1z; available: us-east-1a, us-east-1b");
}

#[tokio::test]
async fn unavailable_instance_class_is_reported_with_similar_classes() {
    use saas_model::resource::DbInstance;
    let server = aws("123456789012", PROVISIONER, &["15.4"]).await;
    let option = |class: &str| {
        format!(
            "<OrderableDBInstanceOption><DBInstanceClass>{class}</DBInstanceClass><AvailabilityZones>\
             <AvailabilityZone><Name>us-east-1a</Name></AvailabilityZone></AvailabilityZones></OrderableDBInstanceOption>"
        )
    };
    let answer = |options: String| {
        let body = format!(
            "<DescribeOrderableDBInstanceOptionsResponse><DescribeOrderableDBInstanceOptionsResult>\
             <OrderableDBInstanceOptions>{options}</OrderableDBInstanceOptions>\
             </DescribeOrderableDBInstanceOptionsResult></DescribeOrderableDBInstanceOptionsResponse>"
        );
        ResponseTemplate::new(200).set_body_raw(body, "text/xml")
    };
    Mock::given(body_string_contains("DBInstanceClass=db.r6g.huge"))
        .respond_with(answer(String::new()))
        .mount(&server)
        .await;
    Mock::given(body_string_contains("Action=DescribeOrderableDBInstanceOptions&"))
        .respond_with(answer(["db.t4g.medium", "db.r6g.large"].map(option).concat()))
        .mount(&server)
        .await;
    let writer = DbInstance {
        name: "saas-platform-db-writer".parse().expect("valid"),
        cluster: Ref::to(saas_model::Address::literal(CLUSTER)),
        class: "db.r6g.huge".parse().expect("valid"),
        auto_minor_version_upgrade: false,
        publicly_accessible: false,
    };
    let nodes = [database(), vec![(WRITER, writer.into())]].concat();
    let bench = Bench::new(&server.uri(), nodes).await;
    let error = preflight(&bench.cx(), &only(Check::EngineVersion)).await.expect_err("there is no such class");
    let text = error.to_string();
    assert!(text.contains("class db.r6g.huge cannot be ordered for aurora-postgresql 15.4"), "{text}");
    assert!(text.ends_with("; available: db.r6g.large, db.t4g.medium"), "{text}");
}

#[tokio::test]
async fn rejected_parameters_are_reported_by_preflight() {
    use saas_model::resource::{ApplyMethod, Parameter};
    let server = aws("123456789012", PROVISIONER, &["15.4"]).await;
    let one = |name: &str, kind: &str, allowed: &str| {
        format!(
            "<Parameter><ParameterName>{name}</ParameterName><DataType>{kind}</DataType>\
             <AllowedValues>{allowed}</AllowedValues><IsModifiable>true</IsModifiable></Parameter>"
        )
    };
    let page = |parameters: &str, marker: &str| {
        let body = format!(
            "<DescribeEngineDefaultClusterParametersResponse><DescribeEngineDefaultClusterParametersResult>\
             <EngineDefaults>{marker}<Parameters>{parameters}</Parameters></EngineDefaults>\
             </DescribeEngineDefaultClusterParametersResult></DescribeEngineDefaultClusterParametersResponse>"
        );
        ResponseTemplate::new(200).set_body_raw(body, "text/xml")
    };
    Mock::given(body_string_contains("Action=DescribeEngineDefaultClusterParameters&"))
        .and(body_string_contains("Marker=next"))
        .respond_with(page(&one("shared_preload_libraries", "list", "pg_stat_statements,pgaudit"), ""))
        .mount(&server)
        .await;
    Mock::given(body_string_contains("Action=DescribeEngineDefaultClusterParameters&"))
        .respond_with(page(&one("rds.force_ssl", "boolean", "0,1"), "<Marker>next</Marker>"))
        .mount(&server)
        .await;
    let set = |value: &str| Parameter { value: value.to_owned(), apply: ApplyMethod::PendingReboot };
    let group = saas_model::resource::DbClusterParameterGroup {
        parameters: [
            ("forse_ssl".to_owned(), set("1")),
            ("rds.force_ssl".to_owned(), set("1")),
            ("shared_preload_libraries".to_owned(), set("pg_stat_statments")),
        ]
        .into(),
        ..database::parameter_group()
    };
    let others = database().into_iter().filter(|(address, _)| *address != PARAMETER_GROUP);
    let bench = Bench::new(&server.uri(), others.chain([(PARAMETER_GROUP, group.into())]).collect()).await;
    let error = preflight(&bench.cx(), &only(Check::EngineVersion)).await.expect_err("two cannot be set");
    let reported: Vec<(&str, &RejectedParameter)> = error
        .0
        .iter()
        .map(|failure| match failure {
            Failure::ParameterNotTaken { name, why, .. } => (name.as_str(), why),
            other => panic!("{other}"),
        })
        .collect();
    let libraries = RejectedParameter::Value { allowed: "pg_stat_statements,pgaudit".to_owned() };
    assert_eq!(reported, [("forse_ssl", &RejectedParameter::Unknown), ("shared_preload_libraries", &libraries)]);
    assert!(
        error.to_string().ends_with("`pg_stat_statments`: allowed values are pg_stat_statements,pgaudit"),
        "{error}"
    );
}

#[tokio::test]
async fn refused_connection_error_names_the_endpoint() {
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("one is free").port();
    let url = format!("http://127.0.0.1:{port}");
    let bench = Bench::new(&url, Vec::new()).await;
    let error = preflight(&bench.cx(), &Check::all().collect()).await.expect_err("nothing listens there");
    let [Failure::Unanswered { error, .. }] = error.0.as_slice() else { panic!("{error}") };
    assert!(error.to_string().starts_with(&format!("cannot reach `{url}`: ")), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("--endpoint-url")));
}

/// A listener with two certificates, and its load balancer.
fn listener() -> Vec<(&'static str, Resource)> {
    use saas_model::resource::{DefaultAction, Listener, LoadBalancer, Protocol};
    let certificate = |id: &str| format!("arn:aws:acm:us-east-1:123456789012:certificate/{id}").parse().expect("valid");
    let balancer = LoadBalancer {
        name: "saas-platform-0".parse().expect("valid"),
        subnets: [].into(),
        security_groups: [].into(),
        drop_invalid_header_fields: true,
        deletion_protection: false,
    };
    let listener = Listener {
        load_balancer: Ref::to(saas_model::Address::literal("ingress/0/load-balancer")),
        port: 443,
        protocol: Protocol::Https,
        certificate: Some(certificate("00000000-0000-0000-0000-000000000001")),
        more_certificates: [certificate("00000000-0000-0000-0000-000000000002")].into(),
        tls_policy: None,
        default_action: DefaultAction::NotFound,
    };
    vec![("ingress/0/load-balancer", balancer.into()), ("ingress/0/listener/https", listener.into())]
}

#[tokio::test]
async fn unissued_certificate_is_reported_with_its_status() {
    let server = aws("123456789012", PROVISIONER, &[]).await;
    Mock::given(header("x-amz-target", "CertificateManager.DescribeCertificate"))
        .and(body_string_contains("certificate/00000000-0000-0000-0000-000000000002"))
        .respond_with(
            ResponseTemplate::new(200)
                .set_body_json(serde_json::json!({ "Certificate": { "Status": "PENDING_VALIDATION" } })),
        )
        .mount(&server)
        .await;
    Mock::given(header("x-amz-target", "CertificateManager.DescribeCertificate"))
        .respond_with(
            ResponseTemplate::new(400)
                .set_body_json(serde_json::json!({ "__type": "ResourceNotFoundException", "message": "no" })),
        )
        .mount(&server)
        .await;
    let bench = Bench::new(&server.uri(), listener()).await;
    let error = preflight(&bench.cx(), &only(Check::Certificates)).await.expect_err("neither can be used");
    let reported: Vec<Option<&str>> = error
        .0
        .iter()
        .map(|failure| match failure {
            Failure::UnusableCertificate { status, .. } => status.as_deref(),
            other => panic!("{other}"),
        })
        .collect();
    assert_eq!(reported, [None, Some("PENDING_VALIDATION")]);
}
