//! Permissions boundaries and names of roles.

use saas_model::fields::FieldChange;
use saas_model::policy::Policy;
use saas_model::resource::{Kind, Resource, Role};
use saas_model::{Address, Plan};
use wiremock::matchers::body_string_contains;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::provider::{self, Changes};
use crate::state::observed::{Identity, ObservedResource};
use crate::testing::Bench;

const ROLE: &str = "tenant/acme/service/web/task-role";
const NAME: &str = "saas-platform-acme--web-task";
const BOUNDARY: &str = "arn:aws:iam::123456789012:policy/boundary";

fn role(boundary: Option<&str>) -> Resource {
    Role {
        name: NAME.parse().expect("valid"),
        path: "/saas/development/".into(),
        description: "web of acme".into(),
        trust: Policy::default(),
        permissions_boundary: boundary.map(|arn| arn.parse().expect("valid")),
        policies: [("bucket".to_owned(), Policy::default()), ("allow".to_owned(), Policy::default())].into(),
    }
    .into()
}

async fn bench(server: &MockServer, boundary: Option<&str>) -> Bench {
    Bench::new(&server.uri(), vec![(ROLE, role(boundary))]).await
}

async fn on(server: &MockServer, action: &str, result: &str) {
    let body = format!("<{action}Response><{action}Result>{result}</{action}Result></{action}Response>");
    Mock::given(body_string_contains(format!("Action={action}&")))
        .respond_with(ResponseTemplate::new(200).set_body_raw(body, "text/xml"))
        .mount(server)
        .await;
}

/// The requests of an action, decoded.
async fn sent(server: &MockServer, action: &str) -> Vec<String> {
    let requests = server.received_requests().await.expect("requests are recorded");
    let bodies =
        requests.iter().map(|request| String::from_utf8_lossy(&request.body).replace("%3A", ":").replace("%2F", "/"));
    bodies.filter(|body| body.contains(&format!("Action={action}&"))).collect()
}

/// The role with this boundary, as the listing of IAM finds it.
async fn found(bench: &Bench, server: &MockServer, boundary: Option<&str>) -> ObservedResource {
    let tags = bench.plan.tags(bench.node(ROLE)).into_iter();
    let tags: String =
        tags.map(|(key, value)| format!("<member><Key>{key}</Key><Value>{value}</Value></member>")).collect();
    let boundary = boundary.map(|arn| {
        format!(
            "<PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType>\
             <PermissionsBoundaryArn>{arn}</PermissionsBoundaryArn></PermissionsBoundary>"
        )
    });
    let empty = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D";
    let policy = |name: &str| {
        format!("<member><PolicyName>{name}</PolicyName><PolicyDocument>{empty}</PolicyDocument></member>")
    };
    let role = format!(
        "<RoleDetailList><member><Path>/saas/development/</Path><RoleName>{NAME}</RoleName><RoleId>i</RoleId>\
         <Arn>arn:aws:iam::123456789012:role/{NAME}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate>\
         <AssumeRolePolicyDocument>{empty}</AssumeRolePolicyDocument><RolePolicyList>{}{}</RolePolicyList>{}\
         <Tags>{tags}</Tags></member></RoleDetailList><IsTruncated>false</IsTruncated>",
        policy("bucket"),
        policy("allow"),
        boundary.unwrap_or_default(),
    );
    on(server, "GetAccountAuthorizationDetails", &role).await;
    let listed = format!(
        "<Roles><member><Path>/saas/development/</Path><RoleName>{NAME}</RoleName><RoleId>i</RoleId>\
         <Arn>arn:aws:iam::123456789012:role/{NAME}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate>\
         <Description>web of acme</Description></member></Roles><IsTruncated>false</IsTruncated>"
    );
    on(server, "ListRoles", &listed).await;
    let found = provider::list(Kind::Role, &bench.cx()).await.expect("IAM answers");
    found.into_iter().next().expect("it is the platform's")
}

async fn differences(bench: &Bench, found: &ObservedResource) -> Vec<FieldChange> {
    let reading = provider::describe(&bench.cx(), found).await.expect("the listing shows it").expect("it is there");
    reading.differences_to(&bench.node(ROLE).resource)
}

#[tokio::test]
async fn created_role_has_the_boundary_and_all_policies() {
    let server = MockServer::start().await;
    let made = format!(
        "<Role><Path>/</Path><RoleName>{NAME}</RoleName><RoleId>i</RoleId><Arn>arn:aws:iam::1:role/{NAME}</Arn>\
         <CreateDate>2026-01-01T00:00:00Z</CreateDate></Role>"
    );
    on(&server, "CreateRole", &made).await;
    on(&server, "PutRolePolicy", "").await;
    let bench = bench(&server, Some(BOUNDARY)).await;
    provider::create(&bench.cx(), bench.node(ROLE)).await.expect("every call is taken");
    let created = &sent(&server, "CreateRole").await[0];
    assert!(created.contains(&format!("PermissionsBoundary={BOUNDARY}")), "{created}");
    assert_eq!(sent(&server, "PutRolePolicy").await.len(), 2);
}

#[tokio::test]
async fn boundary_is_compared_set_and_removed() {
    for (planned, live, action) in [
        (Some(BOUNDARY), None, "PutRolePermissionsBoundary"),
        (Some(BOUNDARY), Some("arn:aws:iam::123456789012:policy/other"), "PutRolePermissionsBoundary"),
        (None, Some(BOUNDARY), "DeleteRolePermissionsBoundary"),
    ] {
        let server = MockServer::start().await;
        for action in ["PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary", "TagRole"] {
            on(&server, action, "").await;
        }
        let bench = bench(&server, planned).await;
        let found = found(&bench, &server, live).await;
        let changes = differences(&bench, &found).await;
        let fields: Vec<&str> = changes.iter().map(|change| change.field.as_str()).collect();
        assert_eq!(fields, ["permissions_boundary"]);
        provider::update(&bench.cx(), bench.node(ROLE), &found, Changes(&changes)).await.expect("it is updated");
        let calls =
            [sent(&server, "PutRolePermissionsBoundary").await, sent(&server, "DeleteRolePermissionsBoundary").await];
        assert_eq!(calls.concat().len(), 1);
        assert!(calls.concat()[0].contains(&format!("Action={action}&")), "{calls:?}");
    }
    let server = MockServer::start().await;
    let bench = bench(&server, Some(BOUNDARY)).await;
    let found = found(&bench, &server, Some(BOUNDARY)).await;
    assert_eq!(differences(&bench, &found).await, []);
}

/// Whether saas gives a role of this name to an address.
fn is_given(plan: &Plan, address: &str, name: &str) -> bool {
    let naming = provider::declaration(Kind::Role).naming().expect("roles have names");
    let found = ObservedResource::bare(Kind::Role, Address::literal(address), Identity::of_id(name));
    let named = provider::naming::NamedResource { plan, found: &found, naming, name, is_planned: false };
    (naming.is_given)(&named)
}

#[tokio::test]
async fn roles_of_services_and_jobs_are_known_by_address_and_name() {
    let plan = bench(&MockServer::start().await, None).await.plan;
    for (address, name) in [
        ("tenant/acme/task-role", "saas-platform-acme-task"),
        ("tenant/acme/scheduler-role", "saas-platform-acme-scheduler"),
        ("tenant/gone/service/web/task-role", "saas-platform-gone--web-task"),
        ("tenant/gone/job/nightly/task-role", "saas-platform-gone--nightly-task"),
    ] {
        assert!(is_given(&plan, address, name), "{address}: {name}");
    }
    for (address, name) in [
        ("tenant/gone/service/web/task-role", "saas-platform-gone--nightly-task"),
        ("tenant/gone/service/web/task-role", "saas-platform-acme--web-task"),
        ("tenant/gone/task-role", "a-copy"),
    ] {
        assert!(!is_given(&plan, address, name), "{address}: {name}");
    }
}
