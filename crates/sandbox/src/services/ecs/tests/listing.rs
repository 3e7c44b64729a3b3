//! Reads of services and tasks.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::testing::pass;

fn create(bench: &Bench, count: usize) -> Vec<String> {
    let name = |number: usize| format!("s{number:03}");
    for number in 0..count {
        let changes = json!({"serviceName": name(number), "desiredCount": 0});
        call(bench, "CreateService", &with(&service(), &changes));
    }
    (0..count).map(name).collect()
}

#[tokio::test(start_paused = true)]
async fn up_to_ten_services_are_described_per_call() {
    let bench = prepared();
    let names = create(&bench, 11);
    let too_many = json!({"cluster": CLUSTER, "services": names});
    refused(&bench, "DescribeServices", &too_many, "InvalidParameterException", "10");
    let none = json!({"cluster": CLUSTER, "services": []});
    refused(&bench, "DescribeServices", &none, "InvalidParameterException", "Services cannot be empty.");
    let answer = call(&bench, "DescribeServices", &json!({"cluster": CLUSTER, "services": names[1..]}));
    assert_eq!(answer["services"].as_array().map(Vec::len), Some(10));
}

#[tokio::test(start_paused = true)]
async fn services_are_described_by_name_or_arn() {
    let bench = prepared();
    create(&bench, 1);
    let arn = |name: &str| format!("arn:aws:ecs:us-east-1:123456789012:service/{name}");
    let cluster = "arn:aws:ecs:us-east-1:123456789012:cluster/shop";
    let input = json!({"cluster": cluster, "services": [arn("shop/s000"), "none"]});
    let answer = call(&bench, "DescribeServices", &input);
    assert_eq!(answer["services"][0]["serviceName"], "s000");
    assert_eq!(answer["failures"], json!([{"arn": arn("shop/none"), "reason": "MISSING"}]));
    let other = json!({"cluster": CLUSTER, "services": [arn("other/s000")]});
    refused(&bench, "DescribeServices", &other, "InvalidParameterException", "Your cluster is shop");
    let nowhere = json!({"services": ["s000"]});
    refused(&bench, "DescribeServices", &nowhere, "ClusterNotFoundException", "Cluster not found.");
}

#[tokio::test(start_paused = true)]
async fn service_pages_have_10_items_by_default_and_100_at_most() {
    let bench = prepared();
    create(&bench, 101);
    let list = |input: Value| call(&bench, "ListServices", &with(&json!({"cluster": CLUSTER}), &input));
    let count = |page: &Value| page["serviceArns"].as_array().map_or(0, Vec::len);
    let first = list(json!({}));
    assert_eq!(count(&first), 10);
    let second = list(json!({"nextToken": first["nextToken"]}));
    assert_eq!(second["serviceArns"][0], "arn:aws:ecs:us-east-1:123456789012:service/shop/s010");
    let most = list(json!({"maxResults": 100}));
    assert_eq!(count(&most), 100);
    let rest = list(json!({"maxResults": 100, "nextToken": most["nextToken"]}));
    assert_eq!((count(&rest), &rest["nextToken"]), (1, &json!(null)));
    assert_eq!(count(&list(json!({"launchType": "EC2"}))), 0);
    let odd = json!({"cluster": CLUSTER, "maxResults": 101});
    refused(&bench, "ListServices", &odd, "InvalidParameterException", "maxResults");
}

#[tokio::test(start_paused = true)]
async fn a_deleted_service_remains_described_and_is_not_listed() {
    let bench = running().await;
    call(&bench, "DeleteService", &json!({"cluster": CLUSTER, "service": "web", "force": true}));
    let list = || call(&bench, "ListServices", &json!({"cluster": CLUSTER}));
    assert_eq!((&described(&bench)["status"], list()), (&json!("DRAINING"), json!({"serviceArns": []})));
    pass(LONG).await;
    assert_eq!((&described(&bench)["status"], list()), (&json!("INACTIVE"), json!({"serviceArns": []})));
    assert_eq!(described(&bench)["deployments"], json!([]));
    let again = json!({"cluster": CLUSTER, "service": "web"});
    refused(&bench, "DeleteService", &again, "ServiceNotFoundException", "");
    pass(Duration::from_secs(3_600)).await;
    let input = json!({"cluster": CLUSTER, "services": ["web"]});
    assert_eq!(call(&bench, "DescribeServices", &input)["services"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_new_service_is_not_visible_immediately() {
    let bench = prepared();
    pass(LONG).await;
    bench.cloud(|cloud| cloud.dials.staleness = Staleness::everywhere(Lag::of(Duration::from_secs(10))));
    call(&bench, "CreateService", &service());
    let input = json!({"cluster": CLUSTER, "services": ["web"]});
    assert_eq!(call(&bench, "DescribeServices", &input)["failures"][0]["reason"], "MISSING");
    assert_eq!(call(&bench, "ListServices", &json!({"cluster": CLUSTER})), json!({"serviceArns": []}));
    pass(Duration::from_secs(10)).await;
    assert_eq!(described(&bench)["status"], "ACTIVE");
}

#[tokio::test(start_paused = true)]
async fn tasks_are_filtered_by_service_family_and_status() {
    let bench = running().await;
    let list = |input: Value| {
        let answer = call(&bench, "ListTasks", &with(&json!({"cluster": CLUSTER}), &input));
        answer["taskArns"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(list(json!({})), 2);
    assert_eq!(list(json!({"serviceName": "web", "family": FAMILY, "launchType": "FARGATE"})), 2);
    assert_eq!(list(json!({"family": "other"})), 0);
    assert_eq!(list(json!({"desiredStatus": "PENDING"})), 0);
    assert_eq!(list(json!({"desiredStatus": "STOPPED"})), 0);
    assert_eq!(list(json!({"maxResults": 1})), 1);
    assert_eq!(list(json!({"startedBy": described(&bench)["deployments"][0]["id"]})), 2);
    let none = json!({"cluster": CLUSTER, "serviceName": "none"});
    refused(&bench, "ListTasks", &none, "ServiceNotFoundException", "");
    let missing = json!({"cluster": CLUSTER, "tasks": ["0123"]});
    assert_eq!(call(&bench, "DescribeTasks", &missing)["failures"][0]["reason"], "MISSING");
    let many = json!({"cluster": CLUSTER, "tasks": vec!["0123"; 101]});
    refused(&bench, "DescribeTasks", &many, "InvalidParameterException", "100");
}

#[tokio::test(start_paused = true)]
async fn every_task_is_on_one_page() {
    let bench = prepared();
    for name in ["web", "api"] {
        call(&bench, "CreateService", &with(&service(), &json!({"serviceName": name, "desiredCount": 3})));
    }
    pass(LONG).await;
    let mut found = std::collections::BTreeSet::new();
    let mut token = json!(null);
    for _ in 0..3 {
        let input = with(&json!({"cluster": CLUSTER, "maxResults": 2}), &json!({"nextToken": token}));
        let page = call(&bench, "ListTasks", &input);
        found.extend(page["taskArns"].as_array().into_iter().flatten().map(Value::to_string));
        token = page["nextToken"].clone();
    }
    assert_eq!((found.len(), token), (6, json!(null)));
}

#[tokio::test(start_paused = true)]
async fn a_stopped_task_is_described_for_an_hour() {
    let bench = running().await;
    call(&bench, "UpdateService", &json!({"cluster": CLUSTER, "service": "web", "desiredCount": 0}));
    pass(LONG).await;
    let stopped = tasks(&bench, "STOPPED");
    assert_eq!(stopped.len(), 2);
    assert_eq!([&stopped[0]["lastStatus"], &stopped[0]["stopCode"]], ["STOPPED", "ServiceSchedulerInitiated"]);
    pass(Duration::from_secs(3_600)).await;
    assert!(tasks(&bench, "STOPPED").is_empty());
}
