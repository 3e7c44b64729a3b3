//! Checksums of bodies. MD5 and the CRCs are verified; SHA-1, SHA-256 and the others are not.
//!
//! Source: Amazon S3 User Guide, "Checking object integrity".

use aws_smithy_types::base64;
use crc_fast::CrcAlgorithm;
use md5::{Digest, Md5};

use crate::services::prelude::*;

/// The headers or trailers of checksums.
pub(super) const HEADERS: Words = Words(
    "x-amz-checksum-crc32 x-amz-checksum-crc32c x-amz-checksum-crc64nvme x-amz-checksum-sha1 x-amz-checksum-sha256 \
     x-amz-checksum-sha512 x-amz-checksum-md5 x-amz-checksum-xxhash64 x-amz-checksum-xxhash3 x-amz-checksum-xxhash128",
);

/// The checksum that S3 computes if the request contains none.
const OWN: &str = "x-amz-checksum-crc64nvme";

/// The entity tag of a content: its MD5 in quotes.
pub(super) fn etag(content: &[u8]) -> String {
    format!("\"{}\"", hex::encode(Md5::digest(content)))
}

/// The checksum of a request that contains none: its header and its value.
pub(super) fn own(content: &[u8]) -> (&'static str, String) {
    (OWN, crc(content, OWN).unwrap_or_default())
}

/// The CRC in the header with this name; `None` for any other header.
fn crc(content: &[u8], header: &str) -> Option<String> {
    let (algorithm, length) = match header.strip_prefix("x-amz-checksum-")? {
        "crc32" => (CrcAlgorithm::Crc32IsoHdlc, 4),
        "crc32c" => (CrcAlgorithm::Crc32Iscsi, 4),
        "crc64nvme" => (CrcAlgorithm::Crc64Nvme, 8),
        _ => return None,
    };
    let bytes = crc_fast::checksum(algorithm, content).to_be_bytes();
    Some(base64::encode(&bytes[bytes.len() - length..]))
}

/// Verifies the header `Content-MD5`.
pub(super) fn check_md5(content: &[u8], told: &str) -> Result<(), Refusal> {
    const MD5: &str = "Content-MD5";
    let sent = base64::decode(told).ok().filter(|digest| digest.len() == 16);
    let invalid = || Refusal::new("InvalidDigest", "The Content-MD5 you specified was invalid.").detail(MD5, told);
    let sent = sent.ok_or_else(invalid)?;
    let right = Md5::digest(content);
    if sent == right.as_slice() {
        return Ok(());
    }
    let refusal = Refusal::new("BadDigest", "The Content-MD5 you specified did not match what we received.");
    Err(refusal.detail("ExpectedDigest", hex::encode(sent)).detail("CalculatedDigest", base64::encode(right)))
}

/// Verifies the checksum in the header with this name.
pub(super) fn check(content: &[u8], header: &str, sent: &str) -> Result<(), Refusal> {
    let Some(right) = crc(content, header) else { return Ok(()) };
    if sent == right {
        return Ok(());
    }
    let length = |text: &str| base64::decode(text).ok().map(|bytes| bytes.len());
    if length(sent) != length(&right) {
        return Err(Refusal::new("InvalidRequest", format!("Value for {header} header is invalid.")));
    }
    let name = header.trim_start_matches("x-amz-checksum-").to_ascii_uppercase();
    Err(Refusal::new("BadDigest", format!("The {name} you specified did not match the calculated checksum.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: the check values in the catalogue of parametrised CRC algorithms.
    #[test]
    fn each_header_has_its_crc() {
        let of = |header: &str| crc(b"123456789", header).and_then(|crc| base64::decode(crc).ok());
        assert_eq!(of("x-amz-checksum-crc32"), Some(0xcbf4_3926_u32.to_be_bytes().to_vec()));
        assert_eq!(of("x-amz-checksum-crc32c"), Some(0xe306_9283_u32.to_be_bytes().to_vec()));
        assert_eq!(of("x-amz-checksum-crc64nvme"), Some(0xae8b_1486_0a79_9888_u64.to_be_bytes().to_vec()));
    }

    #[test]
    fn the_entity_tag_is_the_md5_in_quotes() {
        assert_eq!(etag(b""), "\"d41d8cd98f00b204e9800998ecf8427e\"");
    }
}
