//! The policy language that policies of roles and of buckets share: its elements, its condition
//! operators, and the normal form in which AWS stores a statement.
//!
//! Source: AWS IAM User Guide, "Grammar of the IAM JSON policy language".

use serde_json::Value;

use crate::words::Words;

/// The elements of a document, its versions, and the elements of a statement.
pub(crate) const DOCUMENT: Words = Words("Version Id Statement");
pub(crate) const VERSIONS: Words = Words("2012-10-17 2008-10-17");
pub(crate) const STATEMENT: Words =
    Words("Sid Effect Principal NotPrincipal Action NotAction Resource NotResource Condition");

/// A condition operator. Source: AWS IAM User Guide, "IAM JSON policy elements: Condition operators".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Operator {
    pub(crate) quantifier: Option<Quantifier>,
    pub(crate) test: Test,
    pub(crate) negated: bool,
    pub(crate) if_exists: bool,
}

/// How many of the values of a key must match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantifier {
    All,
    Any,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Test {
    Equals,
    EqualsIgnoringCase,
    Like,
    ArnLike,
    Bool,
    Null,
    /// Numbers, dates, addresses and binary values. No call in the sandbox has such a condition key, so
    /// the key is always absent.
    Other,
}

impl Operator {
    pub(crate) fn read(name: &str) -> Option<Self> {
        let (quantifier, rest) = match name.split_once(':') {
            Some(("ForAllValues", rest)) => (Some(Quantifier::All), rest),
            Some(("ForAnyValue", rest)) => (Some(Quantifier::Any), rest),
            _ => (None, name),
        };
        let (rest, if_exists) = rest.strip_suffix("IfExists").map_or((rest, false), |rest| (rest, true));
        let (test, negated) = match rest {
            "StringEquals" => (Test::Equals, false),
            "StringNotEquals" => (Test::Equals, true),
            "StringEqualsIgnoreCase" => (Test::EqualsIgnoringCase, false),
            "StringNotEqualsIgnoreCase" => (Test::EqualsIgnoringCase, true),
            "StringLike" => (Test::Like, false),
            "StringNotLike" => (Test::Like, true),
            "ArnEquals" | "ArnLike" => (Test::ArnLike, false),
            "ArnNotEquals" | "ArnNotLike" => (Test::ArnLike, true),
            "Bool" => (Test::Bool, false),
            "Null" if !if_exists => (Test::Null, false),
            "NumericNotEquals" | "DateNotEquals" | "NotIpAddress" => (Test::Other, true),
            "NumericEquals" | "DateEquals" | "IpAddress" | "BinaryEquals" => (Test::Other, false),
            _ => {
                let order = rest.strip_prefix("Numeric").or_else(|| rest.strip_prefix("Date"))?;
                ["LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"].contains(&order).then_some(())?;
                (Test::Other, false)
            }
        };
        Some(Self { quantifier, test, negated, if_exists })
    }
}

pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Converts a statement to the form that AWS stores: a list of one becomes its only member, and an
/// account becomes the ARN of its root user. Source: AWS IAM User Guide, "AWS JSON policy elements:
/// Principal".
pub(crate) fn normalize(statement: &mut Value, partition: &str) {
    for element in ["Principal", "NotPrincipal"] {
        if let Some(accounts) = statement.get_mut(element).and_then(|principal| principal.get_mut("AWS")) {
            expand_accounts(accounts, partition);
        }
    }
    unwrap_single(statement);
}

fn expand_accounts(named: &mut Value, partition: &str) {
    match named {
        Value::String(id) if is_account(id) => *id = format!("arn:{partition}:iam::{id}:root"),
        Value::Array(list) => list.iter_mut().for_each(|named| expand_accounts(named, partition)),
        _ => {}
    }
}

fn unwrap_single(value: &mut Value) {
    match value {
        Value::Array(values) if values.len() == 1 => *value = values.remove(0),
        Value::Object(map) => map.values_mut().for_each(unwrap_single),
        _ => {}
    }
}
