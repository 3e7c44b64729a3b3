//! Storage: buckets, secrets and logs.

use std::collections::BTreeMap;
use std::fmt;

use saas_model_derive::ResourceSpec;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::without_references;
use crate::fields::FieldChange;
use crate::identifier::{BucketName, LogGroupName, SecretName};
use crate::impact::{Impact, NONE, fixed, replaced_after, shrinks};
use crate::policy::Policy;

/// A bucket. Its policy is part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(name = name, attributes(), holds_data = true, revisions = false, removal = NONE)]
pub struct Bucket {
    /// Its name, unique in the partition.
    #[replaces(replaced_after("its objects are not copied, and the old bucket is deleted"))]
    pub name: BucketName,
    /// The public access block.
    #[updates(NONE)]
    #[security]
    pub public_access_block: PublicAccessBlock,
    /// The object ownership.
    #[updates(NONE)]
    #[security]
    pub ownership: ObjectOwnership,
    /// The default encryption.
    #[updates(NONE)]
    pub encryption: BucketEncryption,
    /// Whether overwritten and deleted objects are kept as versions.
    #[updates(NONE)]
    pub versioning: bool,
    /// The bucket policy.
    #[updates(policy(change))]
    #[security]
    pub policy: Policy,
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_str())
    }
}

/// No role can replace the policy of a bucket or a secret by one that exempts none of the same roles: the old policy
/// denies the write to one role, and the new policy denies the following tag update to the other.
fn policy(change: &FieldChange) -> Impact {
    let parse = |value: &Value| serde_json::from_value::<Policy>(value.clone()).unwrap_or_default();
    let (before, after) = (parse(&change.before), parse(&change.after));
    let (old, new) = (before.administrators(), after.administrators());
    if old.is_empty() || new.is_empty() || !old.is_disjoint(&new) {
        return NONE;
    }
    fixed(
        "set the new role as `next_provisioner` and apply with the old role, so that both have access; then set it as \
         `provisioner`, remove `next_provisioner`, and apply with the new role",
    )
}

/// The public access block of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "these are the four flags of the S3 API")]
pub struct PublicAccessBlock {
    /// New public ACLs are refused.
    pub block_public_acls: bool,
    /// Public ACLs have no effect.
    pub ignore_public_acls: bool,
    /// New public policies are refused.
    pub block_public_policy: bool,
    /// A public policy grants access only within the account.
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// All four enabled.
    pub const ALL: Self = Self {
        block_public_acls: true,
        ignore_public_acls: true,
        block_public_policy: true,
        restrict_public_buckets: true,
    };
}

/// The owner of objects, and whether ACLs are enabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectOwnership {
    /// The bucket owner; ACLs are disabled.
    BucketOwnerEnforced,
    /// The bucket owner, if the writer requests it.
    BucketOwnerPreferred,
    /// The writer.
    ObjectWriter,
}

/// The default encryption of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BucketEncryption {
    /// None; only very old buckets and emulators have it.
    None,
    /// With keys that S3 manages (SSE-S3).
    Aes256,
    /// With a KMS key.
    Kms,
}

/// A secret. Its content is generated at apply and is in no plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(name = name, attributes(Arn), holds_data = true, revisions = false, removal = NONE)]
pub struct Secret {
    /// Its name.
    #[replaces(fixed(NAMES_STAY))]
    pub name: SecretName,
    /// Its description.
    #[updates(NONE)]
    pub description: String,
    /// What is generated.
    #[updates(NONE)]
    pub content: SecretContent,
    /// Whether AWS rotates it; never, because PostgreSQL would keep the old password.
    #[updates(NONE)]
    pub rotation: bool,
    /// The resource policy. Without statements the secret has none, as in plans of earlier versions.
    #[updates(policy(change))]
    #[security]
    #[serde(default, skip_serializing_if = "Policy::is_empty")]
    pub policy: Policy,
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_str())
    }
}

/// The generated content of a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretContent {
    /// A password.
    Password,
    /// A JSON object of texts of letters and digits: for each key, their number. A key that is added gets
    /// a value, a key that is removed loses it, and a key whose number changes gets another.
    Generated(BTreeMap<String, u32>),
}

const NAMES_STAY: &str = "set `[names] scope` back to its previous value; only a new platform can use another";

/// A log group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(name = name, attributes(), holds_data = true, revisions = false, removal = NONE)]
pub struct LogGroup {
    /// Its name.
    #[replaces(fixed(NAMES_STAY))]
    pub name: LogGroupName,
    /// How many days events are kept; 0 means forever, which a plan never uses.
    #[updates(shrinks(change, "the log events that are older than that"))]
    pub retention_days: u32,
}

impl fmt::Display for LogGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} days", self.name, self.retention_days)
    }
}

without_references!(ObjectOwnership, BucketEncryption, PublicAccessBlock, SecretContent);
