//! Addresses: the paths that name nodes.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

use crate::identifier::TenantId;

/// The path that names a node, such as `network/vpc` or `tenant/acme-corp/bucket`.
///
/// Segments consist of lowercase letters, digits, `-` and `.`, are not empty, and are separated by
/// `/`. It is at most 200 characters long, so that it fits a tag value.
///
/// Every node that refers to an address holds a copy of it, so copies share one allocation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Address(Arc<str>);

/// The text is not a valid address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an address: expected segments of `a-z`, `0-9`, `-` and `.` separated by `/`, \
     200 characters at most"
)]
pub struct InvalidAddress(String);

const MAX_LEN: usize = 200;

impl Address {
    /// Parses `text`.
    ///
    /// # Errors
    /// When `text` is empty, too long, has an empty segment or has a character that is not allowed.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidAddress> {
        let text = text.into();
        // A single pass, because a large plan has millions of characters of addresses. `/` separates
        // segments, so it is never first, last or next to another `/`.
        let mut last = b'/';
        let mut valid = text.len() <= MAX_LEN;
        for byte in text.bytes() {
            valid &= match byte {
                b'/' => last != b'/',
                _ => byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.',
            };
            last = byte;
        }
        if valid && last != b'/' { Ok(Self(text.into())) } else { Err(InvalidAddress(text)) }
    }

    /// The address of one of a tenant's nodes: `tenant/<id>/<rest>`.
    ///
    /// # Panics
    /// When `rest` is not a valid address. Callers pass a literal.
    #[must_use]
    pub fn of_tenant(tenant: &TenantId, rest: &str) -> Self {
        Self::literal(["tenant/", tenant.as_str(), "/", rest].concat())
    }

    /// An address from a literal in the code, or one built from validated identifiers.
    ///
    /// # Panics
    /// When `text` is not a valid address, which is a bug and never caused by input.
    #[must_use]
    pub fn literal(text: impl Into<String>) -> Self {
        Self::new(text).expect("literal addresses are made of valid segments")
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The tenant that the node belongs to; `None` for shared nodes.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.0.strip_prefix("tenant/")?.split('/').next()
    }

    /// The tenant that the node belongs to, and the rest of the address after it.
    #[must_use]
    pub fn within_tenant(&self) -> Option<(&str, &str)> {
        self.0.strip_prefix("tenant/")?.split_once('/')
    }

    /// Whether `other` is this address or one under it: `tenant/acme` covers `tenant/acme/bucket`, but
    /// not `tenant/acme-corp/bucket`.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other.0.strip_prefix(&*self.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl TryFrom<String> for Address {
    type Error = InvalidAddress;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.0.as_ref().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        text.parse().expect("the test's addresses are valid")
    }

    #[test]
    fn covers_matches_whole_segments_only() {
        assert!(address("tenant/acme").covers(&address("tenant/acme/bucket")));
        assert!(address("tenant/acme").covers(&address("tenant/acme")));
        assert!(!address("tenant/acme").covers(&address("tenant/acme-corp/bucket")));
    }

    #[test]
    fn tenant_is_taken_from_the_second_segment() {
        assert_eq!(address("tenant/acme-corp/bucket").tenant(), Some("acme-corp"));
        assert_eq!(address("network/vpc").tenant(), None);
        assert_eq!(address("tenant/acme/rule/https-out").within_tenant(), Some(("acme", "rule/https-out")));
        assert_eq!(address("network/vpc").within_tenant(), None);
    }

    #[test]
    fn malformed_addresses_are_rejected() {
        for text in ["", "/", "a//b", "a/", "/a", "A", "a b", &"a".repeat(201)] {
            assert!(Address::new(text).is_err(), "{text:?}");
        }
    }
}
