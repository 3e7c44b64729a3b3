//! Validation of policy documents.

use std::time::Duration;

use serde_json::{Value, json};

use super::{call, decoded, make, policy, trust, trusting};
use crate::dials::{Dials, Lag, Staleness};
use crate::testing::{Bench, first, pass};

fn create(bench: &Bench, document: &str) -> Result<String, String> {
    call(bench, "CreateRole", &[("RoleName", "new"), ("AssumeRolePolicyDocument", document)])
}

/// Whether a trust policy is rejected as malformed.
fn refuses_trust(document: &str) -> bool {
    create(&Bench::new(), document) == Err("MalformedPolicyDocument".to_owned())
}

/// Whether an inline policy is rejected as malformed.
fn refuses_inline(document: &str) -> bool {
    let bench = Bench::new();
    make(&bench, "role");
    let put = [("RoleName", "role"), ("PolicyName", "p"), ("PolicyDocument", document)];
    match call(&bench, "PutRolePolicy", &put) {
        Ok(_) => false,
        Err(code) => {
            assert_eq!(code, "MalformedPolicyDocument");
            true
        }
    }
}

/// A valid statement with one element replaced or removed.
fn statement(element: &str, value: Value) -> String {
    let mut statement = json!({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::bucket"});
    statement[element] = value;
    if let Some(elements) = statement.as_object_mut() {
        elements.retain(|_, value| !value.is_null());
    }
    policy(&statement)
}

#[tokio::test(start_paused = true)]
async fn valid_documents_are_accepted() {
    for inline in [
        statement("Sid", json!("")),
        statement("Sid", json!("Statement1")),
        statement("Action", json!(["s3:Get*", "s3:ListBucket"])),
        statement("Action", json!("*")),
        statement("Resource", json!("*")),
        statement("Resource", json!(["arn:aws:logs:us-east-1:123456789012:log-group:/ecs/*:log-stream:*"])),
        statement("Resource", json!("arn:aws:secretsmanager:us-east-1:123456789012:secret:a/b-??????")),
        statement("Condition", json!({"StringEquals": {"aws:RequestTag/a": ["b"]}, "Bool": {"aws:SecureTransport": "true"}})),
        statement("Condition", json!({"ForAnyValue:StringLikeIfExists": {"aws:TagKeys": "a"}, "Null": {"a": true}})),
        json!({"Version": "2012-10-17", "Id": "id", "Statement": {"Effect": "Deny", "NotAction": "iam:*", "NotResource": "*"}})
            .to_string(),
    ] {
        assert!(!refuses_inline(&inline), "{inline}");
    }
}

#[tokio::test(start_paused = true)]
async fn malformed_inline_policies_are_refused() {
    let whole = |value: Value| value.to_string();
    let one = json!({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"});
    for inline in [
        "nonsense".to_owned(),
        whole(json!([])),
        whole(json!({"Statement": [one]})),
        whole(json!({"Version": "2008-10-17", "Statement": [one]})),
        whole(json!({"Version": "2013-10-17", "Statement": [one]})),
        whole(json!({"Version": "2012-10-17"})),
        whole(json!({"Version": "2012-10-17", "Statement": []})),
        whole(json!({"Version": "2012-10-17", "Statement": ["s"]})),
        whole(json!({"Version": "2012-10-17", "Statement": [one], "Extra": 1})),
        whole(json!({"Version": "2012-10-17", "Id": {}, "Statement": [one]})),
        statement("Extra", json!("e")),
        statement("Effect", Value::Null),
        statement("Effect", json!("allow")),
        statement("Effect", json!("Permit")),
        statement("Action", Value::Null),
        statement("Action", json!([])),
        statement("Action", json!([[]])),
        statement("Action", json!("ListBucket")),
        statement("Action", json!("s3:List:Bucket")),
        statement("Action", json!("a a:ListBucket")),
        statement("NotAction", json!("s3:GetObject")),
        statement("NotResource", json!("*")),
        statement("Sid", json!("with space")),
        statement("Sid", json!({})),
        statement("Principal", json!({"Service": "ecs-tasks.amazonaws.com"})),
        statement("NotPrincipal", json!("*")),
    ] {
        assert!(refuses_inline(&inline), "{inline}");
    }
}

#[tokio::test(start_paused = true)]
async fn statement_ids_must_be_unique() {
    let one = json!({"Sid": "One", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"});
    assert!(refuses_inline(&json!({"Version": "2012-10-17", "Statement": [one, one]}).to_string()));
}

#[tokio::test(start_paused = true)]
async fn resources_must_be_arns() {
    for resource in [
        Value::Null,
        json!([]),
        json!(""),
        json!("bucket"),
        json!("a:b"),
        json!("arn:error:s3:::bucket"),
        json!("arn:aws"),
        json!("arn:aws:s3::bucket"),
        json!("arn:aws:*:::bucket"),
        json!("arn:aws:s3:us-east-1::bucket"),
        json!("arn:aws:iam:us-east-1::user/a"),
        json!("arn:aws:iam::123456789012:bucket"),
        json!(["*", {}]),
    ] {
        let document = statement("Resource", resource);
        assert!(refuses_inline(&document), "{document}");
    }
}

#[tokio::test(start_paused = true)]
async fn conditions_require_known_operators() {
    for condition in [
        json!([]),
        json!("a"),
        json!({"StringEquals": "a"}),
        json!({"StringEquals": {"a": {}}}),
        json!({"StringEqual": {"a": "b"}}),
        json!({"ForAnyValue::StringEquals": {"a": "b"}}),
        json!({"NullIfExists": {"a": "true"}}),
    ] {
        let document = statement("Condition", condition);
        assert!(refuses_inline(&document), "{document}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_trust_policy_requires_a_principal_and_no_resource() {
    let sound =
        json!({"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"});
    let with = |element: &str, value: Value| {
        let mut statement = sound.clone();
        statement[element] = value;
        policy(&statement)
    };
    for document in [
        "nonsense".to_owned(),
        policy(&json!({"Effect": "Allow", "Action": "sts:AssumeRole"})),
        with("Resource", json!("*")),
        with("Principal", json!({})),
        with("Principal", json!("ecs-tasks.amazonaws.com")),
        with("Action", json!("s3:ListBucket")),
        with("Action", json!("sts:*")),
        with("Condition", json!({"StringEqual": {"aws:SourceAccount": "123456789012"}})),
    ] {
        assert!(refuses_trust(&document), "{document}");
    }
    for document in [
        with("Action", json!(["sts:AssumeRole", "sts:TagSession"])),
        with("Condition", json!({"ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:123456789012:*"}})),
        json!({"Version": "2008-10-17", "Statement": [sound]}).to_string(),
    ] {
        create(&Bench::new(), &document).expect(&document);
    }
}

#[tokio::test(start_paused = true)]
async fn trusted_principals_must_exist() {
    for principal in [
        json!({"Service": "ecs-task.amazonaws.com"}),
        json!({"Service": "ecs-tasks"}),
        json!({"AWS": "arn:aws:iam::123456789012:role/none"}),
        json!({"AWS": "arn:aws:iam::123456789012:user/none"}),
        json!({"AWS": "arn:aws:iam::123456789012:role/*"}),
        json!({"AWS": "1234"}),
        json!({"AWS": []}),
        json!({"Federated": "arn:aws:iam::123456789012:oidc-provider/none"}),
        json!({"Everybody": "*"}),
    ] {
        assert!(refuses_trust(&trusting(&principal)), "{principal}");
    }
    for principal in [
        json!("*"),
        json!({"AWS": "*"}),
        json!({"AWS": "210987654321"}),
        json!({"AWS": "arn:aws:iam::123456789012:root"}),
        json!({"AWS": "arn:aws:iam::123456789012:role/saas-provisioner"}),
        json!({"AWS": "arn:aws:iam::210987654321:role/anything"}),
        json!({"Service": ["ec2.amazonaws.com", "logs.us-east-1.amazonaws.com"]}),
        json!({"Federated": "cognito-identity.amazonaws.com"}),
    ] {
        create(&Bench::new(), &trusting(&principal)).expect("a role");
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_role_is_not_a_valid_principal_immediately() {
    let bench =
        Bench::with(Dials { staleness: Staleness::everywhere(Lag::of(Duration::from_secs(5))), ..Dials::default() });
    make(&bench, "role");
    let document = trusting(&json!({"AWS": "arn:aws:iam::123456789012:role/role"}));
    assert_eq!(create(&bench, &document), Err("MalformedPolicyDocument".to_owned()));
    pass(Duration::from_secs(5)).await;
    create(&bench, &document).expect("a role that trusts the other");
}

#[tokio::test(start_paused = true)]
async fn a_trust_policy_is_returned_in_its_shortest_form() {
    let bench = Bench::new();
    let statement = json!({
        "Effect": "Allow",
        "Principal": {"AWS": ["210987654321"], "Service": ["ecs-tasks.amazonaws.com"]},
        "Action": ["sts:AssumeRole"],
        "Condition": {"StringEquals": {"aws:SourceAccount": ["123456789012"]}},
    });
    create(&bench, &policy(&statement)).expect("a role");
    let role = call(&bench, "GetRole", &[("RoleName", "new")]).expect("the role");
    let document = decoded(&first(&role, "AssumeRolePolicyDocument").expect("a document"));
    let kept = json!({
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::210987654321:root", "Service": "ecs-tasks.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
    });
    assert_eq!(document["Statement"][0], kept);
}

#[tokio::test(start_paused = true)]
async fn a_trust_policy_has_at_most_2048_characters() {
    let bench = Bench::new();
    let document = trust().replace("2012-10-17\"}", &format!("2012-10-17\",\"Id\":\"{}\"}}", "i".repeat(2_048)));
    assert_ne!(document, trust());
    assert_eq!(create(&bench, &document), Err("LimitExceeded".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn documents_are_limited_to_latin_characters() {
    let bench = Bench::new();
    assert_eq!(create(&bench, &trust().replace("Allow", "Ж")), Err("ValidationError".to_owned()));
    assert_eq!(create(&bench, ""), Err("ValidationError".to_owned()));
}
