//! What IAM checks of parameters before it looks at anything else, and how it says no.
//!
//! Source of the forms and limits: the AWS IAM API model.

use crate::input::Input;
use crate::paging;
use crate::refusal::Refusal;
use crate::xml::{self, Element};

/// What a list has on a page when nobody says how much.
const PAGE: usize = 100;

/// A parameter whose form is wrong.
pub(super) fn invalid(parameter: &str, value: &str, constraint: &str) -> Refusal {
    let message = format!(
        "1 validation error detected: Value '{value}' at '{parameter}' failed to satisfy constraint: Member must {constraint}"
    );
    Refusal::new("ValidationError", message)
}

pub(super) fn no_such_entity(message: impl Into<String>) -> Refusal {
    Refusal::new("NoSuchEntity", message).status(404)
}

pub(super) fn limit_exceeded(message: impl Into<String>) -> Refusal {
    Refusal::new("LimitExceeded", message).status(409)
}

pub(super) fn malformed(message: impl Into<String>) -> Refusal {
    Refusal::new("MalformedPolicyDocument", message)
}

/// The name of a role.
pub(super) fn role_name(input: &Input) -> Result<&str, Refusal> {
    name(input, "RoleName", "roleName", 64)
}

/// The name of an inline policy.
pub(super) fn policy_name(input: &Input) -> Result<&str, Refusal> {
    name(input, "PolicyName", "policyName", 128)
}

fn name<'a>(input: &'a Input, key: &str, parameter: &str, most: usize) -> Result<&'a str, Refusal> {
    let name = input.required(key)?;
    length(parameter, name, 1, most)?;
    let sound = |character: char| character.is_ascii_alphanumeric() || "_+=,.@-".contains(character);
    if name.chars().all(sound) {
        return Ok(name);
    }
    let message = format!(
        "The specified value for {parameter} is invalid. It must contain only alphanumeric characters and/or the \
         following: +=,.@_-"
    );
    Err(Refusal::new("ValidationError", message))
}

/// The path of a role; `/` when none is given.
pub(super) fn path(input: &Input) -> Result<&str, Refusal> {
    let Some(path) = input.text("Path") else { return Ok("/") };
    length("path", path, 1, 512)?;
    let framed = path == "/" || path.len() > 2 && path.starts_with('/') && path.ends_with('/');
    if framed && path.chars().all(|character| character.is_ascii_graphic()) && !path.contains("//") {
        return Ok(path);
    }
    let message = "The specified value for path is invalid. It must begin and end with / and contain only \
                   alphanumeric characters and/or / characters.";
    Err(Refusal::new("ValidationError", message))
}

/// What a role is for, in words.
pub(super) fn description(input: &Input) -> Result<Option<&str>, Refusal> {
    let Some(description) = input.text("Description") else { return Ok(None) };
    length("description", description, 0, 1000)?;
    let sound = |character: char| matches!(character, '\t' | '\n' | '\r' | ' '..='~' | '\u{a1}'..='\u{ff}');
    if description.chars().all(sound) {
        return Ok(Some(description));
    }
    let pattern = r"satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*";
    Err(invalid("description", description, pattern))
}

/// The longest session, in seconds.
pub(super) fn session(input: &Input) -> Result<Option<i64>, Refusal> {
    if !input.has("MaxSessionDuration") {
        return Ok(None);
    }
    whole(input, "MaxSessionDuration", "maxSessionDuration", 3_600, 43_200).map(Some)
}

pub(super) fn length(parameter: &str, value: &str, least: usize, most: usize) -> Result<(), Refusal> {
    let count = value.chars().count();
    if count < least {
        return Err(invalid(parameter, value, &format!("have length greater than or equal to {least}")));
    }
    if count > most {
        return Err(invalid(parameter, value, &format!("have length less than or equal to {most}")));
    }
    Ok(())
}

fn whole(input: &Input, key: &str, parameter: &str, least: i64, most: i64) -> Result<i64, Refusal> {
    let given = input.text(key).unwrap_or_default();
    let number = input.number(key).ok_or_else(|| {
        Refusal::new("MalformedInput", format!("Value '{given}' at '{parameter}' is not a whole number"))
    })?;
    if number < least {
        return Err(invalid(parameter, given, &format!("have value greater than or equal to {least}")));
    }
    if number > most {
        return Err(invalid(parameter, given, &format!("have value less than or equal to {most}")));
    }
    Ok(number)
}

/// A page of a list, and the elements that say how to go on.
pub(super) fn page<T>(
    input: &Input,
    items: impl IntoIterator<Item = (String, T)>,
) -> Result<(Vec<T>, Vec<Element>), Refusal> {
    let size = if input.has("MaxItems") {
        usize::try_from(whole(input, "MaxItems", "maxItems", 1, 1_000)?).unwrap_or(PAGE)
    } else {
        PAGE
    };
    let (items, next) = paging::page(items, input.text("Marker"), size, "ValidationError")?;
    let truncated = xml::text("IsTruncated", next.is_some());
    Ok((items, std::iter::once(truncated).chain(next.map(|next| xml::text("Marker", next))).collect()))
}
