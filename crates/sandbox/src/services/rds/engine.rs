//! Engine versions, and the instance classes of each version.

use super::catalogue::{self, ENGINE, OTHER_ENGINES, Version};
use super::{faults, names, pages};
use crate::services::prelude::*;

/// The maximum page size. Source: Amazon RDS API reference, `DescribeOrderableDBInstanceOptions`.
const MOST_OPTIONS: i64 = 1_000;

const FILTERS: &[&str] = &["db-parameter-group-family", "engine", "engine-mode", "engine-version", "status"];

pub(super) fn describe_versions(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let cloud = &*cloud;
    let filters = pages::Filters::read(input, FILTERS)?;
    let is_modelled = input.text("Engine").map_or(Ok(true), is_modelled)?;
    let include_all = input.flag("IncludeAll").unwrap_or_default();
    let default_only = input.flag("DefaultOnly").unwrap_or_default();
    // The default of the major version if one is named, otherwise the default of the engine.
    let wants_major = input.has("EngineVersion") || input.has("DBParameterGroupFamily");
    let is_listed = |version: &Version| {
        let (name, major, family) = (version.name(), version.major.to_string(), version.family());
        let is_default =
            || if wants_major { version.is_default() } else { catalogue::default_of_engine() == Some(*version) };
        is_modelled
            && (include_all || version.is_offered)
            && (!default_only || is_default())
            && input.text("EngineVersion").is_none_or(|wanted| wanted == name || wanted == major)
            && input.text("DBParameterGroupFamily").is_none_or(|wanted| wanted == family)
            && filters.allow("engine-version", &[&name, &major])
            && filters.allow("db-parameter-group-family", &[&family])
            && filters.allow("engine", &[ENGINE])
            && filters.allow("engine-mode", &["provisioned"])
            && filters.allow("status", &[status(*version)])
    };
    let versions = cloud.rds.catalogue.versions().into_iter().filter(is_listed).map(|version| (key(version), version));
    pages::listing(input, ["DBEngineVersions", "DBEngineVersion"], versions, |version| describe_one(cloud, *version))
}

pub(super) fn describe_options(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let cloud = &*cloud;
    let is_modelled = is_modelled(input.required("Engine")?)?
        && input.text("LicenseModel").is_none_or(|model| model == "postgresql-license")
        && input.flag("Vpc").unwrap_or(true)
        && !input.has("AvailabilityZoneGroup");
    let versions = cloud.rds.catalogue.versions().into_iter();
    let versions = versions
        .filter(|version| is_modelled && version.is_offered)
        .filter(|version| input.text("EngineVersion").is_none_or(|wanted| wanted == version.name()));
    let mut options: Vec<(String, (Version, &str))> = versions
        .flat_map(|version| catalogue::classes(version).map(move |class| (version, class)))
        .filter(|(_, class)| input.text("DBInstanceClass").is_none_or(|wanted| wanted == *class))
        .map(|(version, class)| (format!("{}/{class}", key(version)), (version, class)))
        .collect();
    options.sort_by(|(one, _), (other, _)| one.cmp(other));
    let names = ["OrderableDBInstanceOptions", "OrderableDBInstanceOption"];
    pages::listing_up_to(MOST_OPTIONS, input, names, options, |(version, class)| option(cloud, *version, class))
}

/// The version that a call requests, or RDS's default.
pub(super) fn wanted(cloud: &Cloud, input: &Input) -> Result<Version, Refusal> {
    check(input.required("Engine")?)?;
    match input.text("EngineVersion") {
        None => catalogue::default_of_engine().ok_or_else(|| faults::value("There is no default version")),
        Some(name) => version(cloud, name),
    }
}

/// The version with this name, if it can be created.
pub(super) fn version(cloud: &Cloud, name: &str) -> Result<Version, Refusal> {
    cloud
        .rds
        .catalogue
        .find(name)
        .ok_or_else(|| faults::combination(format!("Cannot find version {name} for {ENGINE}")))
}

/// Rejects an engine that the sandbox does not model.
pub(super) fn check(engine: &str) -> Result<(), Refusal> {
    let message = || format!("The sandbox cannot do this: databases of {engine}");
    if is_modelled(engine)? { Ok(()) } else { Err(faults::combination(message())) }
}

/// Whether an RDS engine is the one that the sandbox models.
fn is_modelled(engine: &str) -> Result<bool, Refusal> {
    if engine == ENGINE || OTHER_ENGINES.contains(engine) {
        return Ok(engine == ENGINE);
    }
    Err(faults::value(format!("Invalid DB engine: {engine}")))
}

/// A key that sorts versions numerically.
fn key(version: Version) -> String {
    format!("{:04}.{:04}", version.major, version.minor)
}

const fn status(version: Version) -> &'static str {
    if version.is_offered { "available" } else { "deprecated" }
}

fn describe_one(cloud: &Cloud, version: Version) -> Vec<Element> {
    let all = cloud.rds.catalogue.versions().into_iter();
    let targets = all.filter(|target| catalogue::can_upgrade(version, *target)).map(|target| {
        vec![
            xml::text("Engine", ENGINE),
            xml::text("EngineVersion", target.name()),
            xml::text("Description", description(target)),
            xml::text("AutoUpgrade", false),
            xml::text("IsMajorVersionUpgrade", target.major != version.major),
            xml::texts("SupportedEngineModes", "member", ["provisioned"]),
        ]
    });
    let mut answer = vec![
        xml::text("MajorEngineVersion", version.major),
        xml::text("EngineVersion", version.name()),
        xml::text("DBParameterGroupFamily", version.family()),
        xml::text("DBEngineVersionArn", names::arn(&cloud.account, "dbev", &format!("{ENGINE}/{}", version.name()))),
        xml::text("DBEngineVersionDescription", description(version)),
        xml::list("ValidUpgradeTarget", "UpgradeTarget", targets),
        xml::text("Status", status(version)),
    ];
    answer.extend(catalogue::fixed("DBEngineVersion"));
    answer
}

fn description(version: Version) -> String {
    format!("Aurora PostgreSQL (compatible with PostgreSQL {})", version.name())
}

fn option(cloud: &Cloud, version: Version, class: &str) -> Vec<Element> {
    let zones = cloud.account.zones().map(|zone| vec![xml::text("Name", zone)]);
    let mut answer = vec![
        xml::text("EngineVersion", version.name()),
        xml::text("DBInstanceClass", class),
        xml::list("AvailabilityZones", "AvailabilityZone", zones),
    ];
    answer.extend(catalogue::fixed("OrderableDBInstanceOption"));
    answer
}
