//! Changes of a cluster that take time.

use std::time::Duration;

use super::super::timing;
use super::{Cluster, Status};
use crate::services::prelude::*;

/// Pending changes of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) struct Changes {
    pub(super) version: Option<String>,
    /// The parameter group for a new major version.
    pub(super) parameter_group: Option<String>,
    pub(super) port: Option<u16>,
    pub(super) retention: Option<u32>,
    pub(super) iam: Option<bool>,
    /// Whether the master user's password changes.
    pub(super) password: bool,
}

impl Changes {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The cluster's status during the changes, and their duration.
    pub(super) const fn work(&self) -> (Status, Duration) {
        if self.version.is_some() {
            (Status::Upgrading, timing::UPGRADE)
        } else if self.password {
            (Status::ResettingMasterCredentials, timing::PASSWORD_IS_SET)
        } else {
            (Status::Modifying, timing::CLUSTER_CHANGES)
        }
    }

    /// Merges two sets of changes; on conflicts, `other` wins.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            version: other.version.or(self.version),
            parameter_group: other.parameter_group.or(self.parameter_group),
            port: other.port.or(self.port),
            retention: other.retention.or(self.retention),
            iam: other.iam.or(self.iam),
            password: other.password || self.password,
        }
    }

    /// Splits the changes into those that wait for the maintenance window, unless they are applied
    /// immediately, and those that do not wait. Source: Amazon Aurora User Guide, "Modifying an
    /// Amazon Aurora DB cluster", the table of settings.
    pub(super) fn split(self) -> (Self, Self) {
        let Self { version, parameter_group, port, retention, iam, password } = self;
        let waits = Self { version, parameter_group, iam, ..Self::default() };
        (waits, Self { port, retention, password, ..Self::default() })
    }

    /// Applies the changes to the cluster.
    pub(super) fn apply(self, cluster: &mut Cluster) {
        let Self { version, parameter_group, port, retention, iam, password: _ } = self;
        if let Some(version) = version {
            cluster.version = version;
        }
        if let Some(group) = parameter_group {
            cluster.parameter_group = group;
        }
        cluster.port = port.unwrap_or(cluster.port);
        cluster.retention = retention.unwrap_or(cluster.retention);
        if let Some(iam) = iam {
            cluster.signs_in_by_iam = iam;
        }
    }

    /// The pending changes as RDS describes them, without the port.
    pub(super) fn describe(&self) -> Vec<Element> {
        let mut answer = Vec::new();
        answer.extend(self.version.as_ref().map(|version| xml::text("EngineVersion", version)));
        answer.extend(self.retention.map(|days| xml::text("BackupRetentionPeriod", days)));
        answer.extend(self.iam.map(|iam| xml::text("IAMDatabaseAuthenticationEnabled", iam)));
        answer.extend(self.password.then(|| xml::text("MasterUserPassword", "****")));
        answer
    }
}
