//! Patterns of AWS's models, which are written for Java's regular expressions.

use regex::Regex;

/// Constructs of Java and their equivalents in the crate `regex`. In Java, `\w`, `\d`, `\s` and
/// `\p{Print}` match ASCII only; surrogates express characters beyond the Basic Multilingual Plane; and
/// a lookahead that forbids a hyphen is equivalent to a first character other than a hyphen. Source:
/// the documentation of `java.util.regex.Pattern`.
const DIFFERENT: &[(&str, &str)] = &[
    // Not empty, and not with the prefix `aws.`.
    (r"(?=[/\.\-_A-Za-z0-9]+)((?!aws\.).*)", r"([/.\-_A-Zb-z0-9].*|a([^w].*|w([^s].*|s([^.].*)?)?)?)"),
    (r"((?!-)[A-Za-z0-9-]{0,62}[A-Za-z0-9])", "([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)"),
    (r"((?!-)[A-Za-z0-9-]{1,62}[A-Za-z0-9])", "([A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9])"),
    (r"\uD800\uDC00-\uDBFF\uDFFF", r"\x{10000}-\x{10FFFF}"),
    (r"\p{Print}", r"[\x20-\x7E]"),
    (r"[\s\S]*", "(?s:.*)"),
    (r"\w", "[0-9A-Za-z_]"),
    (r"\d", "[0-9]"),
    (r"\s", r"[ \t\n\x0B\f\r]"),
];

/// Compiles a pattern that must match the whole text. Source: recorded errors, such as
/// `getmoto/moto:tests/test_logs`, where a partial match is refused.
pub(super) fn compile(pattern: &str) -> Regex {
    let translated = DIFFERENT.iter().fold(pattern.to_owned(), |text, (java, own)| text.replace(java, own));
    Regex::new(&format!("^(?:{translated})$")).expect("a test compiles each pattern of the models")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_must_match_the_whole_text() {
        let role = compile(r"[\w+=,.@-]+");
        assert!(role.is_match("saas-demo_1@x") && !role.is_match("a b") && !role.is_match("ä") && !role.is_match(""));
    }

    #[test]
    fn java_constructs_are_translated() {
        let domain = compile(r"(\*\.)?(((?!-)[A-Za-z0-9-]{0,62}[A-Za-z0-9])\.)+((?!-)[A-Za-z0-9-]{1,62}[A-Za-z0-9])");
        assert!(domain.is_match("*.example.com") && domain.is_match("a.b-c.io"));
        assert!(!domain.is_match("-a.com") && !domain.is_match("example") && !domain.is_match("a.b"));
        let text = compile(r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*");
        assert!(text.is_match("ä 😀\n") && !text.is_match("\u{1}"));
        let source = compile(r"(?=[/\.\-_A-Za-z0-9]+)((?!aws\.).*)|(\$(\.[\w_-]+(\[(\d+|\*)\])*)*)");
        assert!(["a", "aw", "aws", "awsx", "my.app", "$.a[0]"].iter().all(|text| source.is_match(text)));
        assert!(["", "aws.", "aws.ecs", " a"].iter().all(|text| !source.is_match(text)));
        assert!(compile(r"[\s\S]*").is_match("a\nb") && compile(r"\p{Print}+").is_match("a b"));
        assert!(!compile(r"\p{Print}+").is_match("ä") && compile(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*").is_match("ä 1"));
    }
}
