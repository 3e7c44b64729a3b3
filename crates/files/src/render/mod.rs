//! Plans and differences as text for terminals, and as Markdown for pull requests.
//!
//! Nothing here writes to a stream: functions return strings with ANSI styles.

pub mod diff;
pub mod fields;
pub mod outline;
pub mod permissions;
pub mod plain;
pub mod proof;
pub mod stale;
pub mod style;

/// The number of tenants that are named before the rest is counted.
const NAMED: usize = 6;

/// Several tenants, the first by name: `3 tenants: acme-corp, globex-inc, initech-llc`.
#[must_use]
pub fn tenant_list(tenants: &[&str]) -> String {
    let named = &tenants[..tenants.len().min(NAMED)];
    let more = match tenants.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{} tenants: {}{more}", tenants.len(), named.join(", "))
}
