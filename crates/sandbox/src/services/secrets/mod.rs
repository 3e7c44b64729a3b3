//! AWS Secrets Manager.
//!
//! Secrets are not rotated or replicated; their resource policies are stored and not evaluated. Reads of a single secret are
//! strongly consistent; lists are not.

mod assumed;
mod check;
mod deletion;
mod list;
mod resource_policy;
mod secret;
mod timing;
mod value;
mod version;

#[cfg(test)]
mod tests;

use crate::services::prelude::*;
pub(crate) use assumed::assume;
pub(crate) use deletion::handle;
use secret::Secret;

pub(crate) const DESCRIPTOR: Descriptor = Descriptor {
    name: "AWS Secrets Manager",
    signing_name: "secretsmanager",
    protocol: Protocol::Json(OPERATIONS),
    model: include_str!("../../../models/secretsmanager.json"),
    errors: Errors::VALIDATING,
    consistency,
    latency: Latency::USUAL,
    collections: |cloud| vec![&mut cloud.secrets.secrets],
    inventory,
    tagged,
};

const OPERATIONS: &[(&str, JsonOperation)] = &[
    ("BatchGetSecretValue", version::batch_get_secret_value),
    ("CancelRotateSecret", secret::cancel_rotate_secret),
    ("CreateSecret", secret::create_secret),
    ("DeleteResourcePolicy", resource_policy::delete_resource_policy),
    ("DeleteSecret", deletion::delete_secret),
    ("DescribeSecret", secret::describe_secret),
    ("GetResourcePolicy", resource_policy::get_resource_policy),
    ("GetSecretValue", version::get_secret_value),
    ("ListSecrets", list::list_secrets),
    ("ListSecretVersionIds", version::list_secret_version_ids),
    ("PutResourcePolicy", resource_policy::put_resource_policy),
    ("PutSecretValue", version::put_secret_value),
    ("RestoreSecret", deletion::restore_secret),
    ("TagResource", secret::tag_resource),
    ("UntagResource", secret::untag_resource),
    ("UpdateSecret", secret::update_secret),
];

/// Source: AWS Secrets Manager API reference, `ListSecrets`: it "might not reflect changes from the
/// last five minutes. You can get more recent information for a specific secret by calling
/// DescribeSecret".
fn consistency(operation: &str) -> Option<Consistency> {
    match operation {
        "BatchGetSecretValue" | "DescribeSecret" | "GetResourcePolicy" | "GetSecretValue" | "ListSecretVersionIds" => {
            Some(Consistency::Strong)
        }
        "ListSecrets" => Some(Consistency::Eventual),
        _ => None,
    }
}

/// The state of the service.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    /// The secrets, by ARN.
    secrets: Eventual<Secret>,
}

/// A scheduled change of state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Event {
    /// Removes a secret whose deletion was scheduled for this time, and frees its name.
    Gone { arn: String, scheduled: Time },
}

/// Secrets that are scheduled for deletion are listed separately, because they still occupy their
/// names. No caller created those that are assumed to exist.
fn inventory(cloud: &Cloud, items: &mut Vec<Item>) {
    let shown = |secret: &&Secret| !secret.is_being_removed() && !secret.is_assumed;
    let present = cloud.secrets.secrets.values().filter(shown);
    items.extend(present.map(|secret| {
        let kind = match secret.deletion {
            None => "secretsmanager:secret",
            Some(_) => "secretsmanager:secret-scheduled-for-deletion",
        };
        Item::new(kind, &secret.name, &secret.tags)
    }));
}

/// The ARNs and tags of all tagged resources, for the tagging API.
fn tagged(cloud: &Cloud) -> Vec<(String, &Tags)> {
    let secrets = cloud.secrets.secrets.values().filter(|secret| secret.deletion.is_none());
    secrets.map(|secret| (secret.arn.clone(), &secret.tags)).collect()
}

/// Whether a task can be given the value that this text refers to: the secret exists, is not being
/// deleted, and has a value.
///
/// The text is an ARN, optionally followed by `:key:stage:version`. Each part may be empty; the key
/// is one of a JSON object. Source: Amazon ECS Developer Guide, "Pass Secrets Manager secrets
/// through Amazon ECS environment variables".
pub(crate) fn has_value(cloud: &Cloud, text: &str) -> bool {
    if !text.starts_with("arn:") {
        return false;
    }
    let mut parts = text.split(':');
    let arn = parts.by_ref().take(7).collect::<Vec<_>>().join(":");
    let mut next = || parts.next().filter(|part| !part.is_empty());
    let (key, stage, id) = (next(), next(), next());
    let Some(secret) = secret::find(cloud, &arn).filter(|secret| secret.deletion.is_none()) else { return false };
    let version = match (id, stage) {
        (Some(id), _) => secret.versions.get(id),
        (None, Some(stage)) => secret.versions.values().find(|version| version.stages.contains(stage)),
        (None, None) => secret.current(),
    };
    version.is_some_and(|version| key.is_none_or(|key| version.value.has(key)))
}
