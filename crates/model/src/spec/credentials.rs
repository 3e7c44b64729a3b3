//! Recognizes texts that look like credentials. Such a text must not be in a spec, which is checked in, nor
//! in a plan.

use super::secret_names;

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

/// The least number of hexadecimal digits, and of characters of Base64, from which on a random text is a secret.
const RANDOM_HEX: usize = 40;
const RANDOM_BASE64: usize = 32;

/// The least entropy of a random text in bits a character. English text and identifiers have less.
const RANDOM_ENTROPY: (f64, f64) = (3.0, 4.0);

/// The words of names whose values look random and are known to all: what a build is made of, and who something is.
const KNOWN: [&str; 21] = [
    "BUILD",
    "CERT",
    "CERTIFICATE",
    "CHECKSUM",
    "COMMIT",
    "DIGEST",
    "ETAG",
    "FINGERPRINT",
    "GUID",
    "HASH",
    "ID",
    "IMAGE",
    "INTEGRITY",
    "PUBLIC",
    "RELEASE",
    "REV",
    "REVISION",
    "SHA",
    "TAG",
    "UUID",
    "VERSION",
];

/// The number of characters after the prefix from which on a text is no word of a language.
const SECRET_LENGTH: usize = 16;

/// Why the value of a variable of this name is probably a secret, if it is.
pub(super) fn suspicion(name: &str, text: &str) -> Option<String> {
    if let Some(what) = credential(text) {
        return Some(format!("it looks like {what}"));
    }
    if secret_names::is_secret(name) && text.parse().is_ok_and(|text| secret_names::can_be_secret(&text)) {
        return Some("by its name it is a secret".to_owned());
    }
    let without_number = |word: &String| word.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    let is_known = secret_names::words(name).iter().any(|word| KNOWN.contains(&without_number(word).as_str()));
    let is_random = !is_known && text.split([' ', ',', ';']).any(is_random);
    is_random.then(|| "it looks like a random key or token".to_owned())
}

/// Whether a text is random: hexadecimal digits, or Base64 with letters of both cases and digits.
fn is_random(text: &str) -> bool {
    let (hex, base64) = RANDOM_ENTROPY;
    let is_hex = text.len() >= RANDOM_HEX && text.bytes().all(|c| c.is_ascii_hexdigit());
    if is_hex {
        return entropy(text) >= hex;
    }
    let count = |is: fn(&u8) -> bool| text.bytes().filter(is).count();
    let digits = text.trim_end_matches('=');
    // Keys of SSH that are public begin with the length of their type.
    let is_base64 = digits.len() >= RANDOM_BASE64
        && digits.bytes().all(|c| c.is_ascii_alphanumeric() || b"+/-_".contains(&c))
        && !text.starts_with("AAAA");
    let is_mixed =
        [u8::is_ascii_uppercase, u8::is_ascii_lowercase, u8::is_ascii_digit].map(count).iter().all(|n| *n > 1);
    is_base64 && is_mixed && !text.starts_with('/') && entropy(digits) >= base64
}

/// The entropy of the characters of a text, in bits a character.
#[expect(clippy::cast_precision_loss, reason = "a value of a variable is short")]
fn entropy(text: &str) -> f64 {
    let mut counts = std::collections::BTreeMap::<u8, usize>::new();
    text.bytes().for_each(|c| *counts.entry(c).or_default() += 1);
    let share = |count: &usize| *count as f64 / text.len() as f64;
    counts.values().map(share).map(|share| -share * share.log2()).sum()
}

/// What a text looks like, if it looks like a credential.
fn credential(text: &str) -> Option<&'static str> {
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
    use super::{credential, suspicion};

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
    fn secrets_are_recognized_by_name() {
        for (name, value) in [("SMTP_PASSWORD", "hunter2-correct-horse"), ("DJANGO_SECRET", "django-insecure-8f$x")] {
            assert_eq!(suspicion(name, value).as_deref(), Some("by its name it is a secret"), "{name}");
        }
        for (name, value) in [("TOKEN_TTL", "15m"), ("SMTP_PASSWORD", "{tenant.id}"), ("TOKEN", "/run/secrets/x")] {
            assert_eq!(suspicion(name, value), None, "{name}");
        }
    }

    #[test]
    fn random_texts_are_recognized() {
        let hex = "8f3b0c1d9e7a6254".repeat(3);
        let base64 = "q7Zk2VxP0aLr9TnB4yWc6JhG1sDfE8mU";
        for (name, value) in [("STRIPE_KEY", &hex[..40]), ("SALT", base64), ("KEYS", &format!("a,{base64}="))] {
            assert_eq!(suspicion(name, value).as_deref(), Some("it looks like a random key or token"), "{name}");
        }
        for (name, value) in [
            ("GIT_SHA", &hex[..40]),
            ("SHA256", &hex),
            ("COMMIT", &hex[..40]),
            ("APP_VERSION", &hex[..40]),
            ("JWT_PUBLIC_KEY", base64),
            ("CLIENT_ID", base64),
            ("SENTRY_KEY", &hex[..32]),
            ("REQUEST", "123e4567-e89b-12d3-a456-426614174000"),
            ("ZEROS", &"0".repeat(64)),
            ("AUTHORIZED", &format!("ssh-ed25519 AAAA{base64}")),
            ("IMAGE_URL", &format!("https://cdn.example.com/{base64}")),
            ("SERIALIZER", "MyVeryLongClassNameForSerialization"),
            ("FLAGS", "a-very-long-list-of-words-with-dashes-2026"),
        ] {
            assert_eq!(suspicion(name, value), None, "{name}");
        }
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
