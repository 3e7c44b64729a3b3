//! Explains invalid TOML and makes the rest of the file readable.
//!
//! The parser stops at the first error. This module replaces the invalid part by a valid one: an empty
//! string for a value, the probable header for an invalid one. So the rest of the file is parsed, and
//! its problems are reported in the same run.

use toml_span::{Error, ErrorKind, Span};

use super::conflicts::conflicts;
use super::explain::explained;
use super::header::{self, is_header, table_at};
use super::lines::{Lines, Open, is_assignment, key_of, value_of};
use super::{Key, Keys};
use crate::problem::Problem;

/// A file with more errors than this is probably not TOML.
const MOST: usize = 40;

/// A text, read as far as possible.
pub(super) struct Recovered<'t> {
    /// The text to parse; `None` when it could not be repaired.
    pub(super) text: Option<String>,
    /// Maps locations to the original.
    pub(super) lines: Lines<'t>,
    /// The problems.
    pub(super) problems: Vec<Problem>,
}

/// A problem and its location in the original.
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) span: Span,
    pub(super) help: Option<String>,
}

impl Fault {
    /// A problem of a whole line.
    pub(super) fn of_line(lines: &Lines<'_>, index: usize, message: String, help: Option<String>) -> Self {
        let place = &lines.get(index).place;
        Self { message, span: Span::new(place.start, place.end), help }
    }
}

pub(super) fn recover<'t>(original: &'t str, tables: &[Keys]) -> Recovered<'t> {
    let mut lines = Lines::of(original);
    let mut problems = conflicts(original);
    if !problems.is_empty() {
        return Recovered { text: None, lines, problems };
    }
    for _ in 0..MOST {
        let text = lines.result();
        let Err(error) = toml_span::parse(&text).map(drop) else {
            return Recovered { text: Some(text), lines, problems };
        };
        let Some(index) = lines.at(error.span.start) else { break };
        if lines.get(index).is_given_up {
            // The replacement did not help. The problem of this line has been reported already.
            if lines.get(index).text.is_empty() {
                break;
            }
            lines.exchange(index, "");
            continue;
        }
        let faults = repair(&mut lines, index, &error, tables);
        problems.extend(faults.into_iter().map(|Fault { message, span, help }| problem(span, message, "here", help)));
    }
    if problems.is_empty() {
        problems.push(problem(Span::new(0, 0), "this is not TOML".to_owned(), "here", None));
    }
    Recovered { text: None, lines, problems }
}

/// Replaces the invalid part by something that parses, and explains the problem.
fn repair(lines: &mut Lines<'_>, index: usize, error: &Error, tables: &[Keys]) -> Vec<Fault> {
    if matches!(error.kind, ErrorKind::DuplicateTable { .. } | ErrorKind::RedefineAsArray) {
        let joined = header::join(lines, index, tables);
        if !joined.is_empty() {
            return joined;
        }
    }
    if let Some((first, end, unclosed)) = enclosing_value(lines, index, tables) {
        let fault = match unclosed {
            Some((message, help)) => {
                let place = lines.get(first).place.clone();
                let value = value_of(lines.written(first)).unwrap_or(0..place.len());
                let span = Span::new(place.start + value.start, place.start + value.end);
                Fault { message, span, help: Some(help) }
            }
            None => explained(lines, index, error, None),
        };
        give_up(lines, first);
        for line in first + 1..end {
            lines.exchange(line, "");
        }
        return vec![fault];
    }
    if let Some(fault) = header::mend(lines, index, tables) {
        return vec![fault];
    }
    let key = key_at(lines, index, tables);
    let fault = explained(lines, index, error, key);
    match error.kind {
        ErrorKind::DuplicateKey { .. } => lines.exchange(index, ""),
        _ => give_up(lines, index),
    }
    vec![fault]
}

/// Keeps the key of a line and replaces its value.
fn give_up(lines: &mut Lines<'_>, index: usize) {
    let written = lines.written(index);
    let key = key_of(written);
    let text = if key.is_empty() || !is_key(written) { String::new() } else { format!("{key} = \"\"") };
    lines.exchange(index, text);
}

/// Whether a line starts with a plain key, not a dotted one.
fn is_key(line: &str) -> bool {
    !line.trim_start()[key_of(line).len()..].trim_start().starts_with('.')
}

/// The key of a line, if it is known.
fn key_at<'k>(lines: &Lines<'_>, index: usize, tables: &'k [Keys]) -> Option<&'k Key> {
    let table = table_at(lines, index);
    let keys = tables.iter().find(|keys| keys.matches(&table))?;
    keys.keys.iter().find(|key| key.name == key_of(lines.written(index)))
}

/// A message and a suggested fix.
type Explanation = (String, String);

/// The multi-line value that a line belongs to: its first line, the line after its last, and the
/// problem if it is not closed.
fn enclosing_value(lines: &Lines<'_>, index: usize, tables: &[Keys]) -> Option<(usize, usize, Option<Explanation>)> {
    let mut first = 0;
    while first <= index {
        let line = lines.get(first);
        let value = value_of(&line.text).filter(|_| !line.is_given_up && is_assignment(&line.text));
        let mut open = Open::default();
        open.read(value.and_then(|value| line.text.get(value)).unwrap_or_default());
        if !open.is_any() {
            first += 1;
            continue;
        }
        let begun = open.clone();
        let mut end = first + 1;
        let ends_before = |line: &str, open: &Open| {
            open.quotes.is_none() && (is_assignment(line) && !open.brackets.contains(&'{') || is_header(line, tables))
        };
        while open.is_any() && end < lines.len() && !ends_before(lines.written(end), &open) {
            open.read(lines.written(end));
            end += 1;
        }
        if open.is_any() {
            // An unclosed multi-line string extends to the end of the file; it was probably meant to be
            // one line.
            let end = if begun.quotes.is_some() { first + 1 } else { end };
            return Some((first, end, Some(not_closed(&begun))));
        }
        if (first..end).contains(&index) {
            return Some((first, end, None));
        }
        first = end;
    }
    None
}

fn not_closed(Open { brackets, quotes }: &Open) -> (String, String) {
    match (quotes, brackets.last()) {
        (Some(quotes), _) => (
            format!("unterminated multi-line string: it starts with `{quotes}`"),
            format!("close it with `{quotes}`; a single-line string has one quotation mark at each end"),
        ),
        (None, Some('{')) => ("unclosed inline table".to_owned(), "close it with `}`".to_owned()),
        _ => ("unclosed array".to_owned(), "close it with `]`".to_owned()),
    }
}

pub(super) fn problem(span: Span, message: String, label: &str, help: Option<String>) -> Problem {
    Problem { message, span: (span.start, span.end - span.start).into(), label: label.to_owned(), help }
}

#[cfg(test)]
mod tests {
    use super::super::Presence;
    use super::*;

    const KEY: Key =
        Key { name: "port", presence: Presence::Required, meaning: "the port", example: "80", default: None };
    const NAME: Key =
        Key { name: "name", presence: Presence::Required, meaning: "the name", example: "\"acme\"", default: None };
    const TABLES: &[Keys] = &[
        Keys { table: "", is_list: false, keys: &[] },
        Keys { table: "network", is_list: false, keys: &[KEY, NAME] },
        Keys { table: "network.zone", is_list: true, keys: &[NAME] },
        Keys { table: "tenant", is_list: true, keys: &[NAME] },
        Keys { table: "tenant.service", is_list: false, keys: &[KEY] },
    ];

    fn messages(text: &str) -> Vec<String> {
        recover(text, TABLES).problems.into_iter().map(|problem| problem.message).collect()
    }

    /// The readable text and the messages.
    fn read(text: &str) -> (String, String) {
        let Recovered { text: readable, problems, .. } = recover(text, TABLES);
        let messages = |problem: Problem| format!("{} | {}", problem.message, problem.help.unwrap_or_default());
        let messages: Vec<String> = problems.into_iter().map(messages).collect();
        (readable.unwrap_or_else(|| panic!("{text} is not made readable: {messages:?}")), messages.join("\n"))
    }

    #[test]
    fn rest_of_the_file_is_read() {
        let text = "a = True\nb = \"unclosed\nc = 1\nc = 2\nd 5\ne = bare # comment\nf = 7\n";
        let (readable, messages) = read(text);
        assert_eq!(messages.lines().count(), 5, "{messages}");
        let value = toml_span::parse(&readable).expect("it was made readable");
        let table = value.as_table().expect("a table");
        assert_eq!(table.get("f").and_then(toml_span::Value::as_integer), Some(7));
        assert_eq!(table.get("c").and_then(toml_span::Value::as_integer), Some(1));
        for given_up in ["a", "b", "d", "e"] {
            assert_eq!(table.get(given_up).and_then(toml_span::Value::as_str), Some(""), "{given_up} is not missing");
        }
    }

    /// Each is followed by a table that must still be read.
    #[test]
    fn invalid_header_or_unclosed_value_is_explained() {
        for (text, expected) in [
            ("[network]\nname = [\"a\", \"b\"\n", "unclosed array | close it with `]`"),
            ("[network]\nname = [\n\"a\",\n", "unclosed array | close it with `]`"),
            ("[network]\nname = { a = 1\n", "unclosed inline table | close it with `}`"),
            ("[network]\nname = \"\"\"acme\n", "unterminated multi-line string: it starts with `\"\"\"`"),
            ("[network\nport = 1\n", "`[network` is not a table header | did you mean `[network]`?"),
            ("[network}\n", "did you mean `[network]`?"),
            ("{network}\n", "did you mean `[network]`?"),
            ("(network)\n", "did you mean `[network]`?"),
            ("network]\n", "did you mean `[network]`?"),
            ("[[tenant]\nname = \"a\"\n", "did you mean `[[tenant]]`?"),
            (
                "[tenant]\nname = \"a\"\n[[tenant]]\nname = \"b\"\n",
                "`[tenant]` is a single table, and `tenant` is an array of tables | write `[[tenant]]`",
            ),
            ("[[tenant]]\nname = \"a\"\n[tenant]\nname = \"b\"\n", "write `[[tenant]]`"),
            ("[network]\n[network.zone]\n[[network.zone]]\n", "write `[[network.zone]]`"),
            (
                "[network]\n[network]\nport = 1\n",
                "duplicate table `network`: the first is in line 1 | move its keys to the first `[network]`",
            ),
            (
                "[tenant.service]\nport = 1\n[[tenant]]\n",
                "`[tenant.service]` comes before the first `[[tenant]]` | put `[tenant.service]` under",
            ),
            ("// a comment\n", "`//` does not start a comment in TOML | a comment starts with `#`"),
            ("[nonsense\n", "write `[name]` for a table"),
        ] {
            let (readable, messages) = read(&format!("{text}[last]\nx = 1\n"));
            assert!(messages.contains(expected), "{text}\n{messages}");
            assert_eq!(messages.lines().count(), 1, "{text}\n{messages}");
            let value = toml_span::parse(&readable).expect("it was made readable");
            let last = value.as_table().and_then(|table| table.get("last")?.as_table()?.get("x")?.as_integer());
            assert_eq!(last, Some(1), "{text}");
        }
    }

    #[test]
    fn duplicate_tables_are_merged() {
        let (readable, _) = read("[network]\nport = 1\n[other]\ny = 2\n[network]\nname = \"a\"");
        let value = toml_span::parse(&readable).expect("it was made readable");
        let network = value.as_table().and_then(|table| table.get("network")?.as_table()).expect("it is there");
        assert_eq!(network.keys().map(|key| key.name.as_ref()).collect::<Vec<_>>(), ["name", "port"]);
    }

    #[test]
    fn invalid_value_is_explained_by_the_type_of_its_key() {
        for (line, expected) in [
            ("port = 80,", "`,` is not allowed after a value | write `port = 80`"),
            ("port = 80;", "write `port = 80`"),
            ("port = 80 // web", "`//` does not start a comment in TOML | a comment starts with `#`: `port = 80 # …`"),
            ("port = 08080", "`08080` is not a valid TOML number | write `port = 8080`"),
            ("port = 80d", "`80d` is not a valid TOML number | write `port = 80`"),
            ("port = 99999999999999999999", "`99999999999999999999` is too large | for example `port = 80`"),
            ("name = acme", "`acme` is not a valid TOML value | write a string in quotes: `name = \"acme\"`"),
            ("name = 30d", "`30d` is not a valid TOML value | write a string in quotes: `name = \"30d\"`"),
            ("engine_version = v15.4.1", "write a string in quotes: `engine_version = \"15.4\"`"),
        ] {
            let (_, messages) = read(&format!("[network]\n{line}\n"));
            assert!(messages.contains(expected), "{line}\n{messages}");
        }
    }

    #[test]
    fn locations_refer_to_the_original() {
        let text = "[network\nport = 80,\n[[tenant]]\nname = [\n\"a\"\n\nport = True\n";
        let Recovered { problems, .. } = recover(text, TABLES);
        let shown: Vec<&str> =
            problems.iter().map(|problem| &text[problem.span.offset()..][..problem.span.len()]).collect();
        assert_eq!(shown, ["[network", "80,", "[", "True"]);
    }

    #[test]
    fn merge_conflict_is_one_problem() {
        let text = "a = 1\n<<<<<<< HEAD\nb = 1\n=======\nb = 2\n>>>>>>> other\n<<<<<<< HEAD\n=======\n>>>>>>> x\n";
        assert_eq!(
            messages(text),
            ["unresolved merge conflict in lines 2 to 6", "unresolved merge conflict in lines 7 to 9"]
        );
        assert_eq!(messages("<<<<<<<\na = 1\n"), ["unresolved merge conflict: the end marker is missing"]);
    }

    #[test]
    fn malformed_texts_always_give_a_problem() {
        for text in [
            "\u{0}",
            "é = é\n",
            "a = é",
            "\"é",
            "=",
            "= 1\n",
            "a=\"\\",
            "[[[[[",
            "a.b = 1\na = 2\n",
            "x = \r",
            "ö\nö\nö",
            "a = \"\"\"",
            "a = [",
            "a = {",
            "a = '''\n[b\n",
            "[a]\n[a]\n[a]",
            "[[a]]\n[a]\n[[a]]",
            "[a.b]\n[[a]]\n[a]",
            "]",
            "}",
            "a = 1\r\nb = \r\n",
            "a = [[[",
            "a\n=\n1\n",
        ] {
            let Recovered { text: readable, problems, .. } = recover(text, TABLES);
            assert!(!problems.is_empty(), "{text:?}");
            assert!(readable.is_none_or(|readable| toml_span::parse(&readable).is_ok()), "{text:?}");
            for problem in problems {
                let end = problem.span.offset() + problem.span.len();
                assert!(text.get(problem.span.offset()..end).is_some(), "{text:?}");
            }
        }
    }
}
