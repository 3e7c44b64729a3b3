//! Reserved tenant ids, and the reason for each.

use std::borrow::Cow;

/// A reason, and the ids that it applies to.
type Reserved = (&'static str, &'static [&'static str]);

const RESERVED: &[Reserved] = &[
    (
        "a host of that name usually belongs to the platform, not to a tenant",
        &["admin", "api", "app", "auth", "cdn", "localhost", "mail", "static", "status", "www"],
    ),
    (
        "PostgreSQL or RDS has a database or schema of that name",
        &["information-schema", "postgres", "public", "template0", "template1"],
    ),
    ("tags and names use it for shared resources", &["default", "internal", "platform", "root", "shared", "system"]),
    ("AWS could mistake it for one of its own names", &["amazon", "aws"]),
    ("saas keeps the database's extensions in a schema of that name", &["extensions"]),
];

/// Reserved prefixes: PostgreSQL and RDS name schemas with them.
const PREFIXES: [&str; 2] = ["pg", "rds"];

/// Checks that a tenant may have this id.
pub(super) fn tenant_id(text: &str) -> Result<(), Cow<'static, str>> {
    if let Some((reason, _)) = RESERVED.iter().find(|(_, ids)| ids.contains(&text)) {
        return Err(format!("it is reserved: {reason}; a longer one, such as `{text}-inc`, is not").into());
    }
    match PREFIXES.iter().find(|prefix| text.starts_with(**prefix)) {
        Some(prefix) => {
            Err(format!("ids that begin with `{prefix}` are reserved: PostgreSQL and RDS use that prefix").into())
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identifier::TenantId;

    #[test]
    fn reserved_id_is_rejected_and_a_longer_one_is_accepted() {
        for id in RESERVED.iter().flat_map(|(_, ids)| *ids) {
            let refused = TenantId::new(*id).expect_err(id);
            assert!(refused.reason.contains("reserved: "), "{refused}");
            assert!(TenantId::new(format!("{id}-inc")).is_ok(), "{id}");
        }
        for id in ["pgfoo", "rds-x"] {
            assert!(TenantId::new(id).is_err(), "{id}");
        }
    }
}
