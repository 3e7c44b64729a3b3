//! The resource policies of secrets: stored, returned and deleted, but not evaluated.

use serde_json::Value as Json;

use super::secret::{alive, named};
use crate::services::policy_language::{DOCUMENT, VERSIONS};
use crate::services::prelude::*;

fn malformed(message: &str) -> Refusal {
    Refusal::new("MalformedPolicyDocumentException", message)
}

/// A secret without a policy is answered without the member.
pub(super) fn get_resource_policy(cloud: &mut Cloud, input: &Input) -> Result<Json, Refusal> {
    let secret = named(cloud, input)?;
    Ok(json!({"ARN": secret.arn, "Name": secret.name, "ResourcePolicy": secret.policy}))
}

pub(super) fn put_resource_policy(cloud: &mut Cloud, input: &Input) -> Result<Json, Refusal> {
    let text = input.required("ResourcePolicy")?.to_owned();
    let is_public = input.flag("BlockPublicPolicy") == Some(true) && lets_anyone_in(&text);
    ensure!(is_document(&text), malformed("This resource policy contains invalid Json."));
    let message = "This resource policy grants broad access to the secret.";
    ensure!(!is_public, Refusal::new("PublicPolicyException", message));
    let secret = alive(cloud, input)?;
    secret.policy = Some(text);
    Ok(json!({"ARN": secret.arn, "Name": secret.name}))
}

/// Succeeds also for a secret without a policy.
pub(super) fn delete_resource_policy(cloud: &mut Cloud, input: &Input) -> Result<Json, Refusal> {
    let secret = alive(cloud, input)?;
    secret.policy = None;
    Ok(json!({"ARN": secret.arn, "Name": secret.name}))
}

/// Whether a text is a policy document with principals in each of its statements.
fn is_document(text: &str) -> bool {
    let Ok(Json::Object(document)) = serde_json::from_str::<Json>(text) else { return false };
    let version = document.get("Version").and_then(Json::as_str);
    let names_someone = |statement: &Json| {
        ["Principal", "NotPrincipal"].iter().any(|key| statement.get(key).is_some())
            && statement.get("Effect").and_then(Json::as_str).is_some_and(|effect| ["Allow", "Deny"].contains(&effect))
    };
    let statements = statements(&document);
    document.keys().all(|key| DOCUMENT.contains(key))
        && version.is_none_or(|version| VERSIONS.contains(version))
        && !statements.is_empty()
        && statements.into_iter().all(names_someone)
}

fn statements(document: &serde_json::Map<String, Json>) -> Vec<&Json> {
    match document.get("Statement") {
        Some(Json::Array(statements)) => statements.iter().collect(),
        Some(statement) => vec![statement],
        None => Vec::new(),
    }
}

/// Whether a statement allows every principal without a condition.
fn lets_anyone_in(text: &str) -> bool {
    let Ok(Json::Object(document)) = serde_json::from_str::<Json>(text) else { return false };
    statements(&document).into_iter().any(|statement| {
        let principal = &statement["Principal"];
        statement["Effect"] == "Allow"
            && statement.get("Condition").is_none()
            && (*principal == "*" || principal["AWS"] == "*")
    })
}
