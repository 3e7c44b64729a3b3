//! Creating an instance. The first instance of a cluster is its writer; all others are readers.

use std::collections::BTreeSet;

use super::super::cluster::{self, Cluster};
use super::super::{
    Event, engine, faults, names, needs_linked_role, network, parameter_group, subnet_group, tagging, timing, window,
};
use super::describe::describe_one;
use super::{Instance, InstanceEvent, Status, check_class, members, settings};
use crate::services::ec2;
use crate::services::prelude::*;

/// The maximum number of instances. Source: Amazon RDS User Guide, "Quotas and constraints for
/// Amazon RDS".
const MOST: usize = 40;

/// The maximum number of instances per cluster: the writer and 15 readers. Source: Amazon Aurora
/// User Guide, "Quotas and constraints for Amazon Aurora".
const MOST_OF_CLUSTER: usize = 16;

/// The class that scales with the load.
const SERVERLESS: &str = "db.serverless";

/// The description of RDS's network interfaces.
const INTERFACE: &str = "RDSNetworkInterface";

pub(in super::super) fn create(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let name = names::new(input, "DBInstanceIdentifier", 63)?;
    let class = input.required("DBInstanceClass")?.to_owned();
    let engine = input.required("Engine")?;
    let Some(cluster) = input.text("DBClusterIdentifier").map(names::lookup) else {
        engine::check(engine)?;
        return Err(faults::combination(
            "The engine aurora-postgresql requires a DB cluster: set DBClusterIdentifier.",
        ));
    };
    settings::check_known(input)?;
    let stored = settings::stored(input, None)?;
    let tier = settings::tier(input)?.unwrap_or(1);
    let maintenance_window = window::maintenance(input.text("PreferredMaintenanceWindow"))?;
    let tags = tagging::tags(input)?;
    if cloud.rds.instances.contains_key(&name) {
        return Err(Refusal::new("DBInstanceAlreadyExists", "DB instance already exists"));
    }
    faults::check_quota(cloud.rds.instances.len(), MOST, "InstanceQuotaExceeded", "DB instances")?;
    needs_linked_role(cloud)?;
    let cluster = cluster::existing(cloud, &cluster)?;
    check_fit(cloud, cluster, input, &class)?;
    let (subnet, zone) = place(cloud, cluster, input)?;
    let (cluster, groups) = (cluster.name.clone(), cluster.security_groups.clone());
    let is_writer = !members(cloud, &cluster).any(|member| member.is_writer && member.status != Status::Deleting);

    let resource = names::resource(cloud, "db");
    let instance = Instance {
        name: name.clone(),
        resource: resource.clone(),
        cluster,
        class,
        status: Status::Creating,
        zone,
        interface: ec2::attach(cloud, &subnet, &groups, INTERFACE),
        subnet,
        is_writer,
        is_started: false,
        is_applying: false,
        waits_for_reboot: false,
        auto_minor: input.flag("AutoMinorVersionUpgrade").unwrap_or(true),
        public: input.flag("PubliclyAccessible").unwrap_or_default(),
        tier,
        maintenance_window,
        stored,
        change: None,
        deferred: None,
        created: cloud.now,
        tags,
    };
    let answer = vec![xml::element("DBInstance", describe_one(cloud, &instance))];
    // If the last writer is being deleted, this instance replaces it.
    for other in cloud.rds.instances.values_mut().filter(|it| it.cluster == instance.cluster) {
        other.is_writer &= !is_writer;
    }
    cloud.rds.instances.insert(name, instance);
    cloud.later(timing::INSTANCE_STARTS, Event::Instance(resource, InstanceEvent::Started));
    Ok(answer)
}

/// Rejects an instance that does not fit its cluster.
///
/// The cluster does not have to be available: RDS accepts an instance while the cluster is still
/// being created, as examples of the Amazon Aurora User Guide rely on ("Working with parallel
/// query": `create-db-cluster` and immediately `create-db-instance`). The fault applies to clusters
/// that are being deleted or changed.
fn check_fit(cloud: &Cloud, cluster: &Cluster, input: &Input, class: &str) -> Result<(), Refusal> {
    engine::check(input.required("Engine")?).map_err(|_| {
        faults::combination(format!(
            "The engine name requested for your DB instance ({}) doesn't match the engine name of your DB cluster \
             (aurora-postgresql).",
            input.text("Engine").unwrap_or_default()
        ))
    })?;
    if let Some(version) = input.text("EngineVersion").filter(|version| *version != cluster.version) {
        return Err(faults::combination(format!(
            "The engine version that you requested for your DB instance ({version}) does not match the engine version \
             of your DB cluster ({})",
            cluster.version
        )));
    }
    if let Some(group) = input.text("DBSubnetGroupName").map(names::lookup).filter(|it| *it != cluster.subnet_group) {
        subnet_group::existing(cloud, &group)?;
        let message = "The DbSubnetGroupName of the DB instance must match that of its DB cluster.";
        return Err(faults::combination(message));
    }
    if let Some(group) = input.text("DBParameterGroupName").map(names::lookup) {
        let own = cluster.release().map(|release| parameter_group::default_name(release.major));
        if own.as_ref() != Some(&group) {
            let message = format!("DBParameterGroup not found: {group}");
            return Err(Refusal::new("DBParameterGroupNotFound", message).status(404));
        }
    }
    if let Some(release) = cluster.release() {
        check_class(cloud, release, class)?;
    }
    if matches!(cluster.status, cluster::Status::Deleting | cluster::Status::Upgrading) {
        let (name, status) = (&cluster.name, words::of(&cluster.status));
        return Err(faults::cluster_state(format!("DB cluster {name} can't get an instance while it is {status}.")));
    }
    if class == SERVERLESS && cluster.scaling.is_none() {
        let message = "Set the Serverless v2 scaling configuration on the parent DB cluster before creating a \
                       Serverless v2 DB instance.";
        return Err(faults::cluster_state(message));
    }
    if members(cloud, &cluster.name).count() >= MOST_OF_CLUSTER {
        let message = format!("A DB cluster can't have more than {MOST_OF_CLUSTER} instances.");
        return Err(faults::cluster_state(message));
    }
    Ok(())
}

/// The subnet and zone of an instance: the requested zone, or the one with the fewest instances of
/// the cluster.
fn place(cloud: &Cloud, cluster: &Cluster, input: &Input) -> Result<(String, String), Refusal> {
    let group = subnet_group::existing(cloud, &cluster.subnet_group)?;
    let subnets: Vec<_> = network::present(cloud, &group.subnets).collect();
    let zones: BTreeSet<String> = network::zones(subnets.iter().copied());
    let taken = |zone: &String| members(cloud, &cluster.name).filter(|member| member.zone == *zone).count();
    let zone = match input.text("AvailabilityZone") {
        Some(zone) if zones.contains(zone) => Some(zone.to_owned()),
        Some(zone) => {
            let message = format!("The DB subnet group {} has no subnet in {zone}.", group.name);
            return Err(Refusal::new("InvalidVPCNetworkStateFault", message));
        }
        None => zones.into_iter().min_by_key(taken),
    };
    let subnet = subnets.into_iter().find(|subnet| zone.as_ref() == Some(&subnet.zone));
    let subnet = subnet.ok_or_else(|| {
        Refusal::new("InvalidVPCNetworkStateFault", format!("DB subnet group '{}' has no subnets.", group.name))
    })?;
    Ok((subnet.id.clone(), subnet.zone.clone()))
}
