//! What creating and modifying a cluster have in common: the rules for what it is told.

use std::collections::BTreeMap;

use super::super::{faults, window};
use crate::services::prelude::*;

/// What is only stored and given back: the element of the answer, and its text.
pub(in super::super) type Extras = BTreeMap<String, String>;

/// Parameters that are only stored, with the element in which they come back and the value that it
/// has when nothing is said.
const STORED: &[(&str, &str, Option<&str>)] = &[
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

/// What Multi-AZ clusters have and Aurora's have not. Source: Amazon RDS API reference,
/// `CreateDBCluster`, "Valid for Cluster Type: Multi-AZ DB clusters only".
const NOT_AURORA: &[&str] = &["AllocatedStorage", "DBClusterInstanceClass", "Iops", "PubliclyAccessible"];

/// How many Aurora capacity units a serverless instance has at least and at most.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in super::super) struct Scaling {
    pub(super) least: f64,
    pub(super) most: f64,
}

impl Scaling {
    /// Source: Amazon Aurora User Guide, "Performance and scaling for Aurora Serverless v2": 0 to 256
    /// in steps of a half, at least 1 at most.
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

/// Refuses parameters that this kind of cluster does not know.
pub(super) fn check_known(input: &Input) -> Result<(), Refusal> {
    if let Some(parameter) = NOT_AURORA.iter().find(|parameter| input.has(parameter)) {
        return Err(faults::combination(format!("{parameter} isn't supported for DB engine aurora-postgresql")));
    }
    Ok(())
}

/// What is only stored, over what was stored before.
pub(super) fn extras(input: &Input, before: Option<&Extras>) -> Result<Extras, Refusal> {
    if input.text("EngineMode").is_some_and(|mode| mode != "provisioned") {
        return Err(faults::value("The engine mode isn't supported: only provisioned is"));
    }
    if input.text("StorageType").is_some_and(|storage| !["aurora", "aurora-iopt1"].contains(&storage)) {
        return Err(faults::value("Invalid storage type for aurora-postgresql: it is aurora or aurora-iopt1"));
    }
    let mut extras = before.cloned().unwrap_or_default();
    for (parameter, element, default) in STORED {
        let value = input.text(parameter).or(if before.is_none() { *default } else { None });
        extras.extend(value.map(|value| ((*element).to_owned(), value.to_owned())));
    }
    // Of the two, RDS names only the other. Source: Amazon RDS API reference, `CreateDBCluster`.
    if extras.get("StorageType").is_some_and(|storage| storage == "aurora") {
        extras.remove("StorageType");
    }
    Ok(extras)
}

/// For how many days backups are kept, if a call says so.
pub(super) fn retention(input: &Input) -> Result<Option<u32>, Refusal> {
    let Some(text) = input.text("BackupRetentionPeriod") else { return Ok(None) };
    let days = text.parse().ok().filter(|days| (1..=35).contains(days));
    let message = format!("Invalid backup retention period: {text}. Retention period must be between 1 and 35.");
    days.map(Some).ok_or_else(|| faults::value(message))
}

/// The port, if a call names one.
pub(super) fn port(input: &Input) -> Result<Option<u16>, Refusal> {
    let Some(text) = input.text("Port") else { return Ok(None) };
    let port = text.parse().ok().filter(|port| *port >= 1_150);
    let message = format!("Invalid database port: {text}. Valid port range is from 1150 to 65535.");
    port.map(Some).ok_or_else(|| faults::value(message))
}

/// The windows for backups and maintenance: those of a call, or else those of before, or else others.
pub(super) fn windows(input: &Input, before: Option<[&str; 2]>) -> Result<(String, String), Refusal> {
    let backup = input.text("PreferredBackupWindow").or(before.map(|[backup, _]| backup));
    let maintenance = input.text("PreferredMaintenanceWindow").or(before.map(|[_, maintenance]| maintenance));
    window::windows(backup, maintenance)
}

/// The kinds of logs that go to CloudWatch. Source: Amazon RDS API reference, `CreateDBCluster`.
pub(super) fn check_logs(logs: &[String]) -> Result<(), Refusal> {
    match logs.iter().find(|log| !["iam-db-auth-error", "instance", "postgresql"].contains(&log.as_str())) {
        None => Ok(()),
        Some(log) => Err(faults::combination(format!(
            "You cannot use the log types '{log}' with engine version aurora-postgresql."
        ))),
    }
}
