//! Recognizes variables whose names say that their value is a secret.

use super::{Text, TextSegment};

/// The words that name a secret wherever they stand.
const WORDS: [&str; 9] =
    ["APIKEY", "CREDENTIAL", "CREDENTIALS", "PASSPHRASE", "PASSWD", "PASSWORD", "SECRET", "SECRETS", "TOKEN"];

/// The words that name a secret at the end of a name only: `PASS_THROUGH` is none.
const LAST_WORDS: [&str; 2] = ["PASS", "PWD"];

/// The words before `KEY` that make it a secret. Other keys are names, such as `SORT_KEY`.
const OF_KEYS: [&str; 8] = ["ACCESS", "API", "AUTH", "ENCRYPTION", "MASTER", "PRIVATE", "SECRET", "SIGNING"];

/// The last words of names of something about a secret, such as `TOKEN_TTL`.
const ABOUT: [&str; 53] = [
    "AGE",
    "ALG",
    "ALGORITHM",
    "ARN",
    "AUDIENCE",
    "BACKEND",
    "CLASS",
    "COOKIE",
    "COUNT",
    "DAYS",
    "DIR",
    "ENABLED",
    "ENCODING",
    "ENDPOINT",
    "EXPIRATION",
    "EXPIRES",
    "EXPIRY",
    "FIELD",
    "FILE",
    "FORMAT",
    "HASHER",
    "HEADER",
    "HOST",
    "HOURS",
    "ID",
    "INTERVAL",
    "ISSUER",
    "LENGTH",
    "LIFETIME",
    "LIMIT",
    "LOCATION",
    "MAX",
    "MIN",
    "MINUTES",
    "MODE",
    "NAME",
    "PATH",
    "POLICY",
    "PORT",
    "PREFIX",
    "PROVIDER",
    "REGION",
    "REQUIRED",
    "ROUNDS",
    "SCHEME",
    "SECONDS",
    "SIZE",
    "TIMEOUT",
    "TTL",
    "TYPE",
    "URI",
    "URL",
    "VERSION",
];

/// The values that choose between ways to work, and are no secrets under any name.
const CHOICES: [&str; 17] = [
    "auto", "basic", "bearer", "default", "disabled", "enabled", "env", "false", "jwt", "no", "none", "null", "off",
    "on", "optional", "required", "true",
];

/// The most digits of a number that is no secret under any name.
const DIGITS: usize = 5;

/// Whether a variable of this name has a secret as its value.
pub(super) fn is_secret(name: &str) -> bool {
    let words = words(name);
    let about = words.last().is_some_and(|last| ABOUT.contains(&last.as_str()));
    let is_word = words.iter().any(|word| WORDS.contains(&word.as_str()));
    let is_last = words.last().is_some_and(|last| LAST_WORDS.contains(&last.as_str()));
    let is_key = words.windows(2).any(|pair| pair[1] == "KEY" && OF_KEYS.contains(&pair[0].as_str()));
    !about && (is_word || is_last || is_key)
}

/// The words of a name, in capitals: `smtp_password`, `SMTP_PASSWORD` and `smtpPassword` have the same.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for c in name.chars() {
        let begins = was_small && c.is_ascii_uppercase();
        if begins || c == '_' {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c != '_') {
            word.push(c.to_ascii_uppercase());
        }
        was_small = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a value can be a secret: it is no path, URL, ARN or variable, chooses nothing, and is more than
/// placeholders, a short number or punctuation.
pub(super) fn can_be_secret(text: &Text) -> bool {
    let literal: String = text.segments().iter().map(literal).collect();
    let is_variable = literal.strip_prefix('$').is_some_and(|name| {
        let name = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name);
        name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_')
    });
    let is_path = ["/", "./", "../", "~/"].iter().any(|start| literal.starts_with(start));
    let is_number = literal.len() <= DIGITS && literal.bytes().all(|c| c.is_ascii_digit());
    let has_word = literal.bytes().any(|c| c.is_ascii_alphanumeric());
    let is_choice = CHOICES.contains(&literal.to_lowercase().as_str());
    let is_elsewhere = literal.contains("://") || literal.starts_with("arn:");
    has_word && !is_variable && !is_path && !is_number && !is_choice && !is_elsewhere
}

fn literal(segment: &TextSegment) -> &str {
    match segment {
        TextSegment::Literal(text) => text,
        TextSegment::Placeholder(_) => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_recognized() {
        for name in [
            "SMTP_PASSWORD",
            "DJANGO_SECRET",
            "API_TOKEN",
            "SECRET_KEY_BASE",
            "stripe_api_key",
            "JWT_PRIVATE_KEY",
            "MailPassword",
            "smtp__Password",
            "ACCESS_KEY",
            "DB_PASS",
            "MYSQL_PWD",
            "APIKEY",
            "GCP_CREDENTIALS",
            "TOKEN",
        ] {
            assert!(is_secret(name), "{name}");
        }
    }

    #[test]
    fn names_of_something_else_are_not() {
        for name in [
            "TOKEN_TTL",
            "PASSWORD_MIN_LENGTH",
            "SECRET_NAME",
            "SECRET_PATH",
            "PASSWORD_FILE",
            "TOKEN_URL",
            "SECRET_ARN",
            "AUTH_TOKEN_HEADER",
            "TOKEN_EXPIRY",
            "ACCESS_KEY_ID",
            "MAX_TOKENS",
            "BYPASS",
            "PASS_THROUGH",
            "COMPASS",
            "SORT_KEY",
            "JWT_PUBLIC_KEY",
            "CACHE_KEY",
            "LOG_LEVEL",
            "TOKENIZER",
            "SECRETARY",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn values_that_can_be_secrets_are_told_from_others() {
        let text = |text: &str| text.parse::<Text>().expect("its placeholders exist");
        for secret in ["hunter2", "django-insecure-8f$", "correct horse", "pw-{tenant.id}", "123456", "$2b$12$abc"] {
            assert!(can_be_secret(&text(secret)), "{secret}");
        }
        for other in [
            "",
            "{tenant.id}",
            "{tenant.id}:{service.name}",
            "/run/secrets/x",
            "https://id.example.com/token",
            "true",
            "Bearer",
            "3600",
            "$SMTP_PASSWORD",
            "${{SMTP_PASSWORD}}",
            "arn:aws:s3:::x",
            "--",
        ] {
            assert!(!can_be_secret(&text(other)), "{other}");
        }
    }
}
