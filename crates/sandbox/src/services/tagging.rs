//! The Resource Groups Tagging API: everything that has tags, in one list.

use super::JsonOperation;

/// The operations.
pub(crate) const OPERATIONS: &[(&str, JsonOperation)] = &[];
