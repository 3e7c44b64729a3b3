use std::time::Duration;

use serde_json::{Value, json};

use super::{BUCKET, ask, put, put_policy, send, with_bucket, with_versions};
use crate::dials::{Dials, Lag, Staleness};
use crate::testing::{Bench, all, item, pass};

const ARN: &str = "arn:aws:s3:::saas-acme-data";
const OBJECTS: &str = "arn:aws:s3:::saas-acme-data/*";
const CALLER: &str = "arn:aws:iam::123456789012:role/saas-provisioner";

/// The deny statements of a tenant's bucket, as the platform creates them.
fn of_a_tenant() -> Value {
    json!([
        { "Sid": "DenyOtherTenants", "Effect": "Deny", "Principal": "*",
          "Action": ["s3:GetObject*", "s3:PutObject*", "s3:DeleteObject*", "s3:ListBucket*", "s3:AbortMultipartUpload",
                     "s3:ListMultipartUploadParts", "s3:RestoreObject"],
          "Resource": [ARN, OBJECTS],
          "Condition": { "StringNotEquals": { "aws:PrincipalTag/tenant_id": ["acme"] },
                         "BoolIfExists": { "aws:PrincipalIsAWSService": ["false"] } } },
        { "Sid": "DenyControlPlane", "Effect": "Deny", "Principal": "*",
          "Action": ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:PutBucketPublicAccessBlock", "s3:PutBucketAcl",
                     "s3:PutBucketOwnershipControls", "s3:PutEncryptionConfiguration", "s3:PutBucketVersioning",
                     "s3:DeleteBucket", "s3:PutBucketTagging", "s3:TagResource", "s3:UntagResource"],
          "Resource": ARN, "Condition": { "ArnNotLike": { "aws:PrincipalArn": [CALLER] } } },
        { "Sid": "DenyForeignAccounts", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
          "Resource": [ARN, OBJECTS],
          "Condition": { "StringNotEquals": { "aws:PrincipalAccount": ["123456789012"] },
                         "BoolIfExists": { "aws:PrincipalIsAWSService": ["false"] } } },
        { "Sid": "DenyInsecureTransport", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
          "Resource": [ARN, OBJECTS], "Condition": { "Bool": { "aws:SecureTransport": ["false"] } } },
    ])
}

fn statement(changes: Value) -> Value {
    let mut statement = json!({ "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECTS });
    if let (Value::Object(statement), Value::Object(changes)) = (&mut statement, changes) {
        for (key, value) in changes {
            match value {
                Value::Null => drop(statement.remove(&key)),
                value => drop(statement.insert(key, value)),
            }
        }
    }
    statement
}

#[tokio::test(start_paused = true)]
async fn a_tenant_policy_denies_the_caller_objects_but_not_settings() {
    let bench = with_versions();
    put(&bench, "key", "secret");
    assert_eq!(put_policy(&bench, &of_a_tenant()).expect("a sound policy").status, 204);
    for line in
        ["GET ?list-type=2", "GET ?versions", "GET ?uploads", "GET /key", "PUT /key", "DELETE /key", "GET /none"]
    {
        let (method, rest) = line.split_once(' ').expect("a method and a path");
        let refusal = ask(&bench, &format!("{method} /{BUCKET}{rest}")).expect_err("the policy denies it");
        assert_eq!(refusal, "AccessDenied", "{line}");
    }
    assert_eq!(ask(&bench, &format!("HEAD /{BUCKET}")).expect_err("the policy denies it"), "403");
    assert_eq!(ask(&bench, &format!("HEAD /{BUCKET}/key")).expect_err("the policy denies it"), "403");
    for part in ["policy", "tagging", "versioning", "encryption", "publicAccessBlock", "ownershipControls", "location"]
    {
        let answer = ask(&bench, &format!("GET /{BUCKET}?{part}")).map(|reply| reply.status);
        assert!(answer == Ok(200) || answer == Err("NoSuchTagSet".to_owned()), "{part}: {answer:?}");
    }
    assert_eq!(put_policy(&bench, &of_a_tenant()).expect("it may change it").status, 204);
    assert_eq!(ask(&bench, &format!("DELETE /{BUCKET}?policy")).expect("it may delete it").status, 204);
    ask(&bench, &format!("GET /{BUCKET}?versions")).expect("nothing denies it any more");
}

#[tokio::test(start_paused = true)]
async fn batch_deletions_are_denied_per_object() {
    let bench = with_bucket();
    put(&bench, "a", "");
    put(&bench, "b", "");
    let denial = statement(json!({ "Action": "s3:DeleteObject", "Resource": format!("{ARN}/a") }));
    put_policy(&bench, &json!([denial])).expect("a sound policy");
    let body = "<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object></Delete>";
    let headers = [("content-md5", &*super::wire::md5(body))];
    let answer = send(&bench, &format!("POST /{BUCKET}?delete"), &headers, body).expect("the call succeeds");
    assert_eq!(
        (all(&answer.body, "Key"), answer.text("Code").as_deref()),
        (vec!["a".into(), "b".into()], Some("AccessDenied"))
    );
    assert!(ask(&bench, &format!("GET /{BUCKET}/a")).is_ok());
    assert!(ask(&bench, &format!("GET /{BUCKET}/b")).is_err());
}

#[tokio::test(start_paused = true)]
async fn a_caller_denied_by_its_own_policy_remains_denied() {
    let bench = with_bucket();
    put_policy(&bench, &json!([statement(json!({ "Action": "s3:*", "Resource": [ARN, OBJECTS] }))]))
        .expect("S3 lets it");
    let refused = |line: &str| ask(&bench, &format!("{line} /{BUCKET}?policy")).expect_err("it is outside");
    assert_eq!((refused("GET"), refused("DELETE")), ("AccessDenied".to_owned(), "AccessDenied".to_owned()));
    assert_eq!(put_policy(&bench, &of_a_tenant()).expect_err("it is outside"), "AccessDenied");
}

#[tokio::test(start_paused = true)]
async fn deleting_a_missing_bucket_policy_succeeds_and_reading_it_fails() {
    let bench = with_bucket();
    assert_eq!(ask(&bench, &format!("GET /{BUCKET}?policy")).expect_err("it has none"), "NoSuchBucketPolicy");
    assert_eq!(ask(&bench, &format!("DELETE /{BUCKET}?policy")).expect("it has none").status, 204);
}

#[tokio::test(start_paused = true)]
async fn a_policy_is_returned_normalized() {
    let bench = with_bucket();
    let written = statement(json!({ "Principal": { "AWS": ["999999999999"] }, "Action": ["s3:GetObject"] }));
    put_policy(&bench, &written).expect("a sound policy");
    let answer = ask(&bench, &format!("GET /{BUCKET}?policy")).expect("it has one");
    let policy: Value = serde_json::from_str(&answer.body).expect("a policy is JSON");
    let expected = json!({ "Effect": "Deny", "Principal": { "AWS": "arn:aws:iam::999999999999:root" },
                           "Action": "s3:GetObject", "Resource": OBJECTS });
    assert_eq!(policy["Statement"], json!([expected]));
    assert!(item(&bench.inventory(), "s3:bucket-policy", BUCKET).is_some());
}

#[tokio::test(start_paused = true)]
async fn an_invalid_policy_document_is_malformed() {
    let bench = with_bucket();
    for text in ["", "no JSON", "[]", " {}", "{}", r#"{"Statement":[]}"#, r#"{"Statement":{},"Odd":1}"#] {
        let refusal = send(&bench, &format!("PUT /{BUCKET}?policy"), &[], text).expect_err("no policy");
        assert_eq!(refusal, "MalformedPolicy", "{text}");
    }
    let other = r#"{"Version":"2020-01-01","Statement":[]}"#;
    assert_eq!(send(&bench, &format!("PUT /{BUCKET}?policy"), &[], other).expect_err("no version"), "MalformedPolicy");
    assert!(item(&bench.inventory(), "s3:bucket-policy", BUCKET).is_none());
}

#[tokio::test(start_paused = true)]
async fn an_unsupported_statement_is_malformed() {
    let bench = with_bucket();
    for changes in [
        json!({ "Effect": "Forbid" }),
        json!({ "Effect": null }),
        json!({ "Principal": null }),
        json!({ "Action": null }),
        json!({ "Action": [] }),
        json!({ "Resource": null }),
        json!({ "NotAction": "s3:GetObject" }),
        json!({ "Odd": "x" }),
        json!({ "Action": "ec2:RunInstances" }),
        json!({ "Action": "s3:Frobnicate" }),
        json!({ "Resource": "*" }),
        json!({ "Resource": "arn:aws:s3:::another/*" }),
        json!({ "Resource": "arn:aws:s3:::saas-acme-data-too/*" }),
        json!({ "Resource": "saas-acme-data/*" }),
        json!({ "Condition": { "StringIs": { "aws:PrincipalArn": "x" } } }),
        json!({ "Condition": { "StringEquals": { "PrincipalArn": "x" } } }),
        json!({ "Condition": { "StringEquals": { "ec2:Vpc": "x" } } }),
        json!({ "Condition": { "StringEquals": "x" } }),
    ] {
        let refusal = put_policy(&bench, &json!([statement(changes.clone())])).expect_err("S3 does not understand it");
        assert_eq!(refusal, "MalformedPolicy", "{changes}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_action_must_apply_to_a_resource() {
    let bench = with_bucket();
    for (action, resource, applies) in [
        ("s3:GetObject", ARN, false),
        ("s3:ListBucket", OBJECTS, false),
        ("s3:ListBucket", ARN, true),
        ("s3:Get*", OBJECTS, true),
        ("s3:*", ARN, true),
        ("S3:GETOBJECT", OBJECTS, true),
    ] {
        let statement = statement(json!({ "Action": action, "Resource": resource }));
        assert_eq!(put_policy(&bench, &json!([statement])).is_ok(), applies, "{action} {resource}");
        let _ = bench.cloud(|cloud| cloud.s3.buckets.get_mut(BUCKET).and_then(|bucket| bucket.policy.take()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_principal_must_exist_in_iam() {
    let bench = with_bucket();
    let with = |principal: Value| {
        let statement = statement(json!({ "Principal": principal, "Resource": format!("{ARN}/never") }));
        put_policy(&bench, &json!([statement])).map(|reply| reply.status)
    };
    for principal in [
        json!("*"),
        json!({ "AWS": "*" }),
        json!({ "AWS": "999999999999" }),
        json!({ "AWS": ["arn:aws:iam::999999999999:root", "arn:aws:iam::999999999999:role/of/another"] }),
        json!({ "AWS": CALLER }),
        json!({ "AWS": "arn:aws:sts::123456789012:assumed-role/role/session" }),
        json!({ "Service": "logging.s3.amazonaws.com" }),
        json!({ "CanonicalUser": "a".repeat(64) }),
    ] {
        assert_eq!(with(principal.clone()), Ok(204), "{principal}");
    }
    for principal in [
        json!("someone"),
        json!(CALLER),
        json!({}),
        json!({ "AWS": "someone" }),
        json!({ "AWS": "12345" }),
        json!({ "AWS": "arn:aws:iam::123456789012:role/nobody-has-it" }),
        json!({ "AWS": "arn:aws:iam::123456789012:user/nobody" }),
        json!({ "AWS": "arn:aws:iam::123456789012:role/*" }),
        json!({ "AWS": "arn:aws:iam::123456789012:group/admins" }),
        json!({ "AWS": "arn:aws:sts::123456789012:assumed-role/role" }),
        json!({ "Service": "someone" }),
        json!({ "Robot": "r2" }),
        json!({ "CanonicalUser": "short" }),
    ] {
        assert_eq!(with(principal.clone()), Err("MalformedPolicy".to_owned()), "{principal}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_is_limited_to_20_kb_and_unique_statement_ids() {
    let bench = with_bucket();
    let keys: Vec<String> = (0..1_000).map(|number| format!("{ARN}/never-{number}")).collect();
    let refusal = put_policy(&bench, &statement(json!({ "Resource": keys }))).expect_err("it is too long");
    assert_eq!(refusal, "MalformedPolicy");
    let twice = json!([statement(json!({ "Sid": "A" })), statement(json!({ "Sid": "A" }))]);
    assert_eq!(put_policy(&bench, &twice).expect_err("a name twice"), "MalformedPolicy");
}

#[tokio::test(start_paused = true)]
async fn a_policy_of_exactly_20_kb_is_accepted() {
    let bench = with_bucket();
    let sized = |bytes: usize| {
        let bare = json!({ "Version": "2012-10-17", "Id": "", "Statement": [statement(json!({}))] }).to_string();
        bare.replace(r#""Id":"""#, &format!(r#""Id":"{}""#, "i".repeat(bytes - bare.len())))
    };
    let put =
        |bytes: usize| send(&bench, &format!("PUT /{BUCKET}?policy"), &[], &sized(bytes)).map(|reply| reply.status);
    assert_eq!(sized(20_480).len(), 20_480);
    assert_eq!(put(20_481), Err("MalformedPolicy".to_owned()));
    assert_eq!(put(20_480), Ok(204));
}

#[tokio::test(start_paused = true)]
async fn a_public_policy_is_refused_while_public_access_is_blocked() {
    let bench = with_bucket();
    let public = json!([statement(json!({ "Effect": "Allow" }))]);
    assert_eq!(put_policy(&bench, &public).expect_err("it is public"), "AccessDenied");
    let condition = json!({ "StringEquals": { "aws:PrincipalAccount": "999999999999" } });
    let limited = json!([statement(json!({ "Effect": "Allow", "Condition": condition }))]);
    put_policy(&bench, &limited).expect("it is for one account");
    ask(&bench, &format!("DELETE /{BUCKET}?publicAccessBlock")).expect("it may be taken away");
    put_policy(&bench, &public).expect("nothing blocks it");
}

#[tokio::test(start_paused = true)]
async fn a_deleted_policy_is_enforced_until_the_deletion_is_visible() {
    let lag = Duration::from_secs(5);
    let bench = Bench::with(Dials { staleness: Staleness::everywhere(Lag::of(lag)), ..Dials::default() });
    ask(&bench, &format!("PUT /{BUCKET}")).expect("a new name");
    put_policy(&bench, &of_a_tenant()).expect("a sound policy");
    ask(&bench, &format!("GET /{BUCKET}?versions")).expect("it is not in force yet");
    pass(lag).await;
    ask(&bench, &format!("DELETE /{BUCKET}?policy")).expect("the caller may");
    assert_eq!(ask(&bench, &format!("GET /{BUCKET}?versions")).expect_err("still in force"), "AccessDenied");
    pass(lag).await;
    ask(&bench, &format!("GET /{BUCKET}?versions")).expect("it is gone");
}
