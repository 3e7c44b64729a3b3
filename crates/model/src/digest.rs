//! BLAKE3 digests, with one domain for each kind of data that is hashed.
//!
//! Each domain has its own derive-key context (BLAKE3 specification, section 2.3), so digests of
//! different domains never match.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A 32-byte BLAKE3 digest; shown as 64 lowercase hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// The kind of data that is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// One node of a plan: its tags and its fields, with references as addresses.
    Node,
    /// A node and, transitively, everything that it refers to.
    Closure,
    /// A whole plan file without its id.
    Plan,
    /// The meaning of a spec.
    Spec,
    /// The meaning of a lock.
    Lock,
    /// A change set.
    ChangeSet,
    /// The resolved inputs of a live resource: the values that its references resolved to.
    Bound,
    /// The part of a name that encodes fields that require replacement.
    Name,
    /// An idempotency token of an AWS call.
    Token,
    /// A whole receipt without its id.
    Receipt,
    /// A whole certificate of isolation, its id left out.
    Certificate,
    /// The list of actions that proofs of isolation are about.
    Catalogue,
}

impl Domain {
    const fn context(self) -> &'static str {
        match self {
            Self::Node => "saas 2026-11 node v1",
            Self::Closure => "saas 2026-11 closure v1",
            Self::Plan => "saas 2026-11 plan v1",
            Self::Spec => "saas 2026-11 spec v1",
            Self::Lock => "saas 2026-11 lock v1",
            Self::ChangeSet => "saas 2026-11 change set v1",
            Self::Bound => "saas 2026-11 bound v1",
            Self::Name => "saas 2026-11 name v1",
            Self::Token => "saas 2026-11 token v1",
            Self::Receipt => "saas 2026-11 receipt v1",
            Self::Certificate => "saas 2026-11 certificate v1",
            Self::Catalogue => "saas 2026-11 catalogue v1",
        }
    }

    /// A new hasher of this domain.
    #[must_use]
    pub fn hasher(self) -> Hasher {
        Hasher(blake3::Hasher::new_derive_key(self.context()))
    }

    /// The digest of `bytes` in this domain.
    #[must_use]
    pub fn digest(self, bytes: &[u8]) -> Digest {
        self.hasher().update(bytes).finish()
    }
}

/// An incremental hasher.
#[derive(Clone, Debug)]
pub struct Hasher(blake3::Hasher);

/// A shared prefix of many short inputs, hashed once: the key under which each input is hashed (BLAKE3
/// specification, section 2.3, the mode `keyed_hash`).
#[derive(Clone, Debug)]
pub struct Common(Digest);

impl Common {
    /// The digest of the shared prefix and `bytes`.
    #[must_use]
    pub fn digest(&self, bytes: &[u8]) -> Digest {
        Digest(*blake3::keyed_hash(self.0.as_bytes(), bytes).as_bytes())
    }
}

impl Hasher {
    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.update(bytes);
        self
    }

    /// Adds a field of variable length. The length is hashed first, so that two adjacent fields cannot
    /// be confused with one.
    pub fn field(&mut self, bytes: &[u8]) -> &mut Self {
        self.update(&(bytes.len() as u64).to_le_bytes()).update(bytes)
    }

    /// Everything added so far, as the shared prefix of many digests.
    #[must_use]
    pub fn into_common(self) -> Common {
        Common(self.finish())
    }

    /// The digest of everything added.
    #[must_use]
    pub fn finish(&self) -> Digest {
        Digest(*self.0.finalize().as_bytes())
    }
}

impl Digest {
    /// The length of a digest in bytes.
    pub const LEN: usize = 32;

    /// A digest from its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// The first eight hexadecimal digits, for names and for display.
    #[must_use]
    pub fn short(&self) -> String {
        self.0[..4].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// The text is not a valid digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a digest: expected 64 lowercase hexadecimal digits")]
pub struct InvalidDigest(String);

impl FromStr for Digest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        blake3::Hash::from_hex(text)
            .ok()
            .map(|hash| Self(*hash.as_bytes()))
            .filter(|digest| digest.to_string() == text)
            .ok_or_else(|| InvalidDigest(text.to_owned()))
    }
}

/// Serializes to bytes in MessagePack and to hexadecimal in human-readable formats.
impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { serializer.serialize_bytes(&self.0) }
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Digest;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a digest of 32 bytes")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Digest, E> {
                <[u8; Digest::LEN]>::try_from(bytes).map(Digest).map_err(|_| E::invalid_length(bytes.len(), &self))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Digest, E> {
                text.parse().map_err(E::custom)
            }
        }

        if deserializer.is_human_readable() {
            deserializer.deserialize_str(Visitor)
        } else {
            deserializer.deserialize_bytes(Visitor)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_give_different_digests() {
        assert_ne!(Domain::Node.digest(b"x"), Domain::Plan.digest(b"x"));
    }

    #[test]
    fn digest_text_parses_back() {
        assert_eq!(Domain::Node.digest(b"").short(), Domain::Node.hasher().finish().short());
        let text = Domain::Node.digest(b"saas").to_string();
        assert_eq!(text.parse::<Digest>().expect("it was just printed").to_string(), text);
    }

    #[test]
    fn shared_prefix_changes_the_digest() {
        let common = |bytes| Domain::Node.hasher().update(bytes).clone().into_common();
        assert_ne!(common(b"a").digest(b"x"), common(b"b").digest(b"x"));
        assert_ne!(common(b"a").digest(b"x"), common(b"a").digest(b"y"));
    }

    #[test]
    fn uppercase_is_rejected() {
        let text = Domain::Node.digest(b"saas").to_string().to_uppercase();
        assert!(text.parse::<Digest>().is_err());
    }
}
