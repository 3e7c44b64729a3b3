//! IAM policies as types: what a statement allows or denies can be reasoned about, not only sent.
//!
//! The form that AWS takes is made by [`Policy::to_json`]; what AWS answers is read by
//! [`Policy::from_json`]. AWS may write a list of one element as a plain string, so two documents
//! are compared as types and never as text.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::set::Set;

/// A policy document, language version `2012-10-17`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Policy {
    /// The statements in the order in which they are written.
    pub statements: Vec<Statement>,
}

/// One statement of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The name of the statement within its document.
    pub sid: Cow<'static, str>,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// Whom it is about; `None` in a policy that is attached to an identity.
    pub principal: Option<Principal>,
    /// What may or may not be done, such as `s3:GetObject*`.
    pub actions: Set<String>,
    /// On what, as ARNs that may hold `*` and `?`; empty in a trust policy.
    pub resources: Set<String>,
    /// All must hold for the statement to apply.
    pub conditions: Set<Condition>,
}

/// Whether a statement allows or denies. A denial beats any permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// Allows.
    Allow,
    /// Denies.
    Deny,
}

/// Whom a statement is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Principal {
    /// Everybody, anonymous callers too: `"*"`.
    Anyone,
    /// An AWS service, such as `ecs-tasks.amazonaws.com`.
    Service(Cow<'static, str>),
    /// An account, role or user, by ARN or account id.
    Aws(Set<String>),
}

/// A test of a key of the request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// How the values are compared.
    pub operator: Operator,
    /// What is compared, such as `aws:PrincipalTag/tenant_id`.
    pub key: Cow<'static, str>,
    /// With what; a positive operator holds when one matches, a negated one when none does.
    pub values: Set<String>,
}

/// How a condition compares.
///
/// A negated operator is true when the key is absent from the request; an `IfExists` operator is
/// true then as well. Source: IAM User Guide, "Condition operators".
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::Display, strum::EnumString,
)]
pub enum Operator {
    /// Equal, with regard to case.
    StringEquals,
    /// Not equal to any.
    StringNotEquals,
    /// Like, with `*` and `?`.
    StringLike,
    /// Not like any.
    StringNotLike,
    /// An ARN like one, each of its six parts for itself.
    ArnLike,
    /// An ARN like none.
    ArnNotLike,
    /// `true` or `false`.
    Bool,
    /// `true` or `false`, or no such key.
    BoolIfExists,
}

/// The text is no policy that these types can express.
#[derive(Debug, thiserror::Error)]
pub enum UnreadablePolicy {
    /// It is not JSON.
    #[error("the policy is not JSON")]
    Json(#[from] serde_json::Error),
    /// It is JSON with something unexpected in it.
    #[error("the policy holds something that saas never writes: {0}")]
    Foreign(String),
}

impl Policy {
    /// The roles that may change this policy although it denies that to all others.
    #[must_use]
    pub fn administrators(&self) -> BTreeSet<&str> {
        let denial = |statement: &&Statement| {
            statement.effect == Effect::Deny && statement.actions.contains("s3:PutBucketPolicy")
        };
        let exempt =
            |condition: &&Condition| condition.operator == Operator::ArnNotLike && condition.key == "aws:PrincipalArn";
        let conditions = self.statements.iter().filter(denial).flat_map(|statement| statement.conditions.iter());
        conditions.filter(exempt).flat_map(|condition| condition.values.iter().map(String::as_str)).collect()
    }

    /// The document as AWS takes it.
    #[must_use]
    pub fn to_json(&self) -> String {
        json!({
            "Version": "2012-10-17",
            "Statement": self.statements.iter().map(Statement::to_value).collect::<Vec<_>>(),
        })
        .to_string()
    }

    /// The document that AWS answered.
    ///
    /// # Errors
    /// When it is not JSON, or holds what these types do not express (`NotAction`, `NotPrincipal`,
    /// an operator that saas never writes). Such a document was not written by saas.
    pub fn from_json(text: &str) -> Result<Self, UnreadablePolicy> {
        let document: Value = serde_json::from_str(text)?;
        let statements = match &document["Statement"] {
            Value::Array(statements) => statements.iter().map(Statement::from_value).collect(),
            single @ Value::Object(_) => Statement::from_value(single).map(|statement| vec![statement]),
            other => Err(foreign(other)),
        }?;
        Ok(Self { statements })
    }
}

impl Statement {
    fn to_value(&self) -> Value {
        let mut map = Map::new();
        map.insert("Sid".into(), json!(self.sid));
        map.insert("Effect".into(), json!(self.effect));
        match &self.principal {
            None => {}
            Some(Principal::Anyone) => drop(map.insert("Principal".into(), json!("*"))),
            Some(Principal::Service(service)) => drop(map.insert("Principal".into(), json!({ "Service": service }))),
            Some(Principal::Aws(arns)) => drop(map.insert("Principal".into(), json!({ "AWS": arns }))),
        }
        map.insert("Action".into(), json!(self.actions));
        if !self.resources.is_empty() {
            map.insert("Resource".into(), json!(self.resources));
        }
        if !self.conditions.is_empty() {
            let mut operators: BTreeMap<String, BTreeMap<&str, &Set<String>>> = BTreeMap::new();
            for Condition { operator, key, values } in &self.conditions {
                operators.entry(operator.to_string()).or_default().insert(key, values);
            }
            map.insert("Condition".into(), json!(operators));
        }
        Value::Object(map)
    }

    fn from_value(value: &Value) -> Result<Self, UnreadablePolicy> {
        let map = value.as_object().ok_or_else(|| foreign(value))?;
        let known = ["Sid", "Effect", "Principal", "Action", "Resource", "Condition"];
        if let Some(key) = map.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(UnreadablePolicy::Foreign(format!("the element `{key}`")));
        }
        Ok(Self {
            sid: map.get("Sid").and_then(Value::as_str).unwrap_or_default().to_owned().into(),
            effect: serde_json::from_value(value["Effect"].clone())?,
            principal: map.get("Principal").map(principal).transpose()?,
            actions: strings(&value["Action"])?,
            resources: map.get("Resource").map(strings).transpose()?.unwrap_or_default(),
            conditions: map.get("Condition").map(conditions).transpose()?.unwrap_or_default(),
        })
    }
}

fn foreign(value: &Value) -> UnreadablePolicy {
    UnreadablePolicy::Foreign(value.to_string())
}

fn principal(value: &Value) -> Result<Principal, UnreadablePolicy> {
    match value {
        Value::String(text) if text == "*" => Ok(Principal::Anyone),
        Value::Object(map) if map.len() == 1 => match map.iter().next() {
            Some((key, Value::String(service))) if key == "Service" => Ok(Principal::Service(service.clone().into())),
            Some((key, Value::String(star))) if key == "AWS" && star == "*" => Ok(Principal::Anyone),
            Some((key, arns)) if key == "AWS" => strings(arns).map(Principal::Aws),
            _ => Err(foreign(value)),
        },
        _ => Err(foreign(value)),
    }
}

fn conditions(value: &Value) -> Result<Set<Condition>, UnreadablePolicy> {
    let mut found = Vec::new();
    for (operator, keys) in value.as_object().ok_or_else(|| foreign(value))? {
        let operator: Operator = operator.parse().map_err(|_| foreign(value))?;
        for (key, values) in keys.as_object().ok_or_else(|| foreign(value))? {
            found.push(Condition { operator, key: key.clone().into(), values: strings(values)? });
        }
    }
    Ok(found.into())
}

fn strings(value: &Value) -> Result<Set<String>, UnreadablePolicy> {
    match value {
        Value::String(text) => Ok(Set::from([text.clone()])),
        Value::Bool(flag) => Ok(Set::from([flag.to_string()])),
        Value::Array(items) => {
            items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(|| foreign(item))).collect()
        }
        other => Err(foreign(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement() -> Statement {
        Statement {
            sid: "DenyOtherTenants".into(),
            effect: Effect::Deny,
            principal: Some(Principal::Anyone),
            actions: ["s3:GetObject*".to_owned(), "s3:PutObject*".to_owned()].into(),
            resources: ["arn:aws:s3:::bucket/*".to_owned()].into(),
            conditions: [
                Condition {
                    operator: Operator::StringNotEquals,
                    key: "aws:PrincipalTag/tenant_id".into(),
                    values: ["acme-corp".to_owned()].into(),
                },
                Condition {
                    operator: Operator::BoolIfExists,
                    key: "aws:PrincipalIsAWSService".into(),
                    values: ["false".to_owned()].into(),
                },
            ]
            .into(),
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let policy = Policy { statements: vec![statement()] };
        assert_eq!(Policy::from_json(&policy.to_json()).expect("it was just written"), policy);
    }

    #[test]
    fn a_list_of_one_may_be_a_string() {
        let text = r#"{"Version":"2012-10-17","Statement":{"Sid":"A","Effect":"Allow","Action":"s3:*",
            "Principal":{"Service":"ecs-tasks.amazonaws.com"},"Condition":{"Bool":{"aws:SecureTransport":false}}}}"#;
        let policy = Policy::from_json(text).expect("AWS writes documents like this");
        assert_eq!(policy.statements[0].actions, ["s3:*".to_owned()].into());
        assert_eq!(Policy::from_json(&policy.to_json()).expect("it was just written"), policy);
    }

    #[test]
    fn what_cannot_be_expressed_is_refused() {
        let text = r#"{"Statement":[{"Effect":"Deny","NotPrincipal":"*","Action":"s3:*"}]}"#;
        let error = Policy::from_json(text).expect_err("saas never writes NotPrincipal");
        assert!(error.to_string().contains("NotPrincipal"), "{error}");
    }
}
