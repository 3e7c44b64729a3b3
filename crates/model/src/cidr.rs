//! IPv4 address ranges.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

/// An IPv4 range in CIDR notation whose host bits are zero, such as `10.0.0.0/16`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cidr(Ipv4Net);

/// The text is not a valid IPv4 range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidCidr {
    /// It is not in CIDR notation.
    #[error("`{0}` is not an IPv4 range: expected a form such as `10.0.0.0/16`")]
    Malformed(String),
    /// It has host bits set.
    #[error("`{given}` has host bits set: the range is written `{meant}`")]
    HostBits {
        /// The text as given.
        given: String,
        /// The same range with the host bits cleared.
        meant: String,
    },
}

impl Cidr {
    /// Every IPv4 address: `0.0.0.0/0`.
    #[must_use]
    pub fn anywhere() -> Self {
        Self(Ipv4Net::default())
    }

    /// Whether this range contains all of `other`.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        self.0.contains(&other.0)
    }

    /// Whether the two ranges share an address. CIDR ranges are nested or disjoint.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.contains(other) || other.contains(self)
    }

    /// Whether this range contains an address.
    #[must_use]
    pub fn contains_address(&self, address: Ipv4Addr) -> bool {
        self.0.contains(&address)
    }

    /// The first host address: the one after the network address.
    #[must_use]
    pub fn first_address(&self) -> Ipv4Addr {
        self.0.hosts().next().unwrap_or_else(|| self.0.network())
    }

    /// The prefix length in bits.
    #[must_use]
    pub fn prefix_len(&self) -> u8 {
        self.0.prefix_len()
    }
}

impl FromStr for Cidr {
    type Err = InvalidCidr;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let net: Ipv4Net = text.parse().map_err(|_| InvalidCidr::Malformed(text.to_owned()))?;
        if net.trunc() != net {
            return Err(InvalidCidr::HostBits { given: text.to_owned(), meant: net.trunc().to_string() });
        }
        if net.to_string() == text { Ok(Self(net)) } else { Err(InvalidCidr::Malformed(text.to_owned())) }
    }
}

impl TryFrom<String> for Cidr {
    type Error = InvalidCidr;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Cidr> for String {
    fn from(cidr: Cidr) -> Self {
        cidr.to_string()
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
