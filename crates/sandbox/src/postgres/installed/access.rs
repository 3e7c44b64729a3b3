//! Who may log in to the server, and how they prove who they are.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::quote::identifier;

/// The superuser, which has the name that it has on Aurora: one that no administrator can have.
/// Source: Amazon Aurora User Guide, "Understanding PostgreSQL roles and permissions".
pub(super) const SUPERUSER: &str = "rdsadmin";

/// The file, in the directory in which PostgreSQL is started.
pub(super) const FILE: &str = "pg_hba.conf";

/// Writes the file.
pub(super) fn write(directory: &Path, admin: &str) -> io::Result<()> {
    let path = directory.join(FILE);
    fs::write(&path, rules(admin))?;
    // PostgreSQL may run as another user than this process.
    fs::set_permissions(path, Permissions::from_mode(0o644))
}

/// The first rule that is for a user counts.
fn rules(admin: &str) -> String {
    format!(
        "host all {SUPERUSER} 127.0.0.1/32 reject\n\
         # The administrator has no password in a sandbox.\n\
         host all {} 127.0.0.1/32 trust\n\
         host all all 127.0.0.1/32 scram-sha-256\n",
        identifier(admin)
    )
}
