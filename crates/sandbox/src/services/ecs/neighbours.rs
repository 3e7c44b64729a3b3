//! What ECS asks of the services beside it, in one place.
//!
//! Unit tests arrange the answers ([`Arranged`]), so that they are about ECS alone.

use std::time::Duration;

use crate::cloud::Cloud;
use crate::refusal::Refusal;
use crate::services::iam::Linked;
use crate::services::{ec2, elb, iam, logs, secrets};

/// Whether a task can be given this role.
pub(super) fn role_is_assumable(cloud: &Cloud, arn: &str) -> bool {
    #[cfg(test)]
    if let Some(arranged) = &cloud.ecs.arranged {
        return arranged.roles.contains(arn);
    }
    iam::role_is_assumable(cloud, arn)
}

/// Whether the caller may give a task this role.
pub(super) fn role_may_be_passed(cloud: &Cloud, arn: &str) -> bool {
    #[cfg(test)]
    if cloud.ecs.arranged.is_some() {
        return true;
    }
    iam::role_may_be_passed(cloud, arn)
}

/// Refuses to create something until ECS can assume its own role, which it makes if there is none.
/// Source: nathanpeck/aws-cloudformation-fargate#3; LondonAppDeveloper/devops-recipe-app-api#44.
pub(super) fn needs_linked_role(cloud: &mut Cloud) -> Result<(), Refusal> {
    match iam::service_needs_its_role(cloud, "ecs.amazonaws.com") {
        Linked::Usable => Ok(()),
        Linked::Made | Linked::Spreading => Err(super::refusals::invalid(
            "Unable to assume the service linked role. Please verify that the ECS service linked role exists.",
        )),
    }
}

/// Whether a task can be given this secret.
pub(super) fn secret_has_value(cloud: &Cloud, arn: &str) -> bool {
    #[cfg(test)]
    if let Some(arranged) = &cloud.ecs.arranged {
        return arranged.secrets.contains(arn);
    }
    secrets::has_value(cloud, arn)
}

/// Whether a task can write to this log group.
pub(super) fn log_group_exists(cloud: &Cloud, name: &str) -> bool {
    #[cfg(test)]
    if let Some(arranged) = &cloud.ecs.arranged {
        return arranged.log_groups.contains(name);
    }
    logs::has_group(cloud, name)
}

/// Whether a target group is behind a listener; `None` when there is no such group.
pub(super) fn is_behind_listener(cloud: &Cloud, target_group: &str) -> Option<bool> {
    #[cfg(test)]
    if let Some(arranged) = &cloud.ecs.arranged {
        return arranged.target_groups.get(target_group).copied();
    }
    elb::is_behind_listener(cloud, target_group)
}

/// What the targets of a target group are: `ip` or `instance`.
pub(super) fn target_type(cloud: &Cloud, target_group: &str) -> Option<String> {
    #[cfg(test)]
    if cloud.ecs.arranged.is_some() {
        return Some("ip".to_owned());
    }
    elb::target_type(cloud, target_group)
}

/// Registers a task in a target group.
pub(super) fn register(cloud: &mut Cloud, target_group: &str, address: &str, port: u16) {
    #[cfg(test)]
    if let Some(arranged) = &mut cloud.ecs.arranged {
        arranged.targets.push((target_group.to_owned(), port));
        return;
    }
    elb::register(cloud, target_group, address, port);
}

/// Takes a task out of a target group, and gives how long it drains.
pub(super) fn deregister(cloud: &mut Cloud, target_group: &str, address: &str) -> Duration {
    #[cfg(test)]
    if let Some(arranged) = &mut cloud.ecs.arranged {
        let place = arranged.targets.iter().position(|(group, _)| group == target_group);
        place.map(|place| arranged.targets.remove(place));
        return arranged.deregistration_delay;
    }
    elb::deregister(cloud, target_group, address)
}

/// Attaches a network interface, and gives its id and its address.
pub(super) fn attach(cloud: &mut Cloud, subnet: &str, groups: &[String], description: &str) -> (String, String) {
    let id = ec2::attach(cloud, subnet, groups, description);
    let address = cloud.ec2.interfaces.get(&id).map(|interface| interface.private_ip.clone());
    (id, address.unwrap_or_default())
}

/// Lets a network interface go after a while.
pub(super) fn release(cloud: &mut Cloud, interface: &str, after: Duration) {
    ec2::release(cloud, interface, after);
}

/// What the services beside ECS say in a unit test.
#[cfg(test)]
#[derive(Clone, Debug, Default)]
pub(crate) struct Arranged {
    pub(crate) roles: std::collections::BTreeSet<String>,
    pub(crate) secrets: std::collections::BTreeSet<String>,
    pub(crate) log_groups: std::collections::BTreeSet<String>,
    /// By ARN, whether it is behind a listener.
    pub(crate) target_groups: std::collections::BTreeMap<String, bool>,
    /// What is registered: target group and port.
    pub(crate) targets: Vec<(String, u16)>,
    pub(crate) deregistration_delay: Duration,
}
