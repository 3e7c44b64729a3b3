//! One file a kind of resource: how it is found, read, made, changed and removed.

mod bucket;
mod db_cluster;
mod db_cluster_parameter_group;
mod db_instance;
mod db_subnet_group;
mod documents;
pub(crate) mod ec2;
mod log_group;
pub(crate) mod rds;
#[cfg(test)]
mod rds_tests;
mod role;
mod secret;
mod security_group;
#[cfg(test)]
mod storage_tests;
mod vpc;

pub(crate) use secret::{secret_value, secret_values};

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
    Subnet
    InternetGateway
    ElasticIp
    NatGateway
    RouteTable
    VpcEndpoint
    SecurityGroupRule


    DatabaseAccess
    TenantSchema


    LoadBalancer
    Listener
    TargetGroup
    ListenerRule

    EcsCluster
    TaskDefinition
    Service
    ScalableTarget
}
