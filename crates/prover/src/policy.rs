//! Statements of a policy in the form in which the solver evaluates them.
//!
//! The form covers more than the plan's policies need, such as `NotAction` and `NotResource`, so
//! that policies from other sources can be evaluated by the same rules.

use saas_model::policy::{Actions, Condition, Effect, Operator, Policy, Principal, Statement};

use crate::glob::Glob;

/// A statement.
#[derive(Clone, Copy, Debug)]
pub struct Rule<'a> {
    /// Whether it allows or denies.
    pub effect: Effect,
    /// The principal; `None` in a policy that is attached to an identity.
    pub principal: Option<&'a Principal>,
    /// The actions.
    pub actions: Names<'a>,
    /// The resources; `None` in a trust policy, whose resource is the role itself.
    pub resources: Option<Names<'a>>,
    /// The conditions. The statement applies if all of them hold.
    pub conditions: &'a [Condition],
}

/// The names in an element of a statement.
#[derive(Clone, Copy, Debug)]
pub enum Names<'a> {
    /// Everything that matches one of these.
    Of(&'a [String]),
    /// Everything that matches none of these: `NotAction`, `NotResource`.
    AllBut(&'a [String]),
}

/// Whether a statement applies to a request cannot be decided.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undecided {
    /// A pattern contains a variable whose value is unknown.
    #[error("`{0}` has a policy variable with an unknown value")]
    Variable(String),
    /// A value that is compared as an ARN does not have six parts.
    #[error("`{0}` is compared as an ARN, but is not one")]
    NoArn(String),
    /// The keys of a request do not determine whether the statement's principal matches.
    #[error("the principal `{0}` is of a form that the prover does not support")]
    Principal(String),
    /// There are too many cases.
    #[error("there are more cases than the prover examines")]
    TooManyCases,
}

impl From<crate::glob::TooManyCases> for Undecided {
    fn from(_: crate::glob::TooManyCases) -> Self {
        Self::TooManyCases
    }
}

impl<'a> From<&'a Actions> for Names<'a> {
    fn from(actions: &'a Actions) -> Self {
        match actions {
            Actions::Of(patterns) => Self::Of(patterns),
            Actions::AllBut(patterns) => Self::AllBut(patterns),
        }
    }
}

impl<'a> From<&'a Statement> for Rule<'a> {
    fn from(statement: &'a Statement) -> Self {
        let Statement { sid: _, effect, principal, actions, resources, conditions } = statement;
        Self {
            effect: *effect,
            principal: principal.as_ref(),
            actions: Names::from(actions),
            // A trust policy has no resources: it applies to its own role. A statement that lacks
            // resources by mistake applies either to nothing or to everything; the latter is
            // assumed.
            resources: (!resources.is_empty()).then_some(Names::Of(resources)),
            conditions,
        }
    }
}

/// The statements of a policy.
pub fn rules(policy: &Policy) -> impl Iterator<Item = Rule<'_>> {
    policy.statements.iter().map(Rule::from)
}

/// The set of strings that a pattern matches, after its policy variables are replaced by their
/// values.
///
/// Source: IAM User Guide, "IAM policy elements: Variables and tags": a value is taken literally,
/// and `${*}`, `${?}` and `${$}` are the characters themselves.
///
/// # Errors
/// When a value is unknown.
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

/// The set of strings that one value of a condition matches.
///
/// # Errors
/// When a variable in it is unknown, or an ARN does not have six parts.
pub fn test<'v>(operator: Operator, value: &str, known: impl Fn(&str) -> Option<&'v str>) -> Result<Glob, Undecided> {
    match operator {
        Operator::StringEquals | Operator::StringNotEquals => match value.contains("${") {
            // In a value with variables, `*` is still literal for this operator.
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

/// Whether an operator holds when no value matches, and therefore when the key is absent.
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
