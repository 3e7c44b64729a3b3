//! Commit records: what tags are elsewhere, PostgreSQL keeps in comments.
//!
//! A comment is written in the transaction that makes what it is on, so it is there when all of it
//! is. Who owns a schema or a database may comment on it, and who may create roles may comment on
//! a role; applications' roles can do neither, so they cannot forge one.

use std::fmt;

use saas_model::plan::{TAG_ADDRESS, TAG_DIGEST, TAG_PLATFORM};
use saas_model::resource::{TenantSchema, Wanted};
use saas_model::{Address, Digest, Node};

use crate::context::Cx;
use crate::error::Result;
use crate::live::TAG_BOUND;

/// The key of what a record is on.
const PART: &str = "saas:part";
/// The key of the secret that the password was taken from, which the catalog does not show.
const PASSWORD: &str = "saas:password";

/// What a record is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::Display, strum::EnumString)]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum Part {
    /// The database.
    Database,
    /// A tenant's schema.
    Schema,
    /// The role that owns it.
    Owner,
    /// The role that the application logs in as.
    App,
}

/// A commit record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) platform: String,
    pub(crate) address: Address,
    pub(crate) digest: Option<Digest>,
    pub(crate) bound: Option<Digest>,
    pub(crate) part: Part,
    pub(crate) password: Option<Address>,
}

impl Record {
    /// The record of a part of a node.
    pub(super) fn of(cx: &Cx<'_>, node: &Node, part: Part) -> Result<Self> {
        Ok(Self {
            platform: cx.plan.header().platform.to_string(),
            address: node.address.clone(),
            digest: Some(node.digest),
            bound: Some(cx.bound(node)?),
            part,
            password: TenantSchema::of(&node.resource).map(|tenant| tenant.password.address().clone()),
        })
    }

    /// The record in a comment, if it is one.
    pub(super) fn parse(comment: &str) -> Option<Self> {
        let value = |key: &str| {
            comment.split(' ').find_map(|pair| pair.strip_prefix(key).and_then(|rest| rest.strip_prefix('=')))
        };
        Some(Self {
            platform: value(TAG_PLATFORM)?.to_owned(),
            address: value(TAG_ADDRESS)?.parse().ok()?,
            digest: value(TAG_DIGEST).and_then(|text| text.parse().ok()),
            bound: value(TAG_BOUND).and_then(|text| text.parse().ok()),
            part: value(PART)?.parse().ok()?,
            password: value(PASSWORD).and_then(|text| text.parse().ok()),
        })
    }

    /// Whether it says that what it is on was made for the same part of the same node.
    pub(super) fn is_of(&self, other: &Self) -> bool {
        (&self.platform, &self.address, self.part) == (&other.platform, &other.address, other.part)
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{TAG_PLATFORM}={} {TAG_ADDRESS}={}", self.platform, self.address)?;
        let optional = |f: &mut fmt::Formatter<'_>, key: &str, value: Option<&dyn fmt::Display>| {
            value.map_or(Ok(()), |value| write!(f, " {key}={value}"))
        };
        optional(f, TAG_DIGEST, self.digest.as_ref().map(|digest| digest as _))?;
        optional(f, TAG_BOUND, self.bound.as_ref().map(|digest| digest as _))?;
        write!(f, " {PART}={}", self.part)?;
        optional(f, PASSWORD, self.password.as_ref().map(|address| address as _))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let record = Record {
            platform: "saas-platform".into(),
            address: Address::literal("tenant/acme-corp/schema"),
            digest: Some(Digest::from_bytes([7; 32])),
            bound: Some(Digest::from_bytes([8; 32])),
            part: Part::App,
            password: Some(Address::literal("tenant/acme-corp/secret")),
        };
        assert_eq!(Record::parse(&record.to_string()), Some(record));
    }

    #[test]
    fn other_comments_are_no_records() {
        for comment in
            ["", "default administrative connection database", "saas:platform=x", "saas:platform=x saas:address=A"]
        {
            assert_eq!(Record::parse(comment), None, "{comment}");
        }
    }
}
