//! The last lines that a task wrote. They may contain data of a tenant, so they are shown to the operator who
//! runs an apply, and stored nowhere: this type has no text of its own, and cannot be serialized.

use std::fmt;

/// The last lines of a task's output.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct TaskOutput(Vec<String>);

impl TaskOutput {
    /// These lines, the oldest first.
    #[must_use]
    pub const fn of(lines: Vec<String>) -> Self {
        Self(lines)
    }

    /// Whether there is no line.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The lines, for a terminal. Characters that could control it, or change the order of what it shows, are
    /// escaped.
    pub fn lines_for_terminal(&self) -> impl Iterator<Item = String> + '_ {
        self.0.iter().map(|line| line.chars().flat_map(escaped).collect())
    }
}

/// A character, or what stands for it. Source of the marks of direction: Unicode Standard Annex 9, section 2.
fn escaped(character: char) -> impl Iterator<Item = char> {
    let changes_direction = matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    let is_plain = character == '\t' || !(character.is_control() || changes_direction);
    let plain = is_plain.then_some(character);
    let escape = (!is_plain).then(|| character.escape_unicode());
    plain.into_iter().chain(escape.into_iter().flatten())
}

/// Without the lines: an error is printed in many places.
impl fmt::Debug for TaskOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskOutput({} lines)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_control_a_terminal_are_escaped() {
        let line = "a\tü \u{1b}[31mred\r\u{202e}\u{9b}2J".to_owned();
        let output = TaskOutput::of(vec![line]);
        let shown: Vec<String> = output.lines_for_terminal().collect();
        assert_eq!(shown, ["a\tü \\u{1b}[31mred\\u{d}\\u{202e}\\u{9b}2J"]);
    }

    #[test]
    fn debug_text_has_no_line() {
        assert_eq!(format!("{:?}", TaskOutput::of(vec!["hunter2".into()])), "TaskOutput(1 lines)");
    }
}
