//! The values of secrets. Only operations that request a value return it.

use std::fmt;

use super::check;
use crate::services::prelude::*;

/// The maximum size of a value in bytes. Source: AWS Secrets Manager API, `SecretString`,
/// `SecretBinary`.
const MOST: usize = 65_536;

/// A value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Value {
    Text(String),
    /// Encoded in Base64, as in requests and answers.
    Binary(String),
}

impl fmt::Debug for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("(a secret)")
    }
}

impl Value {
    /// The value of a request, if it has one.
    pub(super) fn given(input: &Input) -> Result<Option<Self>, Refusal> {
        match (input.text("SecretString"), input.text("SecretBinary")) {
            (Some(_), Some(_)) => {
                let message = "You can't specify both a binary secret value and a string secret value.";
                Err(check::invalid_parameter(message))
            }
            (Some(text), None) => {
                // Counts bytes, whereas the API model counts characters.
                if text.len() > MOST {
                    let constraint = format!("have length less than or equal to {MOST}");
                    return Err(check::invalid("secretString", &constraint));
                }
                Ok(Some(Self::Text(text.to_owned())))
            }
            (None, Some(binary)) => Ok(Some(Self::Binary(binary.to_owned()))),
            (None, None) => Ok(None),
        }
    }

    /// The required value of a request.
    pub(super) fn required(input: &Input) -> Result<Self, Refusal> {
        let message = "You must provide either SecretString or SecretBinary.";
        Self::given(input)?.ok_or_else(|| check::invalid_request(message))
    }

    /// The member of an answer that contains it, and its text.
    pub(super) fn member(&self) -> (&'static str, &str) {
        match self {
            Self::Text(text) => ("SecretString", text),
            Self::Binary(binary) => ("SecretBinary", binary),
        }
    }

    /// The keys, if it is a JSON object.
    pub(super) fn keys(&self) -> Vec<String> {
        let Self::Text(text) = self else { return Vec::new() };
        let object = serde_json::from_str::<serde_json::Map<_, _>>(text).unwrap_or_default();
        object.into_iter().map(|(key, _)| key).collect()
    }

    /// Whether it is a JSON object with this key.
    pub(super) fn has(&self, key: &str) -> bool {
        let Self::Text(text) = self else { return false };
        serde_json::from_str::<serde_json::Value>(text).is_ok_and(|value| value.get(key).is_some())
    }
}
