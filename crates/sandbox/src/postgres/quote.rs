//! How SQL writes names and texts.

/// A text as SQL writes it.
#[cfg(feature = "postgres")]
pub(super) fn literal(text: &str) -> String {
    // A backslash means nothing here: `standard_conforming_strings` is on, unless in a session that
    // turned it off, and what is said there holds none.
    format!("'{}'", text.replace('\'', "''"))
}

/// A name as SQL writes it.
pub(super) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
