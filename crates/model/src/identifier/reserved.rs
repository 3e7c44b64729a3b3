//! Ids that no tenant may have, and why.

use std::borrow::Cow;

/// A reason, and the ids that it is about.
type Reserved = (&'static str, &'static [&'static str]);

const RESERVED: &[Reserved] = &[
    (
        "a host of that name is usually the platform's own, not a tenant's",
        &["admin", "api", "app", "auth", "cdn", "localhost", "mail", "static", "status", "www"],
    ),
    (
        "it names a database or a schema that PostgreSQL or RDS has",
        &["information-schema", "postgres", "public", "template0", "template1"],
    ),
    (
        "it stands for what belongs to no tenant, in tags and names",
        &["default", "internal", "platform", "root", "shared", "system"],
    ),
    ("it would be mistaken for AWS's own", &["amazon", "aws"]),
];

/// What an id must not begin with: schemas of such names are PostgreSQL's and RDS's.
const PREFIXES: [&str; 2] = ["pg", "rds"];

/// Whether a tenant may have this id.
pub(super) fn tenant_id(text: &str) -> Result<(), Cow<'static, str>> {
    if let Some((reason, _)) = RESERVED.iter().find(|(_, ids)| ids.contains(&text)) {
        return Err(format!("it is reserved: {reason}; a longer one, such as `{text}-inc`, is not").into());
    }
    match PREFIXES.iter().find(|prefix| text.starts_with(**prefix)) {
        Some(prefix) => {
            Err(format!("ids that begin with `{prefix}` are reserved: PostgreSQL and RDS name their own so").into())
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identifier::TenantId;

    #[test]
    fn each_has_its_reason_and_the_longer_one_is_free() {
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
