//! Snapshots of clusters: automated ones, which are deleted with their cluster, and manual ones,
//! which remain.

use super::catalogue::{self, ENGINE};
use super::cluster::{self, Cluster};
use super::{Event, faults, names, pages, subnet_group, tagging, timing};
use crate::services::prelude::*;

/// The maximum number of manual snapshots. Source: Amazon Aurora User Guide, "Quotas and
/// constraints for Amazon Aurora".
const MOST: usize = 100;

/// The prefix of the names of automated snapshots.
const AUTOMATED: &str = "rds:";

const FILTERS: &[&str] = &["db-cluster-id", "db-cluster-snapshot-id", "engine", "snapshot-type"];
const TYPES: [&str; 5] = ["automated", "awsbackup", "manual", "public", "shared"];

/// A snapshot of a cluster.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    pub(super) name: String,
    pub(super) is_automated: bool,
    is_complete: bool,
    /// The cluster at the time of the snapshot.
    cluster: Cluster,
    vpc: String,
    pub(super) created: Time,
    pub(super) tags: Tags,
}

impl Snapshot {
    const fn kind(&self) -> &'static str {
        if self.is_automated { "automated" } else { "manual" }
    }
}

pub(super) fn create(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let name = new_name(cloud, input, "DBClusterSnapshotIdentifier")?;
    let cluster = cluster::existing(cloud, &names::required(input, "DBClusterIdentifier")?)?.clone();
    let tags = tagging::tags(input)?;
    cluster.check_available()?;
    take(cloud, &cluster, &name);
    let Some(snapshot) = cloud.rds.snapshots.get_mut(&name) else { return Ok(Vec::new()) };
    snapshot.tags.extend(tags);
    let snapshot = snapshot.clone();
    Ok(vec![xml::element("DBClusterSnapshot", describe_one(cloud, &snapshot))])
}

pub(super) fn describe(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let cloud = &*cloud;
    let filters = pages::Filters::read(input, FILTERS)?;
    let of_type = input.text("SnapshotType");
    if of_type.is_some_and(|of_type| !TYPES.contains(&of_type)) {
        return Err(faults::value(format!("Invalid snapshot type. Valid values are {}", TYPES.join(", "))));
    }
    let name = input.text("DBClusterSnapshotIdentifier").map(names::lookup);
    let of_cluster = input.text("DBClusterIdentifier").map(names::lookup);
    if name.is_some() && of_cluster.is_some() {
        let message = "DBClusterIdentifier can't be used in conjunction with DBClusterSnapshotIdentifier.";
        return Err(faults::combination(message));
    }
    let snapshots: Vec<&Snapshot> = cloud
        .rds
        .snapshots
        .values()
        .filter(|it| of_type.is_none_or(|of_type| of_type == it.kind()))
        .filter(|it| of_cluster.as_ref().is_none_or(|cluster| *cluster == it.cluster.name))
        .filter(|it| input.text("DbClusterResourceId").is_none_or(|resource| resource == it.cluster.resource))
        // An automated snapshot matches by name only if the type is given.
        .filter(|it| name.as_ref().is_none_or(|name| *name == it.name && (!it.is_automated || of_type.is_some())))
        .collect();
    if let Some(name) = name.filter(|_| snapshots.is_empty()) {
        return Err(faults::no_snapshot(&name));
    }
    let snapshots = snapshots.into_iter().filter(|it| {
        let cluster = names::arn(&cloud.account, "cluster", &it.cluster.name);
        filters.allow("db-cluster-id", &[&it.cluster.name, &cluster])
            && filters.allow("db-cluster-snapshot-id", &[&it.name])
            && filters.allow("snapshot-type", &[it.kind()])
            && filters.allow("engine", &[ENGINE])
    });
    let snapshots = snapshots.map(|it| (it.name.clone(), it));
    let names = ["DBClusterSnapshots", "DBClusterSnapshot"];
    pages::listing(input, names, snapshots, |snapshot| describe_one(cloud, snapshot))
}

/// Aurora instances have no snapshots of their own.
pub(super) fn describe_of_instances(_cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    if let Some(name) = input.text("DBSnapshotIdentifier") {
        return Err(Refusal::new("DBSnapshotNotFound", format!("DBSnapshot {name} not found.")).status(404));
    }
    let none: [(String, ()); 0] = [];
    pages::listing(input, ["DBSnapshots", "DBSnapshot"], none, |()| Vec::new())
}

pub(super) fn delete(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let name = names::required(input, "DBClusterSnapshotIdentifier")?;
    let snapshot = cloud.rds.snapshots.get(&name).ok_or_else(|| faults::no_snapshot(&name))?;
    let wrong = |message: String| Err(Refusal::new("InvalidDBClusterSnapshotStateFault", message));
    if snapshot.is_automated {
        return wrong("Only manual snapshots may be deleted.".to_owned());
    }
    if !snapshot.is_complete {
        return wrong(format!("The snapshot {name} is not in the available state."));
    }
    let answer = vec![xml::element("DBClusterSnapshot", describe_one(cloud, snapshot))];
    cloud.rds.snapshots.remove(&name);
    Ok(answer)
}

/// The name of a new snapshot. Rejects a duplicate name and an exceeded quota.
pub(super) fn new_name(cloud: &Cloud, input: &Input, parameter: &str) -> Result<String, Refusal> {
    let name = names::new(input, parameter, 255)?;
    if cloud.rds.snapshots.contains_key(&name) {
        let message =
            format!("Cannot create the snapshot because a snapshot with the identifier {name} already exists.");
        return Err(Refusal::new("DBClusterSnapshotAlreadyExistsFault", message));
    }
    let count = cloud.rds.snapshots.values().filter(|snapshot| !snapshot.is_automated).count();
    faults::check_quota(count, MOST, "SnapshotQuotaExceeded", "manual DB cluster snapshots")?;
    Ok(name)
}

/// Starts a manual snapshot.
pub(super) fn take(cloud: &mut Cloud, cluster: &Cluster, name: &str) {
    keep(cloud, cluster, name, false);
    cloud.later(timing::SNAPSHOT, Event::SnapshotTaken(name.to_owned(), cluster.resource.clone()));
}

/// Stores an automated snapshot: `rds:<cluster>-2026-01-01-00-02`.
pub(super) fn take_automated(cloud: &mut Cloud, cluster: &Cluster) {
    let minute: String = cloud.now.iso().replace(['T', ':'], "-").chars().take(16).collect();
    keep(cloud, cluster, &format!("{AUTOMATED}{}-{minute}", cluster.name), true);
}

fn keep(cloud: &mut Cloud, cluster: &Cluster, name: &str, is_automated: bool) {
    let vpc = subnet_group::existing(cloud, &cluster.subnet_group).map(|group| group.vpc.clone());
    let snapshot = Snapshot {
        name: name.to_owned(),
        is_automated,
        is_complete: is_automated,
        cluster: cluster.clone(),
        vpc: vpc.unwrap_or_default(),
        created: cloud.now,
        tags: if cluster.copies_tags { cluster.tags.clone() } else { Tags::new() },
    };
    cloud.rds.snapshots.insert(name.to_owned(), snapshot);
}

/// Completes a snapshot, if it still belongs to this cluster.
pub(super) fn taken(cloud: &mut Cloud, name: &str, resource: &str) {
    if let Some(snapshot) = cloud.rds.snapshots.get_mut(name).filter(|it| it.cluster.resource == resource) {
        snapshot.is_complete = true;
    }
}

/// Deletes the automated snapshots of a cluster.
pub(super) fn drop_automated(cloud: &mut Cloud, resource: &str) {
    cloud.rds.snapshots.retain(|_, snapshot| !(snapshot.is_automated && snapshot.cluster.resource == resource));
}

fn describe_one(cloud: &Cloud, snapshot: &Snapshot) -> Vec<Element> {
    let Snapshot { cluster, .. } = snapshot;
    let (status, percent) = if snapshot.is_complete { ("available", 100) } else { ("creating", 0) };
    let mut answer = vec![
        xml::texts("AvailabilityZones", "AvailabilityZone", &cluster.zones),
        xml::text("DBClusterSnapshotIdentifier", &snapshot.name),
        xml::text("DBClusterIdentifier", &cluster.name),
        xml::text("SnapshotCreateTime", snapshot.created.iso()),
        xml::text("Status", status),
        xml::text("Port", cluster.port),
        xml::text("VpcId", &snapshot.vpc),
        xml::text("ClusterCreateTime", cluster.created.iso()),
        xml::text("MasterUsername", &cluster.admin),
        xml::text("EngineVersion", &cluster.version),
        xml::text("SnapshotType", snapshot.kind()),
        xml::text("PercentProgress", percent),
        xml::text("StorageEncrypted", cluster.key.is_some()),
        xml::text("BackupRetentionPeriod", cluster.retention),
        xml::text("PreferredBackupWindow", &cluster.backup_window),
        xml::text("IAMDatabaseAuthenticationEnabled", cluster.signs_in_by_iam),
        xml::text("DBClusterSnapshotArn", names::arn(&cloud.account, "cluster-snapshot", &snapshot.name)),
        xml::text("DbClusterResourceId", &cluster.resource),
        tagging::list_of(&snapshot.tags),
    ];
    answer.extend(catalogue::fixed("DBClusterSnapshot"));
    answer.extend(cluster.key.as_ref().map(|key| xml::text("KmsKeyId", key)));
    answer
}
