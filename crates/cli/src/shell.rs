//! Words of a shell.

/// Quotes a string as one word of a shell.
pub(crate) fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_is_quoted_for_the_shell() {
        assert_eq!(word("plans/plan.msgpack"), "plans/plan.msgpack");
        assert_eq!(word("my plan's.msgpack"), "'my plan'\\''s.msgpack'");
    }
}
