//! One file a kind of resource: how it is found, read, made, changed and removed.

mod database_access;
mod deployment;
pub(crate) mod ec2;
#[cfg(test)]
mod ec2_tests;
pub(crate) mod ecs;
mod ecs_cluster;
mod elastic_ip;
pub(crate) mod elb;
mod internet_gateway;
mod listener;
mod listener_rule;
mod load_balancer;
mod nat_gateway;
mod number;
mod route_table;
mod scalable_target;
mod security_group;
mod security_group_rule;
mod service;
mod subnet;
mod target_group;
mod task_definition;
mod tenant_schema;
mod vpc;
mod vpc_endpoint;

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
    Bucket
    Secret
    LogGroup
    Role
}
