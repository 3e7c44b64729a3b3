//! Merges that were not finished: the lines that version control leaves around the two sides of one.

use toml_span::Span;

use super::syntax::problem;
use crate::problem::Problem;

/// A problem for each of them.
pub(super) fn conflicts(text: &str) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    let mut begun = None;
    let mut offset = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let shown = line.trim_end();
        let is_marker =
            |mark: &str| shown == mark || shown.strip_prefix(mark).is_some_and(|rest| rest.starts_with(' '));
        if is_marker("<<<<<<<") {
            begun = Some((offset, shown.len(), number));
        } else if is_marker(">>>>>>>") {
            let (at, length, first) = begun.take().unwrap_or((offset, shown.len(), number));
            let message =
                format!("a merge is not finished: lines {} to {} hold both sides of it", first + 1, number + 1);
            let help = "keep what both sides want, and remove the lines with `<<<<<<<`, `=======` and `>>>>>>>`";
            problems.push(problem(Span::new(at, at + length), message, "it begins here", Some(help.to_owned())));
        }
        offset += line.len();
    }
    if let Some((at, length, _)) = begun {
        let help = "remove the marker, and what is not wanted behind it".to_owned();
        let message = "a merge is not finished: its end is missing";
        problems.push(problem(Span::new(at, at + length), message.to_owned(), "it begins here", Some(help)));
    }
    problems
}
