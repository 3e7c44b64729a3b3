//! Conversions between the fields of a service and those of ECS.

use aws_sdk_ecs::types::{
    AssignPublicIp, AwsVpcConfiguration, DeploymentCircuitBreaker, DeploymentConfiguration, LoadBalancer,
    NetworkConfiguration, PropagateTags, Service as LiveService,
};
use saas_model::resource::{EcsCluster, SecurityGroup, Service, Subnet, TargetGroup, TaskDefinition};

use crate::context::Context;
use crate::error::{Required, Result};
use crate::providers::number::{from_i32, to_i32};
use crate::providers::parse::parse;

const DESCRIBE: &str = "ecs DescribeServices";

pub(crate) fn network(cx: &Context<'_>, service: &Service) -> Result<NetworkConfiguration> {
    let configuration = AwsVpcConfiguration::builder()
        .set_subnets(Some(cx.ids(&service.subnets)?))
        .set_security_groups(Some(cx.ids(&service.security_groups)?))
        .assign_public_ip(if service.public_ip { AssignPublicIp::Enabled } else { AssignPublicIp::Disabled })
        .build()
        .expect("its only required field, the subnets, is given");
    Ok(NetworkConfiguration::builder().awsvpc_configuration(configuration).build())
}

pub(crate) fn load_balancer(cx: &Context<'_>, service: &Service) -> Result<LoadBalancer> {
    Ok(LoadBalancer::builder()
        .target_group_arn(cx.arn(&service.target_group)?)
        .container_name(service.container.as_str())
        .container_port(service.port.into())
        .build())
}

pub(crate) fn deployment_configuration(service: &Service) -> DeploymentConfiguration {
    let breaker =
        DeploymentCircuitBreaker::builder().enable(service.circuit_breaker).rollback(service.rollback).build();
    DeploymentConfiguration::builder()
        .deployment_circuit_breaker(breaker)
        .minimum_healthy_percent(to_i32(service.minimum_healthy_percent))
        .maximum_percent(to_i32(service.maximum_percent))
        .build()
}

pub(crate) const fn propagate_tags(service: &Service) -> PropagateTags {
    if service.propagate_tags { PropagateTags::Service } else { PropagateTags::None }
}

/// A service as the model represents it.
///
/// ECS always returns the deployment configuration and the grace period, so a difference there is real.
/// Emulators omit them; a missing value is taken for the planned one. For the tags that ECS adds itself, a
/// missing setting looks the same as one that is off. So `propagate_tags` is the setting for the service's
/// own tags; the two settings are always sent together.
pub(crate) fn resource(cx: &Context<'_>, live: LiveService, wanted: Option<&Service>) -> Result<Service> {
    let arn = live.service_arn.unwrap_or_default();
    let what = format!("the service {arn}");
    let network = live.network_configuration.and_then(|network| network.awsvpc_configuration);
    let balancer = live.load_balancers.unwrap_or_default().pop();
    let deployment = live.deployment_configuration;
    let breaker = deployment.as_ref().and_then(|deployment| deployment.deployment_circuit_breaker.as_ref());
    let number = |live_value: Option<i32>, wanted: Option<u32>| from_i32(live_value).or(wanted).unwrap_or(0);
    let container = balancer.as_ref().and_then(|balancer| balancer.container_name()).unwrap_or("none");
    Ok(Service {
        name: parse(&live.service_name.required(DESCRIBE, "serviceName")?, &what)?,
        cluster: cx.reference::<EcsCluster>(&live.cluster_arn.unwrap_or_default()),
        task_definition: cx.reference::<TaskDefinition>(&live.task_definition.unwrap_or_default()),
        platform_version: live.platform_version.unwrap_or_default(),
        subnets: network.iter().flat_map(|network| &network.subnets).map(|id| cx.reference::<Subnet>(id)).collect(),
        security_groups: network
            .iter()
            .flat_map(|network| network.security_groups())
            .map(|id| cx.reference::<SecurityGroup>(id))
            .collect(),
        public_ip: network.as_ref().and_then(|network| network.assign_public_ip()) == Some(&AssignPublicIp::Enabled),
        target_group: cx.reference::<TargetGroup>(
            balancer.as_ref().and_then(|balancer| balancer.target_group_arn()).unwrap_or_default(),
        ),
        container: parse(container, &what)?,
        port: from_i32(balancer.and_then(|balancer| balancer.container_port)).unwrap_or(0),
        health_check_grace_seconds: number(
            live.health_check_grace_period_seconds,
            wanted.map(|wanted| wanted.health_check_grace_seconds),
        ),
        minimum_healthy_percent: number(
            deployment.as_ref().and_then(|deployment| deployment.minimum_healthy_percent),
            wanted.map(|wanted| wanted.minimum_healthy_percent),
        ),
        maximum_percent: number(
            deployment.as_ref().and_then(|deployment| deployment.maximum_percent),
            wanted.map(|wanted| wanted.maximum_percent),
        ),
        circuit_breaker: breaker.map_or(wanted.is_some_and(|wanted| wanted.circuit_breaker), |breaker| breaker.enable),
        rollback: breaker.map_or(wanted.is_some_and(|wanted| wanted.rollback), |breaker| breaker.rollback),
        propagate_tags: live.propagate_tags == Some(PropagateTags::Service),
    })
}
