//! Byte ranges of reads.
//!
//! Source: Amazon S3 API reference, `GetObject` and `HeadObject`, `Range`; RFC 9110, "Range
//! Requests".

use std::ops::Range;

use super::Request;
use crate::refusal::Refusal;

/// The requested bytes; `None` means all. S3 supports a single range per request and ignores a
/// header that it cannot parse.
pub(super) fn asked(request: &Request, length: usize) -> Result<Option<Range<usize>>, Refusal> {
    let range = request.header("range").and_then(|header| header.strip_prefix("bytes="));
    let Some((first, last)) = range.and_then(|range| range.split_once('-')) else { return Ok(None) };
    let range = match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(length),
        (Ok(first), Err(_)) if last.is_empty() => first..length,
        (Err(_), Ok(most)) if first.is_empty() => length.saturating_sub(most)..length,
        _ => return Ok(None),
    };
    if range.is_empty() {
        let refusal = Refusal::new("InvalidRange", "The requested range is not satisfiable").status(416);
        let asked = request.header("range").unwrap_or_default();
        return Err(refusal.detail("ActualObjectSize", length.to_string()).detail("RangeRequested", asked));
    }
    Ok(Some(range))
}
