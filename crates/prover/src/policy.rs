//! What a statement of a policy says, in the form in which questions are asked about it.
//!
//! It knows more than the plan's policies need: statements that name all actions or resources but
//! some. So what others wrote can be judged by the same rules.

use saas_model::policy::{Condition, Effect, Operator, Policy, Principal, Statement};

use crate::glob::Glob;

/// One statement.
#[derive(Clone, Copy, Debug)]
pub struct Rule<'a> {
    /// Whether it allows or denies.
    pub effect: Effect,
    /// Whom it is about; `None` in a policy that is attached to an identity.
    pub principal: Option<&'a Principal>,
    /// What may or may not be done.
    pub actions: Names<'a>,
    /// On what; `None` in a trust policy, where it is the role itself.
    pub resources: Option<Names<'a>>,
    /// All must hold for it to apply.
    pub conditions: &'a [Condition],
}

/// What an element of a statement names.
#[derive(Clone, Copy, Debug)]
pub enum Names<'a> {
    /// What is like one of these.
    Of(&'a [String]),
    /// All that is like none of these: `NotAction`, `NotResource`.
    AllBut(&'a [String]),
}

/// It is not known what a statement says about a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undecided {
    /// A pattern with a variable whose value is not known.
    #[error("`{0}` has a policy variable whose value is not known")]
    Variable(String),
    /// What is compared as an ARN has not six parts.
    #[error("`{0}` is compared as an ARN and is none")]
    NoArn(String),
    /// Whom a statement is about is not told by the keys of a request.
    #[error("the principal `{0}` is not one that can be decided")]
    Principal(String),
    /// There are too many cases.
    #[error("there are more cases than are looked at")]
    TooManyCases,
}

impl From<crate::glob::TooManyCases> for Undecided {
    fn from(_: crate::glob::TooManyCases) -> Self {
        Self::TooManyCases
    }
}

impl<'a> From<&'a Statement> for Rule<'a> {
    fn from(statement: &'a Statement) -> Self {
        let Statement { sid: _, effect, principal, actions, resources, conditions } = statement;
        Self {
            effect: *effect,
            principal: principal.as_ref(),
            actions: Names::Of(actions),
            // A trust policy has no resources: it is about the role that it is a part of. So has a
            // statement by mistake, and then it applies to nothing, or to all; the latter is taken.
            resources: (!resources.is_empty()).then_some(Names::Of(resources)),
            conditions,
        }
    }
}

/// The statements of a policy.
pub fn rules(policy: &Policy) -> impl Iterator<Item = Rule<'_>> {
    policy.statements.iter().map(Rule::from)
}

/// The set of texts that a pattern stands for, with the values of policy variables filled in.
///
/// Source: IAM User Guide, "IAM policy elements: Variables and tags": a value is taken as it is, and
/// `${*}`, `${?}` and `${$}` are the characters themselves.
///
/// # Errors
/// When a value is not known.
pub fn resolved<'v>(pattern: &str, value: impl Fn(&str) -> Option<&'v str>) -> Result<Glob, Undecided> {
    let mut glob = Glob::default();
    let mut rest = pattern;
    while let Some((before, behind)) = rest.split_once("${") {
        let unknown = || Undecided::Variable(pattern.to_owned());
        let (name, after) = behind.split_once('}').ok_or_else(unknown)?;
        glob = glob.then_like(before);
        glob = match name {
            "*" | "?" | "$" => glob.then_exactly(name),
            key => glob.then_exactly(value(key).ok_or_else(unknown)?),
        };
        rest = after;
    }
    Ok(glob.then_like(rest))
}

/// What one value of a condition stands for.
///
/// # Errors
/// When a variable in it is not known, or an ARN has not six parts.
pub fn test<'v>(operator: Operator, value: &str, known: impl Fn(&str) -> Option<&'v str>) -> Result<Glob, Undecided> {
    match operator {
        Operator::StringEquals | Operator::StringNotEquals => match value.contains("${") {
            // With variables, `*` still means itself here.
            true if value.contains(['*', '?']) => Err(Undecided::Variable(value.to_owned())),
            true => resolved(value, known),
            false => Ok(Glob::exactly(value)),
        },
        Operator::StringLike | Operator::StringNotLike => resolved(value, known),
        Operator::ArnLike | Operator::ArnNotLike if value.contains("${") => Err(Undecided::Variable(value.to_owned())),
        Operator::ArnLike | Operator::ArnNotLike => {
            Glob::arn_like(value).ok_or_else(|| Undecided::NoArn(value.to_owned()))
        }
        Operator::Bool | Operator::BoolIfExists => Ok(Glob::exactly(&value.to_ascii_lowercase())),
    }
}

/// Whether an operator holds when no value matches, and so when the key is absent.
#[must_use]
pub const fn is_negated(operator: Operator) -> bool {
    matches!(operator, Operator::StringNotEquals | Operator::StringNotLike | Operator::ArnNotLike)
}

/// Whether an operator holds when the key is absent from the request.
#[must_use]
pub const fn holds_when_absent(operator: Operator) -> bool {
    is_negated(operator) || matches!(operator, Operator::BoolIfExists)
}

/// Whether an operator compares `true` and `false`.
#[must_use]
pub const fn is_boolean(operator: Operator) -> bool {
    matches!(operator, Operator::Bool | Operator::BoolIfExists)
}
