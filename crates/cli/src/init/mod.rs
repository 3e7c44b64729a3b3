//! The first files of a repository: a commented spec, and the attribute that lets Git show plans.

mod answers;
mod attributes;
mod interview;

pub(crate) use self::answers::{Answers, Flags, InvalidFlags};
pub(crate) use self::attributes::{ATTRIBUTES, with_attribute};
pub(crate) use self::interview::{Interview, Unanswered};
