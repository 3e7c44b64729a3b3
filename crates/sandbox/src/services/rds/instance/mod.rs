//! Instances of Aurora clusters, which run the engine.

mod create;
mod delete;
mod describe;
mod life;
mod modify;
mod settings;

use super::catalogue::{self, ENGINE, Version};
use super::stored::Stored;
use super::{Event, faults, timing};
use crate::services::prelude::*;

pub(super) use create::create;
pub(super) use delete::delete;
pub(super) use describe::describe;
pub(super) use life::{InstanceEvent, handle, upgraded, upgrades};
pub(super) use modify::{modify, reboot};

/// An instance.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Instance {
    pub(super) name: String,
    /// The resource id, which is never reused.
    pub(super) resource: String,
    pub(super) cluster: String,
    pub(super) class: String,
    pub(super) status: Status,
    pub(super) zone: String,
    pub(super) subnet: String,
    /// Its network interface.
    pub(super) interface: String,
    pub(super) is_writer: bool,
    /// Whether its engine runs, with the parameters as of its start.
    is_started: bool,
    /// Whether changed parameters are being applied.
    is_applying: bool,
    /// Whether some parameters take effect only after a reboot.
    waits_for_reboot: bool,
    auto_minor: bool,
    public: bool,
    tier: u8,
    maintenance_window: String,
    /// Settings that are only stored and returned.
    stored: Stored,
    /// The next class: immediately, or from the maintenance window.
    change: Option<String>,
    deferred: Option<String>,
    pub(super) created: Time,
    pub(super) tags: Tags,
}

/// The status of an instance. Source: Amazon Aurora User Guide, "Viewing DB instance status".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Creating,
    #[serde(rename = "configuring-enhanced-monitoring")]
    Configuring,
    Available,
    Modifying,
    Rebooting,
    Upgrading,
    Deleting,
}

impl Instance {
    /// Its description as a member of its cluster.
    pub(super) fn describe_as_member(&self) -> Vec<Element> {
        vec![
            xml::text("DBInstanceIdentifier", &self.name),
            xml::text("IsClusterWriter", self.is_writer),
            xml::text("DBClusterParameterGroupStatus", self.parameter_status()),
            xml::text("PromotionTier", self.tier),
        ]
    }

    /// Whether the cluster's parameters are in effect. Source: Amazon Aurora User Guide, "Working
    /// with parameter groups", apply status.
    const fn parameter_status(&self) -> &'static str {
        match (self.is_applying, self.waits_for_reboot) {
            (true, _) => "applying",
            (false, true) => "pending-reboot",
            (false, false) => "in-sync",
        }
    }
}

/// The instances of a cluster, including those that are being deleted.
pub(super) fn members<'a>(cloud: &'a Cloud, cluster: &'a str) -> impl Iterator<Item = &'a Instance> {
    cloud.rds.instances.values().filter(move |instance| instance.cluster == cluster)
}

/// Notifies the running instances of a cluster of changed parameters: those that require a reboot,
/// those that apply immediately, or both.
pub(super) fn parameters_changed(cloud: &mut Cloud, cluster: &str, wait: bool, apply: bool) {
    let mut applying = Vec::new();
    for instance in cloud.rds.instances.values_mut().filter(|it| it.cluster == cluster && it.is_started) {
        instance.waits_for_reboot |= wait;
        instance.is_applying |= apply;
        if apply {
            applying.push(instance.resource.clone());
        }
    }
    for resource in applying {
        cloud.later(timing::PARAMETERS_ARE_APPLIED, Event::Instance(resource, InstanceEvent::ParametersApplied));
    }
}

/// Rejects a class that a version does not offer.
pub(super) fn check_class(cloud: &Cloud, version: Version, class: &str) -> Result<(), Refusal> {
    if catalogue::is_class_offered(version, class) || cloud.rds.catalogue.has_class(class) {
        return Ok(());
    }
    ensure!(class.starts_with("db."), faults::value(format!("Invalid DB Instance class: {class}")));
    Err(faults::combination(format!(
        "RDS does not support creating a DB instance with the following combination: DBInstanceClass={class}, \
         Engine={ENGINE}, EngineVersion={}, LicenseModel=postgresql-license. For supported combinations of instance \
         class and database engine version, see the documentation.",
        version.name()
    )))
}

/// The instance with this name, even if listings do not show it yet.
fn existing<'a>(cloud: &'a Cloud, name: &str) -> Result<&'a Instance, Refusal> {
    cloud.rds.instances.get(name).ok_or_else(|| faults::no_instance(name))
}
