//! Descriptions of clusters.

use super::super::catalogue::{self, ENGINE};
use super::super::{faults, instance, names, pages, tagging};
use super::{Cluster, Status};
use crate::services::prelude::*;

const FILTERS: &[&str] = &["clone-group-id", "db-cluster-id", "db-cluster-resource-id", "domain", "engine"];

/// The Route 53 hosted zone of RDS endpoints. Source: answers of RDS in us-east-1.
pub(in super::super) const HOSTED_ZONE: &str = "Z2R2ITUGPM61AM";

pub(in super::super) fn describe(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let cloud = &*cloud;
    let filters = pages::Filters::read(input, FILTERS)?;
    let clusters = pages::named(input, "DBClusterIdentifier", &cloud.rds.clusters, faults::no_cluster)?;
    let clusters = clusters.filter(|(_, cluster)| {
        let arn = names::arn(&cloud.account, "cluster", &cluster.name);
        filters.allow("db-cluster-id", &[&cluster.name, &arn])
            && filters.allow("db-cluster-resource-id", &[&cluster.resource])
            && filters.allow("engine", &[ENGINE])
            && filters.allow("clone-group-id", &[])
            && filters.allow("domain", &[])
    });
    pages::listing(input, ["DBClusters", "DBCluster"], clusters, |cluster| describe_one(cloud, cluster))
}

pub(super) fn describe_one(cloud: &Cloud, cluster: &Cluster) -> Vec<Element> {
    let account = &cloud.account;
    let mut members: Vec<&instance::Instance> = instance::members(cloud, &cluster.name).collect();
    members.sort_by_key(|member| !member.is_writer);
    let groups = cluster.security_groups.iter();
    let groups = groups.map(|id| vec![xml::text("VpcSecurityGroupId", id), xml::text("Status", "active")]);
    let is_spread = members.iter().any(|member| member.zone != members[0].zone);
    let mut answer = vec![
        xml::texts("AvailabilityZones", "AvailabilityZone", &cluster.zones),
        xml::text("BackupRetentionPeriod", cluster.retention),
        xml::text("DBClusterIdentifier", &cluster.name),
        xml::text("DBClusterParameterGroup", &cluster.parameter_group),
        xml::text("DBSubnetGroup", &cluster.subnet_group),
        xml::text("Status", words::of(&cluster.status)),
        xml::text("Endpoint", names::host(account, &cluster.name, "cluster-")),
        xml::text("ReaderEndpoint", names::host(account, &cluster.name, "cluster-ro-")),
        xml::text("MultiAZ", is_spread),
        xml::text("EngineVersion", &cluster.version),
        xml::text("Port", cluster.port),
        xml::text("MasterUsername", &cluster.admin),
        xml::text("PreferredBackupWindow", &cluster.backup_window),
        xml::text("PreferredMaintenanceWindow", &cluster.maintenance_window),
        xml::list("DBClusterMembers", "DBClusterMember", members.iter().map(|member| member.describe_as_member())),
        xml::list("VpcSecurityGroups", "VpcSecurityGroupMembership", groups),
        xml::text("HostedZoneId", HOSTED_ZONE),
        xml::text("StorageEncrypted", cluster.key.is_some()),
        xml::text("DbClusterResourceId", &cluster.resource),
        xml::text("DBClusterArn", names::arn(account, "cluster", &cluster.name)),
        xml::text("IAMDatabaseAuthenticationEnabled", cluster.signs_in_by_iam),
        xml::text("ClusterCreateTime", cluster.created.iso()),
        xml::text("DeletionProtection", cluster.is_protected),
        xml::text("CopyTagsToSnapshot", cluster.copies_tags),
        tagging::list_of(&cluster.tags),
    ];
    answer.extend(catalogue::fixed("DBCluster"));
    answer.extend(cluster.database.as_ref().map(|name| xml::text("DatabaseName", name)));
    answer.extend(cluster.key.as_ref().map(|key| xml::text("KmsKeyId", key)));
    answer.extend(cluster.stored.iter().map(|(element, value)| xml::text(element, value)));
    answer.extend(cluster.secret.as_ref().map(|arn| {
        let status = if cluster.status == Status::Creating { "creating" } else { "active" };
        xml::element("MasterUserSecret", [xml::text("SecretArn", arn), xml::text("SecretStatus", status)])
    }));
    answer.extend(cluster.scaling.as_ref().map(|scaling| {
        let capacity = [xml::text("MinCapacity", scaling.least), xml::text("MaxCapacity", scaling.most)];
        xml::element("ServerlessV2ScalingConfiguration", capacity)
    }));
    if !cluster.logs.is_empty() {
        answer.push(xml::texts("EnabledCloudwatchLogsExports", "member", &cluster.logs));
    }
    if cluster.status != Status::Creating {
        answer.push(xml::text("EarliestRestorableTime", cluster.created.iso()));
        answer.push(xml::text("LatestRestorableTime", cloud.now.iso()));
    }
    let pending = cluster.deferred.clone().and(cluster.changes.clone()).describe();
    if !pending.is_empty() {
        answer.push(xml::element("PendingModifiedValues", pending));
    }
    answer
}
