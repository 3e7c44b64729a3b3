//! Chunked bodies (`aws-chunked`), as the AWS SDKs send them if the checksum follows the content.
//!
//! Source: Amazon S3 API reference, "Signature calculations for the Authorization header:
//! transferring a payload in multiple chunks, with trailing headers".

use bytes::Bytes;

use crate::refusal::{Refusal, ensure};

/// The decoded content, and the trailers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chunks {
    pub(super) bytes: Bytes,
    pub(super) trailers: Vec<(String, String)>,
}

/// Decodes a chunked body: `<size in hex>[;chunk-signature=...]`, the content, and so on until a
/// chunk of size 0, followed by trailers, one a line. `length` is the stated length of the content.
pub(super) fn decode(body: &[u8], length: Option<usize>) -> Result<Chunks, Refusal> {
    let mut rest = body;
    let mut content = Vec::with_capacity(body.len());
    loop {
        let head = take_line(&mut rest)?;
        let size = head.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| incomplete("a chunk has no size"))?;
        if size == 0 {
            break;
        }
        let (chunk, after) = rest.split_at_checked(size).ok_or_else(|| incomplete("a chunk is truncated"))?;
        content.extend_from_slice(chunk);
        rest = after.strip_prefix(b"\r\n").ok_or_else(|| incomplete("a chunk is not terminated"))?;
    }
    if length.is_some_and(|length| length != content.len()) {
        return Err(incomplete("the total length of the chunks differs from x-amz-decoded-content-length"));
    }
    let mut trailers = Vec::new();
    while !rest.is_empty() {
        let line = take_line(&mut rest)?;
        if let Some((name, value)) = line.split_once(':') {
            trailers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    Ok(Chunks { bytes: content.into(), trailers })
}

/// The text up to the next line break, or to the end.
fn take_line<'a>(rest: &mut &'a [u8]) -> Result<&'a str, Refusal> {
    ensure!(!rest.is_empty(), incomplete("the last chunk is missing"));
    let end = rest.windows(2).position(|pair| pair == b"\r\n");
    let (line, after) = match end {
        Some(end) => (&rest[..end], &rest[end + 2..]),
        None => (*rest, &rest[rest.len()..]),
    };
    *rest = after;
    std::str::from_utf8(line).map_err(|_| incomplete("the header of a chunk is not text"))
}

fn incomplete(why: &str) -> Refusal {
    Refusal::new(
        "IncompleteBody",
        format!("You did not provide the number of bytes specified by the Content-Length HTTP header: {why}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined() {
        let body = b"5;chunk-signature=abc\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n";
        let chunks = decode(body, Some(11)).expect("a sound body");
        assert_eq!(chunks.bytes, "hello world");
        assert_eq!(chunks.trailers, [("x-amz-checksum-crc32".to_owned(), "AAAA".to_owned())]);
    }

    #[test]
    fn a_body_without_content_has_one_empty_chunk() {
        assert_eq!(decode(b"0\r\n\r\n", Some(0)).expect("a sound body").bytes, "");
    }

    #[test]
    fn truncated_bodies_are_refused() {
        for (body, length) in [
            (&b"5\r\nhel"[..], None),
            (b"5\r\nhello\r\n", None),
            (b"5\r\nhello\r\n0\r\n\r\n", Some(6)),
            (b"z\r\nhello\r\n0\r\n\r\n", None),
            (b"fffffffffffffffff\r\n", None),
            (b"", None),
            (b"5\r\nhello", None),
        ] {
            assert_eq!(decode(body, length).expect_err("it is not whole").code, "IncompleteBody");
        }
    }
}
