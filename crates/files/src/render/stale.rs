//! The output of `plan --check`: the files that are not up to date.

use crate::plan_files::{Stale, StaleReason};

use super::diff;

/// A file that is not up to date, and why.
#[must_use]
pub fn text(stale: &Stale) -> String {
    let path = stale.path.display();
    match &stale.reason {
        StaleReason::Missing => format!("{path}: missing\n"),
        StaleReason::Slots => format!("{path}: the slots are not those of the spec's tenants\n"),
        StaleReason::Spelling => format!("{path}: means the same and is written differently\n"),
        StaleReason::Unreadable(error) => format!("{path}: {error}\n"),
        StaleReason::Plan(change) => {
            format!("{path}: not what the spec gives\n{}", diff::text(change))
        }
    }
}
