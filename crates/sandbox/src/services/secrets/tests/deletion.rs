//! Deletion and restoration of secrets.

use std::time::Duration;

use serde_json::{Value, json};

use super::{call, make, refusal, token};
use crate::clock::Time;
use crate::services::Service;
use crate::testing::{Bench, item, pass};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn delete(bench: &Bench, more: Value) -> Result<Value, String> {
    let mut input = json!({"SecretId": "s"});
    if let (Some(input), Value::Object(more)) = (input.as_object_mut(), more) {
        input.extend(more);
    }
    call(bench, "DeleteSecret", &input)
}

fn exists(bench: &Bench) -> bool {
    call(bench, "DescribeSecret", &json!({"SecretId": "s"})).is_ok()
}

fn create_again(bench: &Bench) -> Result<Value, String> {
    call(bench, "CreateSecret", &json!({"Name": "s", "SecretString": "new", "ClientRequestToken": token('n')}))
}

/// The answer to a rejected creation.
fn text_of_creation(bench: &Bench) -> String {
    let input = json!({"Name": "s", "SecretString": "new", "ClientRequestToken": token('n')});
    let headers = [("x-amz-target", "secretsmanager.CreateSecret".to_owned())];
    let answer = bench.send(Service::Secrets, "POST", "/", &headers, input.to_string().into_bytes());
    String::from_utf8_lossy(answer.body()).into_owned()
}

#[tokio::test(start_paused = true)]
async fn a_deleted_secret_exists_for_30_days_and_cannot_be_used() {
    let bench = Bench::new();
    make(&bench, "s");
    call(&bench, "TagResource", &json!({"SecretId": "s", "Tags": [{"Key": "k", "Value": "v"}]})).expect("a tag");
    let deleted = delete(&bench, json!({})).expect("a deletion");
    let end = (Time::BEGINNING + DAY * 30).epoch_seconds();
    assert_eq!(deleted["DeletionDate"], end);
    let described = call(&bench, "DescribeSecret", &json!({"SecretId": "s"})).expect("the secret");
    assert_eq!(described["DeletedDate"], end);
    for (operation, input) in [
        ("GetSecretValue", json!({"SecretId": "s"})),
        ("PutSecretValue", json!({"SecretId": "s", "SecretString": "v", "ClientRequestToken": token('b')})),
        ("UpdateSecret", json!({"SecretId": "s", "Description": "d"})),
        ("TagResource", json!({"SecretId": "s", "Tags": [{"Key": "k", "Value": "v"}]})),
        ("UntagResource", json!({"SecretId": "s", "TagKeys": ["k"]})),
        ("CancelRotateSecret", json!({"SecretId": "s"})),
        ("DeleteSecret", json!({"SecretId": "s"})),
        ("CreateSecret", json!({"Name": "s", "SecretString": "value", "ClientRequestToken": token('a')})),
    ] {
        assert_eq!(call(&bench, operation, &input), refusal("InvalidRequestException"), "{operation}");
    }
    assert!(item(&bench.inventory(), "secretsmanager:secret-scheduled-for-deletion", "s").is_some());
    assert_eq!(bench.tagged(Service::Secrets), []);
    let list = |all: bool| call(&bench, "ListSecrets", &json!({"IncludePlannedDeletion": all})).expect("a list");
    assert_eq!(list(false)["SecretList"], json!([]));
    assert_eq!(list(true)["SecretList"][0]["DeletedDate"], end);
    pass(DAY * 30 - Duration::from_secs(1)).await;
    assert!(exists(&bench));
    pass(Duration::from_secs(1)).await;
    assert!(!exists(&bench));
    assert_eq!(bench.inventory(), []);
    create_again(&bench).expect("the name is free");
}

#[tokio::test(start_paused = true)]
async fn the_recovery_window_is_7_to_30_days() {
    let bench = Bench::new();
    make(&bench, "s");
    for days in [-1, 0, 6, 31] {
        let input = json!({"RecoveryWindowInDays": days});
        assert_eq!(delete(&bench, input), refusal("InvalidParameterException"), "{days}");
    }
    let both = json!({"RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": true});
    assert_eq!(delete(&bench, both), refusal("InvalidParameterException"));
    delete(&bench, json!({"RecoveryWindowInDays": 7})).expect("a deletion");
    pass(DAY * 7).await;
    assert!(!exists(&bench));
}

#[tokio::test(start_paused = true)]
async fn a_restored_secret_is_not_deleted() {
    let bench = Bench::new();
    let arn = make(&bench, "s");
    delete(&bench, json!({"RecoveryWindowInDays": 7})).expect("a deletion");
    pass(DAY).await;
    call(&bench, "RestoreSecret", &json!({"SecretId": arn})).expect("a restoration");
    let value = call(&bench, "GetSecretValue", &json!({"SecretId": "s"})).expect("the value");
    assert_eq!((&value["SecretString"], &value["ARN"]), (&json!("value"), &json!(arn)));
    pass(DAY * 30).await;
    assert!(exists(&bench));
}

#[tokio::test(start_paused = true)]
async fn a_second_deletion_starts_a_new_recovery_window() {
    let bench = Bench::new();
    make(&bench, "s");
    delete(&bench, json!({"RecoveryWindowInDays": 7})).expect("a deletion");
    call(&bench, "RestoreSecret", &json!({"SecretId": "s"})).expect("a restoration");
    delete(&bench, json!({"RecoveryWindowInDays": 14})).expect("a deletion");
    pass(DAY * 7).await;
    assert!(exists(&bench));
    pass(DAY * 7).await;
    assert!(!exists(&bench));
}

#[tokio::test(start_paused = true)]
async fn a_forced_deletion_frees_the_name_shortly_after() {
    let bench = Bench::new();
    let old = make(&bench, "s");
    delete(&bench, json!({"ForceDeleteWithoutRecovery": true})).expect("a deletion");
    assert!(!exists(&bench));
    assert_eq!(bench.inventory(), []);
    assert_eq!(call(&bench, "RestoreSecret", &json!({"SecretId": "s"})), refusal("ResourceNotFoundException"));
    assert_eq!(create_again(&bench), refusal("InvalidRequestException"), "the name is not free yet");
    assert!(text_of_creation(&bench).contains("because it was deleted"), "it is called deleted, not scheduled");
    pass(Duration::from_secs(5)).await;
    let new = create_again(&bench).expect("a secret");
    assert_ne!(new["ARN"], json!(old), "it ends in other letters");
}

#[tokio::test(start_paused = true)]
async fn a_forced_deletion_of_a_deleted_secret_succeeds() {
    let bench = Bench::new();
    let force = json!({"ForceDeleteWithoutRecovery": true});
    assert_eq!(delete(&bench, force.clone()).expect("no refusal")["Name"], "s");
    assert_eq!(delete(&bench, json!({})), refusal("ResourceNotFoundException"));
    make(&bench, "s");
    delete(&bench, json!({})).expect("a deletion");
    delete(&bench, force).expect("a deletion for good");
    pass(Duration::from_secs(5)).await;
    create_again(&bench).expect("a secret");
    pass(DAY * 30).await;
    assert!(exists(&bench), "what was scheduled for the old one does not touch the new");
}

#[tokio::test(start_paused = true)]
async fn a_saved_sandbox_continues() {
    let bench = Bench::new();
    make(&bench, "s");
    delete(&bench, json!({"RecoveryWindowInDays": 7})).expect("a deletion");
    bench.cloud(|cloud| {
        let text = serde_json::to_string(cloud).expect("a text");
        *cloud = serde_json::from_str(&text).expect("the same cloud");
    });
    assert!(exists(&bench));
    pass(DAY * 7).await;
    assert!(!exists(&bench));
}
