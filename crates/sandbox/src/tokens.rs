//! Idempotency tokens: the same token with the same parameters is the same resource.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::input::Input;

/// The tokens that an operation was given, with what was asked and what it made.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Tokens(BTreeMap<String, (Value, String)>);

/// A token that was used for something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mismatch;

impl Tokens {
    /// The id of what the token made, if it made something.
    ///
    /// # Errors
    /// When other parameters came with it.
    pub(crate) fn made(&self, token: Option<&str>, input: &Input) -> Result<Option<&str>, Mismatch> {
        match token.and_then(|token| self.0.get(token)) {
            None => Ok(None),
            Some((asked, made)) if *asked == input.keep() => Ok(Some(made)),
            Some(_) => Err(Mismatch),
        }
    }

    /// Remembers what a token made. Call it when everything has succeeded.
    pub(crate) fn remember(&mut self, token: Option<&str>, input: &Input, made: &str) {
        if let Some(token) = token {
            self.0.insert(token.to_owned(), (input.raw().clone(), made.to_owned()));
        }
    }
}
