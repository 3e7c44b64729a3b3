//! Checks of single parameters, and their errors.

use std::fmt::Display;

use crate::refusal::{Refusal, ensure};

/// The error for an invalid parameter.
pub(super) fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("ValidationError", message)
}

/// The error for a feature of AWS that the sandbox does not model. This is no error of AWS, so it must
/// not look like one.
pub(super) fn not_modelled(what: impl Display) -> Refusal {
    Refusal::new("NotModelled", format!("the sandbox has no {what}")).status(501)
}

/// The error for a setting that conflicts with others.
pub(super) fn configuration(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidConfigurationRequest", message)
}

/// Refuses one more resource than the quota allows.
pub(super) fn quota(count: usize, most: usize, code: &'static str, what: impl Display) -> Result<(), Refusal> {
    if count < most {
        return Ok(());
    }
    Err(Refusal::new(code, format!("The maximum number of {what} has been reached")))
}

/// Checks the name of a load balancer or a target group. Source: Elastic Load Balancing API reference,
/// `CreateLoadBalancer` and `CreateTargetGroup`.
pub(super) fn name_form(what: &str, name: &str) -> Result<(), Refusal> {
    ensure!(name.chars().count() <= 32, invalid(format!("{what} '{name}' cannot be longer than '32' characters")));
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
