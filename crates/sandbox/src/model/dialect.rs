//! The errors with which each service refuses an invalid input.

use super::check::{Rule, Violation};
use crate::refusal::Refusal;
use crate::services::{Protocol, Service, s3};

/// The error for these violations, of which there is at least one.
pub(super) fn refusal(service: Service, operation: &str, violations: &[Violation]) -> Refusal {
    // Errors of parsing come before errors of validation.
    let is_unreadable = |violation: &&Violation| matches!(violation.rule, Rule::Type { .. } | Rule::Unknown);
    let first = violations.iter().find(is_unreadable).unwrap_or(&violations[0]);
    if let Some(violation) = violations.iter().find(|violation| violation.rule == Rule::Unmodelled) {
        // This is no error of AWS, so it must not look like one.
        let place = violation.place.as_sent();
        return Refusal::new("NotModelled", format!("the sandbox does not model {place} of {operation}")).status(501);
    }
    match (service, service.protocol()) {
        (Service::Ec2, _) => ec2(first),
        (Service::Rds, _) => rds(first),
        (Service::S3, _) => of_s3(first),
        (_, Protocol::Json(_) | Protocol::RestJson(_)) if is_unreadable(&first) => {
            Refusal::new("SerializationException", unreadable(first))
        }
        _ if is_unreadable(&first) => Refusal::new("MalformedInput", unreadable(first)),
        // Operations on task definitions have a code of their own for invalid input.
        (Service::Ecs, _) if operation.ends_with("TaskDefinition") => {
            Refusal::new("ClientException", validation_errors(violations))
        }
        _ => Refusal::new(service.missing_parameter(), validation_errors(violations)),
    }
}

/// The message format of AWS's own service framework. Source: the errors that
/// [`crate::services::Errors`] names; getmoto/moto:tests/test_swf/test_exceptions.py for several
/// violations at once.
fn validation_errors(violations: &[Violation]) -> String {
    let errors: Vec<String> = violations.iter().map(validation_error).collect();
    let plural = if errors.len() == 1 { "" } else { "s" };
    format!("{} validation error{plural} detected: {}", errors.len(), errors.join("; "))
}

fn validation_error(violation: &Violation) -> String {
    let place = violation.place.as_member();
    let value = match (&violation.rule, &violation.value) {
        (Rule::Missing, _) => "Value null".to_owned(),
        (_, Some(value)) => format!("Value '{value}'"),
        (_, None) => "Value".to_owned(),
    };
    format!("{value} at '{place}' failed to satisfy constraint: {}", constraint(&violation.rule))
}

fn constraint(rule: &Rule) -> String {
    match rule {
        Rule::Missing => "Member must not be null".to_owned(),
        Rule::Unmodelled => "Member is not modelled by the sandbox".to_owned(),
        Rule::Unknown => "Member does not exist in the API model".to_owned(),
        Rule::Type { wanted, .. } => format!("Member must be a {wanted:?}"),
        Rule::LeastLength(least) => format!("Member must have length greater than or equal to {least}"),
        Rule::MostLength(most) => format!("Member must have length less than or equal to {most}"),
        Rule::Least(least) => format!("Member must have value greater than or equal to {least}"),
        Rule::Most(most) => format!("Member must have value less than or equal to {most}"),
        Rule::Pattern(pattern) => format!("Member must satisfy regular expression pattern: {pattern}"),
        Rule::Words(words) => format!("Member must satisfy enum value set: [{}]", words.join(", ")),
        Rule::Key(rule) => format!("Map keys must satisfy constraint: [{}]", constraint(rule)),
        Rule::Value(rule) => format!("Map value must satisfy constraint: [{}]", constraint(rule)),
    }
}

/// The message for an input that cannot be parsed. AWS ignores unknown members in JSON and in most
/// queries; the sandbox refuses them, because the caller expects an effect. Source of the message about
/// types: aws-actions/amazon-ecs-deploy-task-definition#587.
fn unreadable(violation: &Violation) -> String {
    let place = violation.place.as_sent();
    match &violation.rule {
        Rule::Type { found, wanted } => format!("{found} cannot be converted to {wanted:?}: {place}"),
        _ => format!("The API model has no member {place}"),
    }
}

/// Sources: Amazon EC2 API reference, "Error codes"; appoxy/aws#32 for the text of `UnknownParameter`.
fn ec2(violation: &Violation) -> Refusal {
    let place = violation.place.as_sent();
    let value = violation.value.as_deref().map(|value| format!(" ({value})")).unwrap_or_default();
    match &violation.rule {
        Rule::Missing => Refusal::new("MissingParameter", format!("The request must contain the parameter {place}")),
        Rule::Unknown => Refusal::new("UnknownParameter", format!("The parameter {place} is not recognized")),
        rule => {
            let why = if let Rule::Words(_) = rule { String::new() } else { format!(" {}", constraint(rule)) };
            Refusal::new("InvalidParameterValue", format!("Value{value} for parameter {place} is invalid.{why}"))
        }
    }
}

/// Source of the message about missing parameters: terraform-aws-modules/terraform-aws-rds#210 and
/// #129.
fn rds(violation: &Violation) -> Refusal {
    let place = violation.place.as_sent();
    let message = match &violation.rule {
        Rule::Missing => format!("The parameter {place} must be provided and must not be blank."),
        Rule::Unknown | Rule::Type { .. } => unreadable(violation),
        rule => format!("The parameter {place} is not valid. {}", constraint(rule)),
    };
    Refusal::new("InvalidParameterValue", message)
}

/// Source: Amazon S3 API reference, "Error responses".
fn of_s3(violation: &Violation) -> Refusal {
    let place = violation.place.as_sent();
    match (violation.place.location(), &violation.rule) {
        (Some(_), Rule::Missing) => Refusal::new("InvalidArgument", format!("{place} is missing")),
        (Some(_), rule) => Refusal::new("InvalidArgument", format!("Invalid value of {place}: {}", constraint(rule))),
        (None, Rule::Unknown) if violation.place.is_outermost() => s3::not_implemented(&place),
        (None, _) => s3::malformed_xml(),
    }
}
