//! Creates and updates services.

use std::ops::RangeInclusive;

use super::deployment::Deployment;
use super::refusals::{client, invalid, no_service};
use super::rollout::Rollout;
use super::service::{self, Options, Propagate, Service, Status};
use super::settings::{Launch, Revision};
use super::{cluster, names, refusals, scheduler, tagging};
use crate::services::prelude::*;

/// The maximum number of services per cluster, and the numbers of tasks that a service can have.
/// Source: Amazon ECS service quotas.
const MOST_SERVICES: usize = 5_000;
const TASKS: RangeInclusive<i64> = 0..=5_000;

/// Source: Amazon ECS API reference, `CreateService`.
pub(super) fn create(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let cluster = cluster::of_call(cloud, input)?;
    let name = input.required("serviceName")?.to_owned();
    let message = "Invalid service name: up to 255 letters, numbers, hyphens and underscores are allowed.";
    ensure!(names::is_name(&name), invalid(message));
    let token = input.text("clientToken");
    let is_token = |token: &str| token.len() <= 36 && token.bytes().all(|byte| byte.is_ascii_graphic());
    let message = "clientToken must be up to 36 ASCII characters in the range of 33-126.";
    ensure!(token.is_none_or(is_token), invalid(message));
    if let Some(existing) = existing(cloud, &service::key(&cluster, &name), token, input)? {
        return Ok(json!({"service": existing.describe(cloud, true)}));
    }
    let service = asked(cloud, &cluster, name, input)?;
    refusals::needs_linked_role(cloud)?;
    let in_cluster = cloud.ecs.services.values().filter(|other| other.cluster == cluster);
    let count = in_cluster.filter(|other| other.status != Status::Inactive).count();
    let message = format!("The cluster has reached the limit of {MOST_SERVICES} services.");
    ensure!(count < MOST_SERVICES, client(message));
    let key = service.key();
    let first = Deployment::new(cloud, service.revision.clone());
    cloud.ecs.services.insert(key.clone(), service);
    scheduler::deploy(cloud, &key, first);
    service::look_soon(cloud, &key);
    cloud.ecs.tokens.remember(token, input, &key);
    let service = cloud.ecs.services.get(&key).ok_or_else(no_service)?;
    Ok(json!({"service": service.describe(cloud, true)}))
}

/// The service that an identical earlier call created. Rejects a name that is taken otherwise.
fn existing<'a>(
    cloud: &'a Cloud,
    key: &str,
    token: Option<&str>,
    input: &Input,
) -> Result<Option<&'a Service>, Refusal> {
    let not_idempotent = || invalid("Creation of service was not idempotent.");
    // A service that has just become inactive still blocks its name while stale reads may return
    // it.
    // Source: hashicorp/terraform-provider-aws#2283.
    let of_name = cloud.ecs.services.get(key);
    let ended = of_name.and_then(|service| service.ended);
    ensure!(ended.is_none_or(|ended| cloud.knows(crate::services::Service::Ecs, ended)), not_idempotent());
    // A token of a service that no longer exists is ignored.
    let made = cloud.ecs.tokens.made(token, input).map_err(|_| not_idempotent());
    match of_name.filter(|service| service.status != Status::Inactive) {
        Some(service) if service.status == Status::Draining => {
            Err(invalid("Unable to Start a service that is still Draining."))
        }
        Some(service) => match made? {
            Some(made) if made == key => Ok(Some(service)),
            _ => Err(not_idempotent()),
        },
        None => Ok(None),
    }
}

/// The service that a call describes.
fn asked(cloud: &Cloud, cluster: &str, name: String, input: &Input) -> Result<Service, Refusal> {
    let controller = input.inner("deploymentController").text("type").unwrap_or("ECS").to_owned();
    let message = format!("The sandbox has no deployment controller {controller}.");
    ensure!(controller == "ECS", Refusal::new("UnsupportedFeatureException", message));
    let revision = Revision::new(cloud, cluster, input)?;
    let is_daemon = input.text("schedulingStrategy") == Some("DAEMON");
    ensure!(!is_daemon, invalid("The daemon scheduling strategy is not supported with FARGATE."));
    if revision.launch != Launch::Instances {
        for key in ["placementConstraints", "placementStrategy"] {
            ensure!(input.list(key).is_empty(), invalid(format!("{key} is not supported with FARGATE launch type.")));
        }
    }
    let message = "You cannot specify an IAM role for services that require a service linked role.";
    ensure!(input.text("role").is_none_or(str::is_empty), invalid(message));
    let desired = input.within("desiredCount", TASKS).map_err(invalid)?;
    let exec = input.flag("enableExecuteCommand") == Some(true);
    revision.check_exec(cloud, exec, "The service couldn't be created")?;
    let unset = Options {
        grace: (!revision.balancers.is_empty()).then_some(0),
        propagate: Propagate::None,
        managed_tags: false,
        execute_command: false,
        rebalancing: true,
    };
    Ok(Service {
        cluster: cluster.to_owned(),
        name,
        status: Status::Active,
        created: cloud.now,
        ended: None,
        tags: tagging::given(input)?,
        desired: desired.ok_or_else(|| Refusal::missing("desiredCount"))?,
        rollout: Rollout::default().changed(input)?,
        options: options(&unset, input, !revision.balancers.is_empty())?,
        revision,
        deployments: Vec::new(),
        completed: None,
        events: Vec::new(),
    })
}

/// The options, updated by a call.
fn options(now: &Options, input: &Input, is_balanced: bool) -> Result<Options, Refusal> {
    let grace = input.within("healthCheckGracePeriodSeconds", 0..=i32::MAX.into()).map_err(invalid)?;
    let message = "Health check grace period is only valid for services configured to use load balancers";
    ensure!(is_balanced || grace.is_none_or(|grace| grace == 0), invalid(message));
    Ok(Options {
        grace: grace.or(now.grace).filter(|_| is_balanced),
        propagate: input.word("propagateTags").unwrap_or(now.propagate),
        managed_tags: input.flag("enableECSManagedTags").unwrap_or(now.managed_tags),
        execute_command: input.flag("enableExecuteCommand").unwrap_or(now.execute_command),
        rebalancing: input.text("availabilityZoneRebalancing").map_or(now.rebalancing, |word| word == "ENABLED"),
    })
}

/// Changes to the tasks start a deployment; other changes do not. Source: Amazon ECS API reference,
/// `UpdateService`.
pub(super) fn update(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let cluster = cluster::of_call(cloud, input)?;
    let name = names::service_name(&cloud.account, &cluster, input.required("service")?)?;
    let key = service::key(&cluster, &name);
    let service = cloud.ecs.services.get(&key).ok_or_else(no_service)?;
    ensure!(service.status == Status::Active, Refusal::new("ServiceNotActiveException", "Service was not ACTIVE."));
    let revision = service.revision.changed(cloud, &cluster, input)?;
    let rollout = service.rollout.changed(input)?;
    let options = options(&service.options, input, !revision.balancers.is_empty())?;
    revision.check_exec(cloud, options.execute_command, "The service couldn't be updated")?;
    let desired = input.within("desiredCount", TASKS).map_err(invalid)?.unwrap_or(service.desired);
    let deploys = revision != service.revision || input.flag("forceNewDeployment") == Some(true);

    if let Some(service) = cloud.ecs.services.get_mut(&key) {
        service.rollout = rollout;
        service.options = options;
        service.desired = desired;
    }
    if deploys {
        let next = Deployment::new(cloud, revision);
        scheduler::deploy(cloud, &key, next);
    }
    service::look_soon(cloud, &key);
    let service = cloud.ecs.services.get(&key).ok_or_else(no_service)?;
    Ok(json!({"service": service.describe(cloud, true)}))
}
