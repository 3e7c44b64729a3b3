//! Rendering of values: text for people, Markdown for pull requests, and JSON for programs.
//!
//! Nothing here writes to a stream: functions return strings with ANSI styles. Rendering that does not
//! need the executor, such as differences of plans, is in `saas-files`.

pub(crate) mod change_set;
pub(crate) mod event;
pub(crate) mod failure;
mod incomplete;
pub(crate) mod lease;
pub(crate) mod outputs;
pub(crate) mod plan;
pub(crate) mod receipt;
#[cfg(feature = "sandbox")]
pub(crate) mod rehearsal;
mod resource;
#[cfg(feature = "sandbox")]
pub(crate) mod sandbox;
pub(crate) mod summary;
pub(crate) mod verification;

pub(crate) use saas_files::render::{diff, stale};
use saas_files::render::{fields, outline, style, tenant_list};

/// A value as JSON, with a final line break.
///
/// # Panics
/// Never: all rendered maps have string keys.
pub(crate) fn json(value: &impl serde::Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("the keys of what is rendered are texts");
    text.push('\n');
    text
}
