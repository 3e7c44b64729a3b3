//! Roles: life cycle, names, limits, and when they can be assumed.

use std::time::Duration;

use super::{call, make, permission, status, trust, trusting};
use crate::cloud::Account;
use crate::dials::{Dials, Lag, Staleness};
use crate::services::Service;
use crate::services::iam::{has_role, role_is_assumable};
use crate::testing::{Bench, all, first, item, pass};

/// The service that assumes the roles of tasks.
const TASKS: &str = "ecs-tasks.amazonaws.com";
const ARN: &str = "arn:aws:iam::123456789012:role/saas/prod/task";

fn created() -> Bench {
    let bench = Bench::new();
    let input = [
        ("RoleName", "task"),
        ("Path", "/saas/prod/"),
        ("Description", "task of acme"),
        ("AssumeRolePolicyDocument", &trust()),
        ("Tags.member.1.Key", "tenant_id"),
        ("Tags.member.1.Value", "acme"),
    ];
    call(&bench, "CreateRole", &input).expect("a role");
    bench
}

#[tokio::test(start_paused = true)]
async fn creating_a_role_returns_the_trust_policy_unchanged() {
    let bench = Bench::new();
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":["sts:AssumeRole"]}]}"#;
    let action = |answer: &str| {
        let document = super::decoded(&first(answer, "AssumeRolePolicyDocument").expect("a document"));
        document["Statement"][0]["Action"].clone()
    };
    let input = [("RoleName", "r"), ("AssumeRolePolicyDocument", trust)];
    let made = call(&bench, "CreateRole", &input).expect("a role");
    assert_eq!(action(&made), serde_json::json!(["sts:AssumeRole"]));
    let read = call(&bench, "GetRole", &[("RoleName", "r")]).expect("it is there");
    assert_eq!(action(&read), serde_json::json!("sts:AssumeRole"));
}

#[tokio::test(start_paused = true)]
async fn a_role_is_created_with_its_tags_and_read_back() {
    let bench = created();
    let role = call(&bench, "GetRole", &[("RoleName", "task")]).expect("the role");
    assert_eq!(first(&role, "Arn").as_deref(), Some(ARN));
    assert_eq!(first(&role, "Description").as_deref(), Some("task of acme"));
    assert_eq!(first(&role, "MaxSessionDuration").as_deref(), Some("3600"));
    assert_eq!(first(&role, "Value").as_deref(), Some("acme"));
    let id = first(&role, "RoleId").expect("an id");
    assert!(id.starts_with("AROA") && id.len() == 21, "{id}");
    assert_eq!(
        item(&bench.inventory(), "iam:role", "task").and_then(|tags| tags.get("tenant_id")).map(String::as_str),
        Some("acme")
    );
    assert!(bench.cloud(|cloud| has_role(cloud, ARN)));
    assert!(!bench.cloud(|cloud| has_role(cloud, "arn:aws:iam::123456789012:role/task")), "the path counts");
}

#[tokio::test(start_paused = true)]
async fn the_answer_to_a_creation_omits_some_members() {
    let bench = Bench::new();
    let made =
        call(&bench, "CreateRole", &[("RoleName", "r"), ("Description", "d"), ("AssumeRolePolicyDocument", &trust())]);
    let made = made.expect("a role");
    assert_eq!((first(&made, "Description"), first(&made, "MaxSessionDuration")), (None, None));
}

#[tokio::test(start_paused = true)]
async fn role_names_are_unique_regardless_of_case() {
    let bench = Bench::new();
    make(&bench, "Role");
    let input = [("RoleName", "rOLE"), ("AssumeRolePolicyDocument", &*trust())];
    assert_eq!(call(&bench, "CreateRole", &input), Err("EntityAlreadyExists".to_owned()));
    assert_eq!(status(&bench, "CreateRole", &input), 409);
    assert_eq!(call(&bench, "GetRole", &[("RoleName", "rOLE")]), Err("NoSuchEntity".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_missing_role_is_not_found() {
    let bench = Bench::new();
    for action in
        ["GetRole", "DeleteRole", "UpdateRole", "ListRoleTags", "ListRolePolicies", "ListAttachedRolePolicies"]
    {
        assert_eq!(call(&bench, action, &[("RoleName", "none")]), Err("NoSuchEntity".to_owned()), "{action}");
        assert_eq!(status(&bench, action, &[("RoleName", "none")]), 404);
    }
}

#[tokio::test(start_paused = true)]
async fn malformed_names_paths_and_numbers_are_refused() {
    let bench = Bench::new();
    let long = "r".repeat(65);
    for [key, value] in [
        ["RoleName", ""],
        ["RoleName", &long],
        ["RoleName", "a b"],
        ["RoleName", "a/b"],
        ["Path", "saas/"],
        ["Path", "/saas"],
        ["Path", ""],
        ["Path", "//"],
        ["Description", &"d".repeat(1_001)],
        ["MaxSessionDuration", "3599"],
        ["MaxSessionDuration", "43201"],
    ] {
        let document = trust();
        let mut input = vec![("AssumeRolePolicyDocument", document.as_str()), (key, value)];
        if key != "RoleName" {
            input.push(("RoleName", "role"));
        }
        assert_eq!(call(&bench, "CreateRole", &input), Err("ValidationError".to_owned()), "{key} {value}");
    }
    assert_eq!(call(&bench, "CreateRole", &[("RoleName", "role")]), Err("ValidationError".to_owned()));
    assert_eq!(bench.inventory(), []);
}

#[tokio::test(start_paused = true)]
async fn an_account_has_at_most_1000_roles() {
    let bench = Bench::new();
    // The caller's role counts towards the limit.
    for number in 1..1_000 {
        make(&bench, &format!("role-{number}"));
    }
    let input = [("RoleName", "one-more"), ("AssumeRolePolicyDocument", &*trust())];
    assert_eq!(call(&bench, "CreateRole", &input), Err("LimitExceeded".to_owned()));
    assert_eq!(status(&bench, "CreateRole", &input), 409);
}

#[tokio::test(start_paused = true)]
async fn lists_come_in_pages_of_a_hundred() {
    let bench = created();
    for number in 0..150 {
        make(&bench, &format!("role-{number:03}"));
    }
    let first_page = call(&bench, "ListRoles", &[]).expect("a page");
    assert_eq!(all(&first_page, "RoleName").len(), 100);
    assert_eq!(first(&first_page, "IsTruncated").as_deref(), Some("true"));
    let marker = first(&first_page, "Marker").expect("a marker");
    let second_page = call(&bench, "ListRoles", &[("Marker", &marker)]).expect("a page");
    assert_eq!(all(&second_page, "RoleName").len(), 52);
    assert_eq!((first(&second_page, "IsTruncated").as_deref(), first(&second_page, "Marker")), (Some("false"), None));
    let large = call(&bench, "GetAccountAuthorizationDetails", &[("MaxItems", "1000"), ("Filter.member.1", "Role")]);
    assert_eq!(all(&large.expect("a page"), "RoleName").len(), 152);
    for (key, value) in [("MaxItems", "0"), ("MaxItems", "1001"), ("Marker", "nonsense")] {
        assert_eq!(call(&bench, "ListRoles", &[(key, value)]), Err("ValidationError".to_owned()), "{key} {value}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_malformed_number_is_refused() {
    let bench = Bench::new();
    assert_eq!(call(&bench, "ListRoles", &[("MaxItems", "many")]), Err("MalformedInput".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_path_prefix_filters_the_listing() {
    let bench = created();
    make(&bench, "other");
    let listed = call(&bench, "ListRoles", &[("PathPrefix", "/saas/")]).expect("a list");
    assert_eq!(all(&listed, "RoleName"), ["task"]);
    assert_eq!(first(&listed, "Description").as_deref(), Some("task of acme"));
    assert_eq!(all(&listed, "Key"), [""; 0], "this list has no tags");
    assert_eq!(call(&bench, "ListRoles", &[("PathPrefix", "saas")]), Err("ValidationError".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_role_is_updated() {
    let bench = created();
    let input = [("RoleName", "task"), ("Description", "new"), ("MaxSessionDuration", "7200")];
    call(&bench, "UpdateRole", &input).expect("an update");
    let document = trusting(&serde_json::json!({"Service": "lambda.amazonaws.com"}));
    let input = [("RoleName", "task"), ("PolicyDocument", &*document)];
    call(&bench, "UpdateAssumeRolePolicy", &input).expect("an update");
    let role = call(&bench, "GetRole", &[("RoleName", "task")]).expect("the role");
    assert_eq!(first(&role, "Description").as_deref(), Some("new"));
    assert_eq!(first(&role, "MaxSessionDuration").as_deref(), Some("7200"));
    assert!(first(&role, "AssumeRolePolicyDocument").is_some_and(|document| document.contains("lambda")));
    let input = [("RoleName", "task"), ("PolicyDocument", "nonsense")];
    assert_eq!(call(&bench, "UpdateAssumeRolePolicy", &input), Err("MalformedPolicyDocument".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_role_with_policies_is_not_deleted() {
    let bench = created();
    let put = [("RoleName", "task"), ("PolicyName", "p"), ("PolicyDocument", &*permission())];
    call(&bench, "PutRolePolicy", &put).expect("a policy");
    assert_eq!(call(&bench, "DeleteRole", &[("RoleName", "task")]), Err("DeleteConflict".to_owned()));
    assert_eq!(status(&bench, "DeleteRole", &[("RoleName", "task")]), 409);
    call(&bench, "DeleteRolePolicy", &put[..2]).expect("a deletion");
    let attach = [("RoleName", "task"), ("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess")];
    call(&bench, "AttachRolePolicy", &attach).expect("an attachment");
    assert_eq!(call(&bench, "DeleteRole", &[("RoleName", "task")]), Err("DeleteConflict".to_owned()));
    call(&bench, "DetachRolePolicy", &attach).expect("a detachment");
    call(&bench, "DeleteRole", &[("RoleName", "task")]).expect("a deletion");
    assert_eq!(bench.inventory(), []);
}

#[tokio::test(start_paused = true)]
async fn the_calling_role_always_exists_and_is_not_in_the_inventory() {
    let bench = Bench::new();
    let own = call(&bench, "GetRole", &[("RoleName", "saas-provisioner")]).expect("the caller's role");
    assert_eq!(first(&own, "Arn").as_deref(), Some("arn:aws:iam::123456789012:role/saas-provisioner"));
    assert!(bench.cloud(|cloud| has_role(cloud, "arn:aws:iam::123456789012:role/saas-provisioner")));
    assert_eq!(bench.inventory(), []);
    assert_eq!(call(&bench, "DeleteRole", &[("RoleName", "saas-provisioner")]), Err("DeleteConflict".to_owned()));

    let arn = "arn:aws:iam::123456789012:role/ci/deep/deployer";
    bench.cloud(|cloud| cloud.account = Account { caller: arn.to_owned(), ..cloud.account.clone() });
    let own = call(&bench, "GetRole", &[("RoleName", "deployer")]).expect("the caller's role");
    assert_eq!(first(&own, "Path").as_deref(), Some("/ci/deep/"));
    assert_eq!(first(&own, "Arn").as_deref(), Some(arn));
}

#[tokio::test(start_paused = true)]
async fn a_new_role_is_assumable_after_a_while() {
    let bench = created();
    assert!(!bench.cloud(|cloud| role_is_assumable(cloud, ARN, TASKS, None)));
    pass(Duration::from_secs(9)).await;
    assert!(!bench.cloud(|cloud| role_is_assumable(cloud, ARN, TASKS, None)));
    pass(Duration::from_secs(1)).await;
    assert!(bench.cloud(|cloud| role_is_assumable(cloud, ARN, TASKS, None)));
    let document = trusting(&serde_json::json!({"Service": "lambda.amazonaws.com"}));
    let input = [("RoleName", "task"), ("PolicyDocument", &*document)];
    call(&bench, "UpdateAssumeRolePolicy", &input).expect("an update");
    assert!(!bench.cloud(|cloud| role_is_assumable(cloud, ARN, TASKS, None)), "it does not let tasks in any more");
    assert!(!bench.cloud(|cloud| role_is_assumable(cloud, "arn:aws:iam::123456789012:role/none", TASKS, None)));
}

#[tokio::test(start_paused = true)]
async fn a_new_role_is_read_late_and_changed_immediately() {
    let bench =
        Bench::with(Dials { staleness: Staleness::everywhere(Lag::of(Duration::from_secs(5))), ..Dials::default() });
    make(&bench, "role");
    let put = [("RoleName", "role"), ("PolicyName", "p"), ("PolicyDocument", &*permission())];
    let names = || all(&call(&bench, "ListRoles", &[]).expect("a list"), "RoleName");
    assert_eq!(call(&bench, "GetRole", &put[..1]), Err("NoSuchEntity".to_owned()));
    assert_eq!(names(), ["saas-provisioner"]);
    pass(Duration::from_secs(3)).await;
    call(&bench, "PutRolePolicy", &put).expect("a policy of what is there");
    let again = [("RoleName", "role"), ("AssumeRolePolicyDocument", &*trust())];
    assert_eq!(call(&bench, "CreateRole", &again), Err("EntityAlreadyExists".to_owned()));
    pass(Duration::from_secs(2)).await;
    assert_eq!(names(), ["role", "saas-provisioner"]);
    assert_eq!(call(&bench, "GetRolePolicy", &put[..2]), Err("NoSuchEntity".to_owned()));
    pass(Duration::from_secs(3)).await;
    call(&bench, "GetRolePolicy", &put[..2]).expect("the policy");
    call(&bench, "DeleteRolePolicy", &put[..2]).expect("a deletion");
    call(&bench, "DeleteRole", &put[..1]).expect("a deletion");
    assert_eq!(names(), ["role", "saas-provisioner"], "what is deleted is seen for a while");
    pass(Duration::from_secs(5)).await;
    assert_eq!(names(), ["saas-provisioner"]);
}

#[tokio::test(start_paused = true)]
async fn the_tagging_api_does_not_list_roles() {
    let bench = created();
    assert_eq!(bench.tagged(Service::Iam), []);
    assert!(bench.query(Service::Iam, "NoSuchOperation", &[]).is_err());
}

#[tokio::test(start_paused = true)]
async fn a_boundary_is_set_replaced_and_removed() {
    let bench = created();
    let own = "arn:aws:iam::123456789012:policy/boundary";
    let found = || {
        let role = call(&bench, "GetRole", &[("RoleName", "task")]).expect("a role");
        first(&role, "PermissionsBoundaryArn")
    };
    let put = |arn: &str| {
        let input = [("RoleName", "task"), ("PermissionsBoundary", arn)];
        call(&bench, "PutRolePermissionsBoundary", &input).map(drop)
    };
    assert_eq!(put(own), Err("NoSuchEntity".to_owned()));
    assert_eq!(put("arn:aws:iam::123456789012:role/boundary"), Err("ValidationError".to_owned()));
    bench.cloud(|cloud| cloud.iam.add_boundary(own));
    for arn in [own, "arn:aws:iam::aws:policy/PowerUserAccess", own] {
        assert_eq!(put(arn), Ok(()));
        assert_eq!(found().as_deref(), Some(arn));
    }
    let remove = || call(&bench, "DeleteRolePermissionsBoundary", &[("RoleName", "task")]).map(drop);
    assert_eq!((remove(), found()), (Ok(()), None));
    assert_eq!(remove(), Err("NoSuchEntity".to_owned()));
}
