//! Validation of parameters, and errors of CloudWatch Logs.

use crate::cloud::Account;
use crate::paging;
use crate::services::prelude::*;
use crate::tags;

/// The maximum page size.
const PAGE: usize = 50;

pub(super) fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidParameterException", message)
}

pub(super) fn no_group() -> Refusal {
    Refusal::new("ResourceNotFoundException", "The specified log group does not exist.")
}

/// The name of the group in an ARN. The ARN must not end with `:*`, unlike in lists.
pub(super) fn group_of_arn(account: &Account, input: &Input) -> Result<String, Refusal> {
    let arn = input.required("resourceArn")?;
    let parts: Vec<&str> = arn.splitn(7, ':').collect();
    let ["arn", _, "logs", _, _, "log-group", name] = parts[..] else {
        return Err(invalid(format!("Invalid ARN: {arn}")));
    };
    ensure!(arn == account.arn("logs", &format!("log-group:{name}")), no_group());
    Ok(name.to_owned())
}

/// The tags of a request.
pub(super) fn tags(input: &Input) -> Result<Tags, Refusal> {
    let tags = input.map("tags");
    tags::fault(&tags).map_or(Ok(tags), |fault| Err(invalid(fault)))
}

/// A page of a list, with the token for the next page.
pub(super) fn page<T>(
    input: &Input,
    items: impl IntoIterator<Item = (String, T)>,
) -> Result<(Vec<T>, Option<String>), Refusal> {
    let size = input.int("limit").unwrap_or(PAGE);
    paging::page(items, input.text("nextToken"), size, "InvalidParameterException")
}
