//! A table that is being read.

use std::fmt::Display;

use itertools::Itertools as _;
use toml_span::value::{Key as TomlKey, Table, ValueInner};
use toml_span::{Span, Value};

use super::{Document, Field, Key, Keys, path};
use crate::suggest::nearest;

/// A table that is being read. An unknown key is a problem, and is read as the key that was probably
/// meant.
pub(crate) struct Section<'d> {
    pub(super) table: Table<'d>,
    pub(crate) span: Span,
    pub(super) keys: Keys,
    /// Its full name, with the names that the user chose.
    pub(super) path: String,
    /// The values that were read under the key that was probably meant.
    pub(super) guessed: Vec<Span>,
    pub(super) document: &'d Document<'d>,
}

impl<'d> Section<'d> {
    pub(super) fn open(
        document: &'d Document<'d>,
        mut table: Table<'d>,
        span: Span,
        keys: &Keys,
        own_path: String,
    ) -> Self {
        let mut guessed = Vec::new();
        let known = || keys.keys.iter().map(|key| key.name);
        let unknown: Vec<TomlKey<'d>> =
            table.keys().filter(|key| !known().any(|known| known == key.name)).cloned().collect();
        for key in unknown {
            let path = path(&own_path, &key.name);
            let meant = nearest(&key.name, known());
            let help = match meant {
                Some(meant) => Some(format!("did you mean `{meant}`?")),
                None => document.elsewhere(keys.table, &key.name).split_last().map(|(last, others)| {
                    let others: String = others.iter().map(|other| format!("{other} or ")).collect();
                    format!("`{}` belongs in {others}{last}", key.name)
                }),
            };
            let help = help.or_else(|| {
                let is_first = document.listed.borrow_mut().insert(keys.table);
                is_first.then(|| format!("the keys here are {}", known().join(", ")))
            });
            document.problem(key.span, format!("`{path}` is not a key"), "unknown", help.as_deref());
            let value = table.remove(key.name.as_ref());
            if let (Some(meant), Some(value)) = (meant, value) {
                guessed.push(value.span);
                put(&mut table, TomlKey { name: meant.into(), span: key.span }, value);
            }
        }
        Self { table, span, keys: *keys, path: own_path, guessed, document }
    }

    /// The header line of the table.
    fn header(&self) -> String {
        self.keys.header_of(&self.path)
    }

    fn missing<T>(&self, key: Key) -> Field<T> {
        let Key { name, presence: _, meaning, example, default: _ } = key;
        let place = match self.path.as_str() {
            "" => "at the top".to_owned(),
            _ => format!("under `{}`", self.header()),
        };
        let help = format!("add `{name} = {example}`, for example, {place}");
        let message = format!("`{}` is missing: {meaning}", path(&self.path, name));
        self.document.problem(self.span, message, "in here", Some(&help));
        Field::Invalid
    }

    pub(super) fn wrong<T>(&self, key: Key, span: Span, reason: impl Display, cure: Option<&str>) -> Option<T> {
        self.wrong_at(key.name, span, reason, cure)
    }

    pub(super) fn wrong_at<T>(&self, name: &str, span: Span, reason: impl Display, cure: Option<&str>) -> Option<T> {
        self.document.problem(span, format!("`{}`: {reason}", path(&self.path, name)), "this value", cure);
        None
    }

    /// Reports a value of the wrong type.
    pub(super) fn mistyped<T>(&self, key: Key, span: Span, expected: &str, found: &ValueInner<'_>) -> Option<T> {
        if self.guessed.contains(&span) {
            // It belongs to another key than the one that was guessed; the unknown key is reported.
            return None;
        }
        let place = self.document.lines.original_span(span);
        let written = self.document.text.get(place.start..place.end).unwrap_or_default();
        let cure = match found {
            _ if expected == ITEM => Some(format!("write it in quotes: `\"{written}\"`")),
            ValueInner::Integer(_) if expected == TEXT && is_time(key.example) => {
                Some(format!("write its unit too: `{} = \"{written}s\"` for seconds", key.name))
            }
            ValueInner::Integer(_) | ValueInner::Float(_) | ValueInner::Boolean(_) if expected == TEXT => {
                Some(format!("write it in quotes: `{} = \"{written}\"`", key.name))
            }
            ValueInner::String(_) if expected == TEXTS => Some(format!("write `{} = [\"{written}\"]`", key.name)),
            ValueInner::String(text) if expected != TEXT && is_bare(text) => {
                Some(format!("write it without quotes: `{} = {}`", key.name, text.to_ascii_lowercase()))
            }
            _ => Some(format!("for example `{} = {}`", key.name, key.example)),
        };
        self.wrong(key, span, format!("expected {expected}, found {}", type_of(found)), cure.as_deref())
    }

    pub(super) fn optional<T>(
        &mut self,
        key: Key,
        read: impl FnOnce(&Self, Span, ValueInner<'d>) -> Option<T>,
    ) -> Field<T> {
        match self.table.remove(key.name) {
            None => Field::Absent,
            Some(mut value) => Field::read(value.span, read(self, value.span, value.take())),
        }
    }

    pub(super) fn required<T>(
        &mut self,
        key: Key,
        read: impl FnOnce(&Self, Span, ValueInner<'d>) -> Option<T>,
    ) -> Field<T> {
        match self.optional(key, read) {
            Field::Absent => self.missing(key),
            field => field,
        }
    }

    /// Skips the unread keys.
    pub(crate) fn ignore(mut self) {
        self.table.clear();
    }

    /// Whether there is such a key that was not read yet.
    pub(crate) fn has(&self, key: Key) -> bool {
        self.table.contains_key(key.name)
    }
}

/// A known key that was not read would be silently ignored.
impl Drop for Section<'_> {
    fn drop(&mut self) {
        debug_assert!(
            self.table.is_empty() || std::thread::panicking(),
            "`{}` has keys that are not read: {:?}",
            self.keys.table,
            self.table.keys().map(|key| key.name.as_ref()).collect::<Vec<_>>()
        );
    }
}

/// Moves the value of a misspelled key to the key that was meant. An existing value takes precedence;
/// two tables are merged.
pub(super) fn put<'d>(table: &mut Table<'d>, meant: TomlKey<'d>, value: Value<'d>) {
    let mut value = value;
    let Some(there) = table.get_mut(&meant).filter(|there| there.as_table().is_some() && value.as_table().is_some())
    else {
        table.entry(meant).or_insert(value);
        return;
    };
    if let (ValueInner::Table(mut known), ValueInner::Table(more)) = (there.take(), value.take()) {
        for (key, value) in more {
            known.entry(key).or_insert(value);
        }
        there.set(ValueInner::Table(known));
    }
}

pub(super) const TEXT: &str = "a string";
pub(super) const TEXTS: &str = "a list of strings";
/// An element of a list.
pub(super) const ITEM: &str = "a string in the list";

/// A type in plain words.
pub(super) fn type_of(value: &ValueInner<'_>) -> &'static str {
    match value {
        ValueInner::String(_) => "a string",
        ValueInner::Integer(_) => "an integer",
        ValueInner::Float(_) => "a float",
        ValueInner::Boolean(_) => "true or false",
        ValueInner::Array(_) => "a list",
        ValueInner::Table(_) => "a table",
    }
}

/// Whether an example is a time, such as `"15m"`.
fn is_time(example: &str) -> bool {
    let number = example.trim_matches('"').strip_suffix(['s', 'm', 'h']);
    number.is_some_and(|number| number.parse::<u32>().is_ok())
}

/// Whether a string would be a number or a boolean without its quotation marks.
fn is_bare(text: &str) -> bool {
    text.parse::<u32>().is_ok() || matches!(text.to_ascii_lowercase().as_str(), "true" | "false")
}
