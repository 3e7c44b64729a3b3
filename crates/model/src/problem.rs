//! The problems of a file that users write. All are reported at once, each with its location.

use miette::{Diagnostic, NamedSource, SourceSpan};

/// One problem and its location.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Diagnostic)]
#[error("{message}")]
pub struct Problem {
    /// The message.
    pub message: String,
    /// The byte range in the file.
    #[label("{label}")]
    pub span: SourceSpan,
    /// A short label for that range.
    pub label: String,
    /// How to fix it.
    #[help]
    pub help: Option<String>,
}

/// All problems of a file.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{} {} in {}", .problems.len(), if .problems.len() == 1 { "problem" } else { "problems" }, .source_code.name())]
pub struct Problems {
    /// The file's name and text.
    #[source_code]
    pub source_code: NamedSource<String>,
    /// The problems, ordered by location.
    #[related]
    pub problems: Vec<Problem>,
}

impl Problems {
    /// The problems of a file, ordered by location.
    #[must_use]
    pub fn new(file: &str, text: &str, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| problem.span.offset());
        Self { source_code: NamedSource::new(file, text.to_owned()).with_language("TOML"), problems }
    }
}
