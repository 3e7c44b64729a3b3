//! Policy documents as AWS answers them.

use saas_model::policy::Policy;

/// The policy in a document.
///
/// One that saas would never write is taken as empty: so it differs from everything that is
/// planned, is shown as a difference, and is overwritten.
pub(crate) fn read_policy(document: &str) -> Policy {
    Policy::from_json(document).unwrap_or_default()
}

/// A text without its percent-encoding (RFC 3986, section 2.1). What is no encoding stays as it is.
pub(crate) fn percent_decoded(text: &str) -> String {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let pair = digit(bytes.get(at + 1)).zip(digit(bytes.get(at + 2)));
        match pair.and_then(|(high, low)| u8::try_from(high * 16 + low).ok()).filter(|_| byte == b'%') {
            Some(encoded) => decoded.push(encoded),
            None => decoded.push(byte),
        }
        at += if byte == b'%' && pair.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_encoding_is_undone() {
        assert_eq!(percent_decoded("%7B%22a%22%3A%20%22%C3%A4%22%7d"), "{\"a\": \"ä\"}");
        assert_eq!(percent_decoded("100% of a+b %zz %4"), "100% of a+b %zz %4");
    }

    #[test]
    fn a_document_that_saas_would_not_write_is_like_no_other() {
        let foreign = r#"{"Statement":[{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}]}"#;
        assert_eq!(read_policy(foreign), Policy::default());
    }
}
