//! The database as AWS sees it: Aurora PostgreSQL.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::network::{SecurityGroup, Subnet};
use super::storage::Secret;
use super::wanted;
use crate::identifier::{EngineVersion, InstanceClass, PgIdent, RdsName};
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
