//! Objects and their versions.
//!
//! Source: Amazon S3 User Guide, "How S3 Versioning works".

use std::collections::BTreeMap;
use std::fmt;

use aws_smithy_types::base64;
use bytes::Bytes;
use serde::{Deserializer, Serializer, de};

use super::versioning::Versioning;
use super::{Answer, answers, refusals};
use crate::ids::Ids;
use crate::services::prelude::*;

/// The id of a version that was created while versioning was not enabled.
pub(super) const NULL: &str = "null";

/// The length of an id, and the number of its check letters.
const ID: usize = 32;
const CHECK: usize = 4;

/// A new version id. S3 recognises ids that it never issued; here the last letters are a checksum
/// of the others.
pub(super) fn new_id(ids: &mut Ids) -> String {
    let id = ids.letters(ID - CHECK);
    let check = check(&id);
    format!("{id}{check}")
}

/// Validates a version id: one that S3 issued, or [`NULL`].
pub(super) fn given(id: &str) -> Result<&str, Refusal> {
    let is_given = id.split_at_checked(ID - CHECK).is_some_and(|(first, last)| check(first) == last);
    if is_given || id == NULL { Ok(id) } else { Err(refusals::invalid_version(id)) }
}

fn check(id: &str) -> String {
    let sum = id.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    Ids::new(sum).letters(CHECK)
}

/// The versions of a key, latest last. There is at least one.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Versions(Vec<Version>);

/// A version, or a delete marker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Version {
    pub(super) id: String,
    pub(super) modified: Time,
    /// `None` for a delete marker.
    pub(super) object: Option<Object>,
}

/// The content of a version and its metadata.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Object {
    pub(super) body: Body,
    pub(super) etag: String,
    /// The header of the checksum, and its value.
    pub(super) checksum: (String, String),
    /// The headers that are returned unchanged.
    pub(super) headers: BTreeMap<String, String>,
}

/// Content, which debug output omits.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Body(pub(super) Bytes);

impl Versions {
    /// The current version; `None` if it is a delete marker.
    pub(super) fn current(&self) -> Option<(&Version, &Object)> {
        let latest = self.0.last()?;
        Some((latest, latest.object.as_ref()?))
    }

    pub(super) fn latest_first(&self) -> impl Iterator<Item = &Version> {
        self.0.iter().rev()
    }

    pub(super) fn is_latest(&self, version: &Version) -> bool {
        self.0.last().is_some_and(|latest| latest.id == version.id)
    }

    pub(super) fn find(&self, id: &str) -> Option<&Version> {
        self.0.iter().find(|version| version.id == id)
    }

    /// Adds a version. A null version replaces the earlier null version.
    pub(super) fn add(&mut self, version: Version) {
        if version.id == NULL {
            self.0.retain(|other| other.id != NULL);
        }
        self.0.push(version);
    }

    /// Deletes a version permanently.
    pub(super) fn remove(&mut self, id: &str) -> Option<Version> {
        let place = self.0.iter().position(|version| version.id == id)?;
        Some(self.0.remove(place))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Version {
    /// Adds the header with its id, if versioning was ever enabled.
    pub(super) fn with_id(&self, answer: Answer, versioning: Option<Versioning>) -> Answer {
        if versioning.is_some() { answers::with(answer, [("x-amz-version-id", self.id.as_str())]) } else { answer }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} bytes", self.0.len())
    }
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        base64::decode(text).map(|bytes| Self(bytes.into())).map_err(de::Error::custom)
    }
}
