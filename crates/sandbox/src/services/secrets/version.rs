//! The versions of a secret's value, and their stages.
//!
//! Source: AWS Secrets Manager API, `PutSecretValue`, `GetSecretValue`.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::check;
use super::secret::{self, Secret};
use super::timing;
use super::value::Value;
use crate::paging;
use crate::services::prelude::*;

/// The stage of the default version.
pub(super) const CURRENT: &str = "AWSCURRENT";

/// The stage of the previously current version.
const PREVIOUS: &str = "AWSPREVIOUS";

/// The maximum number of versions per secret. Source: AWS Secrets Manager User Guide, "Quotas".
const MOST: usize = 100;

/// A version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Version {
    pub(super) value: Value,
    pub(super) created: Time,
    pub(super) accessed: Option<Time>,
    pub(super) stages: BTreeSet<String>,
}

impl Secret {
    /// Adds a version, unless a version with this id has the same value: a repeated request has no
    /// effect.
    pub(super) fn put(&mut self, id: &str, value: Value, stages: BTreeSet<String>, now: Time) -> Result<(), Refusal> {
        match self.versions.get(id) {
            Some(version) if version.value == value => Ok(()),
            Some(_) => Err(in_use(id, self)),
            None => self.add(id, value, stages, now),
        }
    }

    /// Adds a version and moves the stages to it from other versions.
    fn add(&mut self, id: &str, value: Value, mut stages: BTreeSet<String>, now: Time) -> Result<(), Refusal> {
        let excess: Vec<String> = self.removable(now).take((self.versions.len() + 1).saturating_sub(MOST)).collect();
        if self.versions.len() - excess.len() >= MOST {
            let message = format!("You have reached the limit of {MOST} versions of a secret.");
            return Err(Refusal::new("LimitExceededException", message));
        }
        self.versions.retain(|id, _| !excess.contains(id));
        if self.versions.is_empty() {
            stages.insert(CURRENT.to_owned());
        }
        if stages.contains(CURRENT) {
            for version in self.versions.values_mut() {
                version.stages.remove(PREVIOUS);
                if version.stages.contains(CURRENT) {
                    version.stages.insert(PREVIOUS.to_owned());
                }
            }
        }
        for version in self.versions.values_mut() {
            version.stages.retain(|stage| !stages.contains(stage));
        }
        self.versions.insert(id.to_owned(), Version { value, created: now, accessed: None, stages });
        self.changed = now;
        Ok(())
    }

    /// The versions that may be removed to respect the limit, oldest first.
    fn removable(&self, now: Time) -> impl Iterator<Item = String> {
        let old = |version: &Version| now.since(version.created) >= timing::VERSION_KEPT;
        let removable = self.versions.iter().filter(|(_, version)| version.stages.is_empty() && old(version));
        let mut removable: Vec<(Time, String)> = removable.map(|(id, version)| (version.created, id.clone())).collect();
        removable.sort();
        removable.into_iter().map(|(_, id)| id)
    }

    /// The id of the requested version.
    fn wanted(&self, input: &Input) -> Result<String, Refusal> {
        let stage = input.text("VersionStage");
        let Some(id) = input.text("VersionId") else {
            let stage = stage.unwrap_or(CURRENT);
            let found = self.versions.iter().find(|(_, version)| version.stages.contains(stage));
            let missing = || {
                let message =
                    format!("Secrets Manager can't find the specified secret value for staging label: {stage}");
                Refusal::new("ResourceNotFoundException", message)
            };
            return found.map(|(id, _)| id.clone()).ok_or_else(missing);
        };
        let Some(version) = self.versions.get(id) else {
            let message = format!("Secrets Manager can't find the specified secret value for VersionId: {id}");
            return Err(Refusal::new("ResourceNotFoundException", message));
        };
        let message = "You provided a VersionStage that is not associated to the provided VersionId.";
        ensure!(stage.is_none_or(|stage| version.stages.contains(stage)), check::invalid_request(message));
        Ok(id.to_owned())
    }

    /// Returns a value, and records the day of the access.
    fn read(&mut self, id: &str, now: Time) -> Json {
        let day = Time::from_millis(now.as_millis() / 86_400_000 * 86_400_000);
        let Some(version) = self.versions.get_mut(id) else { return Json::Null };
        version.accessed = Some(day);
        self.accessed = Some(day);
        let (member, value) = version.value.member();
        json!({
            "ARN": self.arn,
            "Name": self.name,
            member: value,
            "VersionId": id,
            "VersionStages": version.stages,
            "CreatedDate": version.created.epoch_seconds(),
        })
    }
}

/// The token is the id of an existing version with another value.
pub(super) fn in_use(token: &str, secret: &Secret) -> Refusal {
    let message = format!(
        "You can't use ClientRequestToken {token} because that value is already in use for a version of secret {}.",
        secret.arn
    );
    Refusal::new("ResourceExistsException", message)
}

pub(super) fn put_secret_value(cloud: &mut Cloud, input: &Input) -> Result<Json, Refusal> {
    let value = Value::required(input)?;
    let token = check::token(input, true)?.unwrap_or_default();
    let stages: BTreeSet<String> = input.texts("VersionStages").into_iter().collect();
    let now = cloud.now;
    let secret = secret::alive(cloud, input)?;
    let stages = if stages.is_empty() { [CURRENT.to_owned()].into() } else { stages };
    secret.put(token, value, stages, now)?;
    let stages = secret.versions.get(token).map(|version| &version.stages);
    Ok(json!({"ARN": secret.arn, "Name": secret.name, "VersionId": token, "VersionStages": stages}))
}

pub(super) fn get_secret_value(cloud: &mut Cloud, input: &Input) -> Result<Json, Refusal> {
    let now = cloud.now;
    let secret = secret::alive(cloud, input)?;
    let id = secret.wanted(input)?;
    Ok(secret.read(&id, now))
}

/// Secrets that cannot be read are listed as errors; the others are returned.
pub(super) fn batch_get_secret_value(cloud: &mut Cloud, input: &Input) -> Result<Json, Refusal> {
    let wanted = input.texts("SecretIdList");
    let message = "Either 'SecretIdList' or 'Filters' must be provided, but not both.";
    ensure!(input.has("SecretIdList") != input.has("Filters"), check::invalid_parameter(message));
    let most = input.int("MaxResults");
    let message = "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided.";
    ensure!(most.is_none() || input.has("Filters"), check::invalid_parameter(message));
    let (wanted, next) = if input.has("Filters") {
        let filters = super::list::filters(input)?;
        let present = cloud.secrets.secrets.values().filter(|secret| secret.deletion.is_none());
        let matching = present.filter(|secret| filters.iter().all(|filter| filter.matches(secret)));
        let arns = matching.map(|secret| (secret.arn.clone(), secret.arn.clone()));
        paging::page(arns, input.text("NextToken"), most.unwrap_or(20), "InvalidNextTokenException")?
    } else {
        (wanted, None)
    };
    let (mut values, mut errors) = (Vec::new(), Vec::new());
    for id in wanted {
        match get_secret_value(cloud, &Input::from_json(json!({"SecretId": id}))) {
            Ok(value) => values.push(value),
            Err(Refusal { code, message, .. }) => {
                errors.push(json!({"SecretId": id, "ErrorCode": code, "Message": message}));
            }
        }
    }
    Ok(json!({"SecretValues": values, "Errors": errors, "NextToken": next}))
}

pub(super) fn list_secret_version_ids(cloud: &mut Cloud, input: &Input) -> Result<Json, Refusal> {
    let size = input.int("MaxResults").unwrap_or(100);
    let all = input.flag("IncludeDeprecated").unwrap_or(false);
    let secret = secret::named(cloud, input)?;
    let mut versions: Vec<(String, Json)> = secret
        .versions
        .iter()
        .filter(|(_, version)| all || !version.stages.is_empty())
        .map(|(id, version)| {
            let entry = json!({
                "VersionId": id,
                "CreatedDate": version.created.epoch_seconds(),
                "KmsKeyIds": [secret.key.as_deref().unwrap_or("DefaultEncryptionKey")],
                "VersionStages": Some(&version.stages).filter(|stages| !stages.is_empty()),
                "LastAccessedDate": version.accessed.map(Time::epoch_seconds),
            });
            (format!("{:020} {id}", version.created.as_millis()), entry)
        })
        .collect();
    versions.sort_by(|(one, _), (other, _)| one.cmp(other));
    let (versions, next) = paging::page(versions, input.text("NextToken"), size, "InvalidNextTokenException")?;
    Ok(json!({"ARN": secret.arn, "Name": secret.name, "Versions": versions, "NextToken": next}))
}
