//! Conversions between the fields of a service and those of ECS.

use aws_sdk_ecs::types::{
    AssignPublicIp, AwsVpcConfiguration, CapacityProviderStrategyItem, DeploymentCircuitBreaker,
    DeploymentConfiguration, LaunchType, LoadBalancer, NetworkConfiguration, PropagateTags, Service as LiveService,
};
use saas_model::fields::FieldChange;
use saas_model::resource::{
    CapacityProvider, EcsCluster, LoadBalancerAttachment, SecurityGroup, Service, Subnet, TargetGroup, TaskDefinition,
};
use saas_model::{Ref, Set};
use serde_json::Value;

use crate::context::Context;
use crate::error::{Required, Result};
use crate::providers::ecs::ecs_cluster::known_provider;
use crate::providers::number::{from_i32, to_i32};
use crate::providers::parse::parse;

const DESCRIBE: &str = "ecs DescribeServices";

pub(crate) fn network(cx: &Context<'_>, service: &Service) -> Result<NetworkConfiguration> {
    network_of(cx, &service.subnets, &service.security_groups, service.public_ip)
}

/// The network of tasks in these subnets.
pub(crate) fn network_of(
    cx: &Context<'_>,
    subnets: &Set<Ref<Subnet>>,
    security_groups: &Set<Ref<SecurityGroup>>,
    public_ip: bool,
) -> Result<NetworkConfiguration> {
    let configuration = AwsVpcConfiguration::builder()
        .set_subnets(Some(cx.ids(subnets)?))
        .set_security_groups(Some(cx.ids(security_groups)?))
        .assign_public_ip(if public_ip { AssignPublicIp::Enabled } else { AssignPublicIp::Disabled })
        .build()
        .expect("its only required field, the subnets, is given");
    Ok(NetworkConfiguration::builder().awsvpc_configuration(configuration).build())
}

/// The load balancers of a service: one, or none for a worker.
pub(crate) fn load_balancers(cx: &Context<'_>, service: &Service) -> Result<Vec<LoadBalancer>> {
    let attached = service.load_balancer.iter().map(|attachment| {
        Ok(LoadBalancer::builder()
            .target_group_arn(cx.arn(&attachment.target_group)?)
            .container_name(attachment.container.as_str())
            .container_port(attachment.port.into())
            .build())
    });
    attached.collect()
}

/// The grace period, which ECS accepts only of a service with a load balancer.
pub(crate) fn grace_period(service: &Service) -> Option<i32> {
    service.load_balancer.as_ref().map(|attachment| to_i32(attachment.health_check_grace_seconds))
}

/// The path of the grace period.
const GRACE_PERIOD: &str = "load_balancer.health_check_grace_seconds";

/// Whether a change is to the grace period, alone or with the whole attachment.
pub(crate) fn is_of_grace_period(change: &FieldChange) -> bool {
    [GRACE_PERIOD, "load_balancer"].contains(&change.field.as_str())
}

/// Whether a change is to the attachment itself. Sending the attachment starts a deployment.
pub(crate) fn is_of_attachment(change: &FieldChange) -> bool {
    change.top() == "load_balancer" && change.field != GRACE_PERIOD
}

/// All tasks on one kind of capacity.
pub(crate) fn capacity(provider: CapacityProvider) -> CapacityProviderStrategyItem {
    let item = CapacityProviderStrategyItem::builder().capacity_provider(provider.to_string()).weight(1);
    item.build().expect("its only required field is given")
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

/// A service as the model represents it, and the fields that it cannot represent, as ECS returns them.
///
/// ECS always returns the deployment configuration and the grace period, so a difference there is real.
/// Emulators omit them; a missing value is taken for the planned one. For the tags that ECS adds itself, a
/// missing setting looks the same as one that is off. So `propagate_tags` is the setting for the service's
/// own tags; the two settings are always sent together.
pub(crate) fn resource(
    cx: &Context<'_>,
    live: LiveService,
    wanted: Option<&Service>,
) -> Result<(Service, Vec<(String, Value)>)> {
    let mut raw_values = Vec::new();
    let capacity = live_capacity(&live).unwrap_or_else(|other| {
        raw_values.extend(other.map(|other| ("capacity".to_owned(), other)));
        wanted.map_or(CapacityProvider::Fargate, |wanted| wanted.capacity)
    });
    let attachment = live_attachment(cx, &live, wanted).unwrap_or_else(|groups| {
        raw_values.push(("load_balancer".to_owned(), groups));
        None
    });
    let arn = live.service_arn.unwrap_or_default();
    let what = format!("the service {arn}");
    let network = live.network_configuration.and_then(|network| network.awsvpc_configuration);
    let deployment = live.deployment_configuration;
    let breaker = deployment.as_ref().and_then(|deployment| deployment.deployment_circuit_breaker.as_ref());
    let number = |live_value: Option<i32>, wanted: Option<u32>| from_i32(live_value).or(wanted).unwrap_or(0);
    let service = Service {
        name: parse(&live.service_name.required(DESCRIBE, "serviceName")?, &what)?,
        cluster: cx.reference::<EcsCluster>(&live.cluster_arn.unwrap_or_default()),
        task_definition: cx.reference::<TaskDefinition>(&live.task_definition.unwrap_or_default()),
        platform_version: live.platform_version.unwrap_or_default(),
        capacity,
        subnets: network.iter().flat_map(|network| &network.subnets).map(|id| cx.reference::<Subnet>(id)).collect(),
        security_groups: network
            .iter()
            .flat_map(|network| network.security_groups())
            .map(|id| cx.reference::<SecurityGroup>(id))
            .collect(),
        public_ip: network.as_ref().and_then(|network| network.assign_public_ip()) == Some(&AssignPublicIp::Enabled),
        load_balancer: attachment,
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
        exec: live.enable_execute_command,
        propagate_tags: live.propagate_tags == Some(PropagateTags::Service),
    };
    Ok((service, raw_values))
}

/// Where the tasks of a live service run. An error has what the model cannot represent, if ECS returns it.
///
/// A service made with the launch type Fargate is on Fargate. ECS returns a platform version only of services on
/// Fargate, so another launch type beside one is the default of an emulator that does not return strategies.
/// Source: Amazon ECS API, `Service`, `platformVersion`.
fn live_capacity(live: &LiveService) -> Result<CapacityProvider, Option<Value>> {
    match live.capacity_provider_strategy() {
        [] => match live.launch_type() {
            Some(LaunchType::Fargate) => Ok(CapacityProvider::Fargate),
            Some(other) if live.platform_version().is_none() => Err(Some(other.as_str().into())),
            Some(_) | None => Err(None),
        },
        [only] if only.base == 0 && only.weight > 0 => {
            known_provider(&only.capacity_provider).ok_or_else(|| Some(only.capacity_provider.as_str().into()))
        }
        several => {
            let item = |item: &CapacityProviderStrategyItem| {
                format!("{}: base {}, weight {}", item.capacity_provider, item.base, item.weight)
            };
            Err(Some(several.iter().map(item).collect::<Vec<_>>().into()))
        }
    }
}

/// How a live service receives requests. An error has the target groups of a service with several.
fn live_attachment(
    cx: &Context<'_>,
    live: &LiveService,
    wanted: Option<&Service>,
) -> Result<Option<LoadBalancerAttachment>, Value> {
    let balancers = live.load_balancers();
    let group =
        |balancer: &LoadBalancer| balancer.target_group_arn().or(balancer.load_balancer_name()).map(str::to_owned);
    let cannot = || Value::from(balancers.iter().filter_map(group).collect::<Vec<_>>());
    let only = match balancers {
        [] => return Ok(None),
        [only] => only,
        _ => return Err(cannot()),
    };
    let planned = wanted.and_then(|wanted| wanted.load_balancer.as_ref());
    let grace = from_i32(live.health_check_grace_period_seconds);
    Ok(Some(LoadBalancerAttachment {
        target_group: cx.reference::<TargetGroup>(only.target_group_arn().unwrap_or_default()),
        container: only.container_name().and_then(|name| name.parse().ok()).ok_or_else(cannot)?,
        port: from_i32(only.container_port).ok_or_else(cannot)?,
        health_check_grace_seconds: grace.or(planned.map(|planned| planned.health_check_grace_seconds)).unwrap_or(0),
    }))
}
