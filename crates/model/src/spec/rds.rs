//! Restrictions of Amazon RDS on Aurora PostgreSQL clusters that can be checked without AWS.

use itertools::Itertools as _;

use crate::identifier::EngineVersion;

/// The libraries that Aurora PostgreSQL accepts in `shared_preload_libraries`.
/// Source: `AllowedValues` of `shared_preload_libraries` in `DescribeDBClusterParameters` and
/// `DescribeEngineDefaultClusterParameters` of the families aurora-postgresql11 to 17, and in the
/// response of `ModifyDBParameterGroup` for PostgreSQL 18, as reported by others; Amazon Aurora User
/// Guide, "Working with extensions and foreign data wrappers".
pub(super) const LIBRARIES: [&str; 19] = [
    "apg_plan_mgmt",
    "auto_explain",
    "babelfishpg_tds",
    "orafce",
    "pg_ad_mapping",
    "pg_bigm",
    "pg_cron",
    "pg_hint_plan",
    "pg_overexplain",
    "pg_prewarm",
    "pg_similarity",
    "pg_stat_monitor",
    "pg_stat_statements",
    "pg_tle",
    "pgactive",
    "pgaudit",
    "pglogical",
    "plprofiler",
    "plrust",
];

/// For libraries that a major version got later, the first minor version of each major version that has
/// it. Every later major version has it.
/// Source: Amazon Aurora User Guide, "Using AD security groups for Aurora PostgreSQL access control"
/// (14.10 and 15.5), and "Babelfish for Aurora PostgreSQL" (13.4); PostgreSQL documentation, appendix F
/// (`pg_overexplain` came with 18); AWS, "Amazon RDS for PostgreSQL supports minor versions 18.2, 17.8,
/// 16.12, 15.16 and 14.21" (`pg_stat_monitor`).
const FIRST_VERSIONS: [(&str, &[(u32, u32)]); 4] = [
    ("babelfishpg_tds", &[(13, 4)]),
    ("pg_ad_mapping", &[(14, 10), (15, 5)]),
    ("pg_overexplain", &[(18, 0)]),
    ("pg_stat_monitor", &[(14, 21), (15, 16), (16, 12), (17, 8), (18, 2)]),
];

/// Checks that a version can load a library.
///
/// # Errors
/// The first versions that can.
pub(super) fn loads(version: &EngineVersion, library: &str) -> Result<(), String> {
    let first = FIRST_VERSIONS.iter().find(|(name, _)| *name == library);
    let Some((_, first)) = first else { return Ok(()) };
    let numbers: Vec<u32> = version.as_str().split('.').filter_map(|number| number.parse().ok()).collect();
    let [major, minor] = numbers.as_slice() else { return Ok(()) };
    let of_major = first.iter().find(|(other, _)| other == major);
    let has = match of_major {
        Some((_, from)) => minor >= from,
        None => first.iter().all(|(other, _)| other < major),
    };
    let first_versions = || first.iter().map(|(major, minor)| format!("{major}.{minor}")).join(", ");
    if has { Ok(()) } else { Err(first_versions()) }
}

/// The SQL key words of PostgreSQL and of the standards. RDS rejects all of them as names, including
/// those that PostgreSQL itself does not reserve: `admin`, `catalog`, `db`, `dispatch`, `flag`,
/// `grant`, `identity` and `user` are reported ("… cannot be used. It is a reserved word for this
/// engine", "… cannot be used as it is a reserved word used by the engine").
/// Source: PostgreSQL documentation, appendix C, "SQL Key Words"; terraform-aws-rds, aws-cdk#10579,
/// aws-saas-boost#180 and others.
const KEY_WORDS: &str = include_str!("key_words.txt");

/// The users and databases that RDS creates for itself, and PostgreSQL's templates.
const RDS_OWN: [&str; 8] = [
    "rdsadmin",
    "rdsrepladmin",
    "rdstopmgr",
    "rdswriteforwarduser",
    "rdsproxyadmin",
    "template0",
    "template1",
    "public",
];

/// Why a text cannot be a name, and what to use instead.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotAName {
    pub(super) reason: String,
    pub(super) cure: String,
}

/// Checks a database name.
/// Source: Amazon RDS API, `CreateDBInstance`, `DBName` of Aurora PostgreSQL.
pub(super) fn database_name(name: &str) -> Result<(), NotAName> {
    if name == "postgres" {
        return Err(NotAName {
            reason: "every PostgreSQL server has a database of that name".to_owned(),
            cure: "use another name, such as `saas`".to_owned(),
        });
    }
    check(name, 63, "lowercase letters, digits and `_`")
}

/// Checks a master user name. `postgres` is valid: AWS's console proposes it.
/// Source: Amazon RDS API, `CreateDBCluster`, `MasterUsername`; cfn-lint#4425, which tried it.
pub(super) fn master_user(name: &str) -> Result<(), NotAName> {
    if name.contains('_') {
        let plain = name.replace('_', "");
        let reason =
            "a master user's name must have 1 to 16 lowercase letters and digits, starting with a letter".to_owned();
        return Err(NotAName { reason, cure: format!("use a name such as `{plain}`") });
    }
    check(name, 16, "lowercase letters and digits")
}

fn check(name: &str, most: usize, allowed: &str) -> Result<(), NotAName> {
    let plain = name.len() <= most
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_');
    if !plain {
        return Err(NotAName {
            reason: format!("expected 1 to {most} {allowed}, starting with a letter"),
            cure: "use a name such as `saas`".to_owned(),
        });
    }
    if RDS_OWN.contains(&name) || KEY_WORDS.split_ascii_whitespace().any(|word| word == name) {
        let longer = format!("saas{name}");
        let cure = if longer.len() <= most {
            format!("use another, such as `{longer}`")
        } else {
            "use another, such as `saas`".to_owned()
        };
        return Err(NotAName { reason: "RDS reserves this word".to_owned(), cure });
    }
    Ok(())
}

/// Checks that Aurora PostgreSQL has, or may have, versions with this number. The preflight asks AWS
/// which of them it offers.
/// Source: `DescribeDBEngineVersions` of aurora-postgresql, 2025. The first was 9.6, which ended with
/// 9.6.22, and 10 has ended. No version ends in `.0`. PostgreSQL has one major version a year.
pub(super) fn offers_major(version: &EngineVersion) -> Result<(), String> {
    match version.major().parse::<u32>() {
        Ok(11..=25) if version.as_str().ends_with(".0") => {
            Err(format!("Aurora PostgreSQL has no version {version}: minor versions start above 0"))
        }
        Ok(11..=25) => Ok(()),
        Ok(26..) => Err(format!("there is no PostgreSQL {} yet", version.major())),
        _ => Err(format!("Aurora PostgreSQL {version} has ended, and new clusters cannot use it")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_names_are_rejected() {
        for name in
            ["admin", "user", "db", "grant", "catalog", "identity", "flag", "dispatch", "select", "table", "rdsadmin"]
        {
            let refused = database_name(name).expect_err(name);
            assert!(refused.reason.contains("reserves"), "{refused:?}");
            assert!(master_user(name).is_err(), "{name}");
        }
        assert_eq!(database_name("acme_saas"), Ok(()));
        assert!(master_user("saas_admin").expect_err("it has an underscore").cure.contains("`saasadmin`"));
        for name in ["saas", "saasadmin", "root", "master", "app", "adminuser", "saasdb"] {
            assert_eq!(database_name(name), Ok(()), "{name}");
            assert_eq!(master_user(name), Ok(()), "{name}");
        }
        assert_eq!(master_user("postgres"), Ok(()));
        assert!(database_name("postgres").is_err());
    }

    #[test]
    fn suggested_names_are_valid() {
        for name in KEY_WORDS.split_ascii_whitespace().filter(|name| !name.contains('_')) {
            let proposed = |refused: NotAName| refused.cure.split('`').nth(1).map(str::to_owned);
            if let Some(other) = database_name(name).err().and_then(proposed) {
                assert_eq!(database_name(&other), Ok(()), "{name}");
            }
            if let Some(other) = master_user(name).err().and_then(proposed) {
                assert_eq!(master_user(&other), Ok(()), "{name}");
            }
        }
    }

    #[test]
    fn library_requires_a_minimum_version() {
        let loaded = |version: &str, library| loads(&version.parse().expect("a version"), library).is_ok();
        assert!(loaded("15.4", "pgaudit") && loaded("15.5", "pg_ad_mapping") && loaded("16.1", "pg_ad_mapping"));
        assert!(
            !loaded("15.4", "pg_ad_mapping") && !loaded("14.9", "pg_ad_mapping") && !loaded("13.20", "pg_ad_mapping")
        );
        assert!(
            loaded("18.1", "pg_overexplain") && loaded("19.1", "pg_overexplain") && !loaded("17.7", "pg_overexplain")
        );
        let known = |(library, _): &(&str, _)| LIBRARIES.contains(library);
        assert!(FIRST_VERSIONS.iter().all(known));
    }

    #[test]
    fn unavailable_major_versions_are_rejected() {
        for (version, good) in [
            ("15.4", true),
            ("11.9", true),
            ("19.1", true),
            ("9.6", false),
            ("10.21", false),
            ("16.0", false),
            ("16.10", true),
            ("99.9", false),
        ] {
            assert_eq!(offers_major(&version.parse().expect("a version")).is_ok(), good, "{version}");
        }
    }
}
