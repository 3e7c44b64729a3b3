//! Modifying and rebooting an instance.

use super::super::{Event, cluster, faults, names, timing, window};
use super::describe::describe_one;
use super::{Instance, InstanceEvent, Status, check_class, existing, settings};
use crate::services::prelude::*;

/// A class changes after a while or in the maintenance window; all other settings change
/// immediately.
pub(in super::super) fn modify(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let name = names::required(input, "DBInstanceIdentifier")?;
    let instance = existing(cloud, &name)?;
    settings::check_known(input)?;
    if input.has("EngineVersion") {
        let message = "The engine version of a member of a DB cluster is changed by modifying the DB cluster.";
        return Err(faults::combination(message));
    }
    let mut next = instance.clone();
    next.stored = settings::stored(input, Some(&instance.stored))?;
    next.tier = settings::tier(input)?.unwrap_or(instance.tier);
    next.auto_minor = input.flag("AutoMinorVersionUpgrade").unwrap_or(instance.auto_minor);
    next.public = input.flag("PubliclyAccessible").unwrap_or(instance.public);
    let maintenance = input.text("PreferredMaintenanceWindow").unwrap_or(&instance.maintenance_window);
    next.maintenance_window = window::maintenance(Some(maintenance))?;
    let class = input.text("DBInstanceClass").map(str::to_owned);
    if let Some(class) = &class
        && let Some(release) = cluster::existing(cloud, &instance.cluster)?.release()
    {
        check_class(cloud, release, class)?;
    }
    let unavailable = || faults::instance_state("Database instance is not in available state.");
    ensure!(instance.status == Status::Available, unavailable());

    let resource = next.resource.clone();
    let apply = input.flag("ApplyImmediately").unwrap_or_default();
    match class {
        // A change back to the current class cancels the planned change.
        Some(class) if class == next.class => {
            next.deferred = None;
            next.change = next.change.filter(|_| !apply);
        }
        Some(class) if apply => {
            next.deferred = None;
            next.change = Some(class);
        }
        Some(class) => {
            next.deferred = Some(class);
            let delay = window::until(cloud.now, &next.maintenance_window);
            cloud.in_exactly(delay, Event::Instance(resource.clone(), InstanceEvent::Window));
        }
        None if apply => next.change = next.deferred.take().or(next.change),
        None => {}
    }
    let changes = next.change.is_some();
    let answer = vec![xml::element("DBInstance", describe_one(cloud, &next))];
    cloud.rds.instances.insert(name, next);
    if changes {
        cloud.later(timing::CHANGE_IS_NOTICED, Event::Instance(resource, InstanceEvent::Changes));
    }
    Ok(answer)
}

pub(in super::super) fn reboot(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let name = names::required(input, "DBInstanceIdentifier")?;
    let instance = existing(cloud, &name)?;
    if input.flag("ForceFailover").unwrap_or_default() {
        let message = "ForceFailover can't be specified: the DB instance isn't configured for Multi-AZ.";
        return Err(faults::combination(message));
    }
    if instance.status != Status::Available {
        let message = "Instance cannot currently reboot due to an in-progress management operation.";
        return Err(faults::instance_state(message));
    }
    let next = Instance { status: Status::Rebooting, ..instance.clone() };
    let resource = next.resource.clone();
    let answer = vec![xml::element("DBInstance", describe_one(cloud, &next))];
    cloud.rds.instances.insert(name, next);
    cloud.later(timing::REBOOT, Event::Instance(resource, InstanceEvent::Rebooted));
    Ok(answer)
}
