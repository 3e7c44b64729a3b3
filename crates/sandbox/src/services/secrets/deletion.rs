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
    let message = "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.";
    ensure!(!forced || days.is_none(), check::invalid_parameter(message));
    let days = days.unwrap_or(30);
    let Some(days) = u32::try_from(days).ok().filter(|days| (7..=30).contains(days)) else {
        let message = "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).";
        return Err(check::invalid_parameter(message));
    };
    let now = cloud.now;
    let secret = match secret::existing(cloud, input) {
        Ok(secret) => secret,
        Err(_) if forced => return force_delete_missing(cloud, input),
        Err(refusal) => return Err(refusal),
    };
    let message = "You can't perform this operation on the secret because it was already scheduled for deletion.";
    ensure!(secret.deletion.is_none() || forced, check::invalid_request(message));
    let (arn, name) = (secret.arn.clone(), secret.name.clone());
    let window = timing::DAY * days;
    let at = if forced { now } else { now + window };
    secret.deletion = Some(Deletion { at, forced });
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
fn force_delete_missing(cloud: &mut Cloud, input: &Input) -> Result<Json, Refusal> {
    let id = input.required("SecretId")?;
    let (arn, name) = match id.split_once(":secret:") {
        Some((_, name)) => (id.to_owned(), name),
        None => (cloud.account.arn("secretsmanager", &format!("secret:{id}-{}", cloud.ids.letters(6))), id),
    };
    Ok(json!({"ARN": arn, "Name": name, "DeletionDate": cloud.now.epoch_seconds()}))
}

/// Restoring a secret that is not scheduled for deletion has no effect.
pub(super) fn restore_secret(cloud: &mut Cloud, input: &Input) -> Result<Json, Refusal> {
    let secret = secret::existing(cloud, input)?;
    secret.deletion = None;
    Ok(secret.identity(None))
}

/// Removes a secret, unless it was restored.
pub(crate) fn handle(cloud: &mut Cloud, event: Event) {
    let Event::Gone { arn, scheduled } = event;
    let secrets = &mut cloud.secrets.secrets;
    let due = secrets.get(&arn).and_then(|secret| secret.deletion).is_some_and(|deletion| deletion.at == scheduled);
    if due {
        secrets.remove(&arn);
    }
}
