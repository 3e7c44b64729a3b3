//! Numbers, names and texts in words.

use itertools::Itertools as _;

/// The number of tenants that are named before the rest is counted.
const NAMED: usize = 3;

/// `1 tenant`, `2 tenants`.
pub(crate) fn count(number: usize, word: &str) -> String {
    match number {
        1 => format!("1 {word}"),
        number => format!("{number} {word}s"),
    }
}

/// The first names, and the number of the others: `acme, globex, initech and 4 more`.
pub(crate) fn names<S: AsRef<str>>(names: &[S]) -> String {
    let named = names.iter().take(NAMED).map(AsRef::as_ref).join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// A duration: `45 s`, `2 min 40 s`, `1 h 5 min`.
pub(crate) fn duration(seconds: u64) -> String {
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// A text with `{tenant}` in the place of a tenant's id, and of the id as PostgreSQL has it.
pub(crate) fn folded(text: &str, tenant: &str) -> String {
    let folded = replaced(text, tenant);
    match tenant.contains('-') {
        true => replaced(&folded, &tenant.replace('-', "_")),
        false => folded,
    }
}

/// Replaces a word that stands alone: `acme` in `acme.example.com`, and not in `acmeville`.
fn replaced(text: &str, word: &str) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, after) = (&rest[..at], &rest[at + word.len()..]);
        let joins = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let previous = before.chars().next_back().or_else(|| replaced.chars().next_back());
        replaced.push_str(before);
        replaced.push_str(if joins(previous) || joins(after.chars().next()) { word } else { "{tenant}" });
        rest = after;
    }
    replaced.push_str(rest);
    replaced
}

/// The shortest run of hexadecimal digits that is a digest.
const DIGEST: usize = 40;

/// The digits of a digest that are shown.
const SHOWN: usize = 12;

/// A text with short digests: `nginx@sha256:0d17b565c37b`.
pub(crate) fn short_digests(text: &str) -> String {
    let mut short = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len());
        let shown = if digits >= DIGEST { SHOWN } else { digits };
        short.push_str(&rest[..shown]);
        rest = &rest[digits..];
        if let Some(next) = rest.chars().next() {
            short.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    short
}

/// At most this many characters of a text; the number of the others is said.
pub(crate) fn cut(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most).collect();
    format!("{kept}… ({} more characters)", length - most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenant_is_folded_where_its_id_stands_alone() {
        assert_eq!(
            folded("acme-corp.example.com and t_acme_corp_app", "acme-corp"),
            "{tenant}.example.com and t_{tenant}_app"
        );
        assert_eq!(folded("acme acmeville 2acme /acme/", "acme"), "{tenant} acmeville 2acme /{tenant}/");
        assert_eq!(folded("acmeacme", "acme"), "acmeacme");
    }

    #[test]
    fn digests_are_short_and_other_numbers_stay() {
        let digest = "0d17b565c37bcbd895e9d92315a05c1c3c9a29f762b011a10c54a66cd53c9b31";
        assert_eq!(
            short_digests(&format!("é nginx@sha256:{digest}, 123456789012")),
            "é nginx@sha256:0d17b565c37b, 123456789012"
        );
        assert_eq!(short_digests(digest), "0d17b565c37b");
    }

    #[test]
    fn names_and_durations_are_short() {
        assert_eq!(names(&["a", "b", "c", "d", "e"]), "a, b, c and 2 more");
        assert_eq!([45, 160, 120, 3_600, 3_960].map(duration), ["45 s", "2 min 40 s", "2 min", "1 h", "1 h 6 min"]);
        assert_eq!(cut("abcdef", 4), "abcd… (2 more characters)");
    }
}
