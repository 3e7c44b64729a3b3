//! The output of `plan --check`: the files that are not up to date.

use crate::plan_files::{Stale, StaleReason};

use super::diff;

/// A file that is not up to date, and why.
#[must_use]
pub fn text(stale: &Stale) -> String {
    let path = stale.path.display();
    match &stale.reason {
        StaleReason::Missing => format!("{path}: missing\n"),
        StaleReason::Slots => format!("{path}: out of date: its slots do not match the spec's tenants\n"),
        StaleReason::Spelling => format!("{path}: equivalent, but not in the written form\n"),
        StaleReason::Unreadable(error) => format!("{path}: {error}\n"),
        StaleReason::Plan(change) => {
            format!("{path}: out of date: it does not match the spec\n{}", diff::text(change))
        }
    }
}
