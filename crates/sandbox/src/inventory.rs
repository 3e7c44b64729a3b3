//! Everything that exists in a sandbox, so that a test can compare it with what should.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::tags::Tags;

/// One thing that exists: a resource, or a part of one that somebody made and that could be left
/// over (a rule, a route, an association, a policy, a version). What AWS makes and keeps by itself
/// (a main route table, a default security group) is not listed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Item {
    /// What it is, as `service:kind`: `ec2:vpc`, `iam:role-policy`.
    pub kind: String,
    /// The id or the name that it has in its kind.
    pub id: String,
    /// Its tags; none where AWS has none for its kind.
    pub tags: BTreeMap<String, String>,
}

impl Item {
    pub(crate) fn new(kind: &str, id: impl Into<String>, tags: &Tags) -> Self {
        Self { kind: kind.to_owned(), id: id.into(), tags: tags.clone() }
    }

    /// A part of something, which has no tags of its own.
    pub(crate) fn part(kind: &str, id: impl Into<String>) -> Self {
        Self::new(kind, id, &Tags::new())
    }
}
