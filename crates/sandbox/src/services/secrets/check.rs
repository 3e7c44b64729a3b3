//! Validation of parameters, and errors of Secrets Manager.

use std::collections::BTreeMap;

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
    let mut given = BTreeMap::new();
    for tag in input.list("Tags") {
        let key = tag.text("Key").unwrap_or_default();
        let value = tag.text("Value").unwrap_or_default();
        if given.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(invalid_parameter(format!("The tag key {key} is there more than once.")));
        }
    }
    match tags::fault(&given) {
        Some(fault) => Err(invalid_parameter(fault)),
        None => Ok(given),
    }
}

/// The id of a new version, which makes requests idempotent. A call with a value must have one; the
/// SDKs add it.
pub(super) fn token(input: &Input, has_value: bool) -> Result<Option<&str>, Refusal> {
    let token = input.text("ClientRequestToken");
    if token.is_some_and(|token| !(32..=64).contains(&token.chars().count())) {
        return Err(invalid_parameter("ClientRequestToken must be 32-64 characters long."));
    }
    if token.is_none() && has_value {
        let message = "You must provide a ClientRequestToken value. We recommend a UUID-type value.";
        return Err(invalid_request(message));
    }
    Ok(token)
}
