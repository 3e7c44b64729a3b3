//! Scheduled changes of instances.

use super::super::{Event, cluster, timing, window};
use super::{Instance, Status};
use crate::services::ec2;
use crate::services::prelude::*;

/// A scheduled change of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum InstanceEvent {
    /// Its engine starts.
    Started,
    /// It becomes available.
    Created,
    /// Changed parameters are in effect, except those that require a reboot.
    ParametersApplied,
    /// Its changes begin.
    Changes,
    /// Its changes are complete.
    Changed,
    /// Its reboot is complete.
    Rebooted,
    /// Its maintenance window opens.
    Window,
    /// Its deletion is complete.
    Gone,
}

pub(in super::super) fn handle(cloud: &mut Cloud, resource: &str, event: InstanceEvent) {
    let Some(instance) = cloud.rds.instances.values_mut().find(|it| it.resource == resource) else { return };
    match event {
        InstanceEvent::Gone => return gone(cloud, resource),
        InstanceEvent::ParametersApplied => instance.is_applying = false,
        // An instance that is being deleted ignores all other events.
        _ if instance.status == Status::Deleting => {}
        InstanceEvent::Started => {
            instance.is_started = true;
            instance.status = Status::Configuring;
            then(cloud, resource, timing::INSTANCE_IS_CONFIGURED, InstanceEvent::Created);
        }
        InstanceEvent::Created => instance.status = Status::Available,
        InstanceEvent::Rebooted => restarted(instance),
        InstanceEvent::Changes => return changes(cloud, resource),
        InstanceEvent::Changed => {
            if let Some(class) = instance.change.take() {
                instance.class = class;
            }
            restarted(instance);
        }
        InstanceEvent::Window => return window_opens(cloud, resource),
    }
    if matches!(event, InstanceEvent::Created | InstanceEvent::Rebooted | InstanceEvent::Changed) {
        changes(cloud, resource);
    }
}

/// Upgrades the instances of a cluster together with it.
pub(in super::super) fn upgrades(cloud: &mut Cloud, cluster: &str) {
    for instance in cloud.rds.instances.values_mut().filter(|it| it.cluster == cluster) {
        if instance.status == Status::Available {
            instance.status = Status::Upgrading;
        }
    }
}

/// Completes the upgrade of a cluster's instances.
pub(in super::super) fn upgraded(cloud: &mut Cloud, cluster: &str) {
    let upgraded = cloud.rds.instances.values_mut().filter(|it| it.cluster == cluster);
    upgraded.filter(|it| it.status == Status::Upgrading).for_each(restarted);
}

/// Its engine has restarted, with all current parameters.
fn restarted(instance: &mut Instance) {
    instance.status = Status::Available;
    instance.waits_for_reboot = false;
}

/// Starts its pending changes, if it is available.
fn changes(cloud: &mut Cloud, resource: &str) {
    let Some(instance) = cloud.rds.instances.values_mut().find(|it| it.resource == resource) else { return };
    if instance.status == Status::Available && instance.change.is_some() {
        instance.status = Status::Modifying;
        then(cloud, resource, timing::INSTANCE_CHANGES, InstanceEvent::Changed);
    }
}

/// Starts the deferred changes. If the instance is busy, they wait for the next window.
fn window_opens(cloud: &mut Cloud, resource: &str) {
    let now = cloud.now;
    let Some(instance) = cloud.rds.instances.values_mut().find(|it| it.resource == resource) else { return };
    if instance.deferred.is_none() {
        return;
    }
    if instance.status == Status::Available {
        instance.change = instance.deferred.take();
        changes(cloud, resource);
    } else {
        let delay = window::until(now, &instance.maintenance_window);
        let event = Event::Instance(resource.to_owned(), InstanceEvent::Window);
        cloud.in_exactly(delay, event);
    }
}

fn gone(cloud: &mut Cloud, resource: &str) {
    let name = cloud.rds.instances.values().find(|it| it.resource == resource).map(|it| it.name.clone());
    let Some(instance) = name.and_then(|name| cloud.rds.instances.remove(&name)) else { return };
    ec2::release(cloud, &instance.interface, timing::INTERFACE_GOES);
    cluster::lost_instance(cloud, &instance.cluster);
}

fn then(cloud: &mut Cloud, resource: &str, delay: std::time::Duration, event: InstanceEvent) {
    cloud.later(delay, Event::Instance(resource.to_owned(), event));
}
