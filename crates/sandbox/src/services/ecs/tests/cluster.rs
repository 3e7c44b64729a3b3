//! Clusters.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::testing::{item, pass};

#[tokio::test(start_paused = true)]
async fn creating_a_cluster_with_an_existing_name_returns_that_cluster() {
    let bench = bench();
    let tags = json!([{"key": "owner", "value": "first"}]);
    let first = call(&bench, "CreateCluster", &json!({"clusterName": CLUSTER, "tags": tags}));
    assert_eq!(first["cluster"]["clusterArn"], "arn:aws:ecs:us-east-1:123456789012:cluster/shop");
    assert_eq!((&first["cluster"]["status"], &first["cluster"]["tags"]), (&json!("ACTIVE"), &tags));
    let other = json!({"clusterName": CLUSTER, "tags": [{"key": "owner", "value": "second"}]});
    assert_eq!(call(&bench, "CreateCluster", &other)["cluster"]["tags"], tags);
    assert_eq!(call(&bench, "CreateCluster", &json!({}))["cluster"]["clusterName"], "default");
}

#[tokio::test(start_paused = true)]
async fn creating_an_existing_cluster_with_other_arguments_is_refused() {
    let bench = bench();
    let insights =
        |value: &str| json!({"clusterName": CLUSTER, "settings": [{"name": "containerInsights", "value": value}]});
    call(&bench, "CreateCluster", &insights("enabled"));
    call(&bench, "CreateCluster", &insights("enabled"));
    let inconsistent = "Arguments on this idempotent request are inconsistent";
    refused(&bench, "CreateCluster", &insights("disabled"), "InvalidParameterException", inconsistent);
}

#[tokio::test(start_paused = true)]
async fn names_settings_and_capacity_providers_are_validated() {
    let bench = bench();
    for odd in [
        json!({"clusterName": "a shop"}),
        json!({"clusterName": "x".repeat(256)}),
        json!({"clusterName": CLUSTER, "settings": [{"name": "containerInsights", "value": "perhaps"}]}),
        json!({"clusterName": CLUSTER, "capacityProviders": ["EC2"]}),
        json!({"clusterName": CLUSTER, "defaultCapacityProviderStrategy": [{"capacityProvider": "FARGATE"}]}),
        json!({"clusterName": CLUSTER, "capacityProviders": ["FARGATE"], "defaultCapacityProviderStrategy": [
            {"capacityProvider": "FARGATE", "weight": 1_001},
        ]}),
    ] {
        refused(&bench, "CreateCluster", &odd, "InvalidParameterException", "");
    }
    assert!(bench.inventory().iter().all(|item| !item.kind.starts_with("ecs:")));
}

#[tokio::test(start_paused = true)]
async fn clusters_are_described_by_name_or_arn_with_requested_details() {
    let bench = bench();
    call(&bench, "CreateCluster", &json!({"clusterName": CLUSTER, "tags": [{"key": "a", "value": "b"}]}));
    let arn = "arn:aws:ecs:us-east-1:123456789012:cluster/shop";
    let answer = call(&bench, "DescribeClusters", &json!({"clusters": [arn, "none"]}));
    assert_eq!((&answer["clusters"][0]["clusterName"], &answer["clusters"][0]["tags"]), (&json!("shop"), &json!([])));
    assert_eq!(
        answer["failures"],
        json!([{
            "arn": "arn:aws:ecs:us-east-1:123456789012:cluster/none", "reason": "MISSING",
        }])
    );
    let include = json!({"clusters": ["shop"], "include": ["TAGS", "SETTINGS", "STATISTICS"]});
    let cluster = call(&bench, "DescribeClusters", &include)["clusters"][0].clone();
    assert_eq!(cluster["tags"], json!([{"key": "a", "value": "b"}]));
    assert_eq!(cluster["settings"], json!([{"name": "containerInsights", "value": "disabled"}]));
    assert_eq!(cluster["statistics"].as_array().map(Vec::len), Some(4));
    let odd = json!({"clusters": ["shop"], "include": ["EVERYTHING"]});
    refused(&bench, "DescribeClusters", &odd, "InvalidParameterException", "EVERYTHING");
    let foreign = json!({"clusters": ["arn:aws:ecs:us-east-1:999999999999:cluster/shop"]});
    refused(&bench, "DescribeClusters", &foreign, "InvalidParameterException", "");
}

#[tokio::test(start_paused = true)]
async fn up_to_100_clusters_are_described_and_listed_per_call() {
    let bench = bench();
    let names: Vec<String> = (0..101).map(|number| format!("c{number:03}")).collect();
    for name in &names {
        call(&bench, "CreateCluster", &json!({"clusterName": name}));
    }
    refused(&bench, "DescribeClusters", &json!({"clusters": names}), "InvalidParameterException", "100");
    call(&bench, "DescribeClusters", &json!({"clusters": names[1..]}));
    let first = call(&bench, "ListClusters", &json!({}));
    assert_eq!(first["clusterArns"].as_array().map(Vec::len), Some(100));
    let second = call(&bench, "ListClusters", &json!({"nextToken": first["nextToken"]}));
    assert_eq!(second, json!({"clusterArns": ["arn:aws:ecs:us-east-1:123456789012:cluster/c100"]}));
    for size in [0, 101] {
        refused(&bench, "ListClusters", &json!({"maxResults": size}), "InvalidParameterException", "maxResults");
    }
    refused(&bench, "ListClusters", &json!({"nextToken": "mine"}), "InvalidParameterException", "token");
}

#[tokio::test(start_paused = true)]
async fn a_cluster_can_be_updated() {
    let bench = bench();
    call(&bench, "CreateCluster", &json!({"clusterName": CLUSTER}));
    let settings = json!([{"name": "containerInsights", "value": "enhanced"}]);
    for operation in ["UpdateCluster", "UpdateClusterSettings"] {
        call(&bench, operation, &json!({"cluster": CLUSTER, "settings": settings}));
    }
    let providers = json!({
        "cluster": CLUSTER,
        "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
        "defaultCapacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}],
    });
    call(&bench, "PutClusterCapacityProviders", &providers);
    let input = json!({"clusters": [CLUSTER], "include": ["SETTINGS"]});
    let cluster = call(&bench, "DescribeClusters", &input)["clusters"][0].clone();
    assert_eq!(cluster["settings"], settings);
    assert_eq!(cluster["capacityProviders"], providers["capacityProviders"]);
    let unknown = json!({"cluster": "none", "settings": settings});
    refused(&bench, "UpdateCluster", &unknown, "ClusterNotFoundException", "Cluster not found.");
    refused(&bench, "PutClusterCapacityProviders", &json!({"cluster": CLUSTER}), "InvalidParameterException", "");
}

#[tokio::test(start_paused = true)]
async fn a_cluster_with_services_or_tasks_is_not_deleted() {
    let bench = running().await;
    let cluster = json!({"cluster": CLUSTER});
    refused(&bench, "DeleteCluster", &cluster, "ClusterContainsServicesException", "");
    call(&bench, "DeleteService", &json!({"cluster": CLUSTER, "service": "web", "force": true}));
    refused(&bench, "DeleteCluster", &cluster, "ClusterContainsServicesException", "");
    // The tasks drain for a minute, then they have 30 seconds to stop.
    pass(Duration::from_secs(70)).await;
    assert_eq!(described(&bench)["status"], "INACTIVE");
    refused(&bench, "DeleteCluster", &cluster, "ClusterContainsTasksException", "");
    pass(Duration::from_secs(60)).await;
    assert_eq!(call(&bench, "DeleteCluster", &cluster)["cluster"]["status"], "INACTIVE");
}

#[tokio::test(start_paused = true)]
async fn a_deleted_cluster_remains_described_and_frees_its_name() {
    let bench = bench();
    call(&bench, "CreateCluster", &json!({"clusterName": CLUSTER}));
    call(&bench, "DeleteCluster", &json!({"cluster": CLUSTER}));
    let input = json!({"clusters": [CLUSTER]});
    assert_eq!(call(&bench, "DescribeClusters", &input)["clusters"][0]["status"], "INACTIVE");
    assert_eq!(call(&bench, "ListClusters", &json!({})), json!({"clusterArns": []}));
    assert!(item(&bench.inventory(), "ecs:cluster", CLUSTER).is_none());
    let inactive = "The referenced cluster was inactive.";
    refused(&bench, "ListServices", &json!({"cluster": CLUSTER}), "ClusterNotFoundException", inactive);
    call(&bench, "CreateCluster", &json!({"clusterName": CLUSTER}));
    pass(Duration::from_secs(3_601)).await;
    assert_eq!(call(&bench, "DescribeClusters", &input)["clusters"][0]["status"], "ACTIVE");
    call(&bench, "DeleteCluster", &json!({"cluster": CLUSTER}));
    pass(Duration::from_secs(3_601)).await;
    assert_eq!(call(&bench, "DescribeClusters", &input)["clusters"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_new_cluster_is_not_visible_immediately() {
    let bench = slow_bench();
    call(&bench, "CreateCluster", &json!({"clusterName": CLUSTER}));
    let input = json!({"clusters": [CLUSTER]});
    assert_eq!(call(&bench, "DescribeClusters", &input)["failures"][0]["reason"], "MISSING");
    assert_eq!(call(&bench, "ListClusters", &json!({})), json!({"clusterArns": []}));
    refused(&bench, "ListServices", &json!({"cluster": CLUSTER}), "ClusterNotFoundException", "");
    pass(Duration::from_secs(10)).await;
    assert_eq!(call(&bench, "DescribeClusters", &input)["clusters"][0]["status"], "ACTIVE");
}

#[tokio::test(start_paused = true)]
async fn a_region_has_at_most_10000_clusters() {
    let bench = bench();
    call(&bench, "CreateCluster", &json!({"clusterName": CLUSTER}));
    bench.cloud(|cloud| {
        let one = cloud.ecs.clusters[CLUSTER].clone();
        cloud.ecs.clusters.extend((1..10_000).map(|number| (format!("c{number}"), one.clone())));
    });
    let another = json!({"clusterName": "another"});
    refused(&bench, "CreateCluster", &another, "ClientException", "10000 clusters");
    call(&bench, "CreateCluster", &json!({"clusterName": CLUSTER}));
}
