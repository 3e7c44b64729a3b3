//! Rates of Elastic Load Balancing: a call draws on the bucket of its category and on one that all
//! calls of the account share.

use crate::rates::{Bucket, Source};

const PUBLISHED: Source =
    Source::Published("Elastic Load Balancing User Guide, \"Request throttling for the Elastic Load Balancing API\"");

pub(super) fn buckets(operation: &str) -> Vec<Bucket> {
    let (category, burst, per_second) = match operation {
        "CreateLoadBalancer" | "SetSubnets" => ("load balancers and their subnets", 10, 0.2),
        "RegisterTargets" | "DeregisterTargets" => ("targets", 20, 4.0),
        // A page of 2026 has 200 and 50 for reads, which the account's bucket makes no use of.
        "DescribeListenerCertificates"
        | "DescribeListeners"
        | "DescribeLoadBalancerAttributes"
        | "DescribeLoadBalancers"
        | "DescribeRules"
        | "DescribeTags"
        | "DescribeTargetGroupAttributes"
        | "DescribeTargetGroups"
        | "DescribeTargetHealth" => ("reads", 40, 10.0),
        "AddListenerCertificates"
        | "AddTags"
        | "CreateListener"
        | "CreateRule"
        | "CreateTargetGroup"
        | "DeleteListener"
        | "DeleteLoadBalancer"
        | "DeleteRule"
        | "DeleteTargetGroup"
        | "ModifyListener"
        | "ModifyLoadBalancerAttributes"
        | "ModifyRule"
        | "ModifyTargetGroup"
        | "ModifyTargetGroupAttributes"
        | "RemoveListenerCertificates"
        | "RemoveTags"
        | "SetIpAddressType"
        | "SetRulePriorities"
        | "SetSecurityGroups" => ("changes", 20, 3.0),
        _ => return Vec::new(),
    };
    vec![Bucket::new("the account", 40, 10.0, PUBLISHED), Bucket::new(category, burst, per_second, PUBLISHED)]
}
