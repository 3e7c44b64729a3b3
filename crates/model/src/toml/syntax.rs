//! What is not TOML: explains it in the words of who wrote it, and makes the rest readable.
//!
//! The parser stops at the first thing that it does not understand. Something that it does understand
//! takes its place: an empty text for a value, the header that was meant for one that is none. So the
//! rest of the file is read, and told of in the same run.

use toml_span::{Error, ErrorKind, Span};

use super::conflicts::conflicts;
use super::explain::explained;
use super::header::{self, is_header, table_at};
use super::lines::{Lines, Open, is_assignment, key_of, value_of};
use super::{Key, Keys};
use crate::problem::Problem;

/// A file that stops the parser oftener than this is hardly TOML.
const MOST: usize = 40;

/// A text, read as far as it can be.
pub(super) struct Recovered<'t> {
    /// What can be parsed; `None` where it cannot be made so.
    pub(super) text: Option<String>,
    /// Where that stands in the original.
    pub(super) lines: Lines<'t>,
    /// What was wrong.
    pub(super) problems: Vec<Problem>,
}

/// Something that is wrong, and its place in the original.
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) span: Span,
    pub(super) help: Option<String>,
}

impl Fault {
    /// One that is about all of a line.
    pub(super) fn of_line(lines: &Lines<'_>, index: usize, message: String, help: Option<String>) -> Self {
        let place = &lines.get(index).place;
        Self { message, span: Span::new(place.start, place.end), help }
    }
}

pub(super) fn recovered<'t>(original: &'t str, tables: &[Keys]) -> Recovered<'t> {
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
            // What was put there did not help. What is wrong with the line is told already.
            if lines.get(index).text.is_empty() {
                break;
            }
            lines.exchange(index, "");
            continue;
        }
        let faults = mended(&mut lines, index, &error, tables);
        problems.extend(faults.into_iter().map(|Fault { message, span, help }| problem(span, message, "here", help)));
    }
    if problems.is_empty() {
        problems.push(problem(Span::new(0, 0), "this is not TOML".to_owned(), "here", None));
    }
    Recovered { text: None, lines, problems }
}

/// Puts something that can be parsed in the place of what the parser stopped at, and says what was
/// wrong there.
fn mended(lines: &mut Lines<'_>, index: usize, error: &Error, tables: &[Keys]) -> Vec<Fault> {
    if matches!(error.kind, ErrorKind::DuplicateTable { .. } | ErrorKind::RedefineAsArray) {
        let joined = header::join(lines, index, tables);
        if !joined.is_empty() {
            return joined;
        }
    }
    if let Some((first, end, unclosed)) = around(lines, index, tables) {
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

/// Leaves the key of a line there, with another value.
fn give_up(lines: &mut Lines<'_>, index: usize) {
    let written = lines.written(index);
    let key = key_of(written);
    let text = if key.is_empty() || !is_key(written) { String::new() } else { format!("{key} = \"\"") };
    lines.exchange(index, text);
}

/// Whether a line begins with one word, and not with a sentence.
fn is_key(line: &str) -> bool {
    !line.trim_start()[key_of(line).len()..].trim_start().starts_with('.')
}

/// The key that a line is about, where it is known.
fn key_at<'k>(lines: &Lines<'_>, index: usize, tables: &'k [Keys]) -> Option<&'k Key> {
    let table = table_at(lines, index);
    let keys = tables.iter().find(|keys| keys.table == table)?;
    keys.keys.iter().find(|key| key.name == key_of(lines.written(index)))
}

/// What is wrong, and what to do about it.
type Told = (String, String);

/// The value of several lines that a line belongs to: its first line, the line after its last, and
/// what is wrong with it if it is not closed.
fn around(lines: &Lines<'_>, index: usize, tables: &[Keys]) -> Option<(usize, usize, Option<Told>)> {
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
            // A text without an end takes all of the file with it, and is most likely of one line.
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
            format!("a text of several lines begins here with `{quotes}`, and does not end"),
            format!("close it with `{quotes}`; a text of one line stands in one quotation mark at each end"),
        ),
        (None, Some('{')) => {
            ("a table begins here with `{`, and does not end".to_owned(), "close it with `}`".to_owned())
        }
        _ => ("a list begins here with `[`, and does not end".to_owned(), "close it with `]`".to_owned()),
    }
}

pub(super) fn problem(span: Span, message: String, label: &str, help: Option<String>) -> Problem {
    Problem { message, span: (span.start, span.end - span.start).into(), label: label.to_owned(), help }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Key = Key { name: "port", meaning: "the port", example: "80" };
    const NAME: Key = Key { name: "name", meaning: "the name", example: "\"acme\"" };
    const TABLES: &[Keys] = &[
        Keys { table: "", is_list: false, keys: &[] },
        Keys { table: "network", is_list: false, keys: &[KEY, NAME] },
        Keys { table: "network.zone", is_list: true, keys: &[NAME] },
        Keys { table: "tenant", is_list: true, keys: &[NAME] },
        Keys { table: "tenant.service", is_list: false, keys: &[KEY] },
    ];

    fn messages(text: &str) -> Vec<String> {
        recovered(text, TABLES).problems.into_iter().map(|problem| problem.message).collect()
    }

    /// What can be read of a text, and what is said of it.
    fn read(text: &str) -> (String, String) {
        let Recovered { text: readable, problems, .. } = recovered(text, TABLES);
        let said = |problem: Problem| format!("{} | {}", problem.message, problem.help.unwrap_or_default());
        let said: Vec<String> = problems.into_iter().map(said).collect();
        (readable.unwrap_or_else(|| panic!("{text} is not made readable: {said:?}")), said.join("\n"))
    }

    #[test]
    fn what_stands_around_it_is_read() {
        let text = "a = True\nb = \"unclosed\nc = 1\nc = 2\nd 5\ne = bare # comment\nf = 7\n";
        let (readable, said) = read(text);
        assert_eq!(said.lines().count(), 5, "{said}");
        let value = toml_span::parse(&readable).expect("it was made readable");
        let table = value.as_table().expect("a table");
        assert_eq!(table.get("f").and_then(toml_span::Value::as_integer), Some(7));
        assert_eq!(table.get("c").and_then(toml_span::Value::as_integer), Some(1));
        for given_up in ["a", "b", "d", "e"] {
            assert_eq!(table.get(given_up).and_then(toml_span::Value::as_str), Some(""), "{given_up} is not missing");
        }
    }

    /// Each is followed by a table that must be read all the same.
    #[test]
    fn what_is_no_header_or_not_closed_is_told_for_what_it_is() {
        for (text, told) in [
            ("[network]\nname = [\"a\", \"b\"\n", "a list begins here with `[`, and does not end | close it with `]`"),
            ("[network]\nname = [\n\"a\",\n", "a list begins here with `[`, and does not end | close it with `]`"),
            ("[network]\nname = { a = 1\n", "a table begins here with `{`, and does not end | close it with `}`"),
            ("[network]\nname = \"\"\"acme\n", "a text of several lines begins here with `\"\"\"`, and does not end"),
            ("[network\nport = 1\n", "`[network` is not the header of a table | did you mean `[network]`?"),
            ("[network}\n", "did you mean `[network]`?"),
            ("{network}\n", "did you mean `[network]`?"),
            ("(network)\n", "did you mean `[network]`?"),
            ("network]\n", "did you mean `[network]`?"),
            ("[[tenant]\nname = \"a\"\n", "did you mean `[[tenant]]`?"),
            (
                "[tenant]\nname = \"a\"\n[[tenant]]\nname = \"b\"\n",
                "`[tenant]` is one table, and `tenant` is a list of them | write `[[tenant]]`",
            ),
            ("[[tenant]]\nname = \"a\"\n[tenant]\nname = \"b\"\n", "write `[[tenant]]`"),
            ("[network]\n[network.zone]\n[[network.zone]]\n", "write `[[network.zone]]`"),
            (
                "[network]\n[network]\nport = 1\n",
                "the table `network` begins a second time | put its keys under the first `[network]`",
            ),
            (
                "[tenant.service]\nport = 1\n[[tenant]]\n",
                "`[tenant.service]` stands before the first `[[tenant]]` | put `[tenant.service]` under",
            ),
            ("// a comment\n", "`//` begins no comment in TOML | a comment begins with `#`"),
            ("[nonsense\n", "a table begins with `[name]`"),
        ] {
            let (readable, said) = read(&format!("{text}[last]\nx = 1\n"));
            assert!(said.contains(told), "{text}\n{said}");
            assert_eq!(said.lines().count(), 1, "{text}\n{said}");
            let value = toml_span::parse(&readable).expect("it was made readable");
            let last = value.as_table().and_then(|table| table.get("last")?.as_table()?.get("x")?.as_integer());
            assert_eq!(last, Some(1), "{text}");
        }
    }

    #[test]
    fn the_keys_of_a_table_that_begins_twice_are_those_of_one() {
        let (readable, _) = read("[network]\nport = 1\n[other]\ny = 2\n[network]\nname = \"a\"");
        let value = toml_span::parse(&readable).expect("it was made readable");
        let network = value.as_table().and_then(|table| table.get("network")?.as_table()).expect("it is there");
        assert_eq!(network.keys().map(|key| key.name.as_ref()).collect::<Vec<_>>(), ["name", "port"]);
    }

    #[test]
    fn a_value_that_is_none_is_told_by_what_its_key_wants() {
        for (line, told) in [
            ("port = 80,", "a value is not followed by `,` | write `port = 80`"),
            ("port = 80;", "write `port = 80`"),
            ("port = 80 // web", "`//` begins no comment in TOML | a comment begins with `#`: `port = 80 # …`"),
            ("port = 08080", "`08080` is no number of TOML | write `port = 8080`"),
            ("port = 80d", "`80d` is no number of TOML | write `port = 80`"),
            ("port = 99999999999999999999", "`99999999999999999999` is too large | for example `port = 80`"),
            ("name = acme", "`acme` is no value of TOML | a text stands in quotes: `name = \"acme\"`"),
            ("name = 30d", "`30d` is no value of TOML | a text stands in quotes: `name = \"30d\"`"),
            ("engine_version = v15.4.1", "a text stands in quotes: `engine_version = \"15.4\"`"),
        ] {
            let (_, said) = read(&format!("[network]\n{line}\n"));
            assert!(said.contains(told), "{line}\n{said}");
        }
    }

    #[test]
    fn places_are_those_of_the_original() {
        let text = "[network\nport = 80,\n[[tenant]]\nname = [\n\"a\"\n\nport = True\n";
        let Recovered { problems, .. } = recovered(text, TABLES);
        let shown: Vec<&str> =
            problems.iter().map(|problem| &text[problem.span.offset()..][..problem.span.len()]).collect();
        assert_eq!(shown, ["[network", "80,", "[", "True"]);
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
    fn hostile_texts_end_with_something_said() {
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
            let Recovered { text: readable, problems, .. } = recovered(text, TABLES);
            assert!(!problems.is_empty(), "{text:?}");
            assert!(readable.is_none_or(|readable| toml_span::parse(&readable).is_ok()), "{text:?}");
            for problem in problems {
                let end = problem.span.offset() + problem.span.len();
                assert!(text.get(problem.span.offset()..end).is_some(), "{text:?}");
            }
        }
    }
}
