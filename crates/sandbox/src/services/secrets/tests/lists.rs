//! Lists of secrets.

use std::time::Duration;

use serde_json::{Value, json};

use super::{call, make, refusal};
use crate::testing::{Bench, pass};

fn names(bench: &Bench, input: Value) -> Vec<String> {
    let list = call(bench, "ListSecrets", &input).expect("a list");
    let secrets = list["SecretList"].as_array().expect("secrets").iter();
    secrets.map(|secret| secret["Name"].as_str().unwrap_or_default().to_owned()).collect()
}

fn filtered(bench: &Bench, key: &str, values: &[&str]) -> Vec<String> {
    names(bench, json!({"Filters": [{"Key": key, "Values": values}]}))
}

async fn three() -> Bench {
    let bench = Bench::new();
    for (name, description, tenant) in
        [("DataBase1", "Password of acme", "acme"), ("database/two", "another", "acme-corp"), ("other", "x", "bravo")]
    {
        let tags = json!([{"Key": "saas:tenant", "Value": tenant}]);
        call(&bench, "CreateSecret", &json!({"Name": name, "Description": description, "Tags": tags}))
            .expect("a secret");
        pass(Duration::from_secs(1)).await;
    }
    bench
}

#[tokio::test(start_paused = true)]
async fn filters_match_prefixes() {
    let bench = three().await;
    assert_eq!(filtered(&bench, "name", &["data"]), ["database/two"]);
    assert_eq!(filtered(&bench, "name", &["Data", "oth"]), ["DataBase1", "other"]);
    assert_eq!(filtered(&bench, "tag-value", &["acme"]), ["DataBase1", "database/two"], "of acme-corp as well");
    assert_eq!(filtered(&bench, "tag-value", &["Acme"]), [""; 0]);
    assert_eq!(filtered(&bench, "tag-key", &["saas:"]).len(), 3);
    assert_eq!(filtered(&bench, "description", &["password"]), ["DataBase1"]);
    call(&bench, "UpdateSecret", &json!({"SecretId": "other", "Description": "one and two"})).expect("it is there");
    assert_eq!(filtered(&bench, "description", &["one two"]), ["other"], "every word, wherever it is");
    assert_eq!(filtered(&bench, "description", &["one three"]), [""; 0]);
    assert_eq!(filtered(&bench, "name", &["!data"]), ["DataBase1", "other"]);
    assert_eq!(filtered(&bench, "owning-service", &["rds"]), [""; 0]);
    let both = json!({"Filters": [
        {"Key": "tag-key", "Values": ["saas:tenant"]},
        {"Key": "tag-value", "Values": ["acme"]},
        {"Key": "name", "Values": ["Data"]},
    ]});
    assert_eq!(names(&bench, both), ["DataBase1"]);
}

#[tokio::test(start_paused = true)]
async fn the_filter_all_matches_words() {
    let bench = three().await;
    assert_eq!(filtered(&bench, "all", &["PASSWORD"]), ["DataBase1"]);
    assert_eq!(filtered(&bench, "all", &["base"]), ["DataBase1"], "a word of its name");
    assert_eq!(filtered(&bench, "all", &["data two"]), ["database/two"], "all words, of one of its texts");
    assert_eq!(filtered(&bench, "all", &["bravo two"]), [""; 0]);
    assert_eq!(filtered(&bench, "all", &["+"]), [""; 0], "no word");
    assert_eq!(filtered(&bench, "all", &["assword"]), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn malformed_lists_are_refused() {
    let bench = Bench::new();
    for input in [
        json!({"Filters": [{"Key": "Name", "Values": ["a"]}]}),
        json!({"Filters": [{"Key": "name", "Values": []}]}),
        json!({"Filters": [{"Key": "name", "Values": ["a*"]}]}),
        json!({"Filters": vec![json!({"Key": "name", "Values": ["a"]}); 11]}),
        json!({"MaxResults": 0}),
        json!({"MaxResults": 101}),
        json!({"SortOrder": "up"}),
        json!({"SortBy": "size"}),
    ] {
        assert_eq!(call(&bench, "ListSecrets", &input), refusal("ValidationException"), "{input}");
    }
    assert_eq!(call(&bench, "ListSecrets", &json!({"NextToken": "x"})), refusal("InvalidNextTokenException"));
}

#[tokio::test(start_paused = true)]
async fn lists_come_in_pages_of_a_hundred() {
    let bench = Bench::new();
    for number in 0..130 {
        make(&bench, &format!("s{number:03}"));
    }
    let first = call(&bench, "ListSecrets", &json!({})).expect("a page");
    assert_eq!(first["SecretList"].as_array().map(Vec::len), Some(100));
    assert_eq!(names(&bench, json!({"NextToken": first["NextToken"]})).len(), 30);
    let small = call(&bench, "ListSecrets", &json!({"MaxResults": 7})).expect("a page");
    assert_eq!(small["SecretList"].as_array().map(Vec::len), Some(7));
}

#[tokio::test(start_paused = true)]
async fn lists_are_sorted() {
    let bench = three().await;
    assert_eq!(names(&bench, json!({})), ["DataBase1", "database/two", "other"], "by creation");
    assert_eq!(names(&bench, json!({"SortOrder": "desc"})), ["other", "database/two", "DataBase1"]);
    make(&bench, "othe");
    let by_name = json!({"SortBy": "name", "SortOrder": "desc"});
    assert_eq!(names(&bench, by_name), ["other", "othe", "database/two", "DataBase1"]);
    let mut all = Vec::new();
    let mut token = Value::Null;
    loop {
        let input = json!({"SortBy": "name", "SortOrder": "desc", "MaxResults": 1, "NextToken": token});
        let page = call(&bench, "ListSecrets", &input).expect("a page");
        all.push(page["SecretList"][0]["Name"].as_str().unwrap_or_default().to_owned());
        token = page["NextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(all, ["other", "othe", "database/two", "DataBase1"]);
}
