//! `.gitattributes`, where Git finds out how to show a plan.

/// The name of the file.
pub(crate) const ATTRIBUTES: &str = ".gitattributes";

const PATTERN: &str = "*.msgpack";
const ATTRIBUTE: &str = "diff=saas";

/// The content with the attribute; `None` if it has it.
pub(crate) fn with_attribute(content: &str) -> Option<String> {
    let has = |line: &str| {
        let mut words = line.split_whitespace();
        words.next() == Some(PATTERN) && words.any(|word| word == ATTRIBUTE)
    };
    if content.lines().any(has) {
        return None;
    }
    let end = if content.is_empty() || content.ends_with('\n') { "" } else { "\n" };
    Some(format!("{content}{end}{PATTERN} {ATTRIBUTE}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attribute_is_added_once() {
        let added = with_attribute("*.png binary").expect("it is missing");
        assert_eq!(added, "*.png binary\n*.msgpack diff=saas\n");
        assert_eq!(with_attribute(&added), None);
        assert_eq!(with_attribute("").as_deref(), Some("*.msgpack diff=saas\n"));
        assert_eq!(with_attribute("*.msgpack binary diff=saas"), None);
        assert!(with_attribute("# *.msgpack diff=saas").is_some(), "that is a comment");
    }
}
