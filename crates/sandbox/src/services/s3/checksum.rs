//! Checksums of bodies. MD5 and the CRCs are verified; SHA-1, SHA-256 and the others are not.
//!
//! Source: Amazon S3 User Guide, "Checking object integrity".

use aws_smithy_types::base64;
use md5::{Digest, Md5};

use super::refusals;
use crate::services::prelude::*;
use crate::words::Words;

/// The headers or trailers of checksums.
pub(super) const HEADERS: Words = Words(
    "x-amz-checksum-crc32 x-amz-checksum-crc32c x-amz-checksum-crc64nvme x-amz-checksum-sha1 x-amz-checksum-sha256 \
     x-amz-checksum-sha512 x-amz-checksum-md5 x-amz-checksum-xxhash64 x-amz-checksum-xxhash3 x-amz-checksum-xxhash128",
);

const CRC32: &str = "x-amz-checksum-crc32";
const CRC32C: &str = "x-amz-checksum-crc32c";
const CRC64NVME: &str = "x-amz-checksum-crc64nvme";

/// The entity tag of a content: its MD5 in quotes.
pub(super) fn etag(content: &[u8]) -> String {
    format!("\"{}\"", hex(&Md5::digest(content)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The checksum that S3 computes if the request contains none.
pub(super) fn own(content: &[u8]) -> (&'static str, String) {
    (CRC64NVME, base64::encode(crc64nvme(content).to_be_bytes()))
}

/// Verifies the header `Content-MD5`.
pub(super) fn check_md5(content: &[u8], told: &str) -> Result<(), Refusal> {
    const MD5: &str = "Content-MD5";
    let sent = base64::decode(told).ok().filter(|digest| digest.len() == 16);
    let invalid = || refusals::new("InvalidDigest", "The Content-MD5 you specified was invalid.").detail(MD5, told);
    let sent = sent.ok_or_else(invalid)?;
    let right = Md5::digest(content);
    if sent == right.as_slice() {
        return Ok(());
    }
    let refusal = refusals::new("BadDigest", "The Content-MD5 you specified did not match what we received.");
    Err(refusal.detail("ExpectedDigest", hex(&sent)).detail("CalculatedDigest", base64::encode(right)))
}

/// Verifies the checksum in the header with this name.
pub(super) fn check(content: &[u8], header: &str, sent: &str) -> Result<(), Refusal> {
    let right = match header {
        CRC32 => base64::encode(crc32(content).to_be_bytes()),
        CRC32C => base64::encode(crc32c(content).to_be_bytes()),
        CRC64NVME => base64::encode(crc64nvme(content).to_be_bytes()),
        _ => return Ok(()),
    };
    if sent == right {
        return Ok(());
    }
    let length = |text: &str| base64::decode(text).ok().map(|bytes| bytes.len());
    if length(sent) != length(&right) {
        return Err(refusals::new("InvalidRequest", format!("Value for {header} header is invalid.")));
    }
    let name = header.trim_start_matches("x-amz-checksum-").to_ascii_uppercase();
    Err(refusals::new("BadDigest", format!("The {name} you specified did not match the calculated checksum.")))
}

/// Source: IEEE 802.3; the polynomial is reflected.
fn crc32(content: &[u8]) -> u32 {
    u32::try_from(crc(content, 0xedb8_8320, 0xffff_ffff)).unwrap_or_default()
}

/// Source: RFC 3720, appendix B.4; the polynomial is reflected.
fn crc32c(content: &[u8]) -> u32 {
    u32::try_from(crc(content, 0x82f6_3b78, 0xffff_ffff)).unwrap_or_default()
}

/// Source: NVM Express, "NVM Command Set Specification", 64b CRC; the polynomial is reflected.
fn crc64nvme(content: &[u8]) -> u64 {
    crc(content, 0x9a6c_9329_ac4b_c9b5, u64::MAX)
}

/// A reflected CRC, whose initial value and final XOR are all ones.
fn crc(content: &[u8], polynomial: u64, ones: u64) -> u64 {
    let mut value = ones;
    for byte in content {
        value ^= u64::from(*byte);
        for _ in 0..8 {
            value = if value & 1 == 1 { (value >> 1) ^ polynomial } else { value >> 1 };
        }
    }
    value ^ ones
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crcs_of_the_check_text_are_those_of_the_catalogue() {
        let text = b"123456789";
        assert_eq!(crc32(text), 0xcbf4_3926);
        assert_eq!(crc32c(text), 0xe306_9283);
        assert_eq!(crc64nvme(text), 0xae8b_1486_0a79_9888);
    }

    #[test]
    fn the_entity_tag_is_the_md5_in_quotes() {
        assert_eq!(etag(b""), "\"d41d8cd98f00b204e9800998ecf8427e\"");
    }
}
