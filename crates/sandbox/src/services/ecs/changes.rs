//! Creates and updates services.

use super::deployment::Deployment;
use super::refusals::{client, invalid, no_service};
use super::rollout::Rollout;
use super::service::{self, Options, Propagate, Service, Status};
use super::settings::{Launch, Revision};
use super::{cluster, names, refusals, scheduler, tagging};
use crate::services::prelude::*;

/// The maximum number of services per cluster, and of tasks per service. Source: Amazon ECS service
/// quotas.
const MOST_SERVICES: usize = 5_000;
const MOST_TASKS: i64 = 5_000;

/// Source: Amazon ECS API reference, `CreateService`.
pub(super) fn create(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let cluster = cluster::of_call(cloud, input)?;
    let name = input.required("serviceName")?.to_owned();
    if !names::is_name(&name) {
        return Err(invalid("Invalid service name: up to 255 letters, numbers, hyphens and underscores are allowed."));
    }
    let token = input.text("clientToken");
    if token.is_some_and(|token| token.len() > 36 || !token.bytes().all(|byte| (33..=126).contains(&byte))) {
        return Err(invalid("clientToken must be up to 36 ASCII characters in the range of 33-126."));
    }
    if let Some(existing) = existing(cloud, &service::key(&cluster, &name), token, input)? {
        return Ok(json!({"service": existing.describe(cloud, true)}));
    }
    let service = asked(cloud, &cluster, name, input)?;
    refusals::needs_linked_role(cloud)?;
    let in_cluster = cloud.ecs.services.values().filter(|other| other.cluster == cluster);
    if in_cluster.filter(|other| other.status != Status::Inactive).count() >= MOST_SERVICES {
        return Err(client(format!("The cluster has reached the limit of {MOST_SERVICES} services.")));
    }
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
    let alive = |key: &str| cloud.ecs.services.get(key).filter(|service| service.status != Status::Inactive);
    // A service that has just become inactive still blocks its name while stale reads may return
    // it.
    // Source: hashicorp/terraform-provider-aws#2283.
    let of_name = cloud.ecs.services.get(key);
    if of_name.and_then(|service| service.ended).is_some_and(|ended| !cloud.knows(crate::services::Service::Ecs, ended))
    {
        return Err(not_idempotent());
    }
    // A token of a service that no longer exists is ignored.
    let made = cloud.ecs.tokens.made(token, input).map_err(|_| not_idempotent());
    match alive(key) {
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
    if controller != "ECS" {
        let message = format!("The sandbox has no deployment controller {controller}.");
        return Err(Refusal::new("UnsupportedFeatureException", message));
    }
    let revision = Revision::new(cloud, cluster, input)?;
    if input.text("schedulingStrategy") == Some("DAEMON") {
        return Err(invalid("The daemon scheduling strategy is not supported with FARGATE."));
    }
    if revision.launch != Launch::Instances {
        for key in ["placementConstraints", "placementStrategy"] {
            if !input.list(key).is_empty() {
                return Err(invalid(format!("{key} is not supported with FARGATE launch type.")));
            }
        }
    }
    if input.text("role").is_some_and(|role| !role.is_empty()) {
        return Err(invalid("You cannot specify an IAM role for services that require a service linked role."));
    }
    let desired = desired(input)?.ok_or_else(|| Refusal::missing("desiredCount"))?;
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
        desired,
        rollout: Rollout::default().changed(input)?,
        options: options(&unset, input, !revision.balancers.is_empty())?,
        revision,
        deployments: Vec::new(),
        completed: None,
        events: Vec::new(),
    })
}

fn desired(input: &Input) -> Result<Option<usize>, Refusal> {
    let Some(desired) = input.number("desiredCount") else { return Ok(None) };
    let sound = usize::try_from(desired).ok().filter(|_| desired <= MOST_TASKS);
    sound.map(Some).ok_or_else(|| invalid(format!("desiredCount must be from 0 to {MOST_TASKS}, and not {desired}.")))
}

/// The options, updated by a call.
fn options(now: &Options, input: &Input, is_balanced: bool) -> Result<Options, Refusal> {
    let grace = input.number("healthCheckGracePeriodSeconds");
    if grace.is_some_and(|grace| !(0..=i64::from(i32::MAX)).contains(&grace)) {
        return Err(invalid("healthCheckGracePeriodSeconds must be from 0 to 2147483647."));
    }
    if grace.is_some_and(|grace| grace > 0) && !is_balanced {
        return Err(invalid("Health check grace period is only valid for services configured to use load balancers"));
    }
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
    if service.status != Status::Active {
        return Err(Refusal::new("ServiceNotActiveException", "Service was not ACTIVE."));
    }
    let revision = service.revision.changed(cloud, &cluster, input)?;
    let rollout = service.rollout.changed(input)?;
    let options = options(&service.options, input, !revision.balancers.is_empty())?;
    let desired = desired(input)?.unwrap_or(service.desired);
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
