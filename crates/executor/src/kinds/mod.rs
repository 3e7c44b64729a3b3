//! One file a kind of resource: how it is found, read, made, changed and removed.

mod bucket;
mod database_access;
mod db_cluster;
mod db_cluster_parameter_group;
mod db_instance;
mod db_subnet_group;
mod deployment;
mod documents;
pub(crate) mod ec2;
#[cfg(test)]
mod ec2_tests;
pub(crate) mod ecs;
mod ecs_cluster;
#[cfg(test)]
mod ecs_tests;
mod elastic_ip;
pub(crate) mod elb;
#[cfg(test)]
mod elb_tests;
mod internet_gateway;
mod listener;
mod listener_rule;
mod load_balancer;
mod log_group;
mod nat_gateway;
mod number;
pub(crate) mod rds;
mod role;
mod route_table;
mod scalable_target;
mod secret;
mod security_group;
mod security_group_rule;
mod service;
mod service_fields;
mod subnet;
mod target_group;
mod task_definition;
mod tenant_schema;
mod vpc;
mod vpc_endpoint;

<<<<<<< HEAD
pub(crate) use secret::{secret_value, secret_values};
=======
use saas_model::Kind;

use crate::context::Cx;
use crate::live::Found;

/// Everything of a kind, also what stands for no address any more.
fn live_and_superseded(cx: &Cx<'_>, kind: Kind) -> Vec<Found> {
    let superseded = cx.live.superseded().into_iter().filter(|found| found.kind == kind);
    cx.live.of_kind(kind).into_iter().chain(superseded).collect()
}

pub(crate) async fn secret_value(
    _cx: &crate::context::Cx<'_>,
    _id: &str,
) -> crate::error::Result<zeroize::Zeroizing<String>> {
    unimplemented!()
}

macro_rules! unbuilt {
    ($($name:ident)*) => {$(
        impl crate::manage::Manage for saas_model::resource::$name {
            const IN_PLACE: &'static [&'static str] = &[];
            async fn observe(_: &crate::context::Cx<'_>) -> crate::error::Result<Vec<crate::live::Found>> { unimplemented!() }
            async fn read(_: &crate::context::Cx<'_>, _: &crate::live::Found) -> crate::error::Result<crate::manage::Reading> { unimplemented!() }
            async fn create(&self, _: &crate::context::Cx<'_>, _: &saas_model::Node) -> crate::error::Result<crate::live::Identity> { unimplemented!() }
            async fn update(&self, _: &crate::context::Cx<'_>, _: &saas_model::Node, _: &crate::live::Found, _: &crate::manage::Changes<'_>) -> crate::error::Result<crate::live::Identity> { unimplemented!() }
            async fn delete(_: &crate::context::Cx<'_>, _: &crate::live::Found) -> crate::error::Result<()> { unimplemented!() }
        }
    )*};
}
unbuilt! {
    DbSubnetGroup
    DbClusterParameterGroup
    DbCluster
    DbInstance
    DatabaseAccess
    TenantSchema
    Bucket
    Secret
    LogGroup
    Role
}
>>>>>>> k3
