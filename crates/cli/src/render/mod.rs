//! Values as text for people, Markdown for pull requests and JSON for programs.
//!
//! Nothing here writes to a stream: everything gives a string, styled for a terminal.

pub mod diff;
mod fields;
mod outline;
pub mod stale;
mod style;

#[cfg(feature = "aws")]
pub(crate) mod change_set;
#[cfg(feature = "aws")]
pub(crate) mod event;
#[cfg(feature = "aws")]
pub(crate) mod failure;
#[cfg(feature = "aws")]
pub(crate) mod lease;
#[cfg(feature = "aws")]
pub(crate) mod outputs;
#[cfg(feature = "aws")]
pub(crate) mod plan;
#[cfg(feature = "aws")]
pub(crate) mod receipt;
#[cfg(feature = "aws")]
pub(crate) mod rehearsal;
#[cfg(feature = "aws")]
mod resource;
#[cfg(feature = "aws")]
pub(crate) mod sandbox;
#[cfg(feature = "aws")]
pub(crate) mod summary;
#[cfg(feature = "aws")]
pub(crate) mod verification;

/// How many tenants are named before the rest is counted.
const NAMED: usize = 6;

/// Several tenants, the first few by name: `3 tenants: acme-corp, globex-inc, initech-llc`.
fn tenant_list(tenants: &[&str]) -> String {
    let named = &tenants[..tenants.len().min(NAMED)];
    let more = match tenants.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{} tenants: {}{more}", tenants.len(), named.join(", "))
}

/// A value as JSON for programs, with a line break at its end.
///
/// # Panics
/// Never: what is rendered has texts as the keys of its maps.
#[cfg(feature = "aws")]
pub(crate) fn json(value: &impl serde::Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("the keys of what is rendered are texts");
    text.push('\n');
    text
}
