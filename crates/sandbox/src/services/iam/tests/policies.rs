//! Inline and attached policies, and the list of all content.

use serde_json::json;

use super::{call, decoded, make, permission, policy, status};
use crate::testing::{Bench, all, first, item};

const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

fn with_role() -> Bench {
    let bench = Bench::new();
    make(&bench, "role");
    bench
}

fn put(bench: &Bench, name: &str, document: &str) -> Result<String, String> {
    call(bench, "PutRolePolicy", &[("RoleName", "role"), ("PolicyName", name), ("PolicyDocument", document)])
}

#[tokio::test(start_paused = true)]
async fn an_inline_policy_is_created_read_replaced_and_deleted() {
    let bench = with_role();
    let spaced = format!(" {}", permission());
    put(&bench, "one", &spaced).expect("a policy");
    put(&bench, "two", &permission()).expect("a policy");
    let read = [("RoleName", "role"), ("PolicyName", "one")];
    let text = first(&call(&bench, "GetRolePolicy", &read).expect("the policy"), "PolicyDocument").expect("a document");
    assert!(text.starts_with("%20%7B%22"), "as it came, encoded: {text}");
    assert_eq!(decoded(&text)["Statement"][0]["Action"], "s3:ListBucket");
    let listed = call(&bench, "ListRolePolicies", &read[..1]).expect("a list");
    assert_eq!(all(&listed, "member"), ["one", "two"]);
    assert!(item(&bench.inventory(), "iam:role-policy", "role/one").is_some());
    let other = policy(&json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}));
    put(&bench, "one", &other).expect("another in its place");
    let text = first(&call(&bench, "GetRolePolicy", &read).expect("the policy"), "PolicyDocument").expect("a document");
    assert_eq!(decoded(&text)["Statement"][0]["Action"], "s3:GetObject");
    call(&bench, "DeleteRolePolicy", &read).expect("a deletion");
    for action in ["GetRolePolicy", "DeleteRolePolicy"] {
        assert_eq!(call(&bench, action, &read), Err("NoSuchEntity".to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn encoding_is_that_of_rfc_3986() {
    let bench = with_role();
    let document = policy(&json!({"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::a-b_c.d~e/*"}));
    put(&bench, "p", &document).expect("a policy");
    let input = [("RoleName", "role"), ("PolicyName", "p")];
    let text =
        first(&call(&bench, "GetRolePolicy", &input).expect("the policy"), "PolicyDocument").expect("a document");
    assert!(text.contains("arn%3Aaws%3As3%3A%3A%3Aa-b_c.d~e%2F%2A"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn the_total_size_of_inline_policies_is_limited_ignoring_white_space() {
    let bench = with_role();
    let sized = |characters: usize| {
        let bare = policy(&json!({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::"}));
        bare.replace(":::", &format!(":::{}", "b".repeat(characters - bare.len())))
    };
    put(&bench, "one", &sized(6_000)).expect("a policy");
    let spaces = " \n\t".repeat(4_000);
    put(&bench, "two", &(sized(4_240) + &spaces)).expect("a policy that fills the role");
    assert_eq!(put(&bench, "three", &permission()), Err("LimitExceeded".to_owned()));
    let input = [("RoleName", "role"), ("PolicyName", "two"), ("PolicyDocument", &*sized(4_241))];
    assert_eq!(status(&bench, "PutRolePolicy", &input), 409);
    put(&bench, "one", &sized(5_999)).expect("its own size does not count twice");
}

#[tokio::test(start_paused = true)]
async fn policy_names_are_validated() {
    let bench = with_role();
    for name in ["", "a b", "a/b", &"p".repeat(129)] {
        assert_eq!(put(&bench, name, &permission()), Err("ValidationError".to_owned()), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_managed_policy_is_attached_and_detached() {
    let bench = with_role();
    let input = [("RoleName", "role"), ("PolicyArn", READ_ONLY)];
    call(&bench, "AttachRolePolicy", &input).expect("an attachment");
    call(&bench, "AttachRolePolicy", &input).expect("the same again");
    let listed = call(&bench, "ListAttachedRolePolicies", &input[..1]).expect("a list");
    assert_eq!(all(&listed, "PolicyName"), ["ReadOnlyAccess"]);
    assert_eq!(all(&listed, "PolicyArn"), [READ_ONLY]);
    assert!(item(&bench.inventory(), "iam:attached-policy", &format!("role/{READ_ONLY}")).is_some());
    call(&bench, "DetachRolePolicy", &input).expect("a detachment");
    assert_eq!(call(&bench, "DetachRolePolicy", &input), Err("NoSuchEntity".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_managed_policy_must_exist() {
    let bench = with_role();
    let attach = |arn: &str| call(&bench, "AttachRolePolicy", &[("RoleName", "role"), ("PolicyArn", arn)]);
    assert_eq!(attach("arn:aws:iam::123456789012:policy/mine"), Err("NoSuchEntity".to_owned()));
    assert_eq!(attach("arn:aws:iam::aws:role/ReadOnlyAccess"), Err("InvalidInput".to_owned()));
    assert_eq!(attach("arn:aws:iam::aws:policy/"), Err("InvalidInput".to_owned()));
    assert_eq!(attach("too short"), Err("ValidationError".to_owned()));
    let reserved = "arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy";
    assert_eq!(attach(reserved), Err("PolicyNotAttachable".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_role_has_at_most_10_managed_policies() {
    let bench = with_role();
    let attach = |number: u32| {
        let arn = format!("arn:aws:iam::aws:policy/Policy{number}");
        call(&bench, "AttachRolePolicy", &[("RoleName", "role"), ("PolicyArn", &arn)])
    };
    assert_eq!((0..10).filter(|number| attach(*number).is_ok()).count(), 10);
    assert_eq!(attach(10), Err("LimitExceeded".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn one_listing_has_roles_with_policies_and_tags() {
    let bench = with_role();
    put(&bench, "inline", &permission()).expect("a policy");
    call(&bench, "AttachRolePolicy", &[("RoleName", "role"), ("PolicyArn", READ_ONLY)]).expect("an attachment");
    let tag = [("RoleName", "role"), ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")];
    call(&bench, "TagRole", &tag).expect("a tag");
    let details = call(&bench, "GetAccountAuthorizationDetails", &[("Filter.member.1", "Role")]).expect("details");
    assert_eq!(all(&details, "RoleName"), ["role", "saas-provisioner"]);
    assert_eq!(all(&details, "PolicyName"), ["inline", "ReadOnlyAccess", "AdministratorAccess"]);
    assert_eq!((first(&details, "Key").as_deref(), first(&details, "Value").as_deref()), (Some("k"), Some("v")));
    let document = first(&details, "PolicyDocument").expect("a document");
    assert_eq!(decoded(&document)["Version"], "2012-10-17");
    let trust = first(&details, "AssumeRolePolicyDocument").expect("a document");
    assert_eq!(decoded(&trust)["Statement"][0]["Action"], "sts:AssumeRole");
    let users = call(&bench, "GetAccountAuthorizationDetails", &[("Filter.member.1", "User")]).expect("details");
    assert_eq!(all(&users, "RoleName"), [""; 0]);
    let unknown = call(&bench, "GetAccountAuthorizationDetails", &[("Filter.member.1", "Roles")]);
    assert_eq!(unknown, Err("ValidationError".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_restored_sandbox_continues() {
    let bench = with_role();
    put(&bench, "inline", &permission()).expect("a policy");
    call(&bench, "AttachRolePolicy", &[("RoleName", "role"), ("PolicyArn", READ_ONLY)]).expect("an attachment");
    let details = || call(&bench, "GetAccountAuthorizationDetails", &[]).map(|xml| all(&xml, "PolicyDocument"));
    let before = (details(), bench.inventory());
    bench.cloud(|cloud| {
        let text = serde_json::to_string(cloud).expect("a text");
        *cloud = serde_json::from_str(&text).expect("the same cloud");
    });
    assert_eq!((details(), bench.inventory()), before);
}
