//! What is wrong with a file that people write: all of it at once, each with its place.

use miette::{Diagnostic, NamedSource, SourceSpan};

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Diagnostic)]
#[error("{message}")]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// The bytes of the file that it is about.
    #[label("{label}")]
    pub span: SourceSpan,
    /// A few words under those bytes.
    pub label: String,
    /// What to do about it.
    #[help]
    pub help: Option<String>,
}

/// Everything that is wrong with a file.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{} {} in {}", .problems.len(), if .problems.len() == 1 { "problem" } else { "problems" }, .source_code.name())]
pub struct Problems {
    /// The file's name and text.
    #[source_code]
    pub source_code: NamedSource<String>,
    /// What is wrong, in the order of the places.
    #[related]
    pub problems: Vec<Problem>,
}

impl Problems {
    /// The problems of a file.
    #[must_use]
    pub fn new(file: &str, text: &str, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| problem.span.offset());
        Self { source_code: NamedSource::new(file, text.to_owned()).with_language("TOML"), problems }
    }
}
