//! Resource policies of secrets.

use serde_json::{Value, json};

use super::{call, make, refusal};
use crate::testing::Bench;

fn policy(principal: &Value) -> String {
    let statement = json!({
        "Effect": "Allow",
        "Principal": principal,
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
    });
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

fn live(bench: &Bench) -> Value {
    let answer = call(bench, "GetResourcePolicy", &json!({"SecretId": "one"})).expect("the secret is there");
    answer.get("ResourcePolicy").cloned().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_resource_policy_is_stored_until_it_is_deleted() {
    let bench = Bench::new();
    make(&bench, "one");
    assert_eq!(live(&bench), Value::Null);
    let text = policy(&json!({"AWS": "123456789012"}));
    call(&bench, "PutResourcePolicy", &json!({"SecretId": "one", "ResourcePolicy": text})).expect("a policy");
    assert_eq!(live(&bench), text);
    call(&bench, "DeleteResourcePolicy", &json!({"SecretId": "one"})).expect("a deletion");
    call(&bench, "DeleteResourcePolicy", &json!({"SecretId": "one"})).expect("there is nothing to delete");
    assert_eq!(live(&bench), Value::Null);
    let other = json!({"SecretId": "two"});
    assert_eq!(call(&bench, "GetResourcePolicy", &other), refusal("ResourceNotFoundException"));
    assert_eq!(call(&bench, "DeleteResourcePolicy", &other), refusal("ResourceNotFoundException"));
}

#[tokio::test(start_paused = true)]
async fn malformed_and_public_resource_policies_are_refused() {
    let bench = Bench::new();
    make(&bench, "one");
    let put = |text: &str, block: bool| {
        let input = json!({"SecretId": "one", "ResourcePolicy": text, "BlockPublicPolicy": block});
        call(&bench, "PutResourcePolicy", &input)
    };
    let without_principal = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*"}]}"#;
    for text in ["no document", "{}", without_principal] {
        assert_eq!(put(text, false), refusal("MalformedPolicyDocumentException"), "{text}");
    }
    for anyone in [json!("*"), json!({"AWS": "*"})] {
        assert_eq!(put(&policy(&anyone), true), refusal("PublicPolicyException"));
    }
    assert!(put(&policy(&json!("*")), false).is_ok());
}
