//! Deleting a cluster, with its volume and all automated backups.

use super::super::{Event, faults, instance, names, snapshot, timing};
use super::describe::describe_one;
use super::{ClusterEvent, Status, existing};
use crate::services::prelude::*;

pub(in super::super) fn delete(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let name = names::required(input, "DBClusterIdentifier")?;
    let cluster = existing(cloud, &name)?;
    let last = last_snapshot(cloud, input)?;
    if cluster.is_protected {
        let message = "Cannot delete protected Cluster, please disable deletion protection and try again.";
        return Err(faults::combination(message));
    }
    // Instances that are being deleted do not prevent this.
    if instance::members(cloud, &name).any(|member| member.status != instance::Status::Deleting) {
        let message = "Cluster cannot be deleted, it still contains DB instances in non-deleting state.";
        return Err(faults::cluster_state(message));
    }
    cluster.check_available()?;

    let mut next = cluster.clone();
    next.status = Status::Deleting;
    next.final_snapshot.clone_from(&last);
    next.drops_backups = input.flag("DeleteAutomatedBackups").unwrap_or(true);
    if let Some(last) = last {
        snapshot::take(cloud, &next, &last);
    }
    let answer = vec![xml::element("DBCluster", describe_one(cloud, &next))];
    let is_alone = instance::members(cloud, &name).next().is_none();
    let (resource, delay) = (next.resource.clone(), next.deletion_time());
    cloud.rds.clusters.insert(name, next);
    if is_alone {
        cloud.later(delay, Event::Cluster(resource, ClusterEvent::Gone));
    }
    Ok(answer)
}

/// The requested final snapshot. A call must request one or skip it explicitly.
fn last_snapshot(cloud: &Cloud, input: &Input) -> Result<Option<String>, Refusal> {
    let skips = input.flag("SkipFinalSnapshot").unwrap_or_default();
    match (skips, input.text("FinalDBSnapshotIdentifier")) {
        (true, None) => Ok(None),
        (true, Some(_)) => Err(faults::combination(
            "FinalDBSnapshotIdentifier can not be specified when SkipFinalSnapshot is set to true.",
        )),
        (false, None) => {
            Err(faults::combination("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."))
        }
        (false, Some(_)) => snapshot::new_name(cloud, input, "FinalDBSnapshotIdentifier").map(Some),
    }
}

impl super::Cluster {
    /// How long its deletion takes, once it has no instances.
    pub(super) fn deletion_time(&self) -> std::time::Duration {
        let snapshot = if self.final_snapshot.is_some() { timing::SNAPSHOT } else { std::time::Duration::ZERO };
        timing::CLUSTER_GOES + snapshot
    }
}
