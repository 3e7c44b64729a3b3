//! The resources that exist in a sandbox, for tests that compare them with what they expect.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::tags::Tags;

/// A resource, or a part of one that a caller created and that could be left over: a rule, a route, an
/// association, a policy, a version. Resources that AWS creates by itself, such as a main route table
/// or a default security group, are not listed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Item {
    /// Its type, as `service:kind`: `ec2:vpc`, `iam:role-policy`.
    pub kind: String,
    /// Its id or name, unique within its type.
    pub id: String,
    /// Its tags; empty for types that cannot have tags.
    pub tags: BTreeMap<String, String>,
}

impl Item {
    pub(crate) fn new(kind: &str, id: impl Into<String>, tags: &Tags) -> Self {
        Self { kind: kind.to_owned(), id: id.into(), tags: tags.clone() }
    }

    /// A part of a resource, which has no tags of its own.
    pub(crate) fn part(kind: &str, id: impl Into<String>) -> Self {
        Self::new(kind, id, &Tags::new())
    }
}
