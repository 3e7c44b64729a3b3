//! Tests of the policies of a plan, in the form that AWS accepts.

mod common;

use common::{MANY_FEATURES, REAL_APPLICATION, SPEC, node, planned, spec};
use saas_model::Plan;
use saas_model::impact::immutable_changes;
use saas_model::policy::Policy;
use saas_model::resource::Resource;
use serde_json::{Value, json};

fn document(policy: &Policy) -> Value {
    serde_json::from_str(&policy.to_json()).expect("policies are JSON")
}

fn bucket_policy(plan: &Plan, tenant: &str) -> Value {
    match &node(plan, &format!("tenant/{tenant}/bucket")).resource {
        Resource::Bucket(bucket) => document(&bucket.policy),
        other => panic!("{} is not a bucket", other.kind()),
    }
}

/// The trust policy and the only inline policy of a role.
fn role(plan: &Plan, tenant: &str, which: &str) -> (Value, Value) {
    match &node(plan, &format!("tenant/{tenant}/{which}-role")).resource {
        Resource::Role(role) => {
            let policies: Vec<&Policy> = role.policies.values().collect();
            assert_eq!(policies.len(), 1);
            (document(&role.trust), document(policies[0]))
        }
        other => panic!("{} is not a role", other.kind()),
    }
}

#[test]
fn bucket_policy_denies_all_other_principals() {
    let plan = planned(&spec(SPEC)).plan;
    let bucket = "arn:aws:s3:::saas-platform-acme-corp-data";
    let objects = format!("{bucket}/*");
    let other_tenants = json!({
        "StringNotEquals": { "aws:PrincipalTag/tenant_id": "acme-corp" },
        "BoolIfExists": { "aws:PrincipalIsAWSService": "false" },
    });
    let expected = json!([
        {
            "Sid": "DenyOtherTenants", "Effect": "Deny", "Principal": "*", "Resource": [objects],
            "Action": ["s3:*"], "Condition": other_tenants,
        },
        {
            "Sid": "DenyControlPlane", "Effect": "Deny", "Principal": "*", "Resource": [bucket, objects],
            "NotAction": ["s3:AbortMultipartUpload", "s3:DeleteObject*", "s3:Get*Configuration", "s3:GetBucket*",
                "s3:GetObject*", "s3:ListBucket*", "s3:ListMultipartUploadParts", "s3:ListTagsForResource",
                "s3:PutObject*", "s3:RestoreObject"],
            "Condition": {
                "ArnNotLike": { "aws:PrincipalArn": "arn:aws:iam::123456789012:role/saas-provisioner" },
                "BoolIfExists": { "aws:PrincipalIsAWSService": "false" },
            },
        },
        {
            "Sid": "DenyForeignAccounts", "Effect": "Deny", "Principal": "*", "Resource": [bucket, objects],
            "Action": ["s3:*"],
            "Condition": {
                "StringNotEquals": { "aws:PrincipalAccount": "123456789012" },
                "BoolIfExists": { "aws:PrincipalIsAWSService": "false" },
            },
        },
        {
            "Sid": "DenyInsecureTransport", "Effect": "Deny", "Principal": "*", "Resource": [bucket, objects],
            "Action": ["s3:*"],
            "Condition": { "Bool": { "aws:SecureTransport": "false" } },
        },
        {
            "Sid": "DenyOtherTenantsLists", "Effect": "Deny", "Principal": "*", "Resource": [bucket],
            "Action": ["s3:ListBucket*"], "Condition": other_tenants,
        },
    ]);
    assert_eq!(bucket_policy(&plan, "acme-corp")["Statement"], expected);
}

/// The policy of a secret, with the principals that its statements exempt taken out.
fn secret_policy(plan: &Plan, address: &str) -> (Value, Vec<Value>) {
    let Resource::Secret(secret) = &node(plan, address).resource else { panic!("{address} is not a secret") };
    let mut statements = document(&secret.policy)["Statement"].take();
    let take = |statement: &mut Value| statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"].take();
    let exempt = statements.as_array_mut().expect("a list").iter_mut().map(take).collect();
    (statements, exempt)
}

#[test]
fn secret_policy_denies_reads_and_changes_to_all_other_principals() {
    let plan = planned(&spec(MANY_FEATURES)).plan;
    let except = json!({ "ArnNotLike": { "aws:PrincipalArn": null } });
    let expected = json!([
        {
            "Sid": "DenyReads", "Effect": "Deny", "Principal": "*", "Resource": ["*"],
            "Action": ["secretsmanager:GetSecretValue"], "Condition": except,
        },
        {
            "Sid": "DenyChanges", "Effect": "Deny", "Principal": "*", "Resource": ["*"],
            "NotAction": ["secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy",
                "secretsmanager:GetSecretValue", "secretsmanager:ListSecretVersionIds"],
            "Condition": except,
        },
    ]);
    let role = |name: &str| format!("arn:aws:iam::210987654321:role/{name}");
    let root = "arn:aws:iam::210987654321:root".to_owned();
    let administrators = [role("delivery/saas-provisioner"), role("security/break-glass"), root.clone()];
    let reader = role("saas/production/atlas-contoso-exec");
    let readers = [administrators[0].clone(), reader, administrators[1].clone(), root];
    let (statements, exempt) = secret_policy(&plan, "tenant/contoso/password");
    assert_eq!(statements, expected);
    assert_eq!(exempt, [json!(readers), json!(administrators)]);
    let (statements, exempt) = secret_policy(&plan, "database/admin-password");
    assert_eq!(statements, expected, "no tenant reads it");
    assert_eq!(exempt, [json!(administrators), json!(administrators)]);
}

#[test]
fn every_secret_has_a_policy() {
    let plan = planned(&spec(REAL_APPLICATION)).plan;
    let secrets: Vec<&str> = plan
        .nodes()
        .iter()
        .filter(|node| matches!(&node.resource, Resource::Secret(_)))
        .map(|node| node.address.as_str())
        .collect();
    assert!(secrets.iter().any(|address| address.ends_with("/migrator-password")), "{secrets:?}");
    assert!(secrets.iter().any(|address| address.ends_with("/generated-secret")), "{secrets:?}");
    for address in secrets {
        let (_, exempt) = secret_policy(&plan, address);
        let [readers, administrators] = exempt.as_slice() else { panic!("{address}: {exempt:?}") };
        let reader = address.starts_with("tenant/");
        assert_eq!(readers.as_array().map(Vec::len), Some(2 + usize::from(reader)), "{address}");
        assert_eq!(administrators.as_array().map(Vec::len), Some(2), "{address}");
    }
}

#[test]
fn only_administrators_use_the_control_bucket() {
    let plan = planned(&spec(MANY_FEATURES)).plan;
    let (_, bucket) = plan.control_bucket().expect("every plan has one");
    let policy = document(&bucket.policy);
    let [others, foreign, insecure] = policy["Statement"].as_array().expect("a list").as_slice() else {
        panic!("{policy}")
    };
    let resources = json!(["arn:aws:s3:::atlas-control-x7", "arn:aws:s3:::atlas-control-x7/*"]);
    assert_eq!(others["NotAction"], json!(["s3:Get*Configuration", "s3:GetBucket*", "s3:ListTagsForResource"]));
    assert_eq!(others["Resource"], resources);
    let tenants = bucket_policy(&plan, "contoso");
    assert_eq!(others["Condition"], tenants["Statement"][1]["Condition"]);
    for (statement, of_tenant) in [(foreign, 2), (insecure, 3)] {
        assert_eq!(statement["Resource"], resources);
        for element in ["Sid", "Action", "Condition"] {
            assert_eq!(statement[element], tenants["Statement"][of_tenant][element]);
        }
    }
}

#[test]
fn break_glass_role_is_exempt() {
    let policy = bucket_policy(&planned(&spec(MANY_FEATURES)).plan, "contoso");
    let break_glass = "arn:aws:iam::210987654321:role/security/break-glass";
    let provisioner = "arn:aws:iam::210987654321:role/delivery/saas-provisioner";
    let exempt = |statement: usize| &policy["Statement"][statement]["Condition"]["ArnNotLike"]["aws:PrincipalArn"];
    assert_eq!(exempt(0), &json!(break_glass), "the provisioner has no access to data");
    assert_eq!(exempt(1), &json!([provisioner, break_glass]));
    assert_eq!(exempt(4), &json!(break_glass));
}

#[test]
fn next_provisioner_may_change_policies_but_not_read_data() {
    let next = "arn:aws:iam::123456789012:role/next";
    let text = SPEC.replace("\nprovisioner =", &format!("\nnext_provisioner = \"{next}\"\nprovisioner ="));
    let (old, both) = (planned(&spec(SPEC)).plan, planned(&spec(&text)).plan);
    let policy = bucket_policy(&both, "acme-corp");
    let control = policy["Statement"].as_array().expect("a list").iter().find(|one| one["Sid"] == "DenyControlPlane");
    let exempt = &control.expect("there is one")["Condition"]["ArnNotLike"]["aws:PrincipalArn"];
    assert_eq!(exempt, &json!([next, "arn:aws:iam::123456789012:role/saas-provisioner"]));
    let (_, bucket) = both.control_bucket().expect("every plan has one");
    assert_eq!(
        bucket.policy.administrators().into_iter().collect::<Vec<_>>(),
        [next, "arn:aws:iam::123456789012:role/saas-provisioner"]
    );
    assert_eq!(policy["Statement"][0], bucket_policy(&old, "acme-corp")["Statement"][0], "its data");
    let new = planned(&spec(&SPEC.replace("role/saas-provisioner", "role/next"))).plan;
    assert!(immutable_changes(&old, &both).is_empty() && immutable_changes(&both, &new).is_empty());
    let refused = immutable_changes(&old, &new);
    assert!(refused.iter().all(|field| field.field == "policy"), "{refused:?}");
    for address in ["control/bucket", "database/admin-password", "tenant/acme-corp/password"] {
        assert!(
            refused.iter().any(|field| field.address.as_ref().is_some_and(|at| at.as_str() == address)),
            "{address}"
        );
    }
    for address in ["database/admin-password", "tenant/acme-corp/password"] {
        let (_, exempt) = secret_policy(&both, address);
        for principals in exempt {
            let listed = |role: &str| principals.as_array().is_some_and(|all| all.contains(&json!(role)));
            assert!(listed(next) && listed("arn:aws:iam::123456789012:role/saas-provisioner"), "{principals}");
        }
    }
}

#[test]
fn roles_trust_only_ecs_tasks_of_this_account() {
    let plan = planned(&spec(SPEC)).plan;
    let expected = json!([{
        "Sid": "EcsTasks", "Effect": "Allow", "Action": ["sts:AssumeRole"],
        "Principal": { "Service": "ecs-tasks.amazonaws.com" },
        "Condition": {
            "StringEquals": { "aws:SourceAccount": "123456789012" },
            "ArnLike": { "aws:SourceArn": "arn:aws:ecs:us-east-1:123456789012:*" },
        },
    }]);
    for which in ["task", "execution"] {
        assert_eq!(role(&plan, "acme-corp", which).0["Statement"], expected);
    }
}

#[test]
fn task_role_allows_only_its_bucket() {
    let (_, policy) = role(&planned(&spec(SPEC)).plan, "acme-corp", "task");
    let bucket = "arn:aws:s3:::saas-platform-acme-corp-data";
    let expected = json!([
        { "Sid": "ListBucket", "Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": [bucket] },
        {
            "Sid": "UseObjects", "Effect": "Allow", "Resource": [format!("{bucket}/*")],
            "Action": ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts",
                "s3:PutObject"],
        },
    ]);
    assert_eq!(policy["Statement"], expected);
}

#[test]
fn execution_role_allows_logs_and_the_password() {
    let (_, policy) = role(&planned(&spec(SPEC)).plan, "acme-corp", "execution");
    let logs = "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/tenant/acme-corp";
    let secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds/tenant/acme-corp/password-??????";
    let expected = json!([
        {
            "Sid": "WriteLogs", "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": [logs, format!("{logs}:log-stream:*")],
        },
        {
            "Sid": "ReadPassword", "Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": [secret],
        },
    ]);
    assert_eq!(policy["Statement"], expected, "a public image needs no permission");
}

#[test]
fn execution_role_allows_pulls_from_its_repository_only() {
    let plan = planned(&spec(MANY_FEATURES)).plan;
    let (_, policy) = role(&plan, "northwind", "execution");
    let repository = "arn:aws:ecr:eu-central-1:210987654321:repository/atlas/app";
    let expected = json!([
        { "Sid": "LogInToRegistry", "Effect": "Allow", "Action": ["ecr:GetAuthorizationToken"], "Resource": ["*"] },
        {
            "Sid": "PullImage", "Effect": "Allow", "Resource": [repository],
            "Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        },
    ]);
    let statements = policy["Statement"].as_array().expect("a list");
    assert_eq!(json!(statements[2..]), expected);
    let (_, public) = role(&plan, "fabrikam-labs", "execution");
    assert_eq!(public["Statement"].as_array().expect("a list").len(), 2);
}
