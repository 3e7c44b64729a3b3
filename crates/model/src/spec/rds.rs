//! What Amazon RDS takes in a cluster of Aurora PostgreSQL, as far as it can be known beforehand.

use crate::identifier::EngineVersion;

/// The libraries that Aurora PostgreSQL loads at its start when it is told to.
/// Source: `AllowedValues` of `shared_preload_libraries` in `DescribeDBClusterParameters` and
/// `DescribeEngineDefaultClusterParameters` of the families aurora-postgresql11 to 17, and in what
/// `ModifyDBParameterGroup` answers of PostgreSQL 18, as others report them; Amazon Aurora User Guide,
/// "Working with extensions and foreign data wrappers".
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

/// The first versions that have a library, of each major version that has not had it from its
/// beginning. Every later major version has it.
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

/// Whether a version loads a library.
///
/// # Errors
/// The versions from which on it does.
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
    let told = || first.iter().map(|(major, minor)| format!("{major}.{minor}")).collect::<Vec<_>>().join(", ");
    if has { Ok(()) } else { Err(told()) }
}

/// The key words of SQL: those of PostgreSQL, and those of the standards. RDS refuses every one of them
/// as a name, also those that PostgreSQL itself does not reserve: `admin`, `catalog`, `db`, `dispatch`,
/// `flag`, `grant`, `identity` and `user` are reported ("… cannot be used. It is a reserved word for this
/// engine", "… cannot be used as it is a reserved word used by the engine").
/// Source: PostgreSQL documentation, appendix C, "SQL Key Words"; terraform-aws-rds, aws-cdk#10579,
/// aws-saas-boost#180 and others.
const KEY_WORDS: &str = include_str!("key_words.txt");

/// The users and databases that RDS makes for itself, and PostgreSQL's templates.
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

/// Why a text cannot be a name, and what can.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotAName {
    pub(super) reason: String,
    pub(super) cure: String,
}

/// Whether a database may be called so.
/// Source: Amazon RDS API, `CreateDBInstance`, `DBName` of Aurora PostgreSQL.
pub(super) fn database_name(name: &str) -> Result<(), NotAName> {
    if name == "postgres" {
        return Err(NotAName {
            reason: "every server has one of that name, which is not the tenants'".to_owned(),
            cure: "use a name of its own, such as `saas`".to_owned(),
        });
    }
    check(name, 63, "lowercase letters, digits and `_`")
}

/// Whether a master user may be called so. `postgres` may: AWS's console proposes it.
/// Source: Amazon RDS API, `CreateDBCluster`, `MasterUsername`; cfn-lint#4425, which tried it.
pub(super) fn master_user(name: &str) -> Result<(), NotAName> {
    if name.contains('_') {
        let plain = name.replace('_', "");
        let reason = "a master user's name has 1 to 16 lowercase letters and digits, a letter first".to_owned();
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
            reason: format!("it has 1 to {most} {allowed}, a letter first"),
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
        return Err(NotAName { reason: "RDS reserves that word".to_owned(), cure });
    }
    Ok(())
}

/// Whether Aurora PostgreSQL has, or may have, versions of this number. Which of them AWS offers now is
/// for the preflight to ask.
/// Source: `DescribeDBEngineVersions` of aurora-postgresql, 2025; the first was 9.6, of which the last
/// was 9.6.22, and 10 has ended. None of them ends in `.0`; PostgreSQL has a major version a year.
pub(super) fn offers_major(version: &EngineVersion) -> Result<(), String> {
    match version.major().parse::<u32>() {
        Ok(11..=25) if version.as_str().ends_with(".0") => {
            Err(format!("Aurora PostgreSQL has no version {version}: its first of a major version has a higher number"))
        }
        Ok(11..=25) => Ok(()),
        Ok(26..) => Err(format!("there is no PostgreSQL {} yet", version.major())),
        _ => Err(format!("Aurora PostgreSQL {version} has ended, and a new cluster of it cannot be made")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_names() {
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
    fn what_is_proposed_can_be_taken() {
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
    fn a_library_belongs_to_versions() {
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
    fn versions() {
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
