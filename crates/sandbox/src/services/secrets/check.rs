//! Validation of parameters, and errors of Secrets Manager.

use crate::services::prelude::*;
use crate::tags;

/// A malformed parameter.
pub(super) fn invalid(parameter: &str, constraint: &str) -> Refusal {
    let message = format!(
        "1 validation error detected: Value at '{parameter}' failed to satisfy constraint: Member must {constraint}"
    );
    Refusal::new("ValidationException", message)
}

pub(super) fn invalid_parameter(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidParameterException", message)
}

pub(super) fn invalid_request(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidRequestException", message)
}

pub(super) fn not_found() -> Refusal {
    Refusal::new("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

/// The tags of a request. Source: AWS Secrets Manager User Guide, "Tagging secrets": keys are
/// case-sensitive.
pub(super) fn tags(input: &Input) -> Result<Tags, Refusal> {
    let given = input.tags("Tags");
    let is_whole = given.len() == input.list("Tags").len();
    ensure!(is_whole, invalid_parameter("A tag key is there more than once, or a tag has none."));
    tags::fault(&given).map_or(Ok(given), |fault| Err(invalid_parameter(fault)))
}

/// The id of a new version, which makes requests idempotent. A call with a value must have one; the
/// SDKs add it.
pub(super) fn token(input: &Input, has_value: bool) -> Result<Option<&str>, Refusal> {
    let token = input.text("ClientRequestToken");
    if token.is_some_and(|token| !(32..=64).contains(&token.chars().count())) {
        return Err(invalid_parameter("ClientRequestToken must be 32-64 characters long."));
    }
    let missing = "You must provide a ClientRequestToken value. We recommend a UUID-type value.";
    ensure!(token.is_some() || !has_value, invalid_request(missing));
    Ok(token)
}
