//! The database's AWS resources: Aurora PostgreSQL.

use std::collections::BTreeMap;
use std::fmt;

use saas_model_derive::ResourceSpec;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::network::{SecurityGroup, Subnet};
use super::storage::Secret;
use super::without_references;
use crate::fields::FieldChange;
use crate::identifier::{EngineVersion, InstanceClass, PgIdent, RdsName};
use crate::impact::{Impact, NAMED, NEEDED, NONE, REPLACED, RESTART, fixed, shrinks};
use crate::reference::Ref;
use crate::set::Set;

/// The subnets of a database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(name = name, attributes(), holds_data = false, revisions = false, removal = fixed(NEEDED))]
pub struct DbSubnetGroup {
    /// Its name.
    #[replaces(NAMED)]
    pub name: RdsName,
    /// Its description.
    #[updates(NONE)]
    pub description: String,
    /// The subnets, in at least two zones.
    #[updates(NONE)]
    pub subnets: Set<Ref<Subnet>>,
}

impl fmt::Display for DbSubnetGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} subnets", self.name, self.subnets.len())
    }
}

/// The parameters of a database cluster. The name contains the family, because AWS cannot change it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(name = name, attributes(), holds_data = false, revisions = false, removal = NONE)]
pub struct DbClusterParameterGroup {
    /// Its name.
    #[replaces(REPLACED)]
    pub name: RdsName,
    /// The engine and its major version, such as `aurora-postgresql15`.
    #[replaces(REPLACED)]
    pub family: String,
    /// Its description.
    #[replaces(fixed("keep the description"))]
    pub description: String,
    /// The parameters that differ from the family's defaults.
    #[updates(parameter(change))]
    pub parameters: BTreeMap<String, Parameter>,
}

impl fmt::Display for DbClusterParameterGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.name, self.family)
    }
}

/// A dynamic parameter takes effect immediately, a static one when the writer is rebooted.
///
/// Source: Aurora User Guide, "Aurora PostgreSQL parameters". The apply method is stored next to the
/// value. When only the value changes, it is known for the parameters that plans use.
fn parameter(change: &FieldChange) -> Impact {
    let apply = [&change.after, &change.before].into_iter().find_map(|value| value.get("apply")?.as_str());
    let inner = change.within();
    let name = inner.field.strip_suffix(".value").or(inner.field.strip_suffix(".apply")).unwrap_or(&inner.field);
    match apply {
        Some("immediate") => NONE,
        None if name == "rds.force_ssl" => NONE,
        _ => RESTART,
    }
}

/// A parameter that differs from the family's default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Its value.
    pub value: String,
    /// When it takes effect.
    pub apply: ApplyMethod,
}

/// When a changed parameter takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApplyMethod {
    /// Immediately; only dynamic parameters support it.
    Immediate,
    /// When the writer is rebooted; static parameters require it.
    PendingReboot,
}

/// An Aurora PostgreSQL cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(name = name, attributes(Arn, Endpoint), holds_data = true, revisions = false, removal = fixed(NEEDED))]
pub struct DbCluster {
    /// Its identifier.
    #[replaces(NAMED)]
    pub name: RdsName,
    /// The version of Aurora PostgreSQL.
    #[updates(version(change))]
    pub engine_version: EngineVersion,
    /// The database that is created with it.
    #[replaces(fixed(ANOTHER_DATABASE))]
    pub database: PgIdent,
    /// Its master user.
    #[replaces(fixed(ANOTHER_DATABASE))]
    pub admin: PgIdent,
    /// The secret that holds the master user's password.
    // A new password is set in place.
    #[updates(NONE)]
    pub admin_password: Ref<Secret>,
    /// The port it listens on.
    // Source: Amazon Aurora User Guide, "Settings for Amazon Aurora": all instances are rebooted at once.
    #[updates(RESTART)]
    pub port: u16,
    /// Its subnets.
    #[replaces(fixed(ANOTHER_DATABASE))]
    pub subnet_group: Ref<DbSubnetGroup>,
    /// Its parameters.
    #[updates(RESTART)]
    pub parameter_group: Ref<DbClusterParameterGroup>,
    /// The security groups that control access to it.
    #[updates(NONE)]
    #[security]
    pub security_groups: Set<Ref<SecurityGroup>>,
    /// Whether its storage is encrypted.
    // Source: Amazon RDS API, `ModifyDBCluster`: it has no parameter for these fields.
    #[replaces(fixed(ANOTHER_DATABASE))]
    pub storage_encrypted: bool,
    /// Whether AWS refuses to delete it (deletion protection).
    #[updates(NONE)]
    pub deletion_protection: bool,
    /// How many days backups are kept.
    #[updates(shrinks(change, "the backups that are older than that"))]
    pub backup_retention_days: u32,
    /// Whether snapshots copy its tags.
    #[updates(NONE)]
    pub copy_tags_to_snapshots: bool,
}

impl fmt::Display for DbCluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, aurora-postgresql {}", self.name, self.engine_version)
    }
}

const ANOTHER_DATABASE: &str =
    "do not change it: a new cluster would be empty; create a second platform, and move the tenants there";

/// Source: Aurora User Guide, "Upgrading Amazon Aurora PostgreSQL DB clusters": a downgrade is not
/// possible,
/// and a major version upgrade runs `pg_upgrade`.
fn version(change: &FieldChange) -> Impact {
    let parse = |value: &Value| {
        let (major, minor) = value.as_str()?.split_once('.')?;
        Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?))
    };
    match (parse(&change.before), parse(&change.after)) {
        (Some(before), Some(after)) if after < before => {
            fixed("Aurora cannot downgrade: set `engine_version` to the live version, or newer")
        }
        (Some((before, _)), Some((after, _))) if before != after => Impact::RestartsDatabase { minutes: 30 },
        _ => RESTART,
    }
}

/// An instance of an Aurora cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(
    name = name,
    attributes(),
    holds_data = false,
    revisions = false,
    removal = fixed(NEEDED),
    // The parameters of its cluster that it applies when it is rebooted.
    unmodelled(parameters = RESTART),
)]
pub struct DbInstance {
    /// Its identifier.
    #[replaces(NAMED)]
    pub name: RdsName,
    /// The cluster it belongs to.
    #[replaces(fixed(ANOTHER_DATABASE))]
    pub cluster: Ref<DbCluster>,
    /// Its instance class.
    #[updates(RESTART)]
    pub class: InstanceClass,
    /// Whether AWS may upgrade its minor version automatically; never, because the plan sets the
    /// version.
    #[updates(NONE)]
    pub auto_minor_version_upgrade: bool,
    /// Whether it has a public address; never.
    #[updates(NONE)]
    #[security]
    pub publicly_accessible: bool,
}

impl fmt::Display for DbInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.name, self.class)
    }
}

without_references!(Parameter);
