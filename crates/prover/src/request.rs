//! Requests, and how policies evaluate them.
//!
//! The checker relies only on this module: no sets, one request at a time.

use std::collections::BTreeMap;
use std::fmt;

use saas_model::policy::{Condition, Effect, Principal};
use serde::{Deserialize, Serialize};

use crate::glob::Glob;
use crate::policy::{Names, Rule, Undecided, holds_when_absent, is_boolean, is_negated, resolved, test};

/// A request in the form that IAM policy simulators accept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The principal: an ARN, a service, or `*` for an anonymous caller.
    pub principal: String,
    /// The action, such as `s3:GetObject`.
    pub action: String,
    /// The ARN of the resource.
    pub resource: String,
    /// The condition keys of the request with their values.
    pub context: BTreeMap<String, String>,
}

/// The decision on a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A statement allows the request and none denies it.
    Allowed,
    /// A statement denies the request.
    Denied,
    /// No statement applies to the request.
    NotAllowed,
}

impl Request {
    /// The value of a key, ignoring the key's case.
    /// Source: IAM User Guide, "IAM JSON policy elements: Condition": key names are not
    /// case-sensitive.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&str> {
        let same = |(name, _): &(&String, &String)| name.eq_ignore_ascii_case(key);
        self.context.iter().find(same).map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { principal, action, resource, context } = self;
        write!(f, "{action} on {resource} as {principal}")?;
        for (n, (key, value)) in context.iter().enumerate() {
            write!(f, "{} {key} = {value}", if n == 0 { ", with" } else { "," })?;
        }
        Ok(())
    }
}

/// Evaluates the statements for a request.
///
/// # Errors
/// When a statement cannot be decided.
pub fn evaluate<'a>(rules: impl IntoIterator<Item = Rule<'a>>, request: &Request) -> Result<Answer, Undecided> {
    let mut answer = Answer::NotAllowed;
    for rule in rules {
        if applies(&rule, request)? {
            match rule.effect {
                Effect::Deny => return Ok(Answer::Denied),
                Effect::Allow => answer = Answer::Allowed,
            }
        }
    }
    Ok(answer)
}

/// Whether a statement applies to a request.
///
/// # Errors
/// When this cannot be decided.
pub fn applies(rule: &Rule<'_>, request: &Request) -> Result<bool, Undecided> {
    let Rule { effect: _, principal, actions, resources, conditions } = rule;
    if let Some(principal) = principal
        && !is_about(principal, request)?
    {
        return Ok(false);
    }
    let action = request.action.to_ascii_lowercase();
    let like = |pattern: &String| Ok(Glob::like(&pattern.to_ascii_lowercase()).matches(&action));
    if !named(*actions, like)? {
        return Ok(false);
    }
    if let Some(resources) = resources {
        let like = |pattern: &String| Ok(resolved(pattern, |key| request.value(key))?.matches(&request.resource));
        if !named(*resources, like)? {
            return Ok(false);
        }
    }
    conditions.iter().try_fold(true, |all, condition| Ok(all && holds(condition, request)?))
}

fn named(names: Names<'_>, like: impl Fn(&String) -> Result<bool, Undecided>) -> Result<bool, Undecided> {
    let (patterns, listed) = match names {
        Names::Of(patterns) => (patterns, true),
        Names::AllBut(patterns) => (patterns, false),
    };
    let any = patterns.iter().try_fold(false, |any, pattern| Ok::<_, Undecided>(any || like(pattern)?))?;
    Ok(any == listed)
}

fn is_about(principal: &Principal, request: &Request) -> Result<bool, Undecided> {
    Ok(match principal {
        Principal::Anyone => true,
        Principal::Service(service) => request.value(SERVICE_NAME) == Some(service),
        Principal::Aws(arns) => {
            let mut any = false;
            for arn in arns {
                any |= match identity(arn)? {
                    Identity::Account(account) => request.value(PRINCIPAL_ACCOUNT) == Some(account),
                    Identity::Arn(arn) => request.value(PRINCIPAL_ARN) == Some(arn),
                };
            }
            any
        }
    })
}

/// The condition key with the ARN of the calling role or user.
pub const PRINCIPAL_ARN: &str = "aws:PrincipalArn";
/// The condition key with the caller's account.
pub const PRINCIPAL_ACCOUNT: &str = "aws:PrincipalAccount";
/// The condition key with the tag that identifies the tenant.
pub const PRINCIPAL_TENANT: &str = "aws:PrincipalTag/tenant_id";
/// The condition key that states whether an AWS service calls in its own name.
pub const IS_AWS_SERVICE: &str = "aws:PrincipalIsAWSService";
/// The condition key with the name of that service.
pub const SERVICE_NAME: &str = "aws:PrincipalServiceName";
/// The condition key that states whether the request uses TLS.
pub const SECURE_TRANSPORT: &str = "aws:SecureTransport";

/// The identity that an element of `Principal` names.
pub(crate) enum Identity<'a> {
    /// All principals of an account.
    Account(&'a str),
    /// One role or user.
    Arn(&'a str),
}

/// # Errors
/// When the text names a session, a federated user or another principal whose keys are unknown.
pub(crate) fn identity(text: &str) -> Result<Identity<'_>, Undecided> {
    if text.len() == 12 && text.bytes().all(|c| c.is_ascii_digit()) {
        return Ok(Identity::Account(text));
    }
    let undecided = || Undecided::Principal(text.to_owned());
    let arn = saas_model::arn::Arn::of(text).filter(|arn| arn.service == "iam").ok_or_else(undecided)?;
    match arn.resource {
        "root" => Ok(Identity::Account(arn.account)),
        name if name.starts_with("role/") || name.starts_with("user/") => Ok(Identity::Arn(text)),
        _ => Err(undecided()),
    }
}

fn holds(condition: &Condition, request: &Request) -> Result<bool, Undecided> {
    let Condition { operator, key, values } = condition;
    let Some(found) = request.value(key) else { return Ok(holds_when_absent(*operator)) };
    let found = if is_boolean(*operator) { found.to_ascii_lowercase() } else { found.to_owned() };
    let mut any = false;
    for value in values {
        any |= test(*operator, value, |key| request.value(key))?.matches(&found);
    }
    Ok(any != is_negated(*operator))
}
