//! Values, their versions, and access to them.

use std::time::Duration;

use serde_json::{Value, json};

use super::{call, make, refusal, token};
use crate::services::Service;
use crate::services::secrets::has_value;
use crate::testing::{Bench, pass};

const SECRET: &str = "correct horse battery staple";

fn put(bench: &Bench, value: &str, letter: char) -> Result<Value, String> {
    let input = json!({"SecretId": "s", "SecretString": value, "ClientRequestToken": token(letter)});
    call(bench, "PutSecretValue", &input)
}

fn get(bench: &Bench, more: Value) -> Result<Value, String> {
    let mut input = json!({"SecretId": "s"});
    if let (Some(input), Value::Object(more)) = (input.as_object_mut(), more) {
        input.extend(more);
    }
    call(bench, "GetSecretValue", &input)
}

#[tokio::test(start_paused = true)]
async fn a_value_is_read_by_stage_and_version() {
    let bench = Bench::new();
    let arn = make(&bench, "s");
    let put = put(&bench, "second", 'b').expect("a version");
    assert_eq!(put, json!({"ARN": arn, "Name": "s", "VersionId": token('b'), "VersionStages": ["AWSCURRENT"]}));
    let current = get(&bench, json!({})).expect("the value");
    assert_eq!(current["SecretString"], "second");
    assert_eq!(current["VersionStages"], json!(["AWSCURRENT"]));
    assert_eq!(get(&bench, json!({"VersionStage": "AWSPREVIOUS"})).expect("the value")["SecretString"], "value");
    assert_eq!(get(&bench, json!({"VersionId": token('a')})).expect("the value")["SecretString"], "value");
    let both = json!({"VersionId": token('a'), "VersionStage": "AWSCURRENT"});
    assert_eq!(get(&bench, both), refusal("InvalidRequestException"));
    for none in [json!({"VersionStage": "NONE"}), json!({"VersionId": token('z')})] {
        assert_eq!(get(&bench, none), refusal("ResourceNotFoundException"));
    }
    let described = call(&bench, "DescribeSecret", &json!({"SecretId": "s"})).expect("the secret");
    assert_eq!(described["LastAccessedDate"], json!(1_767_225_600.0), "the day on which it was read");
}

#[tokio::test(start_paused = true)]
async fn a_token_identifies_one_value() {
    let bench = Bench::new();
    make(&bench, "s");
    put(&bench, "second", 'b').expect("a version");
    put(&bench, "third", 'c').expect("a version");
    let again = put(&bench, "second", 'b').expect("the same again does nothing");
    assert_eq!(again["VersionStages"], json!(["AWSPREVIOUS"]));
    assert_eq!(put(&bench, "other", 'b'), refusal("ResourceExistsException"));
    assert_eq!(get(&bench, json!({})).expect("the value")["SecretString"], "third");
    let without = json!({"SecretId": "s", "SecretString": "x"});
    assert_eq!(call(&bench, "PutSecretValue", &without), refusal("InvalidRequestException"));
    let without = json!({"SecretId": "s", "ClientRequestToken": token('d')});
    assert_eq!(call(&bench, "PutSecretValue", &without), refusal("InvalidRequestException"));
}

#[tokio::test(start_paused = true)]
async fn updating_a_value_creates_a_new_version() {
    let bench = Bench::new();
    make(&bench, "s");
    let update = |value: &str, letter| {
        let input = json!({"SecretId": "s", "SecretString": value, "ClientRequestToken": token(letter)});
        call(&bench, "UpdateSecret", &input)
    };
    assert_eq!(update("second", 'b').expect("a version")["VersionId"], json!(token('b')));
    assert_eq!(get(&bench, json!({})).expect("the value")["SecretString"], "second");
    assert_eq!(update("second", 'b').expect("the same version")["VersionId"], json!(token('b')));
    assert_eq!(update("third", 'b'), refusal("ResourceExistsException"));
}

#[tokio::test(start_paused = true)]
async fn stages_move_to_the_new_version() {
    let bench = Bench::new();
    make(&bench, "s");
    let staged = |letter, stages: Value| {
        let token = token(letter);
        let input = json!({"SecretId": "s", "SecretString": "v", "ClientRequestToken": token, "VersionStages": stages});
        call(&bench, "PutSecretValue", &input)
    };
    staged('b', json!(["one", "two"])).expect("a version");
    assert_eq!(get(&bench, json!({})).expect("the value")["SecretString"], "value", "the first is current still");
    staged('c', json!(["two", "three"])).expect("a version");
    staged('d', json!(["AWSCURRENT"])).expect("a version");
    let described = call(&bench, "DescribeSecret", &json!({"SecretId": "s"})).expect("the secret");
    let stages = json!({
        token('a'): ["AWSPREVIOUS"],
        token('b'): ["one"],
        token('c'): ["three", "two"],
        token('d'): ["AWSCURRENT"],
    });
    assert_eq!(described["VersionIdsToStages"], stages);
    assert_eq!(staged('e', json!([])), refusal("ValidationException"));
}

#[tokio::test(start_paused = true)]
async fn the_first_version_is_current_even_with_other_stages() {
    let bench = Bench::new();
    call(&bench, "CreateSecret", &json!({"Name": "s"})).expect("a secret without a value");
    assert_eq!(get(&bench, json!({})), refusal("ResourceNotFoundException"));
    let input =
        json!({"SecretId": "s", "SecretString": "v", "ClientRequestToken": token('a'), "VersionStages": ["one"]});
    let put = call(&bench, "PutSecretValue", &input).expect("a version");
    assert_eq!(put["VersionStages"], json!(["AWSCURRENT", "one"]));
}

#[tokio::test(start_paused = true)]
async fn versions_without_a_stage_are_listed_on_demand() {
    let bench = Bench::new();
    make(&bench, "s");
    for (value, letter) in [("second", 'b'), ("third", 'c')] {
        pass(Duration::from_secs(1)).await;
        put(&bench, value, letter).expect("a version");
    }
    let list = |input: Value| call(&bench, "ListSecretVersionIds", &input).expect("a list");
    let ids = |list: &Value| -> Vec<String> {
        let versions = list["Versions"].as_array().expect("versions");
        versions.iter().map(|version| version["VersionId"].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(ids(&list(json!({"SecretId": "s"}))), [token('b'), token('c')]);
    let page = list(json!({"SecretId": "s", "IncludeDeprecated": true, "MaxResults": 2}));
    assert_eq!(ids(&page), [token('a'), token('b')]);
    assert_eq!(page["Versions"][0]["VersionStages"], Value::Null);
    assert_eq!(page["Versions"][1]["KmsKeyIds"], json!(["DefaultEncryptionKey"]));
    let rest = json!({"SecretId": "s", "IncludeDeprecated": true, "NextToken": page["NextToken"]});
    assert_eq!(ids(&list(rest)), [token('c')]);
}

#[tokio::test(start_paused = true)]
async fn a_secret_has_at_most_100_versions_per_day() {
    let bench = Bench::new();
    make(&bench, "s");
    let put = |number: u32| {
        let input = json!({"SecretId": "s", "SecretString": "v", "ClientRequestToken": format!("{number:032}")});
        call(&bench, "PutSecretValue", &input)
    };
    assert_eq!((1..100).filter(|number| put(*number).is_ok()).count(), 99);
    assert_eq!(put(100), refusal("LimitExceededException"));
    pass(Duration::from_secs(24 * 60 * 60)).await;
    put(100).expect("the oldest makes room");
}

#[tokio::test(start_paused = true)]
async fn up_to_20_values_are_read_per_call() {
    let bench = Bench::new();
    let arns: Vec<String> = (0..21).map(|number| make(&bench, &format!("s{number}"))).collect();
    let batch = |input: Value| call(&bench, "BatchGetSecretValue", &input);
    let answer = batch(json!({"SecretIdList": [arns[0], "none", "s1"]})).expect("values");
    let names = |answer: &Value| answer["SecretValues"].as_array().map(Vec::len);
    assert_eq!((names(&answer), &answer["SecretValues"][1]["SecretString"]), (Some(2), &json!("value")));
    assert_eq!(answer["Errors"][0]["SecretId"], "none");
    assert_eq!(answer["Errors"][0]["ErrorCode"], "ResourceNotFoundException");
    let filtered = batch(json!({"Filters": [{"Key": "name", "Values": ["s"]}]})).expect("values");
    assert_eq!(names(&filtered), Some(20));
    let rest = json!({"Filters": [{"Key": "name", "Values": ["s"]}], "NextToken": filtered["NextToken"]});
    assert_eq!(names(&batch(rest).expect("values")), Some(1));
    assert_eq!(batch(json!({"SecretIdList": arns})), refusal("ValidationException"));
    for input in [
        json!({}),
        json!({"SecretIdList": ["s1"], "Filters": [{"Key": "name", "Values": ["s"]}]}),
        json!({"SecretIdList": ["s1"], "MaxResults": 1}),
    ] {
        assert_eq!(batch(input.clone()), refusal("InvalidParameterException"), "{input}");
    }
}

#[tokio::test(start_paused = true)]
async fn binary_values_are_returned_unchanged() {
    let bench = Bench::new();
    let input = json!({"Name": "s", "SecretBinary": "AAEC", "ClientRequestToken": token('a')});
    call(&bench, "CreateSecret", &input).expect("a secret");
    let value = get(&bench, json!({})).expect("the value");
    assert_eq!((&value["SecretBinary"], &value["SecretString"]), (&json!("AAEC"), &Value::Null));
}

#[tokio::test(start_paused = true)]
async fn tasks_get_only_existing_values() {
    let bench = Bench::new();
    let arn = make(&bench, "s");
    let has = |text: &str| bench.cloud(|cloud| has_value(cloud, text));
    assert!(has(&arn));
    assert!(has(&arn[..arn.len() - 7]), "a part of the ARN will do");
    assert!(has(&format!("{arn}::AWSCURRENT:")));
    assert!(has(&format!("{arn}:::{}", token('a'))));
    for text in ["s", "arn:aws:secretsmanager:us-east-1:123456789012:secret:none-abcdef"] {
        assert!(!has(text), "{text}");
    }
    assert!(!has(&format!("{arn}::AWSPREVIOUS:")));
    assert!(!has(&format!("{arn}:password::")), "the value is no object");
    put(&bench, "{\"password\": \"p\"}", 'b').expect("a version");
    assert!(has(&format!("{arn}:password::")));
    call(&bench, "DeleteSecret", &json!({"SecretId": "s"})).expect("a deletion");
    assert!(!has(&arn), "it is scheduled for deletion");
}

#[tokio::test(start_paused = true)]
async fn debug_output_and_errors_contain_no_values() {
    let bench = Bench::new();
    let input = json!({"Name": "s", "SecretString": SECRET, "ClientRequestToken": token('a')});
    call(&bench, "CreateSecret", &input).expect("a secret");
    let shown = bench.cloud(|cloud| format!("{cloud:?}"));
    assert!(shown.contains("(a secret)") && !shown.contains(SECRET));
    let again = json!({"Name": "s", "SecretString": SECRET.repeat(3_000), "ClientRequestToken": token('b')});
    let headers = [("x-amz-target", "secretsmanager.CreateSecret".to_owned())];
    let response = bench.send(Service::Secrets, "POST", "/", &headers, again.to_string().into_bytes());
    assert!(!String::from_utf8_lossy(response.body()).contains(SECRET));
}
