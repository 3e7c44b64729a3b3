//! DB cluster parameter groups. Their settings are in [`super::parameters`].

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::parameters::Setting;
use super::{catalogue, faults, names, pages, tagging};
use crate::services::Service;
use crate::services::prelude::*;

/// The maximum number of groups. Source: Amazon RDS User Guide, "Quotas and constraints for Amazon
/// RDS".
const MOST: usize = 50;

/// The prefix of the names of AWS's default groups.
const DEFAULT: &str = "default.";

/// A DB cluster parameter group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ParameterGroup {
    pub(super) name: String,
    pub(super) major: u32,
    pub(super) description: String,
    /// The settings that differ from the family's defaults, by name.
    pub(super) settings: BTreeMap<String, Setting>,
    pub(super) tags: Tags,
}

pub(super) fn create(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let name = names::new(input, "DBClusterParameterGroupName", 255)?;
    let family = input.required("DBParameterGroupFamily")?;
    let description = names::description(input, "Description")?.to_owned();
    let tags = tagging::tags(input)?;
    let major = major(cloud, family)?;
    if cloud.rds.parameter_groups.contains_key(&name) {
        let message = format!("Parameter group {name} already exists");
        return Err(Refusal::new("DBParameterGroupAlreadyExists", message));
    }
    let count = cloud.rds.parameter_groups.len();
    faults::check_quota(count, MOST, "DBParameterGroupQuotaExceeded", "DB cluster parameter groups")?;
    let settings = BTreeMap::new();
    let group = ParameterGroup { name: name.clone(), major, description, settings, tags };
    let answer = vec![xml::element("DBClusterParameterGroup", describe_one(cloud, &group))];
    cloud.rds.parameter_groups.insert(name, group);
    Ok(answer)
}

/// AWS's default groups are listed while a cluster uses them.
pub(super) fn describe(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let cloud = &*cloud;
    let groups: BTreeMap<String, Cow<'_, ParameterGroup>> = match input.text("DBClusterParameterGroupName") {
        Some(name) => {
            let group = seen(cloud, &names::lookup(name))?;
            BTreeMap::from([(group.name.clone(), group)])
        }
        None => {
            let used = cloud.rds.clusters.values().filter_map(|cluster| own(cloud, &cluster.parameter_group));
            let made = cloud.rds.parameter_groups.values();
            let all = used.map(Cow::Owned).chain(made.map(Cow::Borrowed));
            all.map(|group| (group.name.clone(), group)).collect()
        }
    };
    let names = ["DBClusterParameterGroups", "DBClusterParameterGroup"];
    pages::listing(input, names, groups, |group| describe_one(cloud, group))
}

pub(super) fn delete(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let name = names::required(input, "DBClusterParameterGroupName")?;
    changeable(cloud, &name, "deleted")?;
    if cloud.rds.clusters.values().any(|cluster| cluster.parameter_group == name) {
        let message = format!(
            "One or more database instances are still members of this parameter group {name}, so the group cannot be \
             deleted"
        );
        return Err(faults::parameter_group_state(message));
    }
    cloud.rds.parameter_groups.remove(&name);
    Ok(Vec::new())
}

/// The major version of a family.
pub(super) fn major(cloud: &Cloud, family: &str) -> Result<u32, Refusal> {
    let known = cloud.rds.catalogue.families().find(|(_, known)| known == family).map(|(major, _)| major);
    known.ok_or_else(|| faults::value(format!("ParameterGroupFamily {family} is not a valid parameter group family")))
}

/// The name of the default group of a major version.
pub(super) fn default_name(major: u32) -> String {
    format!("{DEFAULT}{}", catalogue::family(major))
}

/// Whether this is a default group.
pub(super) fn is_default(name: &str) -> bool {
    name.starts_with(DEFAULT)
}

/// The group with this name, if RDS sees it already.
pub(super) fn seen<'a>(cloud: &'a Cloud, name: &str) -> Result<Cow<'a, ParameterGroup>, Refusal> {
    let made = cloud.rds.parameter_groups.seen(name, cloud.view(Service::Rds));
    let group = made.map(Cow::Borrowed).or_else(|| own(cloud, name).map(Cow::Owned));
    group.ok_or_else(|| faults::no_parameter_group(name))
}

/// Checks that the group with this name suits a cluster of a version: the family must match.
///
/// Source: Amazon RDS API reference, `CreateDBClusterParameterGroup`: a group "can be applied only
/// to a DB cluster running a database engine and engine version compatible with that family".
pub(super) fn for_version(cloud: &Cloud, name: &str, version: catalogue::Version) -> Result<(), Refusal> {
    // The code is another one when a cluster refers to the group.
    let unknown = |refusal| Refusal { code: "DBClusterParameterGroupNotFound".into(), ..refusal };
    let group = seen(cloud, name).map_err(unknown)?;
    if group.major == version.major {
        return Ok(());
    }
    Err(faults::combination(format!(
        "The Parameter Group {name} with DBParameterGroupFamily {} cannot be used for this instance. Please use a \
         Parameter Group with DBParameterGroupFamily {}",
        catalogue::family(group.major),
        version.family()
    )))
}

/// The group with this name, if a caller created it. Default groups cannot be changed.
///
/// Source: Amazon RDS API reference, which has only this fault for the state of a group.
pub(super) fn changeable<'a>(cloud: &'a Cloud, name: &str, how: &str) -> Result<&'a ParameterGroup, Refusal> {
    if own(cloud, name).is_some() {
        return Err(faults::parameter_group_state(format!("Default DBParameterGroup cannot be {how}: {name}")));
    }
    cloud.rds.parameter_groups.get(name).ok_or_else(|| faults::no_parameter_group(name))
}

/// The default group with this name.
fn own(cloud: &Cloud, name: &str) -> Option<ParameterGroup> {
    let (major, family) = cloud.rds.catalogue.families().find(|(major, _)| default_name(*major) == name)?;
    Some(ParameterGroup {
        name: name.to_owned(),
        major,
        description: format!("Default cluster parameter group for {family}"),
        settings: BTreeMap::new(),
        tags: Tags::new(),
    })
}

fn describe_one(cloud: &Cloud, group: &ParameterGroup) -> Vec<Element> {
    vec![
        xml::text("DBClusterParameterGroupName", &group.name),
        xml::text("DBParameterGroupFamily", catalogue::family(group.major)),
        xml::text("Description", &group.description),
        xml::text("DBClusterParameterGroupArn", names::arn(&cloud.account, "cluster-pg", &group.name)),
    ]
}
