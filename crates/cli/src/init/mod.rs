//! The first files of a repository: a commented spec, and the attributes that let Git show plans and merge specs.

mod answers;
mod attributes;
mod interview;

pub(crate) use self::answers::{Answers, Flags, InvalidFlags};
pub(crate) use self::attributes::{ATTRIBUTES, SETTINGS, with_attributes};
pub(crate) use self::interview::{Interview, Unanswered};
