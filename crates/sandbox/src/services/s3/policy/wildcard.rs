//! Patterns, where `*` matches any text and `?` any single character.

/// Whether a text matches a pattern.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut seen) = (0, 0);
    // The position of the last star, and how far it has matched.
    let mut star: Option<(usize, usize)> = None;
    while seen < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(character) if *character == '?' || *character == text[seen] => {
                at += 1;
                seen += 1;
            }
            _ => {
                let Some((place, taken)) = star else { return false };
                star = Some((place, taken + 1));
                at = place + 1;
                seen = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|character| *character == '*')
}

/// The same for ARNs, part by part, so that a star does not match a colon before the sixth part.
/// Source: AWS IAM User Guide, "Amazon Resource Name (ARN) condition operators".
pub(super) fn arn_fits(pattern: &str, arn: &str) -> bool {
    let (mut patterns, mut parts) = (pattern.splitn(6, ':'), arn.splitn(6, ':'));
    loop {
        match (patterns.next(), parts.next()) {
            (None, None) => return true,
            (Some(pattern), Some(part)) if fits(pattern, part) => {}
            _ => return false,
        }
    }
}

/// Whether a pattern has no wildcards or variables.
pub(super) fn is_fixed(pattern: &str) -> bool {
    !pattern.contains(['*', '?']) && !pattern.contains("${")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_and_texts() {
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
    fn a_star_stays_in_its_part_of_an_arn() {
        let arn = "arn:aws:iam::123456789012:role/saas/a";
        assert!(arn_fits("arn:aws:iam::123456789012:role/*", arn));
        assert!(arn_fits("arn:*:iam::*:role/saas/?", arn));
        assert!(!arn_fits("arn:*:role/saas/a", arn));
        assert!(!arn_fits("arn:aws:iam::*", arn));
        assert!(!arn_fits("*", arn));
    }
}
