//! Parses policies, and formats them as S3 returns them.

use serde_json::{Map, Value, json};

use super::condition::Condition;
use super::principal::Principal;
use super::{Effect, Either, Policy, Statement, malformed};
use crate::refusal::{Refusal, ensure};
use crate::services::policy_language::{self, DOCUMENT, STATEMENT, VERSIONS};

impl Policy {
    /// Parses a policy. An invalid one is rejected like in S3.
    pub(crate) fn read(text: &str) -> Result<Self, Refusal> {
        let value = parse(text)?;
        let map = value.as_object().ok_or_else(not_json)?;
        if let Some(unknown) = map.keys().find(|key| !DOCUMENT.contains(key)) {
            return Err(malformed(format!("Unknown field {unknown}")));
        }
        let version = map.get("Version");
        if version.is_some_and(|version| !version.as_str().is_some_and(|version| VERSIONS.contains(version))) {
            return Err(malformed("The policy must contain a valid version string"));
        }
        let statements = match map.get("Statement") {
            None => return Err(malformed("Missing required field Statement")),
            Some(Value::Array(statements)) if statements.is_empty() => {
                return Err(malformed("Could not parse the policy: Statement is empty!"));
            }
            Some(Value::Array(statements)) => statements.iter().map(statement).collect::<Result<_, _>>()?,
            Some(single) => vec![statement(single)?],
        };
        Ok(Self { statements })
    }
}

fn parse(text: &str) -> Result<Value, Refusal> {
    ensure!(text.starts_with('{'), not_json());
    serde_json::from_str(text).map_err(|_| not_json())
}

fn not_json() -> Refusal {
    malformed("Policies must be valid JSON and the first byte must be '{'")
}

fn statement(value: &Value) -> Result<Statement, Refusal> {
    let map = value.as_object().ok_or_else(|| malformed("A statement is no object"))?;
    if let Some(unknown) = map.keys().find(|key| !STATEMENT.contains(key)) {
        return Err(malformed(format!("Unknown field {unknown}")));
    }
    let effect = match map.get("Effect").and_then(Value::as_str) {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        Some(other) => return Err(malformed(format!("Invalid effect: {other}"))),
        None => return Err(malformed("Missing required field Effect")),
    };
    let sid = match map.get("Sid") {
        None => None,
        Some(sid) => Some(sid.as_str().ok_or_else(|| malformed("Sid is no text"))?.to_owned()),
    };
    Ok(Statement {
        sid,
        effect,
        principals: either(map, "Principal", "NotPrincipal", Principal::read)?,
        actions: either(map, "Action", "NotAction", texts)?,
        resources: either(map, "Resource", "NotResource", texts)?,
        conditions: map.get("Condition").map(Condition::read).transpose()?.unwrap_or_default(),
    })
}

fn either<T>(
    map: &Map<String, Value>,
    these: &str,
    all_but: &str,
    read: fn(&Value) -> Result<Vec<T>, Refusal>,
) -> Result<Either<T>, Refusal> {
    match (map.get(these), map.get(all_but)) {
        (Some(value), None) => Ok(Either::These(read(value)?)),
        (None, Some(value)) => Ok(Either::AllBut(read(value)?)),
        (Some(_), Some(_)) => Err(malformed(format!("A statement has both {these} and {all_but}"))),
        (None, None) => Err(malformed(format!("Missing required field {these}"))),
    }
}

/// A string or a list of strings; booleans and numbers are converted.
pub(super) fn texts(value: &Value) -> Result<Vec<String>, Refusal> {
    let one = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        _ => Err(malformed("A value of the policy is no text")),
    };
    match value {
        Value::Array(values) if values.is_empty() => Err(malformed("A list of the policy is empty")),
        Value::Array(values) => values.iter().map(one).collect(),
        single => Ok(vec![one(single)?]),
    }
}

/// The text of a policy as S3 returns it: unchanged, except that lists with one element become
/// strings, and account ids become the ARN of the root user.
///
/// Sources: hashicorp/terraform pull request 4278 and issue 9036, which found it in answers of S3;
/// recorded by LocalStack, `test_bucket_policy_crud`: nothing is added.
pub(crate) fn as_given_back(text: &str, partition: &str) -> String {
    let Ok(written) = parse(text) else { return text.to_owned() };
    let mut value = written.clone();
    if let Some(statements) = value.get_mut("Statement") {
        if statements.is_object() {
            *statements = json!([statements.take()]);
        }
        let statements = statements.as_array_mut().into_iter().flatten();
        statements.for_each(|statement| policy_language::normalize(statement, partition));
    }
    if value == written { text.to_owned() } else { value.to_string() }
}
