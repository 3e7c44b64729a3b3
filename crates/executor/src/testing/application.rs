//! The nodes of a tenant with one service behind a load balancer, for tests of the providers of ECS and of
//! scaling.

use std::collections::BTreeMap;

use saas_model::policy::Policy;
use saas_model::resource::{
    Architecture, CapacityProvider, Container, EcsCluster, LoadBalancer, LoadBalancerAttachment, LogGroup,
    ResourceSpec, Role, ScalableTarget, ScalingMetric, ScalingPolicy, Secret, SecretContent, Service, TaskDefinition,
    Vpc,
};
use saas_model::{Address, Ref, Resource, Set};

use super::{Bench, target_group};
use crate::state::observed::Identity;

pub(crate) const BALANCER: &str = "ingress/load-balancer";
pub(crate) const CLUSTER: &str = "service/cluster";
pub(crate) const DEFINITION: &str = "tenant/acme/service/web/task-definition";
pub(crate) const GENERATED: &str = "tenant/acme/generated";
pub(crate) const GROUP: &str = "tenant/acme/service/web/target-group";
pub(crate) const LOGS: &str = "tenant/acme/log-group";
pub(crate) const ROLE: &str = "tenant/acme/task-role";
pub(crate) const SERVICE: &str = "tenant/acme/service/web";
pub(crate) const TARGET: &str = "tenant/acme/service/web/scaling";

pub(crate) const BALANCER_ARN: &str =
    "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/saas-platform-0/50dc6c495c0c9188";
pub(crate) const CLUSTER_ARN: &str = "arn:aws:ecs:us-east-1:123456789012:cluster/saas-platform";
pub(crate) const DEFINITION_ARN: &str = "arn:aws:ecs:us-east-1:123456789012:task-definition/saas-platform-acme:1";
pub(crate) const GENERATED_ARN: &str =
    "arn:aws:secretsmanager:us-east-1:123456789012:secret:ecs/tenant/acme/generated-AbCdEf";
pub(crate) const GROUP_ARN: &str =
    "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/acme-12345678/943f017f100becff";
pub(crate) const ROLE_ARN: &str = "arn:aws:iam::123456789012:role/saas-platform-acme-task";
pub(crate) const SERVICE_ARN: &str = "arn:aws:ecs:us-east-1:123456789012:service/saas-platform/saas-platform-acme";

pub(crate) fn to<T: ResourceSpec>(address: &str) -> Ref<T> {
    Ref::to(Address::literal(address))
}

/// A container that listens on port 80, without environment and secrets.
pub(crate) fn container() -> Container {
    Container {
        image: format!("nginx@sha256:{}", "a".repeat(64)).parse().expect("valid"),
        essential: true,
        memory_reservation: 2048,
        port: Some(80),
        entrypoint: Vec::new(),
        command: Vec::new(),
        user: None,
        environment: BTreeMap::new(),
        secrets: BTreeMap::new(),
        log_group: to(LOGS),
        log_region: "us-east-1".parse().expect("valid"),
        log_prefix: "web".into(),
        readonly_root: true,
        writable: BTreeMap::new(),
        stop_timeout_seconds: None,
    }
}

/// A task definition with one container, `web`.
pub(crate) fn task_definition() -> TaskDefinition {
    TaskDefinition {
        family: "saas-platform-acme".parse().expect("valid"),
        cpu: 1024,
        memory: 2048,
        architecture: Architecture::X86,
        execution_role: to(ROLE),
        task_role: to(ROLE),
        containers: [("web".to_owned(), container())].into(),
    }
}

/// A service behind a load balancer.
pub(crate) fn service() -> Service {
    Service {
        name: "saas-platform-acme".parse().expect("valid"),
        cluster: to(CLUSTER),
        task_definition: to(DEFINITION),
        platform_version: "1.4.0".into(),
        capacity: CapacityProvider::Fargate,
        subnets: Set::new(),
        security_groups: Set::new(),
        public_ip: false,
        load_balancer: Some(LoadBalancerAttachment {
            target_group: to(GROUP),
            container: "web".parse().expect("valid"),
            port: 80,
            health_check_grace_seconds: 60,
        }),
        minimum_healthy_percent: 100,
        maximum_percent: 200,
        circuit_breaker: true,
        rollback: true,
        exec: false,
        propagate_tags: true,
    }
}

/// A policy that keeps a metric near a target.
pub(crate) const fn policy(metric: ScalingMetric, target: u32) -> ScalingPolicy {
    ScalingPolicy { metric, target, scale_in_cooldown_seconds: 300, scale_out_cooldown_seconds: 60 }
}

/// The scaling of the service, by its CPU.
pub(crate) fn scalable_target() -> ScalableTarget {
    ScalableTarget {
        service: to(SERVICE),
        resource_id: "service/saas-platform/saas-platform-acme".into(),
        min: 2,
        max: 8,
        policies: [("cpu".to_owned(), policy(ScalingMetric::Cpu, 60))].into(),
    }
}

/// All nodes.
pub(crate) fn nodes() -> Vec<(&'static str, Resource)> {
    let vpc = Vpc { cidr: "10.0.0.0/16".parse().expect("valid"), dns_support: true, dns_hostnames: true };
    let balancer = LoadBalancer {
        name: "saas-platform-0".parse().expect("valid"),
        subnets: Set::new(),
        security_groups: Set::new(),
        drop_invalid_header_fields: true,
        deletion_protection: false,
    };
    let cluster = EcsCluster {
        name: "saas-platform".parse().expect("valid"),
        capacity_providers: [CapacityProvider::Fargate, CapacityProvider::FargateSpot].into(),
    };
    let role = Role {
        name: "saas-platform-acme-task".parse().expect("valid"),
        path: "/saas/development/".into(),
        description: "the application".into(),
        trust: Policy { statements: Vec::new() },
        permissions_boundary: None,
        policies: BTreeMap::new(),
    };
    let generated = Secret {
        name: "ecs/tenant/acme/generated".parse().expect("valid"),
        description: "generated values".into(),
        content: SecretContent::Generated([("SESSION_KEY".to_owned(), 64)].into()),
        rotation: false,
        policy: Policy::default(),
    };
    let logs = LogGroup { name: "/ecs/tenant/acme".parse().expect("valid"), retention_days: 30 };
    vec![
        (BALANCER, balancer.into()),
        ("network/vpc", vpc.into()),
        (CLUSTER, cluster.into()),
        (GENERATED, generated.into()),
        (LOGS, logs.into()),
        (ROLE, role.into()),
        (GROUP, target_group("acme-12345678").into()),
        (DEFINITION, task_definition().into()),
        (SERVICE, service().into()),
        (TARGET, scalable_target().into()),
    ]
}

/// The nodes, with this resource at its address.
pub(crate) fn nodes_with(address: &'static str, resource: impl Into<Resource>) -> Vec<(&'static str, Resource)> {
    let mut nodes = nodes();
    nodes.retain(|(other, _)| *other != address);
    nodes.push((address, resource.into()));
    nodes
}

/// A plan of these nodes, of which all but the service and its scaling are live.
pub(crate) async fn bench(endpoint: &str, nodes: Vec<(&'static str, Resource)>) -> Bench {
    let bench = Bench::new(endpoint, nodes).await;
    for (address, arn) in [
        (BALANCER, BALANCER_ARN),
        (CLUSTER, CLUSTER_ARN),
        (GENERATED, GENERATED_ARN),
        (ROLE, ROLE_ARN),
        (GROUP, GROUP_ARN),
        (DEFINITION, DEFINITION_ARN),
    ] {
        bench.assume(address, Identity::of_arn(arn));
    }
    bench.assume(LOGS, Identity::of_id("/ecs/tenant/acme"));
    bench
}
