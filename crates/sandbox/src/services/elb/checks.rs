//! Checks of single parameters, and how they are refused.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use crate::input::Input;
use crate::refusal::Refusal;

/// A parameter that is not as the API model or the service wants it.
pub(super) fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("ValidationError", message)
}

/// Something that AWS has and the sandbox has not. It is no refusal of AWS's, so it does not look
/// like one.
pub(super) fn not_modelled(what: impl Display) -> Refusal {
    Refusal::new("NotModelled", format!("the sandbox has no {what}")).status(501)
}

/// A parameter that violates the API model.
fn constraint(key: &str, value: &str, wanted: impl Display) -> Refusal {
    invalid(format!("1 validation error detected: Value '{value}' at '{key}' failed to satisfy constraint: {wanted}"))
}

/// A number in a range.
pub(super) fn number<N>(input: &Input, key: &str, range: RangeInclusive<N>) -> Result<Option<N>, Refusal>
where
    N: FromStr + PartialOrd + Display,
{
    let Some(text) = input.text(key) else { return Ok(None) };
    match text.parse() {
        Ok(number) if range.contains(&number) => Ok(Some(number)),
        _ => {
            let (start, end) = (range.start(), range.end());
            Err(constraint(key, text, format!("Member must be between {start} and {end}, inclusive")))
        }
    }
}

/// The number of a port.
pub(super) fn port(input: &Input, key: &str) -> Result<Option<u16>, Refusal> {
    number(input, key, 1..=u16::MAX)
}

/// A truth value.
pub(super) fn flag(input: &Input, key: &str) -> Result<Option<bool>, Refusal> {
    match input.text(key) {
        None => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| constraint(key, text, "Member must be true or false")),
    }
}

/// One of some words.
pub(super) fn one_of(input: &Input, key: &str, words: &[&'static str]) -> Result<Option<&'static str>, Refusal> {
    let Some(text) = input.text(key) else { return Ok(None) };
    let word = words.iter().copied().find(|word| *word == text);
    let refuse = || constraint(key, text, format!("Member must satisfy enum value set: [{}]", words.join(", ")));
    word.map(Some).ok_or_else(refuse)
}

/// The name of a target group. Source: Elastic Load Balancing API reference, `CreateTargetGroup`.
pub(super) fn target_group_name(name: &str) -> Result<(), Refusal> {
    name_form("Target group name", name)
}

/// The name of a load balancer. Source: Elastic Load Balancing API reference, `CreateLoadBalancer`.
pub(super) fn load_balancer_name(name: &str) -> Result<(), Refusal> {
    name_form("Load balancer name", name)?;
    if name.starts_with("internal-") {
        return Err(invalid(format!("Load balancer name '{name}' cannot begin with 'internal-'")));
    }
    Ok(())
}

fn name_form(what: &str, name: &str) -> Result<(), Refusal> {
    if name.chars().count() > 32 {
        return Err(invalid(format!("{what} '{name}' cannot be longer than '32' characters")));
    }
    if name.is_empty() || !name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-') {
        let message =
            format!("{what} '{name}' can only contain characters that are alphanumeric characters or hyphens");
        return Err(invalid(message));
    }
    if name.starts_with('-') || name.ends_with('-') {
        return Err(invalid(format!("{what} '{name}' cannot begin or end with '-'")));
    }
    Ok(())
}
