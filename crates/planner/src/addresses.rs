//! The address of every node of a plan, typed by the kind of resource.
//!
//! Each address is a [`Ref`] of its kind, so a reference to a node of the wrong kind does not compile.
//! No other module builds addresses.

use std::fmt::Display;

use saas_model::identifier::{ServiceName, TenantId};
use saas_model::plan::SCALING;
use saas_model::resource::{
    Bucket, DatabaseAccess, DbCluster, DbClusterParameterGroup, DbInstance, DbSubnetGroup, EcsCluster, ElasticIp,
    InternetGateway, Listener, ListenerRule, LoadBalancer, LogGroup, Migration, NatGateway, Role, RouteTable,
    ScalableTarget, Schedule, ScheduleGroup, Secret, SecurityGroup, SecurityGroupRule, Service, Subnet, TargetGroup,
    TaskDefinition, TenantSchema, Vpc, VpcEndpoint,
};
use saas_model::spec::EgressRule;
use saas_model::{Address, Ref};

/// Defines functions for the addresses of shared resources.
macro_rules! shared {
    ($($name:ident($($part:ident),*) -> $kind:ty = $address:literal;)*) => {$(
        pub(crate) fn $name($($part: impl Display),*) -> Ref<$kind> {
            Ref::to(Address::literal(format!($address)))
        }
    )*};
}

shared! {
    // The executor looks it up by `saas_model::plan::CONTROL_BUCKET`.
    control_bucket() -> Bucket = "control/bucket";

    vpc() -> Vpc = "network/vpc";
    internet_gateway() -> InternetGateway = "network/internet-gateway";
    public_subnet(zone) -> Subnet = "network/subnet/public/{zone}";
    private_subnet(zone) -> Subnet = "network/subnet/private/{zone}";
    elastic_ip(zone) -> ElasticIp = "network/elastic-ip/{zone}";
    nat_gateway(zone) -> NatGateway = "network/nat-gateway/{zone}";
    public_route_table() -> RouteTable = "network/route-table/public";
    private_route_table(zone) -> RouteTable = "network/route-table/private/{zone}";
    s3_endpoint() -> VpcEndpoint = "network/endpoint/s3";

    db_subnet_group() -> DbSubnetGroup = "database/subnet-group";
    db_parameter_group() -> DbClusterParameterGroup = "database/parameter-group";
    admin_password() -> Secret = "database/admin-password";
    database_group() -> SecurityGroup = "database/security-group";
    database_client_group() -> SecurityGroup = "database/client-security-group";
    database_rule() -> SecurityGroupRule = "database/rule/from-clients";
    db_cluster() -> DbCluster = "database/cluster";
    db_writer() -> DbInstance = "database/writer";
    database_access() -> DatabaseAccess = "database/access";

    load_balancer_group(shard) -> SecurityGroup = "ingress/{shard}/security-group";
    load_balancer_rule(shard, protocol) -> SecurityGroupRule = "ingress/{shard}/rule/{protocol}";
    load_balancer(shard) -> LoadBalancer = "ingress/{shard}/load-balancer";
    listener(shard, protocol) -> Listener = "ingress/{shard}/listener/{protocol}";

    ecs_cluster() -> EcsCluster = "service/cluster";
}

/// The shard of a listener, from its address.
pub(crate) fn shard_of_listener(listener: &Ref<Listener>) -> Option<u32> {
    let rest = listener.address().as_str().strip_prefix("ingress/")?;
    rest.split_once("/listener/")?.0.parse().ok()
}

/// Defines the addresses of a tenant's resources, or of those of one of its services.
macro_rules! of_tenant {
    ($(#[$meta:meta])* $name:ident($($part:ident: $part_kind:ty),*) { $($field:ident: $kind:ty = $rest:expr,)* }) => {
        $(#[$meta])*
        pub(crate) struct $name {
            $(pub(crate) $field: Ref<$kind>,)*
        }

        impl $name {
            pub(crate) fn new(tenant: &TenantId $(, $part: &$part_kind)*) -> Self {
                Self { $($field: Ref::to(Address::of_tenant(tenant, &$rest)),)* }
            }
        }
    };
}

of_tenant! {
    /// The addresses of the resources that a tenant has once.
    TenantAddresses() {
        bucket: Bucket = "bucket",
        execution_role: Role = "execution-role",
        generated_secret: Secret = "generated-secret",
        log_group: LogGroup = "log-group",
        migrator_password: Secret = "migrator-password",
        password: Secret = "password",
        rule_https_out: SecurityGroupRule = "rule/https-out",
        rule_to_database: SecurityGroupRule = "rule/to-database",
        schedule_group: ScheduleGroup = "schedule-group",
        scheduler_role: Role = "scheduler-role",
        schema: TenantSchema = "schema",
        security_group: SecurityGroup = "security-group",
        task_role: Role = "task-role",
    }
}

of_tenant! {
    /// The addresses of the resources of one service of a tenant.
    ServiceAddresses(name: ServiceName) {
        service: Service = format!("service/{name}"),
        listener_rule: ListenerRule = format!("service/{name}/listener-rule"),
        scaling: ScalableTarget = format!("service/{name}/{SCALING}"),
        target_group: TargetGroup = format!("service/{name}/target-group"),
        task_definition: TaskDefinition = format!("service/{name}/task-definition"),
        task_role: Role = format!("service/{name}/task-role"),
    }
}

of_tenant! {
    /// The addresses of the resources of one job of a tenant. A job is a schedule or a migration.
    JobAddresses(name: ServiceName) {
        schedule: Schedule = format!("job/{name}"),
        migration: Migration = format!("job/{name}"),
        task_definition: TaskDefinition = format!("job/{name}/task-definition"),
        task_role: Role = format!("job/{name}/task-role"),
    }
}

of_tenant! {
    /// The addresses of the rules that let requests through to the tenant's tasks on one port.
    PortAddresses(port: u16) {
        from_load_balancer: SecurityGroupRule = format!("rule/from-load-balancer/{port}"),
        load_balancer_out: SecurityGroupRule = format!("rule/load-balancer-out/{port}"),
    }
}

/// The address of a migration.
pub(crate) fn migration(tenant: &TenantId, job: &ServiceName) -> Ref<Migration> {
    JobAddresses::new(tenant, job).migration
}

/// The address of the rule for a destination outside of the platform.
pub(crate) fn egress_rule(tenant: &TenantId, EgressRule { port, cidr }: &EgressRule) -> Ref<SecurityGroupRule> {
    let addresses = cidr.to_string().replace('/', "-");
    Ref::to(Address::of_tenant(tenant, &format!("rule/egress/{port}/{addresses}")))
}
