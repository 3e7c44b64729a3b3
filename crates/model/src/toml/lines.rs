//! A text as replaceable lines, so that the rest of it can be parsed. Locations in the result are
//! mapped back to the original.

use std::ops::Range;

use toml_span::Span;

/// The lines of a text.
pub(super) struct Lines<'t> {
    original: &'t str,
    lines: Vec<Line<'t>>,
}

/// A line.
pub(super) struct Line<'t> {
    /// Its location in the original, without the line ending.
    pub(super) place: Range<usize>,
    /// Its text in the result.
    pub(super) text: String,
    ending: &'t str,
    /// Whether it was replaced: all its problems have been reported.
    pub(super) is_given_up: bool,
}

impl<'t> Lines<'t> {
    pub(super) fn of(original: &'t str) -> Self {
        let mut at = 0;
        let line = |whole: &'t str| {
            let text = whole.trim_end_matches('\n').trim_end_matches('\r');
            let place = at..at + text.len();
            at += whole.len();
            Line { place, text: text.to_owned(), ending: &whole[text.len()..], is_given_up: false }
        };
        Self { original, lines: original.split_inclusive('\n').map(line).collect() }
    }

    /// The text to parse.
    pub(super) fn result(&self) -> String {
        self.lines.iter().flat_map(|line| [line.text.as_str(), line.ending]).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// A line as it was written.
    pub(super) fn written(&self, index: usize) -> &'t str {
        self.lines.get(index).and_then(|line| self.original.get(line.place.clone())).unwrap_or_default()
    }

    pub(super) fn get(&self, index: usize) -> &Line<'t> {
        &self.lines[index]
    }

    /// Replaces a line.
    pub(super) fn exchange(&mut self, index: usize, text: impl Into<String>) {
        let line = &mut self.lines[index];
        (line.text, line.is_given_up) = (text.into(), true);
    }

    /// Moves lines up, before another line.
    pub(super) fn move_up(&mut self, lines: Range<usize>, to: usize) {
        // The last line of a file may have no line ending.
        if let Some(last) = self.lines.last_mut().filter(|last| last.ending.is_empty()) {
            last.ending = "\n";
        }
        self.lines[to..lines.end].rotate_right(lines.len());
    }

    /// The line at an offset of the result; at the end, the last line that is not empty.
    pub(super) fn at(&self, place: usize) -> Option<usize> {
        let mut end = 0;
        let within = self.lines.iter().position(|line| {
            end += line.text.len() + line.ending.len();
            place < end
        });
        within.or_else(|| self.lines.iter().rposition(|line| !line.text.trim().is_empty()))
    }

    /// Maps an offset in the result to the original.
    pub(super) fn original_place(&self, place: usize) -> usize {
        let mut start = 0;
        for line in &self.lines {
            let end = start + line.text.len() + line.ending.len();
            if place < end {
                let at = line.place.start + (place - start).min(line.place.len());
                // The parser counts some offsets in characters.
                return (at..=self.original.len())
                    .find(|at| self.original.is_char_boundary(*at))
                    .unwrap_or(self.original.len());
            }
            start = end;
        }
        self.original.len()
    }

    /// The number of the line of the original, from 1, at an offset in the result.
    pub(super) fn number(&self, place: usize) -> usize {
        1 + self.original[..self.original_place(place)].matches('\n').count()
    }

    pub(super) fn original_span(&self, span: Span) -> Span {
        let start = self.original_place(span.start);
        let end = if span.end > span.start { self.original_place(span.end) } else { start };
        Span::new(start, end.max(start))
    }
}

/// The brackets and quotes that are open at the end of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Open {
    /// The brackets, outermost first.
    pub(super) brackets: Vec<char>,
    /// The quotation marks of a multi-line string.
    pub(super) quotes: Option<&'static str>,
}

impl Open {
    pub(super) const fn is_any(&self) -> bool {
        !self.brackets.is_empty() || self.quotes.is_some()
    }

    /// Reads the next line. A single-line string ends with its line.
    pub(super) fn read(&mut self, line: &str) {
        let mut rest = line;
        while !rest.is_empty() {
            if let Some(quotes) = self.quotes {
                let Some(end) = rest.find(quotes) else { return };
                self.quotes = None;
                rest = &rest[end + quotes.len()..];
                continue;
            }
            if let Some(quotes) = ["\"\"\"", "'''"].into_iter().find(|quotes| rest.starts_with(quotes)) {
                self.quotes = Some(quotes);
                rest = &rest[quotes.len()..];
                continue;
            }
            let Some(character) = rest.chars().next() else { return };
            rest = &rest[character.len_utf8()..];
            match character {
                '#' => return,
                '"' | '\'' => rest = after_text(rest, character),
                '[' | '{' => self.brackets.push(character),
                ']' | '}' => {
                    self.brackets.pop();
                }
                _ => {}
            }
        }
    }
}

/// The text after a string that has started.
fn after_text(text: &str, mark: char) -> &str {
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        if character == '\\' && mark == '"' {
            characters.next();
        } else if character == mark {
            return &text[at + mark.len_utf8()..];
        }
    }
    ""
}

/// The key at the start of a line; empty when there is none.
pub(super) fn key_of(line: &str) -> &str {
    let line = line.trim_start();
    line.split(|c: char| !c.is_ascii_alphanumeric() && !"_-".contains(c)).next().unwrap_or_default()
}

/// The range of a line's value: the text after `=`, without leading blanks.
pub(super) fn value_of(line: &str) -> Option<Range<usize>> {
    let start = line.find('=')? + 1;
    let start = start + line[start..].len() - line[start..].trim_start().len();
    Some(start..line.trim_end().len().max(start))
}

/// Whether a line starts with `key =`.
pub(super) fn is_assignment(line: &str) -> bool {
    let key = key_of(line);
    !key.is_empty() && line.trim_start()[key.len()..].trim_start().starts_with('=')
}
