//! Settings that creating and modifying a cluster have in common, and their validation.

use super::super::stored::{self, Stored};
use super::super::{faults, names, window};
use crate::services::prelude::*;

const STORED: &[stored::Parameter] = &[
    ("AutoMinorVersionUpgrade", "AutoMinorVersionUpgrade", Some("true")),
    ("DatabaseInsightsMode", "DatabaseInsightsMode", Some("standard")),
    ("EnableHttpEndpoint", "HttpEndpointEnabled", Some("false")),
    ("EnablePerformanceInsights", "PerformanceInsightsEnabled", None),
    ("EngineLifecycleSupport", "EngineLifecycleSupport", Some("open-source-rds-extended-support")),
    ("EngineMode", "EngineMode", Some("provisioned")),
    ("MonitoringInterval", "MonitoringInterval", None),
    ("MonitoringRoleArn", "MonitoringRoleArn", None),
    ("NetworkType", "NetworkType", Some("IPV4")),
    ("PerformanceInsightsKMSKeyId", "PerformanceInsightsKMSKeyId", None),
    ("PerformanceInsightsRetentionPeriod", "PerformanceInsightsRetentionPeriod", None),
    ("StorageType", "StorageType", None),
];

/// Parameters of Multi-AZ clusters that Aurora clusters do not have. Source: Amazon RDS API
/// reference, `CreateDBCluster`, "Valid for Cluster Type: Multi-AZ DB clusters only".
const NOT_AURORA: Words = Words("AllocatedStorage DBClusterInstanceClass Iops PubliclyAccessible");

/// The minimum and maximum of Aurora capacity units of a serverless instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in super::super) struct Scaling {
    pub(super) least: f64,
    pub(super) most: f64,
}

impl Scaling {
    /// Source: Amazon Aurora User Guide, "Performance and scaling for Aurora Serverless v2": 0 to
    /// 256 in steps of 0.5; the maximum is at least 1.
    pub(super) fn read(input: &Input) -> Result<Option<Self>, Refusal> {
        if !input.has("ServerlessV2ScalingConfiguration") {
            return Ok(None);
        }
        let inner = input.inner("ServerlessV2ScalingConfiguration");
        let (Some(least), Some(most)) = (inner.float("MinCapacity"), inner.float("MaxCapacity")) else {
            return Err(faults::combination("Both MinCapacity and MaxCapacity must be specified."));
        };
        let is_step = |units: f64| (units * 2.0).fract() == 0.0 && (0.0..=256.0).contains(&units);
        if is_step(least) && is_step(most) && least <= most && most >= 1.0 {
            return Ok(Some(Self { least, most }));
        }
        let message = format!("Serverless v2 capacity {least} to {most} isn't valid.");
        Err(faults::value(message))
    }
}

/// Rejects parameters that Aurora clusters do not have.
pub(super) fn check_known(input: &Input) -> Result<(), Refusal> {
    if let Some(parameter) = NOT_AURORA.iter().find(|parameter| input.has(parameter)) {
        return Err(faults::combination(format!("{parameter} isn't supported for DB engine aurora-postgresql")));
    }
    Ok(())
}

/// The settings that are only stored, based on the earlier ones.
pub(super) fn stored(input: &Input, before: Option<&Stored>) -> Result<Stored, Refusal> {
    if input.text("EngineMode").is_some_and(|mode| mode != "provisioned") {
        return Err(faults::value("The engine mode isn't supported: only provisioned is"));
    }
    if input.text("StorageType").is_some_and(|storage| !["aurora", "aurora-iopt1"].contains(&storage)) {
        return Err(faults::value("Invalid storage type for aurora-postgresql: it is aurora or aurora-iopt1"));
    }
    let mut stored = stored::read(input, STORED, before);
    // RDS returns only the other storage type. Source: Amazon RDS API reference, `CreateDBCluster`.
    if stored.get("StorageType").is_some_and(|storage| storage == "aurora") {
        stored.remove("StorageType");
    }
    Ok(stored)
}

/// The backup retention in days, if given.
pub(super) fn retention(input: &Input) -> Result<Option<u32>, Refusal> {
    names::number(input, "BackupRetentionPeriod", 1..=35, |days| {
        format!("Invalid backup retention period: {days}. Retention period must be between 1 and 35.")
    })
}

/// The port, if given.
pub(super) fn port(input: &Input) -> Result<Option<u16>, Refusal> {
    names::number(input, "Port", 1_150..=65_535, |port| {
        format!("Invalid database port: {port}. Valid port range is from 1150 to 65535.")
    })
}

/// The backup and maintenance windows: the requested, the current, or default ones.
pub(super) fn windows(input: &Input, before: Option<[&str; 2]>) -> Result<(String, String), Refusal> {
    let backup = input.text("PreferredBackupWindow").or(before.map(|[backup, _]| backup));
    let maintenance = input.text("PreferredMaintenanceWindow").or(before.map(|[_, maintenance]| maintenance));
    window::windows(backup, maintenance)
}

/// Validates the exported log types. Source: Amazon RDS API reference, `CreateDBCluster`.
pub(super) fn check_logs(logs: &[String]) -> Result<(), Refusal> {
    match logs.iter().find(|log| !["iam-db-auth-error", "instance", "postgresql"].contains(&log.as_str())) {
        None => Ok(()),
        Some(log) => Err(faults::combination(format!(
            "You cannot use the log types '{log}' with engine version aurora-postgresql."
        ))),
    }
}
