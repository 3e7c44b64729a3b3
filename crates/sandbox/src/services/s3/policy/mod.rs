//! Bucket policies: parsed, validated as S3 does, and evaluated for the caller.
//!
//! Source: AWS IAM User Guide, "IAM JSON policy elements reference".

mod actions;
mod condition;
mod evaluate;
mod principal;
mod public;
mod read;
mod validate;
mod wildcard;

pub(super) use condition::Context;
pub(crate) use condition::conditions_hold;
pub(super) use evaluate::Call;
pub(super) use public::is_public;
pub(super) use read::as_given_back;
pub(super) use validate::validate;

use crate::refusal::Refusal;
use condition::Condition;
use principal::Principal;

/// A policy, as far as it is evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Policy {
    statements: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Statement {
    sid: Option<String>,
    effect: Effect,
    principals: Either<Principal>,
    actions: Either<String>,
    resources: Either<String>,
    conditions: Vec<Condition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Allow,
    Deny,
}

/// The named elements, or all except the named ones (`NotAction` and so on).
#[derive(Clone, Debug, PartialEq, Eq)]
enum Either<T> {
    These(Vec<T>),
    AllBut(Vec<T>),
}

impl<T> Either<T> {
    /// The named elements, in both cases.
    fn named(&self) -> &[T] {
        match self {
            Self::These(named) | Self::AllBut(named) => named,
        }
    }

    /// Whether it includes an element; `is` states whether a named element matches it.
    fn comprises(&self, is: impl Fn(&T) -> bool) -> bool {
        match self {
            Self::These(named) => named.iter().any(is),
            Self::AllBut(named) => !named.iter().any(is),
        }
    }
}

fn malformed(message: impl Into<String>) -> Refusal {
    Refusal::new("MalformedPolicy", message)
}
