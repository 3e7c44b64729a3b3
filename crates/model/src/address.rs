//! Addresses: the paths that name nodes.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

use crate::identifier::TenantId;

/// The path that names a node, such as `network/vpc` or `tenant/acme-corp/bucket`.
///
/// Segments consist of lowercase letters, digits, `-` and `.`, are not empty, and are separated by
/// `/`. The whole is at most 200 characters, so that it fits a tag value.
///
/// An address is named by every node that refers to it, so its copies share one text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Address(Arc<str>);

/// The text is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an address: expected segments of `a-z`, `0-9`, `-` and `.` separated by `/`, \
     200 characters at most"
)]
pub struct InvalidAddress(String);

const MAX_LEN: usize = 200;

impl Address {
    /// The address that `text` spells.
    ///
    /// # Errors
    /// When `text` is empty, too long, or holds an empty segment or a foreign character.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidAddress> {
        let text = text.into();
        // One pass, for a big plan has millions of characters of addresses. `/` stands between
        // segments, so never at an edge and never beside another.
        let mut last = b'/';
        let mut good = text.len() <= MAX_LEN;
        for byte in text.bytes() {
            good &= match byte {
                b'/' => last != b'/',
                _ => byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.',
            };
            last = byte;
        }
        if good && last != b'/' { Ok(Self(text.into())) } else { Err(InvalidAddress(text)) }
    }

    /// The address of one of a tenant's nodes: `tenant/<id>/<rest>`.
    ///
    /// # Panics
    /// When `rest` is no address; it is a literal of the caller.
    #[must_use]
    pub fn of_tenant(tenant: &TenantId, rest: &str) -> Self {
        Self::literal(["tenant/", tenant.as_str(), "/", rest].concat())
    }

    /// An address from a literal of the program, or one with validated identifiers in it.
    ///
    /// # Panics
    /// When `text` is no address, which is an error of the program and of no input.
    #[must_use]
    pub fn literal(text: impl Into<String>) -> Self {
        Self::new(text).expect("literal addresses are made of valid segments")
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The tenant that the node belongs to; `None` for what tenants share.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.0.strip_prefix("tenant/")?.split('/').next()
    }

    /// The tenant that the node belongs to, and the rest of the address behind it.
    #[must_use]
    pub fn within_tenant(&self) -> Option<(&str, &str)> {
        self.0.strip_prefix("tenant/")?.split_once('/')
    }

    /// Whether `other` is this address or lies beneath it: `tenant/acme` covers
    /// `tenant/acme/bucket`, and not `tenant/acme-corp/bucket`.
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
    fn covers_stops_at_segments() {
        assert!(address("tenant/acme").covers(&address("tenant/acme/bucket")));
        assert!(address("tenant/acme").covers(&address("tenant/acme")));
        assert!(!address("tenant/acme").covers(&address("tenant/acme-corp/bucket")));
    }

    #[test]
    fn knows_its_tenant() {
        assert_eq!(address("tenant/acme-corp/bucket").tenant(), Some("acme-corp"));
        assert_eq!(address("network/vpc").tenant(), None);
        assert_eq!(address("tenant/acme/rule/https-out").within_tenant(), Some(("acme", "rule/https-out")));
        assert_eq!(address("network/vpc").within_tenant(), None);
    }

    #[test]
    fn malformed_addresses_are_refused() {
        for text in ["", "/", "a//b", "a/", "/a", "A", "a b", &"a".repeat(201)] {
            assert!(Address::new(text).is_err(), "{text:?}");
        }
    }
}
