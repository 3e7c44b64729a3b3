//! What CloudWatch Logs checks of parameters, and how it says no.
//!
//! Source of the forms and limits: the Amazon CloudWatch Logs API model.

use crate::cloud::Account;
use crate::input::Input;
use crate::paging;
use crate::refusal::Refusal;
use crate::tags::Tags;

/// The most that a list has on a page.
const PAGE: i64 = 50;

pub(super) fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidParameterException", message)
}

/// A parameter whose form is wrong.
fn malformed(parameter: &str, value: &str, constraint: &str) -> Refusal {
    invalid(format!(
        "1 validation error detected: Value '{value}' at '{parameter}' failed to satisfy constraint: Member must \
         {constraint}"
    ))
}

pub(super) fn no_group() -> Refusal {
    Refusal::new("ResourceNotFoundException", "The specified log group does not exist.")
}

/// A text that is the name of a log group, or begins like one.
pub(super) fn group_name<'a>(parameter: &str, name: &'a str) -> Result<&'a str, Refusal> {
    length(parameter, name)?;
    let sound = |character: char| character.is_ascii_alphanumeric() || ".-_/#".contains(character);
    if name.chars().all(sound) {
        return Ok(name);
    }
    Err(malformed(parameter, name, r"satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+"))
}

/// A text that is the name of a log stream, or begins like one.
pub(super) fn stream_name<'a>(parameter: &str, name: &'a str) -> Result<&'a str, Refusal> {
    length(parameter, name)?;
    if !name.contains([':', '*']) {
        return Ok(name);
    }
    Err(malformed(parameter, name, "satisfy regular expression pattern: [^:*]*"))
}

fn length(parameter: &str, name: &str) -> Result<(), Refusal> {
    match name.chars().count() {
        0 => Err(malformed(parameter, name, "have length greater than or equal to 1")),
        1..=512 => Ok(()),
        _ => Err(malformed(parameter, name, "have length less than or equal to 512")),
    }
}

/// The name of the group that an ARN is of. The asterisk with which lists end it is no part of it.
pub(super) fn group_of_arn(account: &Account, input: &Input) -> Result<String, Refusal> {
    let arn = input.required("resourceArn")?;
    let sound = |character: char| character.is_ascii_alphanumeric() || "_+=/:,.@-".contains(character);
    if !(1..=1_011).contains(&arn.chars().count()) || !arn.chars().all(sound) {
        return Err(malformed("resourceArn", arn, r"satisfy regular expression pattern: [\w+=/:,.@-]*"));
    }
    let parts: Vec<&str> = arn.splitn(7, ':').collect();
    let ["arn", _, "logs", region, owner, "log-group", name] = parts.as_slice() else {
        return Err(invalid(format!("Invalid ARN: {arn}")));
    };
    if parts[1] != account.partition() || *region != account.region || *owner != account.id {
        return Err(no_group());
    }
    Ok((*name).to_owned())
}

/// The tags of a request, at least one when there are any.
pub(super) fn tags(input: &Input) -> Result<Tags, Refusal> {
    let tags = input.map("tags");
    if input.has("tags") && !(1..=crate::tags::MOST).contains(&tags.len()) {
        return Err(malformed("tags", "", &format!("have between 1 and {} entries", crate::tags::MOST)));
    }
    let sound = |character: char| character == ' ' || character.is_alphanumeric() || "_.:/=+-@".contains(character);
    if tags.iter().any(|(key, value)| !key.chars().chain(value.chars()).all(sound)) {
        let pattern = r"satisfy regular expression pattern: ^([\p{L}\p{Z}\p{N}_.:/=+\-@]+)$";
        return Err(malformed("tags", "", pattern));
    }
    match crate::tags::fault(&tags) {
        Some(fault) => Err(invalid(fault)),
        None => Ok(tags),
    }
}

/// A page of a list with the token for the rest.
pub(super) fn page<T>(
    input: &Input,
    items: impl IntoIterator<Item = (String, T)>,
) -> Result<(Vec<T>, Option<String>), Refusal> {
    let size = if input.has("limit") { input.number("limit").unwrap_or_default() } else { PAGE };
    if !(1..=PAGE).contains(&size) {
        return Err(malformed("limit", &size.to_string(), &format!("have value between 1 and {PAGE}")));
    }
    let size = usize::try_from(size).unwrap_or_default();
    paging::page(items, input.text("nextToken"), size, "InvalidParameterException")
}
