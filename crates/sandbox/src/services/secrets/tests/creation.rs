//! Creation, names, descriptions and tags of secrets.

use serde_json::{Value, json};

use super::{call, make, refusal, token};
use crate::services::Service;
use crate::testing::{Bench, item};

fn create(bench: &Bench, input: Value) -> Result<Value, String> {
    call(bench, "CreateSecret", &input)
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_created_with_its_tags_and_described() {
    let bench = Bench::new();
    let input = json!({
        "Name": "rds/tenant/acme/password",
        "Description": "password of acme",
        "SecretString": "value",
        "ClientRequestToken": token('a'),
        "Tags": [{"Key": "tenant_id", "Value": "acme"}, {"Key": "Tenant_Id", "Value": "other"}],
    });
    let made = create(&bench, input).expect("a secret");
    let arn = made["ARN"].as_str().expect("an ARN");
    let suffix = arn
        .strip_prefix("arn:aws:secretsmanager:us-east-1:123456789012:secret:rds/tenant/acme/password-")
        .expect("the form of an ARN");
    assert!(suffix.len() == 6 && suffix.chars().all(|character| character.is_ascii_alphanumeric()), "{suffix}");
    assert_eq!(made["VersionId"], json!(token('a')));
    let described = call(&bench, "DescribeSecret", &json!({"SecretId": arn})).expect("the secret");
    assert_eq!(described["Description"], "password of acme");
    assert_eq!(described["Tags"].as_array().map(Vec::len), Some(2), "keys differ by case");
    assert_eq!(described["VersionIdsToStages"], json!({token('a'): ["AWSCURRENT"]}));
    assert_eq!(described["CreatedDate"], json!(1_767_225_600.0));
    for absent in ["RotationEnabled", "RotationRules", "DeletedDate", "OwningService", "KmsKeyId", "LastAccessedDate"] {
        assert_eq!(described[absent], Value::Null, "{absent}");
    }
    let tags = bench.inventory();
    let tags = item(&tags, "secretsmanager:secret", "rds/tenant/acme/password").expect("an item");
    assert_eq!(tags.get("tenant_id").map(String::as_str), Some("acme"));
    assert_eq!(bench.tagged(Service::Secrets).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_same_token_with_the_same_value_is_the_same_secret() {
    let bench = Bench::new();
    let input = |value: &str, letter| json!({"Name": "s", "SecretString": value, "ClientRequestToken": token(letter)});
    let made = create(&bench, input("value", 'a')).expect("a secret");
    assert_eq!(create(&bench, input("value", 'a')), Ok(made));
    assert_eq!(create(&bench, input("other", 'a')), refusal("ResourceExistsException"));
    assert_eq!(create(&bench, input("value", 'b')), refusal("ResourceExistsException"));
    assert_eq!(bench.inventory().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_value_requires_a_token() {
    let bench = Bench::new();
    let value = json!({"Name": "s", "SecretString": "value"});
    assert_eq!(create(&bench, value), refusal("InvalidRequestException"));
    for length in [31, 65] {
        let input = json!({"Name": "s", "SecretString": "value", "ClientRequestToken": "t".repeat(length)});
        assert_eq!(create(&bench, input), refusal("InvalidParameterException"));
    }
    create(&bench, json!({"Name": "s"})).expect("a secret without a value needs none");
}

#[tokio::test(start_paused = true)]
async fn names_are_validated() {
    let bench = Bench::new();
    for name in ["", "a b", "a:b", "a*", "ä", &"n".repeat(513)] {
        assert_eq!(create(&bench, json!({"Name": name})), refusal("ValidationException"), "{name}");
    }
    assert_eq!(create(&bench, json!({})), refusal("ValidationException"));
    // AWS advises against the last name, but accepts it.
    for name in ["A/b_c+d=e.f@g-h", &"n".repeat(512), "name-abcdef"] {
        create(&bench, json!({"Name": name})).expect(name);
    }
}

#[tokio::test(start_paused = true)]
async fn values_and_descriptions_have_limits() {
    let bench = Bench::new();
    for (key, value, code) in [
        ("SecretString", String::new(), "ValidationException"),
        ("SecretString", "v".repeat(65_537), "ValidationException"),
        ("SecretString", "ä".repeat(32_769), "ValidationException"),
        ("SecretBinary", "AAAA".repeat(21_846), "ValidationException"),
        ("Description", "d".repeat(2_049), "ValidationException"),
    ] {
        let input = json!({"Name": "s", "ClientRequestToken": token('a'), key: value});
        assert_eq!(create(&bench, input), refusal(code), "{key}");
    }
    let both = json!({"Name": "s", "ClientRequestToken": token('a'), "SecretString": "a", "SecretBinary": "YQ=="});
    assert_eq!(create(&bench, both), refusal("InvalidParameterException"));
    let most = json!({"Name": "s", "ClientRequestToken": token('a'), "SecretString": "v".repeat(65_536)});
    create(&bench, most).expect("a secret");
}

#[tokio::test(start_paused = true)]
async fn secrets_are_found_by_name_arn_and_part_of_the_arn() {
    let bench = Bench::new();
    let arn = make(&bench, "a/b");
    let hyphen = make(&bench, "name-abcdef");
    let describe = |id: &str| call(&bench, "DescribeSecret", &json!({"SecretId": id}));
    for id in ["a/b", &arn, &arn[..arn.len() - 7]] {
        assert_eq!(describe(id).expect("the secret")["ARN"], json!(arn), "{id}");
    }
    for id in ["a", "A/b", &arn[..arn.len() - 6], &arn[..arn.len() - 8], &arn.replace("us-east-1", "eu-west-1")] {
        assert_eq!(describe(id), refusal("ResourceNotFoundException"), "{id}");
    }
    assert_eq!(describe("name-abcdef").expect("the secret")["ARN"], json!(hyphen));
    let part = &hyphen[..hyphen.len() - 7];
    assert_eq!(describe(part), refusal("ResourceNotFoundException"), "it looks like a whole ARN");
    assert_eq!(describe(""), refusal("ValidationException"));
}

#[tokio::test(start_paused = true)]
async fn tags_are_added_replaced_and_removed() {
    let bench = Bench::new();
    make(&bench, "s");
    let tag = |tags: Value| call(&bench, "TagResource", &json!({"SecretId": "s", "Tags": tags}));
    tag(json!([{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])).expect("tags");
    tag(json!([{"Key": "a", "Value": "2"}])).expect("a tag");
    call(&bench, "UntagResource", &json!({"SecretId": "s", "TagKeys": ["b", "none"]})).expect("a removal");
    let described = call(&bench, "DescribeSecret", &json!({"SecretId": "s"})).expect("the secret");
    assert_eq!(described["Tags"], json!([{"Key": "a", "Value": "2"}]));
    for tags in [json!([{"Key": "", "Value": "1"}]), json!([{"Key": "k", "Value": "v".repeat(257)}])] {
        assert_eq!(tag(tags.clone()), refusal("ValidationException"), "{tags}");
    }
    for tags in [
        json!([{"Key": "aws:a", "Value": "1"}]),
        json!([{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}]),
        json!((0..50).map(|number| json!({"Key": format!("k{number}"), "Value": ""})).collect::<Vec<_>>()),
    ] {
        assert_eq!(tag(tags.clone()), refusal("InvalidParameterException"), "{tags}");
    }
    assert_eq!(call(&bench, "TagResource", &json!({"SecretId": "s"})), refusal("ValidationException"));
}

#[tokio::test(start_paused = true)]
async fn missing_secrets_are_not_found() {
    let bench = Bench::new();
    for operation in ["DescribeSecret", "GetSecretValue", "DeleteSecret", "RestoreSecret", "UpdateSecret"] {
        assert_eq!(call(&bench, operation, &json!({"SecretId": "none"})), refusal("ResourceNotFoundException"));
    }
    let response = bench.send(
        Service::Secrets,
        "POST",
        "/",
        &[("x-amz-target", "secretsmanager.DescribeSecret".to_owned())],
        json!({"SecretId": "none"}).to_string().into_bytes(),
    );
    assert_eq!(response.status(), 400);
}

#[tokio::test(start_paused = true)]
async fn a_description_is_changed() {
    let bench = Bench::new();
    make(&bench, "s");
    let updated = call(&bench, "UpdateSecret", &json!({"SecretId": "s", "Description": "new"})).expect("an update");
    assert_eq!(updated["VersionId"], Value::Null, "the value is as it was");
    let described = || call(&bench, "DescribeSecret", &json!({"SecretId": "s"})).expect("the secret");
    assert_eq!(described()["Description"], "new");
    call(&bench, "UpdateSecret", &json!({"SecretId": "s", "Description": ""})).expect("an update");
    assert_eq!(described()["Description"], Value::Null);
    call(&bench, "CancelRotateSecret", &json!({"SecretId": "s"})).expect("nothing is done");
    assert_eq!(described()["RotationEnabled"], Value::Null);
}
