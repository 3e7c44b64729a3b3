//! Commit records: PostgreSQL stores them in comments, where AWS resources have tags.
//!
//! A comment is written in the same transaction as its object, so it exists only on a complete object.
//! The owner of a schema or a database may comment on it, and a role with `CREATEROLE` may comment on
//! roles. Application roles can do neither, so they cannot forge a record. Foreign text in the same
//! comment is preserved.

use std::fmt;

use itertools::Itertools as _;
use saas_model::identifier::PgIdent;
use saas_model::plan::{TAG_ADDRESS, TAG_DIGEST, TAG_PLATFORM};
use saas_model::resource::{ResourceSpec, TenantSchema};
use saas_model::{Address, Digest, Node};

use crate::context::Context;
use crate::error::Result;
use crate::postgres::migration_record::MigrationRecord;
use crate::state::observed::TAG_RESOLVED_INPUTS;

/// The key of the part that carries the record.
const PART: &str = "saas:part";
/// The key of the secret of the password, which the catalog does not show.
const PASSWORD: &str = "saas:password";

/// The part that carries a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::Display, strum::EnumString)]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum Part {
    /// The database.
    Database,
    /// A tenant's schema.
    Schema,
    /// The role that owns the schema.
    Owner,
    /// The login role of the application.
    App,
    /// The login role of migrations.
    Migrator,
}

/// One value for each part of a tenant.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Parts<T> {
    pub(super) schema: T,
    pub(super) owner: T,
    pub(super) app: T,
    pub(super) migrator: T,
}

impl<'a> Parts<Option<&'a PgIdent>> {
    /// The planned names of a tenant's parts.
    pub(super) fn planned(tenant: &'a TenantSchema) -> Self {
        let TenantSchema { schema, owner, app, migrator, .. } = tenant;
        let migrator = migrator.as_ref().map(|migrator| &migrator.role);
        Self { schema: Some(schema), owner: Some(owner), app: Some(app), migrator }
    }
}

impl<T> Parts<T> {
    pub(super) fn map<U>(self, mut each: impl FnMut(Part, T) -> U) -> Parts<U> {
        Parts {
            schema: each(Part::Schema, self.schema),
            owner: each(Part::Owner, self.owner),
            app: each(Part::App, self.app),
            migrator: each(Part::Migrator, self.migrator),
        }
    }

    pub(super) const fn as_ref(&self) -> Parts<&T> {
        Parts { schema: &self.schema, owner: &self.owner, app: &self.app, migrator: &self.migrator }
    }

    pub(super) fn zip<U>(self, other: Parts<U>) -> Parts<(T, U)> {
        Parts {
            schema: (self.schema, other.schema),
            owner: (self.owner, other.owner),
            app: (self.app, other.app),
            migrator: (self.migrator, other.migrator),
        }
    }
}

impl<T> IntoIterator for Parts<T> {
    type Item = T;
    type IntoIter = std::array::IntoIter<T, 4>;

    fn into_iter(self) -> Self::IntoIter {
        [self.schema, self.owner, self.app, self.migrator].into_iter()
    }
}

/// A commit record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) platform: String,
    pub(crate) address: Address,
    pub(crate) digest: Option<Digest>,
    pub(crate) resolved_inputs: Option<Digest>,
    pub(crate) part: Part,
    pub(crate) password: Option<Address>,
    /// The migration of a schema: which task succeeded, and which was started.
    pub(crate) migration: Option<MigrationRecord>,
}

impl Record {
    /// The record of a part of a node.
    pub(super) fn of(cx: &Context<'_>, node: &Node, part: Part) -> Result<Self> {
        Ok(Self {
            platform: cx.plan.header().platform.to_string(),
            address: node.address.clone(),
            digest: Some(node.digest),
            resolved_inputs: Some(cx.resolved_inputs(node)?),
            part,
            password: TenantSchema::of(&node.resource).and_then(|tenant| password(tenant, part)),
            migration: None,
        })
    }

    /// The replacement for a lost record on a tenant's schema.
    pub(super) fn lost(cx: &Context<'_>, address: &Address) -> Self {
        Self {
            platform: cx.plan.header().platform.to_string(),
            address: address.clone(),
            digest: None,
            resolved_inputs: None,
            part: Part::Schema,
            password: None,
            migration: None,
        }
    }

    /// The record in a comment, if any.
    pub(super) fn parse(comment: &str) -> Option<Self> {
        let value = |key: &str| {
            comment.split_whitespace().find_map(|pair| pair.strip_prefix(key).and_then(|rest| rest.strip_prefix('=')))
        };
        Some(Self {
            platform: value(TAG_PLATFORM)?.to_owned(),
            address: value(TAG_ADDRESS)?.parse().ok()?,
            digest: value(TAG_DIGEST).and_then(|text| text.parse().ok()),
            resolved_inputs: value(TAG_RESOLVED_INPUTS).and_then(|text| text.parse().ok()),
            part: value(PART)?.parse().ok()?,
            password: value(PASSWORD).and_then(|text| text.parse().ok()),
            migration: MigrationRecord::parse(value),
        })
    }

    /// A comment with this record, followed by the foreign text of the present comment.
    pub(super) fn in_comment(&self, comment: Option<&str>) -> String {
        match others(comment) {
            Some(others) => format!("{self}\n{others}"),
            None => self.to_string(),
        }
    }
}

/// The secret with the password of a part.
fn password(tenant: &TenantSchema, part: Part) -> Option<Address> {
    match part {
        Part::Migrator => tenant.migrator.as_ref().map(|migrator| migrator.password.address().clone()),
        Part::Schema | Part::Owner | Part::App => Some(tenant.password.address().clone()),
        Part::Database => None,
    }
}

/// The text of a comment outside of our record.
pub(super) fn others(comment: Option<&str>) -> Option<String> {
    let is_ours = |word: &&str| {
        [TAG_PLATFORM, TAG_ADDRESS, TAG_DIGEST, TAG_RESOLVED_INPUTS, PART, PASSWORD]
            .iter()
            .chain(&MigrationRecord::KEYS)
            .any(|key| word.strip_prefix(key).is_some_and(|rest| rest.starts_with('=')))
    };
    let without = |line: &str| line.split(' ').filter(|word| !is_ours(word)).join(" ");
    let text = comment?.lines().map(without).join("\n").trim().to_owned();
    (!text.is_empty()).then_some(text)
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{TAG_PLATFORM}={} {TAG_ADDRESS}={}", self.platform, self.address)?;
        let optional = |f: &mut fmt::Formatter<'_>, key: &str, value: Option<&dyn fmt::Display>| {
            value.map_or(Ok(()), |value| write!(f, " {key}={value}"))
        };
        optional(f, TAG_DIGEST, self.digest.as_ref().map(|digest| digest as _))?;
        optional(f, TAG_RESOLVED_INPUTS, self.resolved_inputs.as_ref().map(|digest| digest as _))?;
        write!(f, " {PART}={}", self.part)?;
        optional(f, PASSWORD, self.password.as_ref().map(|address| address as _))?;
        self.migration.as_ref().map_or(Ok(()), |migration| write!(f, " {migration}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::migration_record::MigrationStart;

    #[test]
    fn record_round_trips() {
        let record = Record {
            platform: "saas-platform".into(),
            address: Address::literal("tenant/acme-corp/schema"),
            digest: Some(Digest::from_bytes([7; 32])),
            resolved_inputs: Some(Digest::from_bytes([8; 32])),
            part: Part::App,
            password: Some(Address::literal("tenant/acme-corp/secret")),
            migration: Some(MigrationRecord {
                address: Address::literal("tenant/acme-corp/job/migrate"),
                succeeded: Some(Digest::from_bytes([9; 32])),
                started: Some(MigrationStart { task: Digest::from_bytes([10; 32]), number: 3 }),
            }),
        };
        assert_eq!(Record::parse(&record.to_string()), Some(record));
    }

    #[test]
    fn text_of_others_in_the_comment_is_kept() {
        let digest = Some(Digest::from_bytes([7; 32]));
        let (platform, address) = ("saas-platform".to_owned(), Address::literal("tenant/acme-corp/schema"));
        let record = Record {
            platform,
            address,
            digest,
            resolved_inputs: None,
            part: Part::Schema,
            password: None,
            migration: None,
        };
        let text = "prod; ask Ann\n  before any change";
        let comment = record.in_comment(Some(text));
        assert_eq!(Record::parse(&comment).as_ref(), Some(&record));
        assert_eq!(others(Some(&comment)).as_deref(), Some(text));
        let newer = Record { digest: None, ..record };
        assert_eq!(newer.in_comment(Some(&comment)), format!("{newer}\n{text}"));
        assert_eq!(newer.in_comment(Some(&format!("{comment} or restart"))), format!("{newer}\n{text} or restart"));
        assert_eq!(newer.in_comment(Some(&newer.to_string())), newer.to_string());
    }

    #[test]
    fn comments_of_others_are_not_records() {
        for comment in
            ["", "default administrative connection database", "saas:platform=x", "saas:platform=x saas:address=A"]
        {
            assert_eq!(Record::parse(comment), None, "{comment}");
        }
    }
}
