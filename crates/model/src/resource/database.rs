//! The database as AWS sees it: Aurora PostgreSQL.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::network::{SecurityGroup, Subnet};
use super::storage::Secret;
use super::wanted;
use crate::fields::FieldChange;
use crate::identifier::{EngineVersion, InstanceClass, PgIdent, RdsName};
use crate::impact::{Impact, NAMED, NONE, REPLACED, RESTART, fixed, impacts, shrinks};
use crate::reference::Ref;
use crate::set::Set;

/// The subnets in which a database may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DbSubnetGroup {
    /// Its name.
    pub name: RdsName,
    /// What it is for.
    pub description: String,
    /// The subnets, in two zones at least.
    pub subnets: Set<Ref<Subnet>>,
}
wanted!(DbSubnetGroup, subnets);
impacts!(DbSubnetGroup, change {
    name => NAMED,
    description => NONE,
    subnets => NONE,
});

/// The parameters of a database cluster. The family is in the name, for AWS cannot change it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DbClusterParameterGroup {
    /// Its name.
    pub name: RdsName,
    /// The engine and its major version, such as `aurora-postgresql15`.
    pub family: String,
    /// What it is for.
    pub description: String,
    /// The parameters that differ from the family's defaults.
    pub parameters: BTreeMap<String, Parameter>,
}
wanted!(DbClusterParameterGroup);
impacts!(DbClusterParameterGroup, change {
    name => REPLACED,
    family => REPLACED,
    description => fixed("keep the description"),
    parameters => parameter(change),
});

/// A dynamic parameter takes effect at once, a static one when the writer is rebooted.
///
/// Source: Aurora User Guide, "Aurora PostgreSQL parameters". Which way a parameter is applied stands
/// beside its value, and where the value alone has changed, it is known of those that plans have.
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

/// A parameter that differs from the default.
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
    /// At once; only dynamic parameters can.
    Immediate,
    /// When the writer is rebooted; static parameters must.
    PendingReboot,
}

/// An Aurora PostgreSQL cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DbCluster {
    /// Its identifier.
    pub name: RdsName,
    /// The version of Aurora PostgreSQL.
    pub engine_version: EngineVersion,
    /// The database that is created with it.
    pub database: PgIdent,
    /// Its master user.
    pub admin: PgIdent,
    /// The secret that holds the master user's password.
    pub admin_password: Ref<Secret>,
    /// The port it listens on.
    pub port: u16,
    /// Where it is.
    pub subnet_group: Ref<DbSubnetGroup>,
    /// How it is configured.
    pub parameter_group: Ref<DbClusterParameterGroup>,
    /// Who may reach it.
    pub security_groups: Set<Ref<SecurityGroup>>,
    /// Whether its storage is encrypted.
    pub storage_encrypted: bool,
    /// Whether AWS refuses to delete it.
    pub deletion_protection: bool,
    /// For how many days backups are kept.
    pub backup_retention_days: u32,
    /// Whether snapshots carry its tags.
    pub copy_tags_to_snapshots: bool,
}
wanted!(DbCluster, admin_password, subnet_group, parameter_group, security_groups);
impacts!(DbCluster, change {
    name => NAMED,
    engine_version => version(change),
    database => fixed(ANOTHER_DATABASE),
    admin => fixed(ANOTHER_DATABASE),
    // A new password is set in place.
    admin_password => NONE,
    port => fixed(ANOTHER_DATABASE),
    subnet_group => fixed(ANOTHER_DATABASE),
    parameter_group => RESTART,
    security_groups => NONE,
    // Source: Amazon RDS API, `ModifyDBCluster`: these have no parameter there.
    storage_encrypted => fixed(ANOTHER_DATABASE),
    deletion_protection => NONE,
    backup_retention_days => shrinks(change, "the backups that are older than that"),
    copy_tags_to_snapshots => NONE,
});

const ANOTHER_DATABASE: &str =
    "keep it as it is: another cluster would be empty; make a second platform, and move the tenants there";

/// Source: Aurora User Guide, "Upgrading Amazon Aurora PostgreSQL DB clusters": there is no way back,
/// and a major version takes `pg_upgrade`.
fn version(change: &FieldChange) -> Impact {
    let parse = |value: &Value| {
        let (major, minor) = value.as_str()?.split_once('.')?;
        Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?))
    };
    match (parse(&change.before), parse(&change.after)) {
        (Some(before), Some(after)) if after < before => {
            fixed("Aurora cannot go back: set `engine_version` to what is live, or newer")
        }
        (Some((before, _)), Some((after, _))) if before != after => Impact::RestartsDatabase { minutes: 30 },
        _ => RESTART,
    }
}

/// An instance of an Aurora cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DbInstance {
    /// Its identifier.
    pub name: RdsName,
    /// The cluster it belongs to.
    pub cluster: Ref<DbCluster>,
    /// Its size.
    pub class: InstanceClass,
    /// Whether AWS may change its minor version; never, for the plan says the version.
    pub auto_minor_version_upgrade: bool,
    /// Whether it has a public address; never.
    pub publicly_accessible: bool,
}
wanted!(DbInstance, cluster);
impacts!(DbInstance, change {
    name => NAMED,
    cluster => fixed(ANOTHER_DATABASE),
    class => RESTART,
    auto_minor_version_upgrade => NONE,
    publicly_accessible => NONE,
});
