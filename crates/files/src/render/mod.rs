//! Plans and differences as text for people, and as Markdown for pull requests.
//!
//! Nothing here writes to a stream: everything gives a string, styled for a terminal.

pub mod diff;
pub mod fields;
pub mod outline;
pub mod stale;
pub mod style;

/// How many tenants are named before the rest is counted.
const NAMED: usize = 6;

/// Several tenants, the first few by name: `3 tenants: acme-corp, globex-inc, initech-llc`.
#[must_use]
pub fn tenant_list(tenants: &[&str]) -> String {
    let named = &tenants[..tenants.len().min(NAMED)];
    let more = match tenants.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{} tenants: {}{more}", tenants.len(), named.join(", "))
}
