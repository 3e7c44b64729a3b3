//! Rates of Amazon ECS, whose actions share buckets by category.

use crate::rates::{Bucket, Source};

const PUBLISHED: Source = Source::Published("Amazon ECS API Reference, \"Request throttling for the Amazon ECS API\"");

pub(super) fn buckets(operation: &str) -> Vec<Bucket> {
    let (category, burst, per_second) = match operation {
        "CreateCluster"
        | "DeleteCluster"
        | "PutClusterCapacityProviders"
        | "UpdateCluster"
        | "UpdateClusterSettings" => ("clusters", 20, 1.0),
        "DescribeClusters" | "ListClusters" => ("reads of clusters", 50, 20.0),
        "RegisterTaskDefinition" | "DeregisterTaskDefinition" => ("task definitions", 20, 1.0),
        "DescribeTaskDefinition" | "ListTaskDefinitions" | "ListTaskDefinitionFamilies" => {
            ("reads of task definitions", 50, 20.0)
        }
        "DeleteTaskDefinitions" => ("deletions of task definitions", 5, 1.0),
        "CreateService" | "UpdateService" | "DeleteService" => ("services", 50, 5.0),
        "DescribeServices" | "ListServices" => ("reads of services", 100, 20.0),
        "DescribeTasks" | "ListTasks" => ("reads of tasks", 100, 20.0),
        "TagResource" | "UntagResource" => ("tags", 20, 10.0),
        "ListTagsForResource" => ("reads of tags", 50, 20.0),
        _ => return Vec::new(),
    };
    vec![Bucket::new(category, burst, per_second, PUBLISHED)]
}
