//! What is not TOML: explains it in the words of who wrote it, and makes the rest readable.
//!
//! The parser stops at the first thing that it does not understand. What stands on one line is
//! replaced by as many bytes that it does understand, so that the rest of the file is read, with its
//! places as they are.

use std::ops::Range;

use toml_span::{Error, ErrorKind, Span};

use crate::problem::Problem;

/// A file that stops the parser oftener than this is hardly TOML.
const MOST: usize = 20;

/// A text, read as far as it can be.
pub(super) struct Recovered {
    /// What can be parsed, of the same length as the text; `None` where it cannot be made so.
    pub(super) text: Option<String>,
    /// What was wrong.
    pub(super) problems: Vec<Problem>,
    /// The lines that were given up: all that is to be said of them is in the problems.
    pub(super) given_up: Vec<Line>,
}

/// A line that was given up.
pub(super) struct Line {
    /// Its place.
    pub(super) range: Range<usize>,
    /// The key that it begins with.
    pub(super) key: String,
}

pub(super) fn recovered(original: &str) -> Recovered {
    let conflicts = conflicts(original);
    if !conflicts.is_empty() {
        return Recovered { text: None, problems: conflicts, given_up: Vec::new() };
    }
    let mut text = original.to_owned();
    let (mut problems, mut given_up) = (Vec::new(), Vec::new());
    for _ in 0..MOST {
        let Err(error) = toml_span::parse(&text).map(drop) else {
            return Recovered { text: Some(text), problems, given_up };
        };
        let line = line_of(original, error.span.start);
        if given_up.iter().any(|known: &Line| known.range == line) {
            // Another value did not help. What is wrong with the line is told already.
            let blank = " ".repeat(line.len());
            if text.get(line.clone()) == Some(blank.as_str()) {
                break;
            }
            text.replace_range(line, &blank);
            continue;
        }
        problems.push(explained(original, &line, &error));
        let Some(replaced) = without(original.get(line.clone()).unwrap_or_default(), &error.kind) else { break };
        let key = key_of(original.get(line.clone()).unwrap_or_default()).to_owned();
        text.replace_range(line.clone(), &replaced);
        given_up.push(Line { range: line, key });
    }
    Recovered { text: None, problems, given_up }
}

/// The line around a place, without its end.
fn line_of(text: &str, at: usize) -> Range<usize> {
    // An error at the end of a line, or of the file, is about what stands before.
    let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let start = text[..at].rfind('\n').map_or(0, |before| before + 1);
    let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
    start..start + text[start..end].trim_end_matches('\r').len()
}

fn key_of(line: &str) -> &str {
    let line = line.trim_start();
    line.split(|c: char| !c.is_ascii_alphanumeric() && !"_-".contains(c)).next().unwrap_or_default()
}

/// The place of a line's value: what stands behind `=`, without blanks.
fn value_of(line: &str) -> Option<Range<usize>> {
    let start = line.find('=')? + 1;
    let start = start + line[start..].len() - line[start..].trim_start().len();
    Some(start..line.trim_end().len().max(start))
}

/// The line with its value replaced by one that can be parsed, or blank; `None` where the lines around
/// it may belong to it.
fn without(line: &str, kind: &ErrorKind) -> Option<String> {
    let blank = || " ".repeat(line.len());
    let value = value_of(line).map(|value| &line[value]);
    let is_alone = !line.trim_start().starts_with('[')
        && !key_of(line).is_empty()
        && value.is_none_or(|value| {
            let balance = |open, close| value.matches(open).count() == value.matches(close).count();
            balance('[', ']') && balance('{', '}') && !value.contains("\"\"\"") && !value.contains("'''")
        });
    if !is_alone {
        return None;
    }
    let place = value_of(line).filter(|value| value.len() >= 2);
    Some(match (kind, place) {
        (ErrorKind::DuplicateKey { .. }, _) | (_, None) => blank(),
        (_, Some(place)) => format!("{}\"\"{}", &line[..place.start], " ".repeat(line.len() - place.start - 2)),
    })
}

/// What the parser says, and what to do about it.
fn explained(text: &str, line: &Range<usize>, error: &Error) -> Problem {
    let shown = text.get(line.clone()).unwrap_or_default();
    let value = value_of(shown).map(|place| line.start + place.start..line.start + place.end);
    let written = value.clone().and_then(|value| text.get(value)).unwrap_or_default();
    let whole = value.unwrap_or_else(|| line.clone());
    let parsed = error.span.start..error.span.end;
    let (message, span, help) = match &error.kind {
        ErrorKind::DuplicateKey { key, .. } => {
            (format!("the key `{key}` is there twice"), parsed, Some("keep one of the two".to_owned()))
        }
        ErrorKind::DuplicateTable { name, .. } => (
            format!("the table `{name}` begins a second time"),
            parsed,
            Some(format!("where each is one of several, write `[[{name}]]` for each; otherwise make them one")),
        ),
        ErrorKind::RedefineAsArray => {
            let name = shown.trim().trim_matches(['[', ']']);
            let help = format!("write `[[{name}]]` for each of them");
            (format!("`{name}` is one table above, and one of a list here"), parsed, Some(help))
        }
        ErrorKind::UnquotedString | ErrorKind::Wanted { .. } | ErrorKind::Unexpected(_)
            if boolean(written).is_some() =>
        {
            let (message, help) = boolean(written).unwrap_or_default();
            (message, whole, Some(help))
        }
        ErrorKind::UnquotedString => (
            format!("`{written}` is no value of TOML"),
            whole,
            Some(format!("a text stands in quotes: `\"{}\"`", written.trim_matches(['"', '\'']))),
        ),
        ErrorKind::InvalidCharInString('\n' | '\r') | ErrorKind::UnterminatedString => (
            "a text begins here and does not end on its line".to_owned(),
            whole,
            Some("close it with the quotation mark that it begins with".to_owned()),
        ),
        ErrorKind::Unexpected(mark @ ('“' | '”' | '„' | '‘' | '’' | '«' | '»')) => (
            format!("`{mark}` is a typographic quotation mark"),
            parsed,
            Some("a text stands in straight quotes: `\"…\"`".to_owned()),
        ),
        ErrorKind::InvalidNumber => (
            format!("`{written}` is no number of TOML"),
            whole,
            Some(format!("where a text is meant, write it in quotes: `\"{written}\"`")),
        ),
        ErrorKind::InvalidEscape(_) | ErrorKind::InvalidHexEscape(_) => (
            error.to_string(),
            parsed,
            Some("a backslash is written twice in a text, or once in one with single quotes: `'…'`".to_owned()),
        ),
        _ if shown.trim_start().starts_with('[') => (
            format!("this is not the header of a table: {error}"),
            line.clone(),
            Some("a table begins with `[name]`, one of a list of tables with `[[name]]`".to_owned()),
        ),
        _ if value_of(shown).is_none() && !key_of(shown).is_empty() => {
            let key = key_of(shown);
            let rest = shown.trim_start().get(key.len()..).unwrap_or_default();
            let rest = rest.trim_start_matches([':', ' ', '\t']).trim_end();
            let value = if rest.is_empty() { "…" } else { rest };
            (error.to_string(), parsed, Some(format!("a key and its value are written `{key} = {value}`")))
        }
        _ if written.is_empty() && !key_of(shown).is_empty() => {
            (format!("`{}` has no value", key_of(shown)), line.clone(), Some("write it behind the `=`".to_owned()))
        }
        _ => (error.to_string(), parsed, None),
    };
    // The parser counts some places in characters of one byte.
    let boundary = |at: usize| (at..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    let start = boundary(span.start);
    let end = boundary(span.end).min(line.end).max(start);
    problem(Span::new(start, end), message, "here", help)
}

/// What is meant by a word that people write for true or false.
fn boolean(written: &str) -> Option<(String, String)> {
    let word = written.split([' ', '\t', '#']).next().unwrap_or_default();
    let meant = match word.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => "true",
        "false" | "no" | "off" => "false",
        _ => return None,
    };
    let message = if word.eq_ignore_ascii_case(meant) {
        format!("TOML's booleans are lower case: `{word}` is not one")
    } else {
        format!("TOML's booleans are `true` and `false`: `{word}` is not one")
    };
    Some((message, format!("write `{meant}`")))
}

/// Merges that were not finished: the lines that version control leaves around the two sides of one.
fn conflicts(text: &str) -> Vec<Problem> {
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

fn problem(span: Span, message: String, label: &str, help: Option<String>) -> Problem {
    Problem { message, span: (span.start, span.end - span.start).into(), label: label.to_owned(), help }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(text: &str) -> Vec<String> {
        recovered(text).problems.into_iter().map(|problem| problem.message).collect()
    }

    #[test]
    fn what_stands_around_it_is_read() {
        let text = "a = True\nb = \"unclosed\nc = 1\nc = 2\nd 5\ne = bare # comment\nf = 7\n";
        let recovered = recovered(text);
        assert_eq!(recovered.problems.len(), 5, "{:?}", recovered.problems);
        let readable = recovered.text.expect("every line stands alone");
        assert_eq!(readable.len(), text.len());
        let value = toml_span::parse(&readable).expect("it was made readable");
        let table = value.as_table().expect("a table");
        assert_eq!(table.get("f").and_then(toml_span::Value::as_integer), Some(7));
        assert_eq!(table.get("c").and_then(toml_span::Value::as_integer), Some(1));
        let mut keys: Vec<&str> = recovered.given_up.iter().map(|line| line.key.as_str()).collect();
        // That a key is there twice shows only when all else can be parsed.
        keys.sort_unstable();
        assert_eq!(keys, ["a", "b", "c", "d", "e"]);
    }

    #[test]
    fn what_spans_lines_ends_the_reading() {
        for text in ["a = [1,\n", "a = \"\"\"\nb = 1\n", "[a\nb = 1\n", "[a]\n[a]\n", "= 1\n"] {
            let recovered = recovered(text);
            assert_eq!(recovered.problems.len(), 1, "{text}: {:?}", recovered.problems);
            assert!(recovered.text.is_none(), "{text}");
        }
    }

    #[test]
    fn a_conflict_is_one_problem() {
        let text = "a = 1\n<<<<<<< HEAD\nb = 1\n=======\nb = 2\n>>>>>>> other\n<<<<<<< HEAD\n=======\n>>>>>>> x\n";
        assert_eq!(
            messages(text),
            [
                "a merge is not finished: lines 2 to 6 hold both sides of it",
                "a merge is not finished: lines 7 to 9 hold both sides of it"
            ]
        );
        assert_eq!(messages("<<<<<<<\na = 1\n"), ["a merge is not finished: its end is missing"]);
    }

    #[test]
    fn hostile_texts_end() {
        for text in
            ["\u{0}", "é = é\n", "a = é", "\"é", "=", "a=\"\\", "[[[[[", "a.b = 1\na = 2\n", "x = \r", "ö\nö\nö"]
        {
            let recovered = recovered(text);
            assert!(recovered.text.is_none_or(|readable| readable.len() == text.len()), "{text:?}");
        }
    }
}
