//! Modifying a cluster. Some settings change immediately, some take time, and some wait for the
//! maintenance window unless they are applied immediately.

use super::super::catalogue::{self, ENGINE, Version};
use super::super::parameter_group::{self, default_name, is_default};
use super::super::{Event, credentials, engine, faults, instance, names, network, subnet_group, timing, window};
use super::create::secret;
use super::describe::describe_one;
use super::{Changes, Cluster, ClusterEvent, Scaling, existing, settings};
use crate::services::ec2;
use crate::services::prelude::*;

pub(in super::super) fn modify(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let name = names::required(input, "DBClusterIdentifier")?;
    let cluster = existing(cloud, &name)?;
    settings::check_known(input)?;
    let mut next = cluster.clone();
    next.stored = settings::stored(input, Some(&cluster.stored))?;
    next.is_protected = input.flag("DeletionProtection").unwrap_or(cluster.is_protected);
    next.copies_tags = input.flag("CopyTagsToSnapshot").unwrap_or(cluster.copies_tags);
    next.scaling = Scaling::read(input)?.or(next.scaling);
    let windows = [cluster.backup_window.as_str(), &cluster.maintenance_window];
    (next.backup_window, next.maintenance_window) = settings::windows(input, Some(windows))?;
    next.logs = logs(input, &cluster.logs)?;
    if input.has("VpcSecurityGroupIds") {
        next.security_groups = input.texts("VpcSecurityGroupIds");
        let vpc = &subnet_group::existing(cloud, &cluster.subnet_group)?.vpc;
        network::check_groups(cloud, vpc, &next.security_groups)?;
    }
    let password = password(cluster, input)?;
    let version = version(cloud, cluster, input)?;
    let group = group(cloud, cluster, input, version)?;
    let changes = Changes {
        parameter_group: version.and(group.clone()),
        version: version.map(Version::name),
        port: settings::port(input)?.filter(|port| *port != cluster.port),
        retention: settings::retention(input)?.filter(|days| *days != cluster.retention),
        iam: input.flag("EnableIAMDatabaseAuthentication").filter(|iam| *iam != cluster.signs_in_by_iam),
        password: password == Password::Given,
    };
    cluster.check_available()?;

    let resource = cluster.resource.clone();
    let had_group = cluster.parameter_group.clone();
    if input.flag("ApplyImmediately").unwrap_or_default() {
        let deferred = std::mem::take(&mut next.deferred);
        next.changes = std::mem::take(&mut next.changes).and(deferred).and(changes);
    } else {
        let (waiting, others) = changes.split();
        if !waiting.is_empty() {
            next.deferred = std::mem::take(&mut next.deferred).and(waiting);
            let delay = window::until(cloud.now, &next.maintenance_window);
            let event = Event::Cluster(resource.clone(), ClusterEvent::Window);
            cloud.in_exactly(delay, event);
        }
        next.changes = std::mem::take(&mut next.changes).and(others);
    }
    match password {
        Password::Managed => next.secret = next.secret.or_else(|| Some(secret(cloud))),
        Password::Given => next.secret = None,
        Password::Kept => {}
    }
    // Within the same family, the group changes immediately, and its parameters take effect after a
    // reboot.
    if version.is_none() {
        next.parameter_group = group.unwrap_or(next.parameter_group);
    }
    let is_other_group = next.parameter_group != had_group;
    let (changes, groups) = (!next.changes.is_empty(), next.security_groups.clone());
    let answer = vec![xml::element("DBCluster", describe_one(cloud, &next))];
    cloud.rds.clusters.insert(name.clone(), next);
    let interfaces: Vec<String> = instance::members(cloud, &name).map(|member| member.interface.clone()).collect();
    interfaces.iter().for_each(|interface| ec2::set_groups(cloud, interface, &groups));
    if is_other_group {
        instance::parameters_changed(cloud, &name, true, true);
    }
    if changes {
        cloud.later(timing::CHANGE_IS_NOTICED, Event::Cluster(resource, ClusterEvent::Changes));
    }
    Ok(answer)
}

/// How the master user's password changes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Password {
    Kept,
    Given,
    Managed,
}

fn password(cluster: &Cluster, input: &Input) -> Result<Password, Refusal> {
    let given = input.text("MasterUserPassword");
    let managed = input.flag("ManageMasterUserPassword");
    match (given, managed.unwrap_or(cluster.secret.is_some())) {
        (Some(_), true) => {
            Err(faults::combination("You can't specify MasterUserPassword when ManageMasterUserPassword is turned on."))
        }
        (Some(password), false) => credentials::check_password(password).map(|()| Password::Given),
        (None, true) => Ok(Password::Managed),
        (None, false) if cluster.secret.is_some() => {
            Err(faults::combination("MasterUserPassword is required when ManageMasterUserPassword is turned off."))
        }
        (None, false) => Ok(Password::Kept),
    }
}

/// The new version, if it changes.
fn version(cloud: &Cloud, cluster: &Cluster, input: &Input) -> Result<Option<Version>, Refusal> {
    // This flag permits a major upgrade but does not request one.
    let may_be_major = input.flag("AllowMajorVersionUpgrade").unwrap_or_default();
    let Some(name) = input.text("EngineVersion") else { return Ok(None) };
    let wanted = engine::version(cloud, name)?;
    if wanted.name() == cluster.version {
        return Ok(None);
    }
    let current = cluster.release();
    if !current.is_some_and(|current| catalogue::can_upgrade(current, wanted)) {
        let message = format!("Cannot upgrade {ENGINE} from {} to {}", cluster.version, wanted.name());
        return Err(faults::combination(message));
    }
    let is_major = current.is_some_and(|current| current.major != wanted.major);
    if is_major && !may_be_major {
        let message = "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.";
        return Err(faults::combination(message));
    }
    instance::members(cloud, &cluster.name)
        .try_for_each(|member| instance::check_class(cloud, wanted, &member.class))?;
    Ok(Some(wanted))
}

/// The new parameter group, if the call or a new major version changes it.
fn group(cloud: &Cloud, cluster: &Cluster, input: &Input, to: Option<Version>) -> Result<Option<String>, Refusal> {
    let release = to.or_else(|| cluster.release());
    let Some(release) = release else { return Ok(None) };
    if let Some(name) = input.text("DBClusterParameterGroupName") {
        let name = names::lookup(name);
        parameter_group::for_version(cloud, &name, release)?;
        return Ok(Some(name));
    }
    if cluster.release().is_none_or(|current| current.major == release.major) {
        return Ok(None);
    }
    if is_default(&cluster.parameter_group) {
        return Ok(Some(default_name(release.major)));
    }
    Err(faults::combination(format!(
        "The current DB cluster parameter group {} is custom. You must explicitly specify a new DB cluster parameter \
         group, either default or custom, for the engine version upgrade.",
        cluster.parameter_group
    )))
}

/// The logs exported to CloudWatch, after a call enables and disables some.
fn logs(input: &Input, before: &[String]) -> Result<Vec<String>, Refusal> {
    let configuration = input.inner("CloudwatchLogsExportConfiguration");
    let (on, off) = (configuration.texts("EnableLogTypes"), configuration.texts("DisableLogTypes"));
    settings::check_logs(&on)?;
    let mut logs: Vec<String> = before.iter().filter(|log| !off.contains(log)).cloned().chain(on).collect();
    logs.sort();
    logs.dedup();
    Ok(logs)
}
