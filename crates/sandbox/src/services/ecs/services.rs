//! Reads and deletes services.

use std::time::Duration;

use super::refusals::{invalid, no_service};
use super::service::{self, Service, Status};
use super::{Event, cluster, names, tagging};
use crate::services::prelude::*;

/// The maximum number of services per describe call, the default and the maximum page size of
/// lists. Source: Amazon ECS API reference, `DescribeServices`, `ListServices`.
const DESCRIBED: usize = 10;
const LISTED: usize = 10;
const MOST_LISTED: u16 = 100;

pub(super) fn describe(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let cluster = cluster::of_call(cloud, input)?;
    let tags = tagging::are_included(input);
    super::describe_each(input, "services", DESCRIBED, |reference| {
        let name = names::service_name(&cloud.account, &cluster, reference)?;
        let service = cloud.ecs.services.get(&service::key(&cluster, &name));
        let missing = || names::service_arn(&cloud.account, &cluster, &name);
        Ok(service.map(|service| service.describe(cloud, tags)).ok_or_else(missing))
    })
}

/// Lists only active services. Source: Amazon ECS API reference, `DeleteService`.
pub(super) fn list(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let cluster = cluster::of_call(cloud, input)?;
    let fits = |service: &Service| {
        let launch = service.revision.launch_type();
        service.cluster == cluster
            && service.status == Status::Active
            && input.text("launchType").is_none_or(|wanted| Some(wanted) == launch)
            && input.text("schedulingStrategy").is_none_or(|wanted| wanted == "REPLICA")
    };
    let listed = cloud.ecs.services.values().filter(|service| fits(service));
    let arns =
        listed.map(|service| (service.name.clone(), names::service_arn(&cloud.account, &cluster, &service.name)));
    super::list_page(input, "serviceArns", (LISTED, MOST_LISTED), arns)
}

pub(super) fn delete(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let cluster = cluster::of_call(cloud, input)?;
    let name = names::service_name(&cloud.account, &cluster, input.required("service")?)?;
    let key = service::key(&cluster, &name);
    let service = cloud.ecs.services.get_mut(&key).filter(|service| service.status != Status::Inactive);
    let service = service.ok_or_else(no_service)?;
    if service.status == Status::Active {
        let force = input.flag("force") == Some(true);
        let is_scaled = invalid("The service cannot be stopped while it is scaled above 0.");
        ensure!(force || service.desired == 0, is_scaled);
        let is_deploying = invalid("The service cannot be stopped while deployments are active.");
        ensure!(force || service.deployments.len() <= 1, is_deploying);
        service.status = Status::Draining;
        service.desired = 0;
        // The answer states DRAINING even if no task has to drain.
        cloud.later(Duration::ZERO, Event::Schedule(key.clone()));
    }
    let service = cloud.ecs.services.get(&key).ok_or_else(no_service)?;
    Ok(json!({"service": service.describe(cloud, false)}))
}
