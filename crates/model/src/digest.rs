//! BLAKE3 digests, one domain for each thing that is hashed.
//!
//! Each purpose hashes under its own derive-key context (BLAKE3 specification, section 2.3), so
//! that the bytes of one thing can never pass for another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A 32-byte BLAKE3 digest; shown as 64 lowercase hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// What is being hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// One node of a plan: its tags and its fields, references as addresses.
    Node,
    /// A node together with everything that it refers to.
    Closure,
    /// A whole plan file, its id left out.
    Plan,
    /// What a spec means.
    Spec,
    /// What a lock means.
    Lock,
    /// What an apply would do.
    ChangeSet,
    /// What the references of a live resource were resolved to.
    Bound,
    /// The part of a name that stands for fields that cannot change in place.
    Name,
    /// A token that makes a repeated AWS call recognisable.
    Token,
    /// A whole receipt, its id left out.
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

    /// A hasher of this domain, empty.
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

/// What many short things have in common, read once: a key under which each of them is hashed
/// (BLAKE3 specification, section 2.3, the mode `keyed_hash`).
#[derive(Clone, Debug)]
pub struct Common(Digest);

impl Common {
    /// The digest of `bytes` together with what is common.
    #[must_use]
    pub fn digest(&self, bytes: &[u8]) -> Digest {
        Digest(*blake3::keyed_hash(self.0.as_bytes(), bytes).as_bytes())
    }
}

impl Hasher {
    /// Reads more bytes.
    pub fn update(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.update(bytes);
        self
    }

    /// Reads a field whose length is not fixed; the length is hashed before it, so that two fields
    /// can never be taken for one.
    pub fn field(&mut self, bytes: &[u8]) -> &mut Self {
        self.update(&(bytes.len() as u64).to_le_bytes()).update(bytes)
    }

    /// Everything read so far, as what many digests have in common.
    #[must_use]
    pub fn into_common(self) -> Common {
        Common(self.finish())
    }

    /// The digest of everything read.
    #[must_use]
    pub fn finish(&self) -> Digest {
        Digest(*self.0.finalize().as_bytes())
    }
}

impl Digest {
    /// The number of bytes of a digest.
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

    /// The first eight hexadecimal digits, for names and for people.
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

/// The text is not a digest.
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

/// Bytes in MessagePack, hexadecimal in formats that people read.
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
    fn domains_never_meet() {
        assert_ne!(Domain::Node.digest(b"x"), Domain::Plan.digest(b"x"));
    }

    #[test]
    fn a_digest_is_pinned() {
        assert_eq!(Domain::Node.digest(b"").short(), Domain::Node.hasher().finish().short());
        let text = Domain::Node.digest(b"saas").to_string();
        assert_eq!(text.parse::<Digest>().expect("it was just printed").to_string(), text);
    }

    #[test]
    fn what_is_common_counts() {
        let common = |bytes| Domain::Node.hasher().update(bytes).clone().into_common();
        assert_ne!(common(b"a").digest(b"x"), common(b"b").digest(b"x"));
        assert_ne!(common(b"a").digest(b"x"), common(b"a").digest(b"y"));
    }

    #[test]
    fn upper_case_is_refused() {
        let text = Domain::Node.digest(b"saas").to_string().to_uppercase();
        assert!(text.parse::<Digest>().is_err());
    }
}
