//! Deleting an instance. The data belongs to the cluster and remains.

use super::super::{Event, faults, names, timing};
use super::describe::describe_one;
use super::{Instance, InstanceEvent, Status, existing};
use crate::services::prelude::*;

/// An instance can be deleted in any status except `deleting`.
pub(in super::super) fn delete(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let name = names::required(input, "DBInstanceIdentifier")?;
    let instance = existing(cloud, &name)?;
    if input.has("FinalDBSnapshotIdentifier") {
        let message = "FinalDBSnapshotIdentifier can not be specified when deleting a cluster instance";
        return Err(faults::combination(message));
    }
    if instance.status == Status::Deleting {
        return Err(faults::instance_state(format!("Instance {name} is already being deleted.")));
    }
    let next = Instance { status: Status::Deleting, ..instance.clone() };
    let (resource, cluster, was_writer) = (next.resource.clone(), next.cluster.clone(), next.is_writer);
    let answer = vec![xml::element("DBInstance", describe_one(cloud, &next))];
    cloud.rds.instances.insert(name, next);
    if was_writer {
        promote(cloud, &cluster);
    }
    cloud.later(timing::INSTANCE_GOES, Event::Instance(resource, InstanceEvent::Gone));
    Ok(answer)
}

/// Promotes the reader with the highest priority to the writer, if there is one. Source: Amazon
/// Aurora User Guide, "High availability for Amazon Aurora", promotion tiers.
fn promote(cloud: &mut Cloud, cluster: &str) {
    let readers = cloud.rds.instances.values_mut().filter(|instance| instance.cluster == cluster);
    let mut readers: Vec<&mut Instance> = readers.filter(|instance| instance.status != Status::Deleting).collect();
    readers.sort_by_key(|reader| (!reader.is_started, reader.tier));
    let Some(successor) = readers.into_iter().next() else { return };
    successor.is_writer = true;
    for other in cloud.rds.instances.values_mut() {
        if other.cluster == cluster && other.status == Status::Deleting {
            other.is_writer = false;
        }
    }
}
