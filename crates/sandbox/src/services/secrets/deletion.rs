//! Deletion and restoration of secrets.
//!
//! Source: AWS Secrets Manager API, `DeleteSecret`, `RestoreSecret`.

use serde_json::Value as Json;

use super::secret::{self, Deletion};
use super::{Event, check, timing};
use crate::services::prelude::*;

pub(super) fn delete_secret(cloud: &mut Cloud, input: &Input) -> Result<Json, Refusal> {
    let forced = input.flag("ForceDeleteWithoutRecovery").unwrap_or(false);
    let days = input.number("RecoveryWindowInDays");
    if forced && days.is_some() {
        let message = "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.";
        return Err(check::invalid_parameter(message));
    }
    let days = days.unwrap_or(30);
    let Some(days) = u32::try_from(days).ok().filter(|days| (7..=30).contains(days)) else {
        let message = "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).";
        return Err(check::invalid_parameter(message));
    };
    let secret = match secret::existing(cloud, input) {
        Ok(secret) => secret,
        Err(refusal) if forced && refusal.code == "ResourceNotFoundException" => {
            return Ok(deleted_already(cloud, input));
        }
        Err(refusal) => return Err(refusal),
    };
    if secret.deletion.is_some() && !forced {
        let message = "You can't perform this operation on the secret because it was already scheduled for deletion.";
        return Err(check::invalid_request(message));
    }
    let (arn, name) = (secret.arn.clone(), secret.name.clone());
    let window = timing::DAY * days;
    let at = if forced { cloud.now } else { cloud.now + window };
    if let Some(secret) = cloud.secrets.secrets.get_mut(&arn) {
        secret.deletion = Some(Deletion { at, forced });
    }
    let answer = json!({"ARN": arn, "Name": name, "DeletionDate": at.epoch_seconds()});
    let gone = Event::Gone { arn, scheduled: at };
    if forced {
        cloud.later(timing::REMOVAL, gone);
    } else {
        cloud.in_exactly(window, gone);
    }
    Ok(answer)
}

/// "If you forcibly delete an already deleted or nonexistent secret, the operation does not return
/// `ResourceNotFoundException`."
fn deleted_already(cloud: &mut Cloud, input: &Input) -> Json {
    let id = input.text("SecretId").unwrap_or_default();
    let (arn, name) = match id.split_once(":secret:") {
        Some((_, name)) => (id.to_owned(), name),
        None => (cloud.account.arn("secretsmanager", &format!("secret:{id}-{}", cloud.ids.letters(6))), id),
    };
    json!({"ARN": arn, "Name": name, "DeletionDate": cloud.now.epoch_seconds()})
}

/// Restoring a secret that is not scheduled for deletion has no effect.
pub(super) fn restore_secret(cloud: &mut Cloud, input: &Input) -> Result<Json, Refusal> {
    let secret = secret::existing(cloud, input)?;
    secret.deletion = None;
    Ok(secret.identity(None))
}

/// Removes a secret, unless it was restored.
pub(super) fn handle(cloud: &mut Cloud, event: Event) {
    let Event::Gone { arn, scheduled } = event;
    let secrets = &mut cloud.secrets.secrets;
    let due = secrets.get(&arn).and_then(|secret| secret.deletion).is_some_and(|deletion| deletion.at == scheduled);
    if due {
        secrets.remove(&arn);
    }
}
