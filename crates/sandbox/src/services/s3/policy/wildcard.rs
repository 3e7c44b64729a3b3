//! Patterns, where `*` matches any text and `?` any single character.

use wildmatch::WildMatch;

/// Whether a text matches a pattern.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    WildMatch::new(pattern).matches(text)
}

/// The same for ARNs, part by part, so that a star does not match a colon before the sixth part.
/// Source: AWS IAM User Guide, "Amazon Resource Name (ARN) condition operators".
pub(super) fn arn_fits(pattern: &str, arn: &str) -> bool {
    let (patterns, parts) = (pattern.splitn(6, ':'), arn.splitn(6, ':'));
    patterns.clone().count() == parts.clone().count() && patterns.zip(parts).all(|(pattern, part)| fits(pattern, part))
}

/// Whether a pattern has no wildcards or variables.
pub(super) fn is_fixed(pattern: &str) -> bool {
    !pattern.contains(['*', '?']) && !pattern.contains("${")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match() {
        for (pattern, text) in [
            ("*", ""),
            ("*", "anything"),
            ("a*c", "abc"),
            ("a*c", "ac"),
            ("a?c", "abc"),
            ("*a*b*", "xxaxxbxx"),
            ("a*bc", "abcbc"),
            ("", ""),
        ] {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("", "a"), ("a", ""), ("a?c", "ac"), ("a*c", "ab"), ("?", ""), ("abc", "ABC")] {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_star_does_not_cross_the_parts_of_an_arn() {
        let arn = "arn:aws:iam::123456789012:role/saas/a";
        assert!(arn_fits("arn:aws:iam::123456789012:role/*", arn));
        assert!(arn_fits("arn:*:iam::*:role/saas/?", arn));
        assert!(!arn_fits("arn:*:role/saas/a", arn));
        assert!(!arn_fits("arn:aws:iam::*", arn));
        assert!(!arn_fits("*", arn));
    }
}
