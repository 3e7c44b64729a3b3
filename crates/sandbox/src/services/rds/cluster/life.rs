//! Scheduled changes of clusters.

use super::super::{Event, instance, snapshot, window};
use super::Status;
use crate::services::prelude::*;

/// A scheduled change of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ClusterEvent {
    /// It becomes available.
    Created,
    /// Its changes begin.
    Changes,
    /// Its changes are complete.
    Changed,
    /// Its maintenance window opens.
    Window,
    /// Its deletion is complete.
    Gone,
}

pub(in super::super) fn handle(cloud: &mut Cloud, resource: &str, event: ClusterEvent) {
    let Some(cluster) = cloud.rds.clusters.values().find(|cluster| cluster.resource == resource) else { return };
    let name = cluster.name.clone();
    match event {
        ClusterEvent::Created => created(cloud, &name),
        ClusterEvent::Changes => changes(cloud, &name),
        ClusterEvent::Changed => changed(cloud, &name),
        ClusterEvent::Window => window_opens(cloud, &name),
        ClusterEvent::Gone => gone(cloud, &name),
    }
}

/// Continues the deletion of a cluster, if it waited for the deletion of this last instance.
pub(in super::super) fn lost_instance(cloud: &mut Cloud, name: &str) {
    let is_alone = instance::members(cloud, name).next().is_none();
    if let Some(cluster) = cloud.rds.clusters.get(name)
        && cluster.status == Status::Deleting
        && is_alone
    {
        let (resource, delay) = (cluster.resource.clone(), cluster.deletion_time());
        cloud.later(delay, Event::Cluster(resource, ClusterEvent::Gone));
    }
}

/// The first automated snapshot is taken as soon as the cluster is available.
fn created(cloud: &mut Cloud, name: &str) {
    let Some(cluster) = cloud.rds.clusters.get_mut(name) else { return };
    cluster.status = Status::Available;
    let cluster = cluster.clone();
    snapshot::take_automated(cloud, &cluster);
}

fn changes(cloud: &mut Cloud, name: &str) {
    let Some(cluster) = cloud.rds.clusters.get_mut(name) else { return };
    if cluster.status != Status::Available || cluster.changes.is_empty() {
        return;
    }
    let (status, duration) = cluster.changes.work();
    cluster.status = status;
    let resource = cluster.resource.clone();
    if status == Status::Upgrading {
        instance::upgrades(cloud, name);
    }
    cloud.later(duration, Event::Cluster(resource, ClusterEvent::Changed));
}

fn changed(cloud: &mut Cloud, name: &str) {
    let Some(cluster) = cloud.rds.clusters.get_mut(name) else { return };
    let upgraded = cluster.status == Status::Upgrading;
    cluster.status = Status::Available;
    std::mem::take(&mut cluster.changes).apply(cluster);
    if upgraded {
        instance::upgraded(cloud, name);
    }
}

/// Starts the deferred changes. If the cluster is busy, they wait for the next window.
fn window_opens(cloud: &mut Cloud, name: &str) {
    let now = cloud.now;
    let Some(cluster) = cloud.rds.clusters.get_mut(name) else { return };
    if cluster.deferred.is_empty() || cluster.status == Status::Deleting {
        return;
    }
    if cluster.status == Status::Available {
        let deferred = std::mem::take(&mut cluster.deferred);
        cluster.changes = std::mem::take(&mut cluster.changes).and(deferred);
        changes(cloud, name);
    } else {
        let delay = window::until(now, &cluster.maintenance_window);
        let event = Event::Cluster(cluster.resource.clone(), ClusterEvent::Window);
        cloud.in_exactly(delay, event);
    }
}

fn gone(cloud: &mut Cloud, name: &str) {
    let Some(cluster) = cloud.rds.clusters.remove(name) else { return };
    if cluster.drops_backups {
        snapshot::drop_automated(cloud, &cluster.resource);
    }
}
