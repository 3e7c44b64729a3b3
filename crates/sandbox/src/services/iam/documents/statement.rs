//! The statements of a policy document.

use serde_json::{Map, Value};

use super::syntax;
use crate::refusal::{Refusal, ensure};
use crate::services::iam::check::malformed;
use crate::services::policy_language::{Operator, STATEMENT};

/// A statement with valid grammar.
pub(super) struct Statement(Map<String, Value>);

impl Statement {
    pub(super) fn read(value: Value) -> Result<Self, Refusal> {
        let Value::Object(elements) = value else { return Err(syntax()) };
        let statement = Self(elements);
        statement.check()?;
        Ok(statement)
    }

    fn check(&self) -> Result<(), Refusal> {
        ensure!(self.0.keys().all(|key| STATEMENT.contains(key)), syntax());
        for one in ["Principal", "Action", "Resource"] {
            ensure!(!self.has(one) || !self.has(&format!("Not{one}")), syntax());
        }
        match self.0.get("Sid") {
            None => {}
            Some(Value::String(sid)) if sid.chars().all(|character| character.is_ascii_alphanumeric()) => {}
            Some(Value::String(_)) => {
                let message = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the \
                               regular expression [0-9A-Za-z]*";
                return Err(malformed(message));
            }
            Some(_) => return Err(syntax()),
        }
        for list in ["Action", "NotAction", "Resource", "NotResource"] {
            ensure!(self.0.get(list).is_none_or(|value| texts(value).is_some()), syntax());
        }
        ensure!(self.0.get("Condition").is_none_or(is_condition), syntax());
        match self.0.get("Effect").and_then(Value::as_str) {
            Some("Allow" | "Deny") => {}
            Some(effect) if ["allow", "deny"].contains(&effect.to_lowercase().as_str()) => {
                return Err(malformed("The policy failed legacy parsing"));
            }
            _ => return Err(syntax()),
        }
        self.check_actions()
    }

    fn check_actions(&self) -> Result<(), Refusal> {
        let actions = self.one_or_other("Action");
        ensure!(!actions.is_empty(), malformed("Policy statement must contain actions."));
        for action in actions.into_iter().filter(|action| *action != "*") {
            let Some((vendor, name)) = action.split_once(':') else {
                let message = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
                return Err(malformed(message));
            };
            ensure!(!name.contains(':'), malformed("Actions/Condition can contain only one colon."));
            let sound = |character: char| character.is_ascii_alphanumeric() || "-.".contains(character);
            if vendor.is_empty() || !vendor.chars().all(sound) {
                return Err(malformed(format!("Vendor {vendor} is not valid")));
            }
        }
        Ok(())
    }

    pub(super) fn has(&self, element: &str) -> bool {
        self.0.contains_key(element)
    }

    pub(super) fn get(&self, element: &str) -> Option<&Value> {
        self.0.get(element)
    }

    pub(super) fn sid(&self) -> Option<&str> {
        self.0.get("Sid").and_then(Value::as_str)
    }

    pub(super) fn allows(&self) -> bool {
        self.0.get("Effect").and_then(Value::as_str) == Some("Allow")
    }

    /// The strings of an element, or of its `Not` variant.
    pub(super) fn one_or_other(&self, element: &str) -> Vec<&str> {
        let value = self.0.get(element).or_else(|| self.0.get(&format!("Not{element}")));
        value.and_then(texts).unwrap_or_default()
    }
}

/// A string, or a list of strings.
pub(super) fn texts(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(text) => Some(vec![text]),
        Value::Array(list) => list.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// Operators with keys with values. An operator without keys may have any name.
fn is_condition(condition: &Value) -> bool {
    let Some(operators) = condition.as_object() else { return false };
    operators.iter().all(|(operator, keys)| {
        let Some(keys) = keys.as_object() else { return false };
        (keys.is_empty() || Operator::read(operator).is_some()) && keys.values().all(is_condition_value)
    })
}

fn is_condition_value(value: &Value) -> bool {
    match value {
        Value::String(_) | Value::Bool(_) | Value::Number(_) => true,
        Value::Array(list) => list.iter().all(|value| !value.is_array() && is_condition_value(value)),
        Value::Null | Value::Object(_) => false,
    }
}
