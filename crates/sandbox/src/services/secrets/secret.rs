//! Secrets: lookup, creation, description and changes.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::check;
use super::value::Value;
use super::version::{CURRENT, Version};
use crate::services::prelude::*;
use crate::tags;

/// The default encryption key.
const OWN_KEY: &str = "alias/aws/secretsmanager";

/// A secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Secret {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) description: Option<String>,
    /// The KMS key that encrypts it, if it is not the default one.
    pub(super) key: Option<String>,
    pub(super) created: Time,
    pub(super) changed: Time,
    /// The day of the last read of its value.
    pub(super) accessed: Option<Time>,
    /// Whether it is rotated; `None` if rotation was never configured.
    pub(super) rotation: Option<bool>,
    pub(super) tags: Tags,
    pub(super) versions: BTreeMap<String, Version>,
    pub(super) deletion: Option<Deletion>,
    /// The text of its resource policy.
    #[serde(default)]
    pub(super) policy: Option<String>,
    /// Whether a plan assumes it to exist, and no caller created it.
    #[serde(default)]
    pub(super) is_assumed: bool,
}

/// A scheduled deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Deletion {
    /// The time of the deletion, until which it can be restored.
    pub(super) at: Time,
    /// Whether the deletion is without recovery.
    pub(super) forced: bool,
}

impl Secret {
    /// Whether it only blocks its name.
    pub(super) fn is_being_removed(&self) -> bool {
        self.deletion.is_some_and(|deletion| deletion.forced)
    }

    pub(super) fn current(&self) -> Option<&Version> {
        self.versions.values().find(|version| version.stages.contains(CURRENT))
    }

    pub(super) fn current_mut(&mut self) -> Option<&mut Version> {
        self.versions.values_mut().find(|version| version.stages.contains(CURRENT))
    }

    /// The stages of each version that has any.
    fn stages(&self) -> Option<Json> {
        let staged: Map<String, Json> = self
            .versions
            .iter()
            .filter(|(_, version)| !version.stages.is_empty())
            .map(|(id, version)| (id.clone(), json!(version.stages)))
            .collect();
        (!staged.is_empty()).then_some(Json::Object(staged))
    }

    /// Its entry in a description or a list; these differ in one member name.
    pub(super) fn entry(&self, stages: &str) -> Json {
        let tags = self.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value}));
        json!({
            "ARN": self.arn,
            "Name": self.name,
            "Description": self.description,
            "KmsKeyId": self.key,
            "RotationEnabled": self.rotation,
            "CreatedDate": self.created.epoch_seconds(),
            "LastChangedDate": self.changed.epoch_seconds(),
            "LastAccessedDate": self.accessed.map(Time::epoch_seconds),
            "DeletedDate": self.deletion.map(|deletion| deletion.at.epoch_seconds()),
            "Tags": (!self.tags.is_empty()).then(|| tags.collect::<Json>()),
            stages: self.stages(),
        })
    }

    /// The answer to a change, with the id of the created version.
    pub(super) fn identity(&self, version: Option<&str>) -> Json {
        json!({"ARN": self.arn, "Name": self.name, "VersionId": version})
    }
}

/// The secret with a name, an ARN, or an ARN without its last seven characters.
///
/// A reference that ends in a hyphen and six characters counts as a complete ARN. Source: AWS
/// Secrets Manager User Guide, "Finding a secret from a partial ARN".
pub(super) fn find<'a>(cloud: &'a Cloud, id: &str) -> Option<&'a Secret> {
    let mut present = cloud.secrets.secrets.values().filter(|secret| !secret.is_being_removed());
    if !id.starts_with("arn:") {
        return present.find(|secret| secret.name == id);
    }
    let suffix = id.len().checked_sub(7).and_then(|at| id.get(at..)?.strip_prefix('-'));
    let is_whole = suffix.is_some_and(|suffix| suffix.chars().all(|character| character.is_ascii_alphanumeric()));
    present.find(|secret| {
        let stem = secret.arn.get(..secret.arn.len() - 7);
        secret.arn == id || !is_whole && stem == Some(id)
    })
}

/// The secret that a call refers to.
pub(super) fn named<'a>(cloud: &'a Cloud, input: &Input) -> Result<&'a Secret, Refusal> {
    find(cloud, input.required("SecretId")?).ok_or_else(check::not_found)
}

/// The secret that a call changes, even if it is scheduled for deletion.
pub(super) fn existing<'a>(cloud: &'a mut Cloud, input: &Input) -> Result<&'a mut Secret, Refusal> {
    let arn = named(cloud, input)?.arn.clone();
    cloud.secrets.secrets.get_mut(&arn).ok_or_else(check::not_found)
}

/// The secret that a call changes; rejected if it is scheduled for deletion.
pub(super) fn alive<'a>(cloud: &'a mut Cloud, input: &Input) -> Result<&'a mut Secret, Refusal> {
    let secret = existing(cloud, input)?;
    let message = "You can't perform this operation on the secret because it was marked for deletion.";
    ensure!(secret.deletion.is_none(), check::invalid_request(message));
    Ok(secret)
}

fn name(input: &Input) -> Result<&str, Refusal> {
    let name = input.required("Name")?;
    let sound = |character: char| character.is_ascii_alphanumeric() || "/_+=.@-".contains(character);
    let message = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: \
                   -/_+=.@!";
    ensure!(name.chars().all(sound), Refusal::new("ValidationException", message));
    Ok(name)
}

pub(super) fn create_secret(cloud: &mut Cloud, input: &Input) -> Result<Json, Refusal> {
    let name = name(input)?;
    let description = input.text("Description");
    let tags = check::tags(input)?;
    let key = input.text("KmsKeyId").filter(|key| !key.is_empty() && !key.ends_with(OWN_KEY));
    if input.has("AddReplicaRegions") || input.has("CrossAccountPrimaryARN") {
        return Err(check::invalid_parameter("The sandbox has one account and one region: it replicates no secrets."));
    }
    let value = Value::given(input)?;
    let token = check::token(input, value.is_some())?;
    if let Some(secret) = cloud.secrets.secrets.values().find(|secret| secret.name == name) {
        return created_before(secret, token, value.as_ref());
    }
    let arn = cloud.account.arn("secretsmanager", &format!("secret:{name}-{}", cloud.ids.letters(6)));
    let mut secret = Secret {
        arn: arn.clone(),
        name: name.to_owned(),
        description: description.filter(|description| !description.is_empty()).map(str::to_owned),
        key: key.map(str::to_owned),
        created: cloud.now,
        changed: cloud.now,
        accessed: None,
        rotation: None,
        tags,
        versions: BTreeMap::new(),
        deletion: None,
        policy: None,
        is_assumed: false,
    };
    let made = value.is_some().then_some(token).flatten();
    if let (Some(value), Some(token)) = (value, token) {
        secret.put(token, value, [CURRENT.to_owned()].into(), cloud.now)?;
    }
    let answer = secret.identity(made);
    cloud.secrets.secrets.insert(arn, secret);
    Ok(answer)
}

/// The answer if the name is taken: the existing secret, if the request repeats its creation.
fn created_before(secret: &Secret, token: Option<&str>, value: Option<&Value>) -> Result<Json, Refusal> {
    // Source: hashicorp/terraform-provider-aws, `internal/service/secretsmanager/secret.go`.
    let message = "You can't perform this operation on the secret because it was deleted.";
    ensure!(!secret.is_being_removed(), check::invalid_request(message));
    let message = "You can't create this secret because a secret with this name is already scheduled for deletion.";
    ensure!(secret.deletion.is_none(), check::invalid_request(message));
    let made = token.and_then(|token| Some((token, secret.versions.get(token)?)));
    match made {
        Some((token, version)) if Some(&version.value) == value => Ok(secret.identity(Some(token))),
        Some((token, _)) => Err(super::version::in_use(token, secret)),
        None => {
            let message = format!("The operation failed because the secret {} already exists.", secret.name);
            Err(Refusal::new("ResourceExistsException", message))
        }
    }
}

/// Also describes a secret that is scheduled for deletion.
pub(super) fn describe_secret(cloud: &mut Cloud, input: &Input) -> Result<Json, Refusal> {
    Ok(named(cloud, input)?.entry("VersionIdsToStages"))
}

pub(super) fn update_secret(cloud: &mut Cloud, input: &Input) -> Result<Json, Refusal> {
    let description = input.text("Description").map(str::to_owned);
    let key = input.text("KmsKeyId").map(str::to_owned);
    let value = Value::given(input)?;
    let token = check::token(input, value.is_some())?;
    let now = cloud.now;
    let secret = alive(cloud, input)?;
    let made = value.is_some().then_some(token).flatten();
    if let (Some(value), Some(token)) = (value, token) {
        // According to the API reference, an existing token is an error. With the value of that
        // version, it is accepted: recorded by moto,
        // `test_update_same_secret_value_with_same_token`.
        secret.put(token, value, [CURRENT.to_owned()].into(), now)?;
    }
    if let Some(description) = description {
        secret.description = Some(description).filter(|description| !description.is_empty());
    }
    if let Some(key) = key {
        secret.key = Some(key).filter(|key| !key.is_empty() && !key.ends_with(OWN_KEY));
    }
    secret.changed = now;
    Ok(secret.identity(made))
}

/// Has no effect if rotation is not enabled.
pub(super) fn cancel_rotate_secret(cloud: &mut Cloud, input: &Input) -> Result<Json, Refusal> {
    let secret = alive(cloud, input)?;
    secret.rotation = secret.rotation.map(|_| false);
    Ok(secret.identity(None))
}

pub(super) fn tag_resource(cloud: &mut Cloud, input: &Input) -> Result<Json, Refusal> {
    let given = check::tags(input)?;
    let now = cloud.now;
    let secret = alive(cloud, input)?;
    tags::add(&mut secret.tags, given, check::invalid_parameter(format!("more than {} tags", tags::MOST)))?;
    secret.changed = now;
    Ok(json!({}))
}

pub(super) fn untag_resource(cloud: &mut Cloud, input: &Input) -> Result<Json, Refusal> {
    let keys = input.texts("TagKeys");
    let now = cloud.now;
    let secret = alive(cloud, input)?;
    secret.tags.retain(|key, _| !keys.contains(key));
    secret.changed = now;
    Ok(json!({}))
}
