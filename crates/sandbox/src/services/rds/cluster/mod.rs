//! Aurora clusters: a volume, two endpoints, and the settings that their instances share.

mod changes;
mod create;
mod delete;
mod describe;
mod life;
mod modify;
mod settings;

use super::catalogue::{self, Version};
use super::faults;
use super::stored::Stored;
use crate::services::prelude::*;

pub(super) use changes::Changes;
pub(super) use create::create;
pub(super) use delete::delete;
pub(super) use describe::{HOSTED_ZONE, describe};
pub(super) use life::{ClusterEvent, handle, lost_instance};
pub(super) use modify::modify;
pub(super) use settings::Scaling;

/// A cluster, without the password of its master user.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Cluster {
    pub(super) name: String,
    /// The resource id, which is never reused.
    pub(super) resource: String,
    pub(super) status: Status,
    pub(super) version: String,
    pub(super) database: Option<String>,
    pub(super) admin: String,
    /// The ARN of the secret with the password, if RDS manages it.
    secret: Option<String>,
    pub(super) port: u16,
    pub(super) subnet_group: String,
    pub(super) parameter_group: String,
    pub(super) security_groups: Vec<String>,
    pub(super) zones: Vec<String>,
    pub(super) key: Option<String>,
    is_protected: bool,
    pub(super) signs_in_by_iam: bool,
    pub(super) retention: u32,
    pub(super) backup_window: String,
    maintenance_window: String,
    pub(super) copies_tags: bool,
    pub(super) scaling: Option<Scaling>,
    pub(super) logs: Vec<String>,
    /// Settings that are only stored and returned.
    stored: Stored,
    /// The changes in progress, and those that wait for the maintenance window.
    changes: Changes,
    deferred: Changes,
    /// The final snapshot that its deletion creates.
    final_snapshot: Option<String>,
    /// Whether its automated snapshots are deleted with it.
    drops_backups: bool,
    pub(super) created: Time,
    pub(super) tags: Tags,
}

/// The status of a cluster. Source: Amazon Aurora User Guide, "Viewing DB cluster status".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    Creating,
    Available,
    Modifying,
    ResettingMasterCredentials,
    Upgrading,
    Deleting,
}

impl Cluster {
    /// Its engine version.
    pub(super) fn release(&self) -> Option<Version> {
        catalogue::existing(&self.version)
    }

    /// Rejects an operation that requires an available cluster.
    pub(super) fn check_available(&self) -> Result<(), Refusal> {
        if self.status == Status::Available {
            return Ok(());
        }
        let (name, status) = (&self.name, words::of(&self.status));
        Err(faults::cluster_state(format!("DBCluster {name} is not in the available state, but {status}.")))
    }
}

/// The cluster with this name, even if listings do not show it yet.
pub(super) fn existing<'a>(cloud: &'a Cloud, name: &str) -> Result<&'a Cluster, Refusal> {
    cloud.rds.clusters.get(name).ok_or_else(|| faults::no_cluster(name))
}
