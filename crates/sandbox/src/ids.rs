//! Ids that AWS would generate. They look random; the same seed yields the same sequence.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Ids {
    state: u64,
}

impl Ids {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// An id of EC2, such as `vpc-0a1b2c3d4e5f67890`: 17 hexadecimal digits after the prefix.
    pub(crate) fn ec2(&mut self, prefix: &str) -> String {
        format!("{prefix}-0{:016x}", self.next())
    }

    /// 16 hexadecimal digits, as in the ARNs of load balancers.
    pub(crate) fn hex16(&mut self) -> String {
        format!("{:016x}", self.next())
    }

    /// 32 hexadecimal digits, as in the ids of tasks.
    pub(crate) fn hex32(&mut self) -> String {
        format!("{:016x}{:016x}", self.next(), self.next())
    }

    /// A UUID of version 4.
    pub(crate) fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | (low >> 48) & 0x3fff,
            low & 0xffff_ffff_ffff
        )
    }

    /// This many letters and digits, as at the end of the ARNs of secrets (6) and the ids of roles.
    pub(crate) fn letters(&mut self, count: usize) -> String {
        const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        (0..count).map(|_| char::from(ALPHABET[usize::try_from(self.next() % 62).unwrap_or_default()])).collect()
    }

    /// The next number of the sequence. Source: Steele, Lea, Flood, "Fast splittable pseudorandom
    /// number generators" (2014), `SplitMix64`.
    pub(crate) const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
