//! Names and ARNs, and references to resources.
//!
//! Source: Amazon ECS Developer Guide, "Amazon Resource Names (ARNs) and IDs". All ARNs have the
//! long form, as in every account since 2021.

use super::refusals::invalid;
use crate::cloud::Account;
use crate::services::prelude::*;

/// The cluster of a call that names none.
pub(super) const DEFAULT_CLUSTER: &str = "default";

pub(super) fn cluster_arn(account: &Account, cluster: &str) -> String {
    account.arn("ecs", &format!("cluster/{cluster}"))
}

pub(super) fn service_arn(account: &Account, cluster: &str, service: &str) -> String {
    account.arn("ecs", &format!("service/{cluster}/{service}"))
}

pub(super) fn task_arn(account: &Account, cluster: &str, task: &str) -> String {
    account.arn("ecs", &format!("task/{cluster}/{task}"))
}

pub(super) fn definition_arn(account: &Account, family: &str, revision: u32) -> String {
    account.arn("ecs", &format!("task-definition/{family}:{revision}"))
}

/// Whether this is a valid name of a cluster, a service, a family or a container: up to 255
/// letters, numbers, hyphens and underscores. Source: Amazon ECS API reference, `CreateCluster`,
/// `CreateService`, `RegisterTaskDefinition`.
pub(super) fn is_name(text: &str) -> bool {
    let sound = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    (1..=255).contains(&text.len()) && text.chars().all(sound)
}

/// The name of a cluster, from its name or ARN.
pub(super) fn cluster_name(account: &Account, reference: &str) -> Result<String, Refusal> {
    let Some(rest) = resource(account, reference)? else {
        return named(reference);
    };
    rest.strip_prefix("cluster/").map_or_else(|| Err(odd(reference)), named)
}

/// The name of a service of a cluster, from its name or ARN.
pub(super) fn service_name(account: &Account, cluster: &str, reference: &str) -> Result<String, Refusal> {
    member(account, "service", cluster, reference)
}

/// The id of a task of a cluster, from its id or ARN.
pub(super) fn task_id(account: &Account, cluster: &str, reference: &str) -> Result<String, Refusal> {
    member(account, "task", cluster, reference)
}

/// A family and optionally a revision, from an ARN, `family:revision` or `family`.
pub(super) fn definition(account: &Account, reference: &str) -> Result<(String, Option<u32>), Refusal> {
    let name = match resource(account, reference)? {
        None => reference,
        Some(rest) => rest.strip_prefix("task-definition/").ok_or_else(|| odd(reference))?,
    };
    let Some((family, revision)) = name.split_once(':') else {
        return Ok((named(name)?, None));
    };
    let number = revision.parse().map_err(|_| invalid(format!("Invalid revision number. Number: {revision}")))?;
    Ok((named(family)?, Some(number)))
}

fn member(account: &Account, kind: &str, cluster: &str, reference: &str) -> Result<String, Refusal> {
    let Some(rest) = resource(account, reference)? else {
        return named(reference);
    };
    match rest.split('/').collect::<Vec<_>>()[..] {
        [named_kind, of, name] if named_kind == kind && of == cluster => named(name),
        [named_kind, of, _] if named_kind == kind => {
            Err(invalid(format!("Identifier is for {of}. Your cluster is {cluster}")))
        }
        // The short form, as old accounts use it.
        [named_kind, name] if named_kind == kind => named(name),
        _ => Err(odd(reference)),
    }
}

/// The part after `arn:<partition>:ecs:<region>:<account>:`; `None` if the reference is not an ARN.
fn resource<'a>(account: &Account, reference: &'a str) -> Result<Option<&'a str>, Refusal> {
    if !reference.starts_with("arn:") {
        return Ok(None);
    }
    let here = account.arn("ecs", "");
    reference.strip_prefix(&here).map(Some).ok_or_else(|| odd(reference))
}

fn named(name: &str) -> Result<String, Refusal> {
    if is_name(name) { Ok(name.to_owned()) } else { Err(invalid("Identifier contains invalid characters.")) }
}

fn odd(reference: &str) -> Refusal {
    invalid(format!("Invalid identifier: Unexpected ARN {reference}"))
}
