//! The rate limits of each API action, as AWS publishes them.
//!
//! Sources: Amazon EC2 Developer Guide, "Request throttling for the Amazon EC2 API" (each action has
//! a bucket of its own); Amazon ECS Developer Guide, "Request throttling for the Amazon ECS API" (the
//! actions of a category share one); Elastic Load Balancing User Guide, "Request throttling for the
//! ELB API" (likewise); Amazon CloudWatch Logs User Guide, AWS Secrets Manager User Guide and Tag
//! Editor User Guide, "Quotas"; Amazon EventBridge Scheduler User Guide, "Quotas"; Amazon S3 User Guide, "Optimizing Amazon S3 performance".

use crate::aws::calls::is_read;

/// A rate limit: a burst, and the calls a second after that.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Limit {
    /// The category of actions that share it; `None` when each action has its own.
    pub(super) category: Option<&'static str>,
    pub(super) burst: f64,
    pub(super) per_second: f64,
    /// Whether AWS publishes it. Otherwise it is the start value of the adaptation.
    pub(super) published: bool,
}

impl Limit {
    const fn own(burst: f64, per_second: f64) -> Self {
        Self { category: None, burst, per_second, published: true }
    }

    const fn shared(category: &'static str, burst: f64, per_second: f64) -> Self {
        Self { category: Some(category), ..Self::own(burst, per_second) }
    }

    /// A quota of calls a second without a published burst: the burst is that of one second.
    const fn quota(per_second: f64) -> Self {
        Self::own(per_second, per_second)
    }

    const fn assumed(burst: f64, per_second: f64) -> Self {
        Self { published: false, ..Self::own(burst, per_second) }
    }
}

/// The limit of an action; `service` is its name in the SDK.
pub(super) fn limit(service: &str, action: &str) -> Limit {
    match service {
        "EC2" => ec2(action),
        "ECS" => ecs(action),
        "Elastic Load Balancing v2" => elb(action),
        "CloudWatch Logs" => logs(action),
        "Secrets Manager" => secrets(action),
        "Scheduler" => scheduler(action),
        "Resource Groups Tagging API" => Limit::quota(15.0),
        "S3" if action.ends_with("Object") || action.ends_with("Objects") || action.starts_with("ListObject") => {
            Limit::quota(3_500.0)
        }
        // AWS publishes no limits for IAM, RDS, Application Auto Scaling, SSM's `GetParameters` and the
        // configuration of buckets.
        _ if is_read(action) => Limit::assumed(50.0, 20.0),
        _ => Limit::assumed(20.0, 10.0),
    }
}

fn ec2(action: &str) -> Limit {
    match action {
        "CreateTags" | "DeleteTags" => Limit::own(100.0, 10.0),
        "CreateNatGateway" | "DeleteNatGateway" => Limit::own(10.0, 1.0),
        "CreateVpcEndpoint" | "DeleteVpcEndpoints" | "ModifyVpcEndpoint" => Limit::own(4.0, 0.3),
        read if is_read(read) => Limit::own(100.0, 20.0),
        _ => Limit::own(50.0, 5.0),
    }
}

fn ecs(action: &str) -> Limit {
    match action {
        "CreateCluster"
        | "DeleteCluster"
        | "PutClusterCapacityProviders"
        | "UpdateCluster"
        | "UpdateClusterSettings" => Limit::shared("cluster modify", 20.0, 1.0),
        "DescribeClusters" | "ListClusters" => Limit::shared("cluster read", 50.0, 20.0),
        "RegisterTaskDefinition" | "DeregisterTaskDefinition" => Limit::shared("task definition modify", 20.0, 1.0),
        "DescribeTaskDefinition" | "ListTaskDefinitions" | "ListTaskDefinitionFamilies" => {
            Limit::shared("task definition read", 50.0, 20.0)
        }
        "DeleteTaskDefinitions" => Limit::own(5.0, 1.0),
        "CreateService" | "DeleteService" | "UpdateService" => Limit::shared("service modify", 50.0, 5.0),
        "DescribeServices" | "ListServices" => Limit::shared("service read", 100.0, 20.0),
        "DescribeTasks" | "ListTasks" => Limit::shared("cluster resource read", 100.0, 20.0),
        "TagResource" | "UntagResource" => Limit::shared("tag modify", 20.0, 10.0),
        "ListTagsForResource" => Limit::own(50.0, 20.0),
        // Unlike the other changes, those of single tasks need to keep pace with many tenants.
        "RunTask" | "StopTask" => Limit::assumed(50.0, 20.0),
        read if is_read(read) => Limit::assumed(50.0, 20.0),
        _ => Limit::assumed(20.0, 1.0),
    }
}

fn elb(action: &str) -> Limit {
    match action {
        "CreateLoadBalancer" | "SetSubnets" => Limit::shared("resource-intensive", 10.0, 0.2),
        "RegisterTargets" | "DeregisterTargets" => Limit::shared("registration", 20.0, 4.0),
        read if is_read(read) => Limit::shared("non-mutating", 40.0, 10.0),
        _ => Limit::shared("mutating", 20.0, 3.0),
    }
}

fn logs(action: &str) -> Limit {
    match action {
        "CreateLogGroup" | "DeleteLogGroup" | "DescribeLogGroups" => Limit::quota(10.0),
        _ => Limit::quota(5.0),
    }
}

/// The quotas of schedules in the Regions with the lowest ones.
fn scheduler(action: &str) -> Limit {
    match action {
        "CreateSchedule" | "DeleteSchedule" | "GetSchedule" | "UpdateSchedule" => Limit::quota(250.0),
        read if is_read(read) => Limit::assumed(50.0, 20.0),
        _ => Limit::assumed(20.0, 10.0),
    }
}

fn secrets(action: &str) -> Limit {
    match action {
        "DescribeSecret" | "GetSecretValue" => Limit::quota(10_000.0),
        "ListSecrets" | "BatchGetSecretValue" => Limit::quota(100.0),
        "PutSecretValue" | "UpdateSecretVersionStage" => Limit { category: Some("versions"), ..Limit::quota(50.0) },
        "TagResource" | "UntagResource" => Limit { category: Some("tags"), ..Limit::quota(50.0) },
        _ => Limit::quota(50.0),
    }
}
