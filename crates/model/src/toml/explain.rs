//! Explains parser errors in terms of the file, with a suggested fix.

use toml_span::{Error, ErrorKind, Span};

use super::Key;
use super::lines::{Lines, key_of, value_of};
use super::syntax::Fault;
use crate::identifier::EngineVersion;

/// Explains the error in a line on its own. `key` is the key before the `=`, if it is known.
pub(super) fn explained(lines: &Lines<'_>, index: usize, error: &Error, key: Option<&Key>) -> Fault {
    let shown = lines.written(index);
    let start = lines.get(index).place.start;
    let value = value_of(shown).map(|place| Span::new(start + place.start, start + place.end));
    let written = value_of(shown).and_then(|place| shown.get(place)).unwrap_or_default();
    let whole = value.unwrap_or_else(|| Span::new(start, start + shown.len()));
    let parsed = lines.original_span(error.span);
    let end_of_line = start + shown.len();
    let parsed = Span::new(parsed.start.min(end_of_line), parsed.end.clamp(parsed.start.min(end_of_line), end_of_line));
    let fault = |message: String, span: Span, help: String| Fault { message, span, help: Some(help) };

    if let Some(mark) = ["//", "/*", "--", ";"].into_iter().find(|mark| shown.trim_start().starts_with(mark)) {
        return fault(
            format!("`{mark}` does not start a comment in TOML"),
            whole,
            "a comment starts with `#`".to_owned(),
        );
    }
    if let ErrorKind::DuplicateKey { key, first } = &error.kind {
        let message = format!("duplicate key `{key}`: the first is in line {}", lines.number(first.start));
        return fault(message, parsed, "keep one of the two".to_owned());
    }
    if !written.is_empty()
        && let Some((message, help)) = of_value(written, error, key, key_of(shown))
    {
        return fault(message, whole, help);
    }
    match &error.kind {
        ErrorKind::InvalidCharInString('\n' | '\r') | ErrorKind::UnterminatedString => fault(
            "unterminated string".to_owned(),
            whole,
            "close it on the same line with the same quotation mark".to_owned(),
        ),
        ErrorKind::Unexpected(mark @ ('“' | '”' | '„' | '‘' | '’' | '«' | '»')) => fault(
            format!("`{mark}` is a typographic quotation mark"),
            parsed,
            "use straight quotes: `\"…\"`".to_owned(),
        ),
        ErrorKind::InvalidEscape(_) | ErrorKind::InvalidHexEscape(_) => {
            fault(error.to_string(), parsed, "write `\\\\` for a backslash, or use single quotes: `'…'`".to_owned())
        }
        _ if value.is_none() && !key_of(shown).is_empty() => {
            let key = key_of(shown);
            let rest = shown.trim_start().get(key.len()..).unwrap_or_default();
            let rest = rest.trim_start_matches([':', ' ', '\t']).trim_end();
            let value = if rest.is_empty() { "…" } else { rest };
            fault(error.to_string(), parsed, format!("write a key and its value as `{key} = {value}`"))
        }
        _ if written.is_empty() && !key_of(shown).is_empty() => {
            fault(format!("`{}` has no value", key_of(shown)), whole, "write it after the `=`".to_owned())
        }
        _ => Fault { message: error.to_string(), span: parsed, help: key.map(for_example) },
    }
}

fn for_example(key: &Key) -> String {
    format!("for example `{} = {}`", key.name, key.example)
}

/// Explains a value that is not a quoted string.
fn of_value(written: &str, error: &Error, key: Option<&Key>, name: &str) -> Option<(String, String)> {
    let is_of_value = matches!(
        error.kind,
        ErrorKind::UnquotedString | ErrorKind::Wanted { .. } | ErrorKind::Unexpected(_) | ErrorKind::InvalidNumber
    );
    if !is_of_value {
        return None;
    }
    let wants_boolean = key.is_none_or(|key| matches!(key.example, "true" | "false"));
    if let Some(boolean) = boolean(written).filter(|_| wants_boolean) {
        return Some(boolean);
    }
    for mark in [" //", " /*", " --"] {
        if let Some((value, _)) = written.split_once(mark) {
            let help = format!("a comment starts with `#`: `{name} = {} # …`", value.trim());
            return Some((format!("`{}` does not start a comment in TOML", mark.trim()), help));
        }
    }
    if let Some(value) = written.strip_suffix([',', ';']).filter(|value| !value.contains('#')) {
        let mark = &written[value.len()..];
        return Some((format!("`{mark}` is not allowed after a value"), format!("write `{name} = {}`", value.trim())));
    }
    let bare = written.split('#').next().unwrap_or_default().trim();
    if bare.is_empty() || bare.starts_with(['"', '\'', '[', '{', '“', '”', '„', '‘', '’', '«', '»']) {
        return None;
    }
    let wants_number = key.is_some_and(|key| key.example.starts_with(|c: char| c.is_ascii_digit()));
    let wants_text = key.is_none_or(|key| key.example.starts_with('"'));
    let digits: String = bare.chars().take_while(char::is_ascii_digit).collect();
    if wants_number {
        let message = format!("`{bare}` is not a valid TOML number");
        if digits == bare && !bare.starts_with('0') {
            return Some((format!("`{bare}` is too large"), key.map(for_example)?));
        }
        let number = digits.trim_start_matches('0');
        let help = if number.is_empty() { key.map(for_example)? } else { format!("write `{name} = {number}`") };
        return Some((message, help));
    }
    if !wants_text {
        return Some((format!("`{bare}` is not a valid TOML value"), key.map(for_example)?));
    }
    let text = bare.trim_matches(['"', '\'']);
    let text = match name {
        "engine_version" => EngineVersion::normalized(text).unwrap_or_else(|| text.to_owned()),
        _ => text.to_owned(),
    };
    Some((format!("`{bare}` is not a valid TOML value"), format!("write a string in quotes: `{name} = \"{text}\"`")))
}

/// The boolean that a word stands for.
fn boolean(written: &str) -> Option<(String, String)> {
    let word = written.split([' ', '\t', '#']).next().unwrap_or_default();
    let normalized = match word.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => "true",
        "false" | "no" | "off" => "false",
        _ => return None,
    };
    let message = if word.eq_ignore_ascii_case(normalized) {
        format!("TOML's booleans are lower case: `{word}` is not one")
    } else {
        format!("TOML's booleans are `true` and `false`: `{word}` is not one")
    };
    Some((message, format!("write `{normalized}`")))
}
