//! Stand-ins for the extensions that Aurora offers: each exists in the catalog, and has no objects.
//!
//! A plan creates extensions, grants their schema and drops them; only applications use their functions. The
//! installed PostgreSQL has those that are installed.

use std::fs;
use std::io;
use std::path::Path;

/// Where the module looks for extensions, in its directory.
const FOLDER: &str = "tmp/pglite/share/postgresql/extension";

/// The extensions without access to anything but their arguments. Source: PostgreSQL documentation, appendix F;
/// Amazon Aurora User Guide, "Extension versions for Amazon Aurora PostgreSQL".
const OFFERED: [&str; 24] = [
    "bloom",
    "btree_gin",
    "btree_gist",
    "citext",
    "cube",
    "dict_int",
    "dict_xsyn",
    "earthdistance",
    "fuzzystrmatch",
    "hll",
    "hstore",
    "intarray",
    "isn",
    "ltree",
    "pg_trgm",
    "pgcrypto",
    "prefix",
    "seg",
    "tablefunc",
    "tsm_system_rows",
    "tsm_system_time",
    "unaccent",
    "uuid-ossp",
    "vector",
];

/// The extension that another one requires. Source: PostgreSQL documentation, "earthdistance".
fn required(name: &str) -> Option<&'static str> {
    (name == "earthdistance").then_some("cube")
}

/// Writes their files for a PostgreSQL that is not running. `rds_superuser` may create all of them, as every role
/// that may create schemas may create one that is trusted.
pub(super) fn provide(directory: &Path) -> io::Result<()> {
    let folder = directory.join(FOLDER);
    fs::create_dir_all(&folder)?;
    for name in OFFERED {
        let requires = required(name).map(|other| format!("requires = '{other}'\n")).unwrap_or_default();
        let control = format!("default_version = '1.0'\nrelocatable = true\ntrusted = true\n{requires}");
        fs::write(folder.join(format!("{name}.control")), control)?;
        fs::write(folder.join(format!("{name}--1.0.sql")), "-- A stand-in without objects.\n")?;
    }
    Ok(())
}
