//! CIDR blocks.

use std::net::{Ipv4Addr, Ipv6Addr};

/// A range of IPv4 addresses in its canonical form: the host bits are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    network: u32,
    prefix: u8,
}

impl Block {
    /// Parses `10.0.0.0/16`. EC2 clears host bits. Source: Amazon EC2 API reference, `CreateSubnet`,
    /// `CidrBlock`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let address: Ipv4Addr = address.parse().ok()?;
        let prefix = prefix_length(prefix, 32)?;
        let network = u32::from(address) & mask(prefix);
        Some(Self { network, prefix })
    }

    /// The length of the prefix in bits.
    pub(super) const fn prefix(self) -> u8 {
        self.prefix
    }

    /// Whether this range contains all of `other`.
    pub(super) fn contains(self, other: Self) -> bool {
        other.prefix >= self.prefix && other.network & mask(self.prefix) == self.network
    }

    /// Whether the ranges have an address in common.
    pub(super) fn overlaps(self, other: Self) -> bool {
        self.contains(other) || other.contains(self)
    }

    /// The number of usable addresses of a subnet with this range. AWS reserves the first four
    /// addresses and the last. Source: Amazon VPC User Guide, "Subnet sizing for IPv4".
    pub(super) fn capacity(self) -> usize {
        let last = self.network | !mask(self.prefix);
        usize::try_from(last.saturating_sub(self.network).saturating_sub(4)).unwrap_or(usize::MAX)
    }

    /// The usable addresses.
    pub(super) fn usable(self) -> impl Iterator<Item = Ipv4Addr> {
        let last = self.network | !mask(self.prefix);
        (self.network.saturating_add(4)..last).map(Ipv4Addr::from)
    }
}

impl std::fmt::Display for Block {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}", Ipv4Addr::from(self.network), self.prefix)
    }
}

/// The canonical form of a range of IPv6 addresses.
pub(super) fn canonical_ipv6(text: &str) -> Option<String> {
    let (address, prefix) = text.split_once('/')?;
    let address: Ipv6Addr = address.parse().ok()?;
    let prefix = prefix_length(prefix, 128)?;
    let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
    Some(format!("{}/{prefix}", Ipv6Addr::from(u128::from(address) & mask)))
}

fn prefix_length(text: &str, most: u8) -> Option<u8> {
    // `parse` would accept a sign and leading zeros.
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    let prefix: u8 = text.parse().ok()?;
    (plain && prefix <= most).then_some(prefix)
}

fn mask(prefix: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> Block {
        Block::parse(text).expect("a range")
    }

    #[test]
    fn host_bits_are_cleared() {
        assert_eq!(block("100.68.0.18/18").to_string(), "100.68.0.0/18");
        assert_eq!(block("1.2.3.4/0").to_string(), "0.0.0.0/0");
        assert_eq!(canonical_ipv6("2001:db8::1/32").as_deref(), Some("2001:db8::/32"));
        assert_eq!(canonical_ipv6("::1/0").as_deref(), Some("::/0"));
    }

    #[test]
    fn malformed_ranges_are_refused() {
        for text in ["10.0.0.0", "10.0.0/16", "10.0.0.0/33", "10.0.0.0/+8", "10.0.0.0/08", "10.0.0.256/8", "x/8", "/"] {
            assert_eq!(Block::parse(text), None, "{text}");
        }
    }

    #[test]
    fn ranges_contain_and_overlap() {
        assert!(block("10.0.0.0/16").contains(block("10.0.255.0/24")));
        assert!(!block("10.0.0.0/16").contains(block("10.1.0.0/24")));
        assert!(!block("10.0.0.0/24").contains(block("10.0.0.0/16")));
        assert!(block("10.0.0.0/24").overlaps(block("10.0.0.0/16")));
        assert!(!block("10.0.0.0/24").overlaps(block("10.0.1.0/24")));
        assert!(block("0.0.0.0/0").contains(block("255.255.255.255/32")));
    }

    #[test]
    fn five_addresses_of_a_subnet_are_reserved() {
        let usable: Vec<String> = block("10.0.0.0/28").usable().map(|address| address.to_string()).collect();
        assert_eq!((usable.len(), usable[0].as_str(), usable[10].as_str()), (11, "10.0.0.4", "10.0.0.14"));
        assert_eq!(block("10.0.0.0/28").capacity(), 11);
        assert_eq!((block("10.0.0.0/32").usable().count(), block("10.0.0.0/32").capacity()), (0, 0));
    }
}
