//! What creating and modifying an instance have in common: the rules for what it is told.

use std::collections::BTreeMap;

use super::super::faults;
use crate::input::Input;
use crate::refusal::Refusal;

/// What is only stored and given back: the element of the answer, and its text.
pub(in super::super) type Extras = BTreeMap<String, String>;

/// Parameters that are only stored, with the element in which they come back and the value that it
/// has when nothing is said.
const STORED: &[(&str, &str, Option<&str>)] = &[
    ("CACertificateIdentifier", "CACertificateIdentifier", Some("rds-ca-rsa2048-g1")),
    ("CopyTagsToSnapshot", "CopyTagsToSnapshot", Some("false")),
    ("EnablePerformanceInsights", "PerformanceInsightsEnabled", Some("false")),
    ("MonitoringInterval", "MonitoringInterval", Some("0")),
    ("MonitoringRoleArn", "MonitoringRoleArn", None),
    ("PerformanceInsightsKMSKeyId", "PerformanceInsightsKMSKeyId", None),
    ("PerformanceInsightsRetentionPeriod", "PerformanceInsightsRetentionPeriod", None),
];

/// What is the cluster's to say, with what RDS calls it. Source: Amazon RDS API reference,
/// `CreateDBInstance` ("This setting doesn't apply to Amazon Aurora DB instances"), and what RDS has
/// answered to others.
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

/// The intervals of enhanced monitoring. Source: Amazon RDS API reference, `CreateDBInstance`.
const INTERVALS: [i64; 7] = [0, 1, 5, 10, 15, 30, 60];

/// Refuses what is the cluster's to say.
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

/// What is only stored, over what was stored before.
pub(super) fn extras(input: &Input, before: Option<&Extras>) -> Result<Extras, Refusal> {
    let mut extras = before.cloned().unwrap_or_default();
    for (parameter, element, default) in STORED {
        let value = input.text(parameter).or(if before.is_none() { *default } else { None });
        extras.extend(value.map(|value| ((*element).to_owned(), value.to_owned())));
    }
    let interval = extras.get("MonitoringInterval").map_or(Ok(0), |text| text.parse::<i64>());
    let interval = interval.ok().filter(|interval| INTERVALS.contains(interval));
    let Some(interval) = interval else {
        return Err(faults::value("Invalid MonitoringInterval. Valid values are 0, 1, 5, 10, 15, 30, and 60"));
    };
    if interval != 0 && !extras.contains_key("MonitoringRoleArn") {
        let message = "A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0.";
        return Err(faults::combination(message));
    }
    Ok(extras)
}

/// The place of an instance in the order of those that may become the writer, if a call says it.
pub(super) fn tier(input: &Input) -> Result<Option<u8>, Refusal> {
    let Some(text) = input.text("PromotionTier") else { return Ok(None) };
    let tier = text.parse().ok().filter(|tier| *tier <= 15);
    tier.map(Some).ok_or_else(|| faults::value(format!("Invalid promotion tier: {text}. It must be between 0 and 15.")))
}
