//! The address of every node of a plan, typed by the kind of resource.
//!
//! Each address is a [`Ref`] of its kind, so a reference to a node of the wrong kind does not compile.
//! No other module builds addresses.

use std::fmt::Display;

use saas_model::identifier::TenantId;
use saas_model::plan::SCALING;
use saas_model::resource::{
    Bucket, DatabaseAccess, DbCluster, DbClusterParameterGroup, DbInstance, DbSubnetGroup, EcsCluster, ElasticIp,
    InternetGateway, Listener, ListenerRule, LoadBalancer, LogGroup, NatGateway, Role, RouteTable, ScalableTarget,
    Secret, SecurityGroup, SecurityGroupRule, Service, Subnet, TargetGroup, TaskDefinition, TenantSchema, Vpc,
    VpcEndpoint,
};
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

/// Defines the addresses of one tenant's resources.
macro_rules! of_tenant {
    ($(#[$meta:meta])* $name:ident { $($field:ident: $kind:ty = $rest:expr,)* }) => {
        $(#[$meta])*
        pub(crate) struct $name {
            $(pub(crate) $field: Ref<$kind>,)*
        }

        impl $name {
            pub(crate) fn new(tenant: &TenantId) -> Self {
                Self { $($field: Ref::to(Address::of_tenant(tenant, $rest)),)* }
            }
        }
    };
}

of_tenant! {
    /// The addresses of one tenant's resources.
    TenantAddresses {
        bucket: Bucket = "bucket",
        execution_role: Role = "execution-role",
        listener_rule: ListenerRule = "listener-rule",
        log_group: LogGroup = "log-group",
        password: Secret = "password",
        rule_from_load_balancer: SecurityGroupRule = "rule/from-load-balancer",
        rule_https_out: SecurityGroupRule = "rule/https-out",
        rule_load_balancer_out: SecurityGroupRule = "rule/load-balancer-out",
        rule_to_database: SecurityGroupRule = "rule/to-database",
        scaling: ScalableTarget = SCALING,
        schema: TenantSchema = "schema",
        security_group: SecurityGroup = "security-group",
        service: Service = "service",
        target_group: TargetGroup = "target-group",
        task_definition: TaskDefinition = "task-definition",
        task_role: Role = "task-role",
    }
}
