//! Reading, deregistering and deleting task definitions.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::testing::{item, pass};

const LISTED: &str = "taskDefinitionArns";

fn register(bench: &Bench, family: &str) -> String {
    let made = call(bench, "RegisterTaskDefinition", &with(&definition(), &json!({"family": family})));
    made["taskDefinition"]["taskDefinitionArn"].as_str().unwrap_or_default().to_owned()
}

fn names(answer: &Value) -> Vec<String> {
    let arns = answer[LISTED].as_array().into_iter().flatten().filter_map(Value::as_str);
    arns.map(|arn| arn.rsplit('/').next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_family_resolves_to_its_latest_active_revision() {
    let bench = bench();
    (0..3).for_each(|_| drop(register(&bench, FAMILY)));
    call(&bench, "DeregisterTaskDefinition", &json!({"taskDefinition": "web:3"}));
    let newest = call(&bench, "DescribeTaskDefinition", &json!({"taskDefinition": FAMILY}));
    assert_eq!(newest["taskDefinition"]["revision"], 2);
    let third = call(&bench, "DescribeTaskDefinition", &json!({"taskDefinition": "web:3", "include": ["TAGS"]}));
    assert_eq!((&third["taskDefinition"]["status"], &third["tags"]), (&json!("INACTIVE"), &json!([])));
    assert!(third["taskDefinition"]["deregisteredAt"].is_number());
    for missing in ["web:4", "none", "none:1"] {
        let input = json!({"taskDefinition": missing});
        refused(&bench, "DescribeTaskDefinition", &input, "ClientException", "Unable to describe task definition.");
    }
    let odd = json!({"taskDefinition": "web:newest"});
    refused(&bench, "DescribeTaskDefinition", &odd, "InvalidParameterException", "Invalid revision number");
}

#[tokio::test(start_paused = true)]
async fn revisions_are_listed_by_family_and_number() {
    let bench = bench();
    for family in ["web-x", "web", "api"] {
        (0..2).for_each(|_| drop(register(&bench, family)));
    }
    (0..8).for_each(|_| drop(register(&bench, "web")));
    let all = names(&call(&bench, "ListTaskDefinitions", &json!({})));
    assert_eq!(all[..4], ["api:1", "api:2", "web:1", "web:2"]);
    assert_eq!(all[10..], ["web:9", "web:10", "web-x:1", "web-x:2"]);
    let of_family = call(&bench, "ListTaskDefinitions", &json!({"familyPrefix": "we"}));
    assert!(names(&of_family).is_empty(), "it is the whole name of a family");
    assert_eq!(names(&call(&bench, "ListTaskDefinitions", &json!({"familyPrefix": "web"}))).len(), 10);
    let mut backwards = Vec::new();
    let mut token = json!(null);
    loop {
        let input = with(&json!({"sort": "DESC", "maxResults": 5}), &json!({"nextToken": token}));
        let page = call(&bench, "ListTaskDefinitions", &input);
        backwards.extend(names(&page));
        token = page["nextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    backwards.reverse();
    assert_eq!(backwards, all);
    for odd in [json!({"sort": "UP"}), json!({"status": "GONE"}), json!({"maxResults": 101})] {
        refused(&bench, "ListTaskDefinitions", &odd, "InvalidParameterException", "");
    }
}

#[tokio::test(start_paused = true)]
async fn only_active_revisions_are_listed_by_default() {
    let bench = bench();
    (0..2).for_each(|_| drop(register(&bench, FAMILY)));
    call(&bench, "DeregisterTaskDefinition", &json!({"taskDefinition": "web:1"}));
    assert_eq!(names(&call(&bench, "ListTaskDefinitions", &json!({}))), ["web:2"]);
    assert_eq!(names(&call(&bench, "ListTaskDefinitions", &json!({"status": "INACTIVE"}))), ["web:1"]);
}

#[tokio::test(start_paused = true)]
async fn families_are_listed_by_prefix() {
    let bench = bench();
    for family in ["web", "web-x", "api"] {
        register(&bench, family);
    }
    call(&bench, "DeregisterTaskDefinition", &json!({"taskDefinition": "web:1"}));
    let families = |input: Value| call(&bench, "ListTaskDefinitionFamilies", &input)["families"].clone();
    assert_eq!(families(json!({})), json!(["api", "web", "web-x"]));
    assert_eq!(families(json!({"familyPrefix": "web"})), json!(["web", "web-x"]));
    assert_eq!(families(json!({"status": "ACTIVE"})), json!(["api", "web-x"]));
    assert_eq!(families(json!({"status": "INACTIVE"})), json!(["web"]));
}

#[tokio::test(start_paused = true)]
async fn only_deregistered_revisions_can_be_deleted() {
    let bench = bench();
    register(&bench, FAMILY);
    let input = json!({"taskDefinitions": ["web:1", "web:2"]});
    let failures = call(&bench, "DeleteTaskDefinitions", &input)["failures"].clone();
    assert_eq!(failures[0]["arn"], "web:1");
    assert!(failures[0]["reason"].as_str().is_some_and(|reason| reason.contains("still in ACTIVE status")));
    assert!(failures[1]["reason"].as_str().is_some_and(|reason| reason.contains("does not exist")));

    call(&bench, "DeregisterTaskDefinition", &json!({"taskDefinition": "web:1"}));
    assert!(item(&bench.inventory(), "ecs:task-definition", "web:1").is_some(), "it is left over");
    let deleted = call(&bench, "DeleteTaskDefinitions", &input)["taskDefinitions"].clone();
    assert_eq!(deleted[0]["status"], "DELETE_IN_PROGRESS");
    assert!(item(&bench.inventory(), "ecs:task-definition", "web:1").is_none());
    refused(&bench, "DeregisterTaskDefinition", &json!({"taskDefinition": "web:1"}), "ClientException", "");
    pass(Duration::from_secs(61)).await;
    refused(&bench, "DescribeTaskDefinition", &json!({"taskDefinition": "web:1"}), "ClientException", "");
}

#[tokio::test(start_paused = true)]
async fn up_to_ten_revisions_are_deleted_per_call_by_number() {
    let bench = bench();
    let many: Vec<_> = (1..=11).map(|number| format!("web:{number}")).collect();
    for odd in [json!(many), json!([]), json!(["web"])] {
        let input = json!({"taskDefinitions": odd});
        refused(&bench, "DeleteTaskDefinitions", &input, "InvalidParameterException", "");
    }
    refused(
        &bench,
        "DeregisterTaskDefinition",
        &json!({"taskDefinition": "web"}),
        "ClientException",
        "Revision is missing.",
    );
    let missing = json!({"taskDefinition": "web:1"});
    refused(&bench, "DeregisterTaskDefinition", &missing, "ClientException", "Unable to describe task definition.");
}

#[tokio::test(start_paused = true)]
async fn a_deleted_revision_remains_until_no_task_uses_it() {
    let bench = running().await;
    call(&bench, "DeregisterTaskDefinition", &json!({"taskDefinition": "web:1"}));
    call(&bench, "DeleteTaskDefinitions", &json!({"taskDefinitions": ["web:1"]}));
    pass(LONG).await;
    let input = json!({"taskDefinition": "web:1"});
    let there = call(&bench, "DescribeTaskDefinition", &input);
    assert_eq!(there["taskDefinition"]["status"], "DELETE_IN_PROGRESS");
    assert_eq!(described(&bench)["runningCount"], 2);
    call(&bench, "DeleteService", &json!({"cluster": CLUSTER, "service": "web", "force": true}));
    pass(LONG).await;
    refused(&bench, "DescribeTaskDefinition", &input, "ClientException", "Unable to describe task definition.");
}

#[tokio::test(start_paused = true)]
async fn a_new_revision_is_not_visible_immediately() {
    let bench = slow_bench();
    register(&bench, FAMILY);
    let input = json!({"taskDefinition": FAMILY});
    refused(&bench, "DescribeTaskDefinition", &input, "ClientException", "Unable to describe task definition.");
    assert!(names(&call(&bench, "ListTaskDefinitions", &json!({}))).is_empty());
    pass(Duration::from_secs(10)).await;
    call(&bench, "DescribeTaskDefinition", &input);
}
