//! Texts that AWS returns, as values of the model.

use std::fmt::Display;
use std::str::FromStr;

use crate::error::{Error, Result};

/// Parses a text of `what`, such as `the bucket logs`.
///
/// # Errors
/// When the model cannot represent it.
pub(crate) fn parse<T: FromStr<Err: Display>>(text: &str, what: impl Display) -> Result<T> {
    text.parse().map_err(|reason: T::Err| Error::Unexpected { what: what.to_string(), reason: reason.to_string() })
}
