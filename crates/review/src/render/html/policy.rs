//! What a browser may do with the page: apply its style and run its script, and nothing else. It loads nothing and
//! sends nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// The Content-Security-Policy of a page with this style and this script.
///
/// Source: Content Security Policy Level 3, section 2.3.1: the digest is that of the text of the element, in Base64.
pub(super) fn policy(style: &str, script: &str) -> String {
    let allowed = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        allowed(style),
        allowed(script)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_style_and_this_script_are_allowed() {
        // `printf alert | openssl dgst -sha256 -binary | base64`
        let script = "'sha256-35BQWN1npAn++BSA6B5HNlcrDttNf7mHxpXNB+Jg7IE='";
        let policy = policy("", "alert");
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        assert!(policy.contains(script), "{policy}");
    }
}
