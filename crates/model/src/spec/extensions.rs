//! The extensions of PostgreSQL that tenants can have.
//!
//! All tenants share one database, and so its extensions. An extension that reaches files, the network,
//! other databases or other tenants' statements would open a way between tenants.

use super::rds::NotAName;
use crate::suggest::nearest;

/// Types, functions, operators and index methods without access to anything but their arguments.
/// Source: PostgreSQL documentation, appendix F; Amazon Aurora User Guide, "Extension versions for Amazon
/// Aurora PostgreSQL".
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

/// Extensions that Aurora has and tenants cannot, each with the reason.
const REFUSED: [(&str, &str); 15] = [
    ("aws_lambda", "it calls functions of the account with the cluster's role"),
    ("aws_ml", "it calls services with the cluster's role"),
    ("aws_s3", "it reads and writes buckets with the cluster's role"),
    ("dblink", "it connects to any database as any user"),
    ("lo", "large objects belong to no schema"),
    ("pg_buffercache", "it shows what other tenants read"),
    ("pg_cron", "its jobs of all tenants are in one table"),
    ("pg_partman", "its settings of all tenants are in one table"),
    ("pg_stat_statements", "it shows the statements of other tenants"),
    ("pg_walinspect", "it shows what other tenants write"),
    ("pglogical", "it copies tables of other tenants"),
    ("plpgsql", "every database has it already"),
    ("postgis", "its table of coordinate systems is shared, and it needs the schema `public`"),
    ("postgres_fdw", "it connects to any database as any user"),
    ("sslinfo", "it is about the connection, not about data"),
];

/// Offered extensions that need others, each with those.
/// Source: PostgreSQL documentation, F.14 (`earthdistance`: "it depends on the cube module"), and `requires` in
/// the control files of PostgreSQL 15 to 17, hll, prefix and pgvector: none of the other extensions has it.
const NEEDED: [(&str, &[&str]); 1] = [("earthdistance", &["cube"])];

/// The extensions without which PostgreSQL does not create this one.
pub(super) fn needed_by(name: &str) -> impl Iterator<Item = &'static str> {
    NEEDED.iter().filter(move |(of, _)| *of == name).flat_map(|(_, needed)| needed.iter().copied())
}

/// Checks that tenants can have an extension.
pub(super) fn extension_for_tenants(name: &str) -> Result<(), NotAName> {
    if OFFERED.contains(&name) {
        return Ok(());
    }
    let offered = || format!("they can have {}", OFFERED.join(", "));
    if let Some((_, reason)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
        return Err(NotAName { reason: (*reason).into(), cure: offered() });
    }
    let cure = nearest(name, OFFERED).map_or_else(offered, |meant| format!("did you mean `{meant}`?"));
    Err(NotAName { reason: "saas does not know that it opens no way between tenants".into(), cure })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_extension_is_offered_or_refused_with_a_reason() {
        for name in OFFERED {
            assert!(extension_for_tenants(name).is_ok(), "{name}");
            assert!(REFUSED.iter().all(|(refused, _)| *refused != name), "{name}");
        }
        for (name, reason) in REFUSED {
            let refused = extension_for_tenants(name).expect_err(name);
            assert_eq!(refused.reason, reason);
        }
        for (name, needed) in NEEDED {
            assert!(std::iter::once(&name).chain(needed).all(|name| OFFERED.contains(name)), "{name}");
        }
        let misspelt = extension_for_tenants("pgcryto").expect_err("it is misspelt");
        assert_eq!(misspelt.cure, "did you mean `pgcrypto`?");
    }
}
