//! `.gitattributes`, where Git finds out how to show a plan, and how to merge specs and locks.

use itertools::Itertools as _;

/// The name of the file.
pub(crate) const ATTRIBUTES: &str = ".gitattributes";

/// The settings of Git, once for each clone, that the attributes refer to.
pub(crate) const SETTINGS: &[(&str, &str)] = &[
    ("diff.saas.textconv", "saas show"),
    ("merge.saas-spec.driver", "saas merge-driver spec %O %A %B --path %P --marker-size %L"),
    ("merge.saas-lock.driver", "saas merge-driver lock %O %A %B --path %P --marker-size %L"),
];

/// The patterns with their attributes.
const LINES: &[(&str, &str)] =
    &[("*.msgpack", "diff=saas"), ("saas.toml", "merge=saas-spec"), ("saas.lock", "merge=saas-lock")];

/// The content with the attributes; `None` if it has them.
pub(crate) fn with_attributes(content: &str) -> Option<String> {
    let missing = LINES.iter().filter(|(pattern, attribute)| {
        let has = |line: &str| {
            let mut words = line.split_whitespace();
            words.next() == Some(*pattern) && words.any(|word| word == *attribute)
        };
        !content.lines().any(has)
    });
    let missing = missing.map(|(pattern, attribute)| format!("{pattern} {attribute}\n")).join("");
    let end = if content.is_empty() || content.ends_with('\n') { "" } else { "\n" };
    (!missing.is_empty()).then(|| format!("{content}{end}{missing}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str = "*.msgpack diff=saas\nsaas.toml merge=saas-spec\nsaas.lock merge=saas-lock\n";

    #[test]
    fn attributes_are_added_once() {
        let added = with_attributes("*.png binary").expect("they are missing");
        assert_eq!(added, format!("*.png binary\n{ALL}"));
        assert_eq!(with_attributes(&added), None);
        assert_eq!(with_attributes("").as_deref(), Some(ALL));
    }

    #[test]
    fn only_missing_attributes_are_added() {
        let merges = "saas.toml merge=saas-spec\nsaas.lock merge=saas-lock\n";
        assert_eq!(with_attributes(&format!("*.msgpack binary diff=saas\n{merges}")), None);
        assert_eq!(with_attributes(merges), Some(format!("{merges}*.msgpack diff=saas\n")));
        assert!(with_attributes(&format!("# *.msgpack diff=saas\n{merges}")).is_some(), "that is a comment");
    }
}
