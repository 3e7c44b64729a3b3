//! The secrets of containers.
//!
//! Source: Amazon ECS API reference, `Secret`; Amazon ECS Developer Guide, "Pass sensitive data to
//! an Amazon ECS container".

use std::collections::BTreeSet;

use super::container::{Task, filled};
use super::refusals::client;
use crate::services::prelude::*;

/// Validates the secrets of a container. ECS does not check whether they exist.
pub(super) fn check(container: &Input, task: &Task<'_>) -> Result<(), Refusal> {
    let environment = container.list("environment");
    let mut taken: BTreeSet<&str> = environment.iter().filter_map(|pair| pair.text("name")).collect();
    let secrets = container.list("secrets");
    for secret in &secrets {
        let (name, from) = (filled("Secret", secret, "name")?, filled("Secret", secret, "valueFrom")?);
        let message =
            "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.";
        ensure!(task.execution_role.is_some(), client(message));
        let message = format!(
            "The secret name must be unique and not shared with any new or existing environment variables set on the \
             container, such as '{name}'."
        );
        ensure!(taken.insert(name), client(message));
        let message = format!("Invalid secret: '{from}' is neither an ARN of one nor a parameter's name.");
        ensure!(is_reference(from), client(message));
    }
    Ok(())
}

/// Whether this is the ARN of a secret or parameter, or the name of a parameter.
fn is_reference(from: &str) -> bool {
    if !from.starts_with("arn:") {
        return from.chars().all(|character| character.is_ascii_alphanumeric() || "_.-/".contains(character));
    }
    let [_, _partition, service, region, account, resource] = from.splitn(6, ':').collect::<Vec<_>>()[..] else {
        return false;
    };
    let kind = match service {
        "secretsmanager" => "secret:",
        "ssm" => "parameter/",
        _ => return false,
    };
    !region.is_empty() && account.len() == 12 && resource.strip_prefix(kind).is_some_and(|name| !name.is_empty())
}
