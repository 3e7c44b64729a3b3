//! Descriptions of instances. Many fields are those of the cluster.

use super::super::catalogue::{self, ENGINE};
use super::super::cluster::HOSTED_ZONE;
use super::super::{faults, names, pages, parameter_group, subnet_group, tagging};
use super::Instance;
use crate::services::prelude::*;

const FILTERS: &[&str] = &["db-cluster-id", "db-instance-id", "dbi-resource-id", "domain", "engine"];

pub(in super::super) fn describe(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let cloud = &*cloud;
    let filters = pages::Filters::read(input, FILTERS)?;
    let instances = pages::named(input, "DBInstanceIdentifier", &cloud.rds.instances, faults::no_instance)?;
    let instances = instances.filter(|(_, instance)| {
        let arn = names::arn(&cloud.account, "db", &instance.name);
        let cluster = names::arn(&cloud.account, "cluster", &instance.cluster);
        filters.allow("db-instance-id", &[&instance.name, &arn])
            && filters.allow("db-cluster-id", &[&instance.cluster, &cluster])
            && filters.allow("dbi-resource-id", &[&instance.resource])
            && filters.allow("engine", &[ENGINE])
            && filters.allow("domain", &[])
    });
    pages::listing(input, ["DBInstances", "DBInstance"], instances, |instance| describe_one(cloud, instance))
}

pub(super) fn describe_one(cloud: &Cloud, instance: &Instance) -> Vec<Element> {
    let account = &cloud.account;
    let class = instance.change.as_ref().or(instance.deferred.as_ref());
    let mut answer = vec![
        xml::text("DBInstanceIdentifier", &instance.name),
        xml::text("DBInstanceClass", &instance.class),
        xml::text("DBInstanceStatus", words::of(&instance.status)),
        xml::text("AvailabilityZone", &instance.zone),
        xml::text("PreferredMaintenanceWindow", &instance.maintenance_window),
        xml::element("PendingModifiedValues", class.map(|class| xml::text("DBInstanceClass", class))),
        xml::text("AutoMinorVersionUpgrade", instance.auto_minor),
        xml::text("PubliclyAccessible", instance.public),
        xml::text("DBClusterIdentifier", &instance.cluster),
        xml::text("DbiResourceId", &instance.resource),
        xml::text("PromotionTier", instance.tier),
        xml::text("DBInstanceArn", names::arn(account, "db", &instance.name)),
        tagging::list_of(&instance.tags),
    ];
    answer.extend(catalogue::fixed("DBInstance"));
    answer.extend(instance.stored.iter().map(|(element, value)| xml::text(element, value)));
    if instance.is_started {
        answer.push(xml::text("InstanceCreateTime", instance.created.iso()));
    }
    answer.extend(of_cluster(cloud, instance));
    answer
}

/// The fields of the cluster that each instance repeats.
fn of_cluster(cloud: &Cloud, instance: &Instance) -> Vec<Element> {
    let Some(cluster) = cloud.rds.clusters.get(&instance.cluster) else { return Vec::new() };
    let groups = cluster.security_groups.iter();
    let groups = groups.map(|id| vec![xml::text("VpcSecurityGroupId", id), xml::text("Status", "active")]);
    let mut answer = vec![
        xml::text("MasterUsername", &cluster.admin),
        xml::text("PreferredBackupWindow", &cluster.backup_window),
        xml::text("BackupRetentionPeriod", cluster.retention),
        xml::list("VpcSecurityGroups", "VpcSecurityGroupMembership", groups),
        xml::text("EngineVersion", &cluster.version),
        xml::text("StorageEncrypted", cluster.key.is_some()),
        xml::text("IAMDatabaseAuthenticationEnabled", cluster.signs_in_by_iam),
    ];
    answer.extend(cluster.database.as_ref().map(|name| xml::text("DBName", name)));
    if !cluster.logs.is_empty() {
        answer.push(xml::texts("EnabledCloudwatchLogsExports", "member", &cluster.logs));
    }
    answer.extend(cluster.key.as_ref().map(|key| xml::text("KmsKeyId", key)));
    if let Ok(group) = subnet_group::existing(cloud, &cluster.subnet_group) {
        answer.push(xml::element("DBSubnetGroup", subnet_group::describe_one(cloud, group)));
    }
    if let Some(release) = cluster.release() {
        let own = [
            xml::text("DBParameterGroupName", parameter_group::default_name(release.major)),
            xml::text("ParameterApplyStatus", "in-sync"),
        ];
        answer.push(xml::list("DBParameterGroups", "DBParameterGroup", [own.to_vec()]));
        let options = [
            xml::text("OptionGroupName", format!("default:{ENGINE}-{}", release.major)),
            xml::text("Status", "in-sync"),
        ];
        answer.push(xml::list("OptionGroupMemberships", "OptionGroupMembership", [options.to_vec()]));
    }
    // An instance has no endpoint before its engine has started.
    if instance.is_started {
        let endpoint = [
            xml::text("Address", names::host(&cloud.account, &instance.name, "")),
            xml::text("Port", cluster.port),
            xml::text("HostedZoneId", HOSTED_ZONE),
        ];
        answer.push(xml::element("Endpoint", endpoint));
    }
    answer
}
