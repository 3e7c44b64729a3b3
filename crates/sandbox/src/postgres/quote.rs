//! Quoting for SQL.

/// Quotes a string literal.
#[cfg(feature = "postgres")]
pub(super) fn literal(text: &str) -> String {
    // A backslash has no special meaning: `standard_conforming_strings` is on, except in a session
    // that turned it off, and the literals of such a session contain no backslash.
    format!("'{}'", text.replace('\'', "''"))
}

/// Quotes an identifier.
pub(super) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
