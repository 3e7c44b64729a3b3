//! Policy documents as AWS returns them.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use saas_model::policy::Policy;
use serde_json::Value;

/// The policy in a document.
///
/// A document that saas would never write becomes an empty policy: it differs from every planned policy, is
/// shown as a difference, and is overwritten.
pub(crate) fn read_policy(document: &str) -> Policy {
    Policy::from_json(document).unwrap_or_default()
}

/// The planned policy if the live one means the same: AWS may order and write it in another way.
pub(crate) fn as_planned(live: Policy, planned: Option<&Policy>) -> Policy {
    planned.filter(|planned| planned.means(&live)).cloned().unwrap_or(live)
}

/// A document for which [`read_policy`] returns an empty policy, unchanged.
pub(crate) fn unsupported_policy(document: &str) -> Option<Value> {
    let is_ours = Policy::from_json(document).is_ok();
    (!is_ours).then(|| serde_json::from_str(document).unwrap_or_else(|_| Value::from(document)))
}

/// Decodes percent-encoding (RFC 3986, section 2.1). Invalid encodings are unchanged.
pub(crate) fn percent_decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policy_documents_are_percent_decoded() {
        assert_eq!(percent_decoded("%7B%22a%22%3A%20%22%C3%A4%22%7d"), "{\"a\": \"ä\"}");
        assert_eq!(percent_decoded("100% of a+b %zz %4"), "100% of a+b %zz %4");
    }

    #[test]
    fn unsupported_policy_document_is_read_as_empty() {
        let foreign = r#"{"Statement":[{"Effect":"Allow","Action":"s3:*","NotResource":"*"}]}"#;
        assert_eq!(read_policy(foreign), Policy::default());
    }
}
