//! Settings that creating and modifying an instance have in common, and their validation.

use super::super::stored::{self, Stored};
use super::super::{faults, names};
use crate::services::prelude::*;

const STORED: &[stored::Parameter] = &[
    ("CACertificateIdentifier", "CACertificateIdentifier", Some("rds-ca-rsa2048-g1")),
    ("CopyTagsToSnapshot", "CopyTagsToSnapshot", Some("false")),
    ("EnablePerformanceInsights", "PerformanceInsightsEnabled", Some("false")),
    ("MonitoringInterval", "MonitoringInterval", Some("0")),
    ("MonitoringRoleArn", "MonitoringRoleArn", None),
    ("PerformanceInsightsKMSKeyId", "PerformanceInsightsKMSKeyId", None),
    ("PerformanceInsightsRetentionPeriod", "PerformanceInsightsRetentionPeriod", None),
];

/// Settings that belong to the cluster, with RDS's names for them. Source: Amazon RDS API
/// reference, `CreateDBInstance` ("This setting doesn't apply to Amazon Aurora DB instances"), and
/// published answers of RDS.
const OF_CLUSTER: &[(&str, &str)] = &[
    ("AllocatedStorage", "storage size"),
    ("BackupRetentionPeriod", "backup retention period"),
    ("CharacterSetName", "character set"),
    ("DBName", "database name"),
    ("DBPortNumber", "port"),
    ("Domain", "domain"),
    ("EnableIAMDatabaseAuthentication", "IAM database authentication"),
    ("Iops", "IOPS"),
    ("KmsKeyId", "KMS key"),
    ("ManageMasterUserPassword", "managed master user password"),
    ("MasterUserPassword", "master user password"),
    ("MasterUsername", "master user name"),
    ("MaxAllocatedStorage", "storage autoscaling"),
    ("OptionGroupName", "option group"),
    ("Port", "port"),
    ("PreferredBackupWindow", "backup window"),
    ("StorageThroughput", "storage throughput"),
    ("StorageType", "storage type"),
    ("VpcSecurityGroupIds", "vpc security groups"),
];

/// The intervals of enhanced monitoring, in seconds. Source: Amazon RDS API reference,
/// `CreateDBInstance`.
const INTERVALS: [&str; 7] = ["0", "1", "5", "10", "15", "30", "60"];

/// Rejects settings that belong to the cluster.
pub(super) fn check_known(input: &Input) -> Result<(), Refusal> {
    if let Some((_, what)) = OF_CLUSTER.iter().find(|(parameter, _)| input.has(parameter)) {
        return Err(faults::combination(format!(
            "The requested DB Instance will be a member of a DB Cluster. Set {what} for the DB Cluster."
        )));
    }
    for (parameter, what) in [("MultiAZ", "Multi-AZ"), ("DeletionProtection", "Deletion protection")] {
        if input.flag(parameter).unwrap_or_default() {
            let message = format!("{what} isn't supported for the members of a DB cluster.");
            return Err(faults::combination(message));
        }
    }
    Ok(())
}

/// The settings that are only stored, based on the earlier ones.
pub(super) fn stored(input: &Input, before: Option<&Stored>) -> Result<Stored, Refusal> {
    let stored = stored::read(input, STORED, before);
    let interval = stored.get("MonitoringInterval").map_or("0", String::as_str);
    if !INTERVALS.contains(&interval) {
        return Err(faults::value("Invalid MonitoringInterval. Valid values are 0, 1, 5, 10, 15, 30, and 60"));
    }
    if interval != "0" && !stored.contains_key("MonitoringRoleArn") {
        let message = "A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0.";
        return Err(faults::combination(message));
    }
    Ok(stored)
}

/// The promotion tier, if given.
pub(super) fn tier(input: &Input) -> Result<Option<u8>, Refusal> {
    names::number(input, "PromotionTier", 0..=15, |tier| {
        format!("Invalid promotion tier: {tier}. It must be between 0 and 15.")
    })
}
