//! What keeps data: buckets, secrets and logs.

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
#[resource(name = name, attributes(), holds_data = true, removal = NONE)]
pub struct Bucket {
    /// Its name, unique in the whole partition.
    #[replaces(replaced_after("its objects stay behind in the old bucket, which goes"))]
    pub name: BucketName,
    /// What is refused although a policy or an ACL would allow it.
    #[updates(NONE)]
    pub public_access_block: PublicAccessBlock,
    /// Who owns what is put into it.
    #[updates(NONE)]
    pub ownership: ObjectOwnership,
    /// How objects are encrypted.
    #[updates(NONE)]
    pub encryption: BucketEncryption,
    /// Whether overwritten and deleted objects are kept as versions.
    #[updates(NONE)]
    pub versioning: bool,
    /// Who is kept out.
    #[updates(policy(change))]
    pub policy: Policy,
}

/// A policy that lets in none of the roles that the one before lets in cannot be written by any role:
/// the old policy denies the write to one, and the new one denies the tags after it to the other.
fn policy(change: &FieldChange) -> Impact {
    let parse = |value: &Value| serde_json::from_value::<Policy>(value.clone()).unwrap_or_default();
    let (before, after) = (parse(&change.before), parse(&change.after));
    let (old, new) = (before.administrators(), after.administrators());
    if old.is_empty() || new.is_empty() || !old.is_disjoint(&new) {
        return NONE;
    }
    fixed(
        "name the new role as `next_provisioner` and apply that with the old one, which lets in both; then name it as \
         `provisioner`, without `next_provisioner`, and apply that with the new one",
    )
}

/// What is refused although a policy or an ACL would allow it.
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
    /// A public policy lets in nobody from outside the account.
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// All four.
    pub const ALL: Self = Self {
        block_public_acls: true,
        ignore_public_acls: true,
        block_public_policy: true,
        restrict_public_buckets: true,
    };
}

/// Who owns an object, and whether ACLs count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectOwnership {
    /// The bucket's owner; ACLs are disabled.
    BucketOwnerEnforced,
    /// The bucket's owner, where the writer says so.
    BucketOwnerPreferred,
    /// The writer.
    ObjectWriter,
}

/// How objects are encrypted when the writer does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BucketEncryption {
    /// Not at all; only very old buckets and emulators.
    None,
    /// With keys that S3 manages (SSE-S3).
    Aes256,
    /// With a key of AWS KMS.
    Kms,
}

/// A secret. Its value is generated when it is created and is in no plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(name = name, attributes(Arn), holds_data = true, removal = NONE)]
pub struct Secret {
    /// Its name.
    #[replaces(fixed(NAMES_STAY))]
    pub name: SecretName,
    /// What it is for.
    #[updates(NONE)]
    pub description: String,
    /// Whether AWS changes it on a schedule; never, for PostgreSQL would not know.
    #[updates(NONE)]
    pub rotation: bool,
}

const NAMES_STAY: &str = "set `[names] scope` back to what it was; only a new platform can begin with another";

/// A log group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(name = name, attributes(), holds_data = true, removal = NONE)]
pub struct LogGroup {
    /// Its name.
    #[replaces(fixed(NAMES_STAY))]
    pub name: LogGroupName,
    /// For how many days events are kept; 0 stands for ever, which a plan never asks for.
    #[updates(shrinks(change, "the log events that are older than that"))]
    pub retention_days: u32,
}

without_references!(ObjectOwnership, BucketEncryption, PublicAccessBlock);
