//! Access rules: which roles may log in, and how they authenticate.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::quote::identifier;

/// The superuser. It has the same name as on Aurora, which no administrator can have.
/// Source: Amazon Aurora User Guide, "Understanding PostgreSQL roles and permissions".
pub(super) const SUPERUSER: &str = "rdsadmin";

/// The file with the rules, in PostgreSQL's working directory.
pub(super) const FILE: &str = "pg_hba.conf";

/// Writes the file.
pub(super) fn write(directory: &Path, admin: &str) -> io::Result<()> {
    let path = directory.join(FILE);
    fs::write(&path, rules(admin))?;
    // PostgreSQL may run as another user than this process.
    fs::set_permissions(path, Permissions::from_mode(0o644))
}

/// The first matching rule applies.
fn rules(admin: &str) -> String {
    format!(
        "host all {SUPERUSER} 127.0.0.1/32 reject\n\
         # The administrator has no password in a sandbox.\n\
         host all {} 127.0.0.1/32 trust\n\
         host all all 127.0.0.1/32 scram-sha-256\n",
        identifier(admin)
    )
}
