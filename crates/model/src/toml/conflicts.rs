//! Unresolved merge conflicts: the conflict markers of version control.

use toml_span::Span;

use super::syntax::problem;
use crate::problem::Problem;

/// A problem for each conflict.
pub(super) fn conflicts(text: &str) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    let mut open_conflict = None;
    let mut offset = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let shown = line.trim_end();
        let is_marker =
            |mark: &str| shown == mark || shown.strip_prefix(mark).is_some_and(|rest| rest.starts_with(' '));
        if is_marker("<<<<<<<") {
            open_conflict = Some((offset, shown.len(), number));
        } else if is_marker(">>>>>>>") {
            let (at, length, first) = open_conflict.take().unwrap_or((offset, shown.len(), number));
            let message = format!("unresolved merge conflict in lines {} to {}", first + 1, number + 1);
            let help = "merge the two sides, and remove the lines with `<<<<<<<`, `=======` and `>>>>>>>`";
            problems.push(problem(Span::new(at, at + length), message, "it begins here", Some(help.to_owned())));
        }
        offset += line.len();
    }
    if let Some((at, length, _)) = open_conflict {
        let help = "remove the marker, and the unwanted lines after it".to_owned();
        let message = "unresolved merge conflict: the end marker is missing";
        problems.push(problem(Span::new(at, at + length), message.to_owned(), "it begins here", Some(help)));
    }
    problems
}
