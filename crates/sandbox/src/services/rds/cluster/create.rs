//! Creating a cluster.

use super::super::catalogue::Version;
use super::super::subnet_group::SubnetGroup;
use super::super::{
    Event, credentials, engine, faults, names, needs_linked_role, network, parameter_group, tagging, timing,
};
use super::describe::describe_one;
use super::{Changes, Cluster, ClusterEvent, Scaling, Status, settings};
use crate::services::prelude::*;
use crate::services::{Service, ec2};

/// The maximum number of clusters. Source: Amazon RDS User Guide, "Quotas and constraints for
/// Amazon RDS".
const MOST: usize = 40;

/// The number of zones of a cluster's volume.
const ZONES: usize = 3;

/// PostgreSQL's default port.
const PORT: u16 = 5432;

/// Databases that every server has, in addition to `postgres`.
const TEMPLATES: [&str; 2] = ["template0", "template1"];

pub(in super::super) fn create(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let name = names::new(input, "DBClusterIdentifier", 63)?;
    let version = engine::wanted(cloud, input)?;
    settings::check_known(input)?;
    let database = database(input)?;
    let admin = input.text("MasterUsername").unwrap_or_default().to_owned();
    credentials::check_name(&admin)?;
    let is_managed = is_managed(input)?;
    let retention = settings::retention(input)?.unwrap_or(1);
    let port = settings::port(input)?.unwrap_or(PORT);
    let (backup_window, maintenance_window) = settings::windows(input, None)?;
    let scaling = Scaling::read(input)?;
    let logs = input.texts("EnableCloudwatchLogsExports");
    settings::check_logs(&logs)?;
    let stored = settings::stored(input, None)?;
    let tags = tagging::tags(input)?;
    if cloud.rds.clusters.contains_key(&name) {
        return Err(Refusal::new("DBClusterAlreadyExistsFault", "DB Cluster already exists"));
    }
    faults::check_quota(cloud.rds.clusters.len(), MOST, "DBClusterQuotaExceededFault", "DB clusters")
        .map_err(|refusal| refusal.status(403))?;
    needs_linked_role(cloud)?;
    let group = subnets(cloud, input)?;
    let (subnet_group, vpc) = (group.name.clone(), group.vpc.clone());
    let zones = zones(cloud, input, group)?;
    let parameter_group = parameters(cloud, input, version)?;
    let mut security_groups = input.texts("VpcSecurityGroupIds");
    network::check_groups(cloud, &vpc, &security_groups)?;
    if security_groups.is_empty() {
        security_groups.extend(ec2::default_group(cloud, &vpc));
    }

    let key = input
        .flag("StorageEncrypted")
        .unwrap_or_default()
        .then(|| input.text("KmsKeyId").map_or_else(|| names::default_key(&cloud.account), str::to_owned));
    let resource = names::resource(cloud, "cluster");
    let secret = is_managed.then(|| secret(cloud));
    let cluster = Cluster {
        name: name.clone(),
        resource: resource.clone(),
        status: Status::Creating,
        version: version.name(),
        database,
        admin,
        secret,
        port,
        subnet_group,
        parameter_group,
        security_groups,
        zones,
        key,
        is_protected: input.flag("DeletionProtection").unwrap_or_default(),
        signs_in_by_iam: input.flag("EnableIAMDatabaseAuthentication").unwrap_or_default(),
        retention,
        backup_window,
        maintenance_window,
        copies_tags: input.flag("CopyTagsToSnapshot").unwrap_or_default(),
        scaling,
        logs,
        stored,
        changes: Changes::default(),
        deferred: Changes::default(),
        final_snapshot: None,
        drops_backups: true,
        created: cloud.now,
        tags,
    };
    let answer = vec![xml::element("DBCluster", describe_one(cloud, &cluster))];
    cloud.rds.clusters.insert(name, cluster);
    cloud.later(timing::CLUSTER_COMES, Event::Cluster(resource, ClusterEvent::Created));
    Ok(answer)
}

/// The ARN of the secret with a managed password. The secret does not exist in the sandbox's
/// Secrets Manager.
pub(super) fn secret(cloud: &mut Cloud) -> String {
    let name = format!("rds!cluster-{}-{}", cloud.ids.uuid(), cloud.ids.letters(6));
    cloud.account.arn("secretsmanager", &format!("secret:{name}"))
}

/// The initial database that is created in addition to `postgres`, if any.
fn database(input: &Input) -> Result<Option<String>, Refusal> {
    let Some(name) = input.text("DatabaseName").filter(|name| !name.is_empty()) else { return Ok(None) };
    let is_sound = name.len() <= 63
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if !is_sound {
        let message = "DatabaseName must begin with a letter and contain only alphanumeric characters.";
        return Err(faults::value(message));
    }
    if credentials::is_reserved(name) || TEMPLATES.contains(&name.to_ascii_lowercase().as_str()) {
        let message = format!("DatabaseName {name} cannot be used. It is a reserved word for this engine");
        return Err(faults::value(message));
    }
    Ok(Some(name.to_owned()))
}

/// Whether RDS manages the password. If not, the call must contain one.
fn is_managed(input: &Input) -> Result<bool, Refusal> {
    let password = input.text("MasterUserPassword");
    if input.flag("ManageMasterUserPassword").unwrap_or_default() {
        return match password {
            None => Ok(true),
            Some(_) => Err(faults::combination(
                "You can't specify MasterUserPassword when ManageMasterUserPassword is turned on.",
            )),
        };
    }
    credentials::check_password(password.unwrap_or_default()).map(|()| false)
}

/// The requested subnet group. The sandbox has no default VPC, and therefore no default group.
fn subnets<'a>(cloud: &'a Cloud, input: &Input) -> Result<&'a SubnetGroup, Refusal> {
    let Some(name) = input.text("DBSubnetGroupName") else {
        let message = "No default subnet detected in VPC. Please contact AWS Support to recreate default Subnets.";
        return Err(Refusal::new("InvalidSubnet", message));
    };
    let name = names::lookup(name);
    let known = cloud.rds.subnet_groups.seen(&name, cloud.view(Service::Rds));
    let group = known.ok_or_else(|| faults::no_subnet_group(&name))?;
    let zones = network::zones(network::present(cloud, &group.subnets));
    if zones.len() < 2 {
        let message = format!("DB subnet group '{name}' no longer covers at least two Availability Zones.");
        return Err(Refusal::new("InvalidVPCNetworkStateFault", message));
    }
    Ok(group)
}

/// The zones of the volume: the requested ones, then those of the subnets, then others, up to
/// three.
fn zones(cloud: &Cloud, input: &Input, group: &SubnetGroup) -> Result<Vec<String>, Refusal> {
    let mut zones = input.texts("AvailabilityZones");
    if zones.len() > ZONES {
        return Err(faults::value(format!("A DB cluster can't have more than {ZONES} Availability Zones.")));
    }
    if let Some(unknown) = zones.iter().find(|zone| !cloud.account.zones().any(|known| known == **zone)) {
        let message = format!("The Availability Zone {unknown} isn't in this Region.");
        return Err(Refusal::new("InvalidVPCNetworkStateFault", message));
    }
    let candidates = network::zones(network::present(cloud, &group.subnets)).into_iter().chain(cloud.account.zones());
    for zone in candidates {
        if zones.len() < ZONES && !zones.contains(&zone) {
            zones.push(zone);
        }
    }
    zones.sort();
    Ok(zones)
}

/// The requested parameter group, or the family's default.
fn parameters(cloud: &Cloud, input: &Input, version: Version) -> Result<String, Refusal> {
    let name = input
        .text("DBClusterParameterGroupName")
        .map_or_else(|| parameter_group::default_name(version.major), names::lookup);
    parameter_group::for_version(cloud, &name, version)?;
    Ok(name)
}
