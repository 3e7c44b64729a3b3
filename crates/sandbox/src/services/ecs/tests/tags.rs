//! Tags of existing resources.

use crate::services::Service;
use serde_json::json;

use super::*;
use crate::testing::item;

const ARNS: [&str; 3] = [
    "arn:aws:ecs:us-east-1:123456789012:cluster/shop",
    "arn:aws:ecs:us-east-1:123456789012:service/shop/web",
    "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1",
];

fn tags_of(bench: &Bench, arn: &str) -> Value {
    call(bench, "ListTagsForResource", &json!({"resourceArn": arn}))["tags"].clone()
}

#[tokio::test(start_paused = true)]
async fn all_resources_are_tagged_by_arn() {
    let bench = running().await;
    let task = tasks(&bench, "RUNNING")[0]["taskArn"].as_str().unwrap_or_default().to_owned();
    for arn in ARNS.iter().copied().chain([task.as_str()]) {
        let before = tags_of(&bench, arn);
        let tags = json!([{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]);
        call(&bench, "TagResource", &json!({"resourceArn": arn, "tags": tags}));
        call(&bench, "TagResource", &json!({"resourceArn": arn, "tags": [{"key": "a", "value": "3"}]}));
        call(&bench, "UntagResource", &json!({"resourceArn": arn, "tagKeys": ["b", "none"]}));
        let after = tags_of(&bench, arn);
        let mut expected = before.as_array().cloned().unwrap_or_default();
        expected.push(json!({"key": "a", "value": "3"}));
        assert_eq!(after.as_array().map(Vec::len), Some(expected.len()));
        assert!(expected.iter().all(|tag| after.as_array().is_some_and(|after| after.contains(tag))));
        let listed = bench.tagged(Service::Ecs);
        assert!(listed.iter().any(|(listed, tags)| listed == arn && tags.get("a").is_some_and(|value| value == "3")));
    }
    assert_eq!(described(&bench)["tags"], json!([{"key": "a", "value": "3"}, {"key": "tenant", "value": "acme"}]));
    let inventory = bench.inventory();
    for (kind, id) in [("ecs:cluster", "shop"), ("ecs:service", "shop/web"), ("ecs:task-definition", "web:1")] {
        assert!(item(&inventory, kind, id).is_some_and(|tags| tags.contains_key("a")), "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn tags_are_limited_to_50_and_reserved_keys_are_refused() {
    let bench = prepared();
    let tags = |from: u32, to: u32| {
        (from..to).map(|number| json!({"key": format!("k{number}"), "value": ""})).collect::<Vec<_>>()
    };
    let tag = |tags: Value| json!({"resourceArn": ARNS[0], "tags": tags});
    call(&bench, "TagResource", &tag(json!(tags(0, 49))));
    refused(&bench, "TagResource", &tag(json!(tags(49, 51))), "InvalidParameterException", "50");
    call(&bench, "TagResource", &tag(json!(tags(49, 50))));
    let reserved = json!([{"key": "aws:x", "value": ""}]);
    refused(&bench, "TagResource", &tag(reserved), "InvalidParameterException", "aws:");
    let keys = json!({"resourceArn": ARNS[0], "tagKeys": ["aws:x"]});
    refused(&bench, "UntagResource", &keys, "InvalidParameterException", "reserved");
    refused(&bench, "TagResource", &json!({"resourceArn": ARNS[0]}), "InvalidParameterException", "tags");
}

#[tokio::test(start_paused = true)]
async fn missing_and_deleted_resources_have_no_tags() {
    let bench = prepared();
    let refuses =
        |arn: &str, code: &str| refused(&bench, "ListTagsForResource", &json!({"resourceArn": arn}), code, "");
    refuses("arn:aws:ecs:us-east-1:123456789012:cluster/none", "ClusterNotFoundException");
    refuses(ARNS[1], "ResourceNotFoundException");
    refuses("arn:aws:ecs:us-east-1:123456789012:task-definition/web:9", "ClientException");
    refuses("arn:aws:ecs:us-east-1:123456789012:task/shop/0123", "ResourceNotFoundException");
    refuses("shop", "InvalidParameterException");
    refuses("arn:aws:ecs:eu-west-1:123456789012:cluster/shop", "InvalidParameterException");
    call(&bench, "DeleteCluster", &json!({"cluster": CLUSTER}));
    refuses(ARNS[0], "InvalidParameterException");
}

#[tokio::test(start_paused = true)]
async fn the_tagging_api_does_not_list_deleted_resources() {
    let bench = running().await;
    call(&bench, "TagResource", &json!({"resourceArn": ARNS[0], "tags": [{"key": "a", "value": "1"}]}));
    let listed = |kind: &str| {
        let answer = bench.json(Service::Tagging, "GetResources", &json!({"ResourceTypeFilters": [kind]}));
        answer.expect("anybody may")["ResourceTagMappingList"].as_array().map_or(0, Vec::len)
    };
    assert_eq!((listed("ecs:cluster"), listed("ecs:service")), (1, 1));
    call(&bench, "DeleteService", &json!({"cluster": CLUSTER, "service": "web", "force": true}));
    crate::testing::pass(LONG).await;
    assert_eq!((&described(&bench)["status"], listed("ecs:service")), (&json!("INACTIVE"), 0));
    call(&bench, "DeleteCluster", &json!({"cluster": CLUSTER}));
    assert_eq!(listed("ecs:cluster"), 0);
}
