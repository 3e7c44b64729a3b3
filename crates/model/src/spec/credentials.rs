//! Recognizes texts that look like credentials. Such a text must not be in a spec, which is checked in, nor
//! in a plan.

/// Prefixes of credentials, each with what they are. The rest of the credential has at least
/// [`SECRET_LENGTH`] letters, digits, `-` and `_`.
///
/// Sources: IAM User Guide, "IAM identifiers" (unique id prefixes); GitHub Docs, "About authentication to
/// GitHub" (token formats); the key formats that Stripe, Slack, OpenAI and SendGrid document.
const PREFIXES: [(&str, &str); 19] = [
    ("AKIA", "the id of an AWS access key"),
    ("ASIA", "the id of a temporary AWS access key"),
    ("ghp_", "a GitHub token"),
    ("gho_", "a GitHub token"),
    ("ghu_", "a GitHub token"),
    ("ghs_", "a GitHub token"),
    ("ghr_", "a GitHub token"),
    ("github_pat_", "a GitHub token"),
    ("glpat-", "a GitLab token"),
    ("sk-", "an API key"),
    ("sk_live_", "a Stripe key"),
    ("sk_test_", "a Stripe key"),
    ("rk_live_", "a Stripe key"),
    ("whsec_", "a Stripe webhook secret"),
    ("xoxb-", "a Slack token"),
    ("xoxp-", "a Slack token"),
    ("SG.", "a SendGrid key"),
    ("npm_", "an npm token"),
    ("AIza", "a Google API key"),
];

/// The number of characters after the prefix from which on a text is no word of a language.
const SECRET_LENGTH: usize = 16;

/// What a text looks like, if it looks like a credential.
pub(super) fn credential(text: &str) -> Option<&'static str> {
    if text.contains("-----BEGIN") && text.contains("PRIVATE KEY") {
        return Some("a private key");
    }
    if has_password(text) {
        return Some("a URL with a password");
    }
    // A credential may stand within a longer text, such as `Bearer sk-…`.
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    text.split(|c: char| !is_of_word(c)).find_map(|word| {
        let (_, what) = PREFIXES.iter().find(|(prefix, _)| {
            word.strip_prefix(prefix).is_some_and(|rest| {
                rest.len() >= SECRET_LENGTH && rest.bytes().any(|c| c.is_ascii_digit() || c.is_ascii_uppercase())
            })
        })?;
        Some(*what)
    })
}

/// Whether a text has a URL with a password, `scheme://user:password@host`. A password that is a
/// placeholder is none.
fn has_password(text: &str) -> bool {
    text.match_indices("://").any(|(at, mark)| {
        let authority = text[at + mark.len()..].split(['/', '?', '#', ' ']).next().unwrap_or_default();
        let Some((user, _)) = authority.rsplit_once('@') else { return false };
        let is_variable =
            |password: &str| password.starts_with('$') || password.starts_with('{') && password.ends_with('}');
        user.split_once(':').is_some_and(|(_, password)| !password.is_empty() && !is_variable(password))
    })
}

#[cfg(test)]
mod tests {
    use super::credential;

    #[test]
    fn credentials_are_recognized() {
        // The texts are put together, so that scanners do not take this file for a leak.
        let secret = "a1B2c3D4e5F6g7H8i9J0";
        for prefix in ["AKIA", "ghp_", "github_pat_", "sk-", "sk_live_", "xoxb-", "SG.", "AIza", "glpat-"] {
            assert!(credential(&format!("{prefix}{secret}")).is_some(), "{prefix}");
        }
        assert_eq!(credential(&format!("Bearer sk-{secret}")), Some("an API key"));
        assert_eq!(credential("-----BEGIN RSA PRIVATE KEY-----\nMII"), Some("a private key"));
        assert_eq!(credential("postgres://app:hunter2@db/saas"), Some("a URL with a password"));
        assert_eq!(credential("a,redis://:hunter2@cache:6379"), Some("a URL with a password"));
    }

    #[test]
    fn ordinary_texts_are_not_credentials() {
        for text in [
            "",
            "info",
            "https://acme.example.com/a:b@c",
            "postgres://app@db/saas",
            "postgres://app:$PASSWORD@db/saas",
            "redis://cache:6379",
            "sk-learn",
            "sk-a-name-of-lowercase-words-only",
            "AKIA",
            "mailto:team@example.com",
            "a-very-long-text-that-is-no-secret-at-all-2026",
        ] {
            assert_eq!(credential(text), None, "{text}");
        }
    }
}
