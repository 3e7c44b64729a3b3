//! Checks that many operations share, and their errors.

use super::cidr::Block;
use crate::services::prelude::*;
use crate::tokens::{Mismatch, Tokens};

/// The answer of an operation that returns nothing else.
pub(super) fn done() -> Vec<Element> {
    vec![xml::text("return", true)]
}

/// The error for an invalid value.
pub(super) fn invalid(value: &str, parameter: &str, why: &str) -> Refusal {
    Refusal::new("InvalidParameterValue", format!("Value ({value}) for parameter {parameter} is invalid. {why}"))
}

/// The boolean in the structure of an attribute, such as `MapPublicIpOnLaunch.Value`.
pub(super) fn attribute(input: &Input, key: &str) -> Result<bool, Refusal> {
    input.inner(key).flag("Value").ok_or_else(|| Refusal::missing(&format!("{key}.Value")))
}

/// One of some strings; the first when the parameter is absent.
pub(super) fn one_of(input: &Input, key: &str, known: &[&'static str]) -> Result<&'static str, Refusal> {
    let Some(text) = input.text(key) else { return Ok(known.first().copied().unwrap_or_default()) };
    let found = known.iter().find(|known| **known == text).copied();
    found.ok_or_else(|| invalid(text, key, &format!("Must be one of: {}.", known.join(", "))))
}

/// A required range of IPv4 addresses.
pub(super) fn block(input: &Input, key: &str) -> Result<Block, Refusal> {
    let text = input.required(key)?;
    Block::parse(text).ok_or_else(|| invalid(text, key, "This is not a valid CIDR block."))
}

/// Refuses one more resource than the quota allows.
pub(super) fn quota(count: usize, most: usize, code: &'static str, what: &str) -> Result<(), Refusal> {
    if count < most {
        return Ok(());
    }
    Err(Refusal::new(code, format!("The maximum number of {what} has been reached.")))
}

/// The error for deleting a resource on which another depends.
pub(super) fn dependency(noun: &str, id: &str) -> Refusal {
    Refusal::new("DependencyViolation", format!("The {noun} '{id}' has dependencies and cannot be deleted."))
}

/// The id of the resource that was created with the client token of a call, if there is one.
///
/// The same token with other parameters is refused. Source: Amazon EC2 Developer Guide, "Ensuring
/// idempotency".
pub(super) fn created_before<'a>(tokens: &'a Tokens, input: &Input) -> Result<Option<&'a str>, Refusal> {
    let token = input.text("ClientToken");
    if let Some(token) = token.filter(|token| token.len() > 64 || !token.is_ascii()) {
        return Err(invalid(token, "ClientToken", "It has at most 64 ASCII characters."));
    }
    tokens.made(token, input).map_err(|Mismatch| {
        let message = "Client token already used with different parameters";
        Refusal::new("IdempotentParameterMismatch", message)
    })
}

/// The element with the account id.
pub(super) fn owner(cloud: &Cloud) -> Element {
    xml::text("ownerId", &cloud.account.id)
}
