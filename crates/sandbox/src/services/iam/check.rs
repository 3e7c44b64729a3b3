//! Validation of parameters, and errors of IAM.

use crate::paging;
use crate::services::prelude::*;

/// The default page size.
const PAGE: usize = 100;

pub(super) fn no_such_entity(message: impl Into<String>) -> Refusal {
    Refusal::new("NoSuchEntity", message).status(404)
}

pub(super) fn limit_exceeded(message: impl Into<String>) -> Refusal {
    Refusal::new("LimitExceeded", message).status(409)
}

pub(super) fn malformed(message: impl Into<String>) -> Refusal {
    Refusal::new("MalformedPolicyDocument", message)
}

/// The path of a role; `/` by default.
pub(super) fn path(input: &Input) -> Result<&str, Refusal> {
    let Some(path) = input.text("Path") else { return Ok("/") };
    if !path.contains("//") {
        return Ok(path);
    }
    let message = "The specified value for path is invalid. It must begin and end with / and contain only \
                   alphanumeric characters and/or / characters.";
    Err(Refusal::new("ValidationError", message))
}

/// A page of a list, and the elements for the next page.
pub(super) fn page<T>(
    input: &Input,
    items: impl IntoIterator<Item = (String, T)>,
    list: impl FnOnce(Vec<T>) -> Element,
) -> Result<Vec<Element>, Refusal> {
    let size = input.int("MaxItems").unwrap_or(PAGE);
    let (items, next) = paging::page(items, input.text("Marker"), size, "ValidationError")?;
    Ok(vec![list(items), xml::text("IsTruncated", next.is_some()), xml::optional("Marker", next)])
}
