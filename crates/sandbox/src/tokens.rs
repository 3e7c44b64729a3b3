//! Idempotency tokens: the same token with the same parameters returns the same resource.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::input::Input;

/// The tokens of an operation, each with its request and the id of the resource that it created.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Tokens(BTreeMap<String, (Value, String)>);

/// The token was used with other parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mismatch;

impl Tokens {
    /// The id of the resource that was created with the token, if there is one.
    ///
    /// # Errors
    /// When the token was used with other parameters.
    pub(crate) fn made(&self, token: Option<&str>, input: &Input) -> Result<Option<&str>, Mismatch> {
        match token.and_then(|token| self.0.get(token)) {
            None => Ok(None),
            Some((asked, made)) if *asked == input.keep() => Ok(Some(made)),
            Some(_) => Err(Mismatch),
        }
    }

    /// Records the resource that was created with a token. Call it only after the operation has
    /// succeeded.
    pub(crate) fn remember(&mut self, token: Option<&str>, input: &Input, made: &str) {
        if let Some(token) = token {
            self.0.insert(token.to_owned(), (input.raw().clone(), made.to_owned()));
        }
    }
}
