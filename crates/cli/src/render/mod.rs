//! Values as text for people, Markdown for pull requests and JSON for programs.
//!
//! Nothing here writes to a stream: everything gives a string, styled for a terminal. What needs no
//! executor, such as the difference of two plans, is in `saas-files`.

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

/// A value as JSON for programs, with a line break at its end.
///
/// # Panics
/// Never: what is rendered has texts as the keys of its maps.
pub(crate) fn json(value: &impl serde::Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("the keys of what is rendered are texts");
    text.push('\n');
    text
}
