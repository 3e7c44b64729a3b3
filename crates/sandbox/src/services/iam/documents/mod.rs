//! Policy documents: their common grammar, and their encoding.
//!
//! The grammar is that of the IAM User Guide, "Grammar of the IAM JSON policy language". The
//! messages are those that IAM is known to return.

mod identity;
mod principal;
mod statement;
mod trust;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::check::malformed;
use crate::refusal::Refusal;
use crate::services::policy_language::{DOCUMENT, VERSIONS};
use statement::Statement;

pub(super) use identity::identity;
pub(super) use trust::{lets_in, trust, trusting, trusting_in_lists};

/// The characters to encode. Source: AWS IAM API, `GetRole`: "URL-encoded compliant with RFC 3986".
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A document as IAM returns it.
pub(super) fn encoded(document: &str) -> String {
    utf8_percent_encode(document, RESERVED).to_string()
}

/// The size of a document, without white space. Source: IAM User Guide, "IAM and AWS STS quotas".
pub(super) fn size(document: &str) -> usize {
    document.chars().filter(|character| !character.is_whitespace()).count()
}

fn syntax() -> Refusal {
    malformed("Syntax errors in policy.")
}

/// A document with valid grammar.
struct Document {
    value: Value,
    /// `None` means the oldest version.
    version: Option<String>,
    statements: Vec<Statement>,
}

impl Document {
    fn read(value: Value) -> Result<Self, Refusal> {
        let elements = value.as_object().ok_or_else(syntax)?;
        if elements.keys().any(|key| !DOCUMENT.contains(key)) || elements.get("Id").is_some_and(|id| !id.is_string()) {
            return Err(syntax());
        }
        let version = match elements.get("Version") {
            None => None,
            Some(Value::String(version)) if VERSIONS.contains(version) => Some(version.clone()),
            Some(_) => return Err(syntax()),
        };
        let statements = match elements.get("Statement") {
            Some(Value::Array(statements)) if !statements.is_empty() => statements.clone(),
            Some(statement @ Value::Object(_)) => vec![statement.clone()],
            _ => return Err(syntax()),
        };
        let statements: Vec<Statement> = statements.into_iter().map(Statement::read).collect::<Result<_, _>>()?;
        let mut sids: Vec<&str> = statements.iter().filter_map(Statement::sid).filter(|sid| !sid.is_empty()).collect();
        sids.sort_unstable();
        if sids.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(malformed("Statement IDs (SID) in a single policy must be unique."));
        }
        Ok(Self { value, version, statements })
    }
}
