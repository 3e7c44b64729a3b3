//! Reads TOML tables into values with their locations, and collects problems.
//!
//! Nothing here returns early: a value that cannot be read is reported as a problem and returned as
//! [`Field::Invalid`], so that one run reports all problems.

mod conflicts;
mod explain;
mod header;
mod lines;
mod syntax;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::{Deref, RangeInclusive};
use std::str::FromStr;

use itertools::Itertools as _;
use toml_span::value::{Key as TomlKey, Table, ValueInner};
use toml_span::{Span, Value};

use self::lines::Lines;
use self::syntax::Recovered;
use crate::cidr::InvalidCidr;
use crate::identifier::InvalidIdentifier;
use crate::problem::{Problem, Problems};
use crate::suggest::nearest;

/// A key of a file that users write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    /// Its name.
    pub(crate) name: &'static str,
    /// Whether it must be given.
    pub(crate) presence: Presence,
    /// Its meaning.
    pub(crate) meaning: &'static str,
    /// An example: the text after `=`, or an entry of the table.
    pub(crate) example: &'static str,
}

/// Whether a key of a table must be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It need not.
    Optional,
    /// It must.
    Required,
    /// It must, unless the table says `like`, or is one in which a tenant differs from the platform.
    UnlessLike,
}

/// A table of a file that users write: its full name and its keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keys {
    /// Its full name, such as `network.zone`; empty for the top level. A `*` stands for a name that users
    /// choose, as in `service.*`.
    pub(crate) table: &'static str,
    /// Whether it is an array of tables, such as `[[tenant]]`.
    pub(crate) is_list: bool,
    /// All keys that are allowed in it; empty when users choose its keys.
    pub(crate) keys: &'static [Key],
}

/// A value and its location.
#[derive(Clone, Debug)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

impl<T> Deref for At<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// The content of a key.
#[derive(Clone, Debug, Default)]
pub(crate) enum Field<T> {
    /// An optional key is absent.
    #[default]
    Absent,
    /// The value cannot be read, or a required key is absent. The problem is reported.
    Invalid,
    /// A value.
    Valid(At<T>),
}

impl<T> Field<T> {
    /// The value with its location, if it is valid.
    pub(crate) const fn valid(&self) -> Option<&At<T>> {
        match self {
            Self::Valid(at) => Some(at),
            Self::Absent | Self::Invalid => None,
        }
    }

    /// The value of a required key.
    pub(crate) fn required(self) -> Option<T> {
        self.optional().flatten()
    }

    /// The value of an optional key; `None` only when it cannot be read.
    pub(crate) fn optional(self) -> Option<Option<T>> {
        match self {
            Self::Absent => Some(None),
            Self::Invalid => None,
            Self::Valid(at) => Some(Some(at.value)),
        }
    }

    /// The value, or `default` when the key is absent.
    pub(crate) fn or(self, default: T) -> Option<T> {
        self.optional().map(|value| value.unwrap_or(default))
    }

    /// The same field with another value.
    pub(crate) fn map<U>(self, to: impl FnOnce(T) -> U) -> Field<U> {
        match self {
            Self::Absent => Field::Absent,
            Self::Invalid => Field::Invalid,
            Self::Valid(At { value, span }) => Field::Valid(At { value: to(value), span }),
        }
    }

    pub(crate) const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    fn read(span: Span, value: Option<T>) -> Self {
        value.map_or(Self::Invalid, |value| Self::Valid(At { value, span }))
    }
}

/// Explains to the user why a text is not a valid value.
pub(crate) trait Explained: Display {
    /// What to write instead, when that can be determined.
    fn cure(&self) -> Option<String> {
        None
    }
}

impl Explained for InvalidIdentifier {
    fn cure(&self) -> Option<String> {
        self.suggestion.as_ref().map(|suggestion| format!("did you mean `{suggestion}`?"))
    }
}

impl Explained for InvalidCidr {}
impl Explained for std::convert::Infallible {}

impl Keys {
    /// The header line of the table, with `<name>` in place of a name that users choose.
    pub(crate) fn header(&self) -> String {
        self.header_of(&self.table.replace('*', "<name>"))
    }

    /// The header line of a table of this kind with this full name.
    fn header_of(&self, name: &str) -> String {
        if self.is_list { format!("[[{name}]]") } else { format!("[{name}]") }
    }

    /// The full name of the table of this kind that is most like `name`.
    fn like(&self, name: &str) -> String {
        let mut given = name.split('.');
        let part = |part| match (part, given.next()) {
            ("*", given) => given.unwrap_or("<name>"),
            (part, _) => part,
        };
        self.table.split('.').map(part).collect::<Vec<_>>().join(".")
    }

    /// Whether a table with this full name is of this kind.
    fn matches(&self, name: &str) -> bool {
        self.like(name) == name
    }
}

/// A file that is being read.
pub(crate) struct Document<'t> {
    text: &'t str,
    /// Every table of the file's format, to suggest where a key belongs.
    tables: &'static [Keys],
    /// The text with invalid TOML replaced; `None` when it cannot be read at all.
    readable: Option<String>,
    lines: Lines<'t>,
    /// The tables whose keys were already listed in a message.
    listed: RefCell<BTreeSet<&'static str>>,
    problems: RefCell<Vec<Problem>>,
}

impl<'t> Document<'t> {
    pub(crate) fn new(text: &'t str, tables: &'static [Keys]) -> Self {
        let Recovered { text: readable, lines, problems } = syntax::recover(text, tables);
        Self { text, tables, readable, lines, listed: RefCell::default(), problems: RefCell::new(problems) }
    }

    /// The top-level table; `None` when the file is not TOML.
    pub(crate) fn root(&self, keys: &Keys) -> Option<Section<'_>> {
        let mut value = toml_span::parse(self.readable.as_deref()?).ok()?;
        match value.take() {
            ValueInner::Table(table) => Some(Section::open(self, table, Span::new(0, 0), keys, String::new())),
            _ => None,
        }
    }

    /// Reports a problem. Problems on a line that was replaced have been reported already.
    pub(crate) fn problem(&self, span: Span, message: impl Into<String>, label: &str, help: Option<&str>) {
        if self.readable.is_some() && self.lines.at(span.start).is_some_and(|line| self.lines.get(line).is_given_up) {
            return;
        }
        // The span of a table is the whole table; its first line is enough to locate it.
        let span = self.lines.original_span(span);
        let text = self.text.get(span.start..span.end).unwrap_or_default();
        let len = text.lines().next().map_or(0, str::len);
        self.problems.borrow_mut().push(Problem {
            message: message.into(),
            span: (span.start, len).into(),
            label: label.to_owned(),
            help: help.map(str::to_owned),
        });
    }

    /// The value, unless there were problems.
    pub(crate) fn finish<T>(self, file: &str, value: Option<T>) -> Result<T, Box<Problems>> {
        let problems = self.problems.into_inner();
        match value {
            Some(value) if problems.is_empty() => Ok(value),
            _ => Err(Box::new(Problems::new(file, self.text, problems))),
        }
    }

    /// The tables other than `table` that have such a key, those within it first; three at most.
    fn elsewhere(&self, table: &str, key: &str) -> Vec<String> {
        let others = self.tables.iter().filter(|other| other.table != table && !other.table.is_empty());
        let within = format!("{table}.");
        others
            .filter(|other| other.keys.iter().any(|known| known.name == key))
            .sorted_by_key(|other| !other.table.starts_with(&within))
            .map(|other| format!("`{}`", other.header()))
            .unique()
            .take(3)
            .collect()
    }
}

/// A table that is being read. An unknown key is a problem, and is read as the key that was probably
/// meant.
pub(crate) struct Section<'d> {
    table: Table<'d>,
    pub(crate) span: Span,
    keys: Keys,
    /// Its full name, with the names that the user chose.
    path: String,
    /// The values that were read under the key that was probably meant.
    guessed: Vec<Span>,
    document: &'d Document<'d>,
}

impl<'d> Section<'d> {
    fn open(document: &'d Document<'d>, mut table: Table<'d>, span: Span, keys: &Keys, own_path: String) -> Self {
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
        let Key { name, presence: _, meaning, example } = key;
        let place = match self.path.as_str() {
            "" => "at the top".to_owned(),
            _ => format!("under `{}`", self.header()),
        };
        let help = format!("add `{name} = {example}`, for example, {place}");
        let message = format!("`{}` is missing: {meaning}", path(&self.path, name));
        self.document.problem(self.span, message, "in here", Some(&help));
        Field::Invalid
    }

    fn wrong<T>(&self, key: Key, span: Span, reason: impl Display, cure: Option<&str>) -> Option<T> {
        self.wrong_at(key.name, span, reason, cure)
    }

    fn wrong_at<T>(&self, name: &str, span: Span, reason: impl Display, cure: Option<&str>) -> Option<T> {
        self.document.problem(span, format!("`{}`: {reason}", path(&self.path, name)), "this value", cure);
        None
    }

    /// Reports a value of the wrong type.
    fn mistyped<T>(&self, key: Key, span: Span, expected: &str, found: &ValueInner<'_>) -> Option<T> {
        if self.guessed.contains(&span) {
            // It belongs to another key than the one that was guessed; the unknown key is reported.
            return None;
        }
        let place = self.document.lines.original_span(span);
        let written = self.document.text.get(place.start..place.end).unwrap_or_default();
        let cure = match found {
            _ if expected == ITEM => Some(format!("write it in quotes: `\"{written}\"`")),
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

    fn optional<T>(&mut self, key: Key, read: impl FnOnce(&Self, Span, ValueInner<'d>) -> Option<T>) -> Field<T> {
        match self.table.remove(key.name) {
            None => Field::Absent,
            Some(mut value) => Field::read(value.span, read(self, value.span, value.take())),
        }
    }

    fn required<T>(&mut self, key: Key, read: impl FnOnce(&Self, Span, ValueInner<'d>) -> Option<T>) -> Field<T> {
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

    pub(crate) fn text<T: FromStr<Err: Explained>>(&mut self, key: Key) -> Field<T> {
        self.required(key, |this, span, value| this.parse(key, span, value, TEXT))
    }

    pub(crate) fn text_if_any<T: FromStr<Err: Explained>>(&mut self, key: Key) -> Field<T> {
        self.optional(key, |this, span, value| this.parse(key, span, value, TEXT))
    }

    fn parse<T: FromStr<Err: Explained>>(
        &self,
        key: Key,
        span: Span,
        value: ValueInner<'d>,
        expected: &str,
    ) -> Option<T> {
        match value {
            ValueInner::String(text) => match text.parse() {
                Ok(value) => Some(value),
                Err(error) => {
                    let error: T::Err = error;
                    let cure = error.cure();
                    self.wrong(key, span, error, cure.as_deref())
                }
            },
            other => self.mistyped(key, span, expected, &other),
        }
    }

    /// A string under a key that the user chose.
    fn parse_named<T: FromStr<Err: Explained>>(&self, name: &str, span: Span, value: ValueInner<'d>) -> Option<T> {
        let text = match value {
            ValueInner::String(text) => text,
            other => {
                let place = self.document.lines.original_span(span);
                let written = self.document.text.get(place.start..place.end).unwrap_or_default();
                let is_scalar = !matches!(other, ValueInner::Array(_) | ValueInner::Table(_));
                let cure = is_scalar.then(|| format!("write it in quotes: `{name} = \"{written}\"`"));
                let reason = format!("expected a string, found {}", type_of(&other));
                return self.wrong_at(name, span, reason, cure.as_deref());
            }
        };
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                let error: T::Err = error;
                self.wrong_at(name, span, &error, error.cure().as_deref())
            }
        }
    }

    /// A list whose elements are strings or tables. Elements that cannot be read are reported and omitted.
    pub(crate) fn items_if_any<T>(
        &mut self,
        key: Key,
        keys: &Keys,
        text: impl Fn(String) -> T,
        table: impl Fn(Section<'d>) -> Option<T>,
    ) -> Field<Vec<At<T>>> {
        let own_path = path(&self.path, key.name);
        self.optional(key, |this, span, value| match value {
            ValueInner::Array(items) => {
                let read = |mut item: Value<'d>| {
                    let span = item.span;
                    let value = match item.take() {
                        ValueInner::String(written) => Some(text(written.into_owned())),
                        ValueInner::Table(entries) => {
                            table(Section::open(this.document, entries, span, keys, own_path.clone()))
                        }
                        other => this.mistyped(key, span, ITEM, &other),
                    };
                    this_value(value, span)
                };
                Some(items.into_iter().filter_map(read).collect())
            }
            other => this.mistyped(key, span, TEXTS, &other),
        })
    }

    /// A list of strings. Elements that cannot be read are reported and omitted; a list of such elements
    /// only is invalid.
    pub(crate) fn texts<T: FromStr<Err: Explained>>(&mut self, key: Key) -> Field<Vec<At<T>>> {
        self.required(key, |this, span, value| this.parse_all(key, span, value))
    }

    pub(crate) fn texts_if_any<T: FromStr<Err: Explained>>(&mut self, key: Key) -> Field<Vec<At<T>>> {
        self.optional(key, |this, span, value| this.parse_all(key, span, value))
    }

    fn parse_all<T: FromStr<Err: Explained>>(&self, key: Key, span: Span, value: ValueInner<'d>) -> Option<Vec<At<T>>> {
        match value {
            ValueInner::Array(items) => {
                let parse = |mut item: Value<'d>| {
                    let span = item.span;
                    this_value(self.parse(key, span, item.take(), ITEM), span)
                };
                let given = items.len();
                let parsed: Vec<At<T>> = items.into_iter().filter_map(parse).collect();
                (given == 0 || !parsed.is_empty()).then_some(parsed)
            }
            other => self.mistyped(key, span, TEXTS, &other),
        }
    }

    pub(crate) fn number(&mut self, key: Key, range: RangeInclusive<u32>) -> Field<u32> {
        self.required(key, |this, span, value| this.number_in(key, span, &value, &range))
    }

    pub(crate) fn number_if_any(&mut self, key: Key, range: RangeInclusive<u32>) -> Field<u32> {
        self.optional(key, |this, span, value| this.number_in(key, span, &value, &range))
    }

    fn number_in(&self, key: Key, span: Span, value: &ValueInner<'d>, range: &RangeInclusive<u32>) -> Option<u32> {
        match value {
            ValueInner::Integer(number) => match u32::try_from(*number).ok().filter(|number| range.contains(number)) {
                Some(number) => Some(number),
                None => {
                    let reason = format!("expected {} to {}, found {number}", range.start(), range.end());
                    self.wrong(key, span, reason, None)
                }
            },
            other => self.mistyped(key, span, "an integer", other),
        }
    }

    pub(crate) fn flag(&mut self, key: Key) -> Field<bool> {
        self.required(key, |this, span, value| this.read_flag(key, span, &value))
    }

    pub(crate) fn flag_if_any(&mut self, key: Key) -> Field<bool> {
        self.optional(key, |this, span, value| this.read_flag(key, span, &value))
    }

    fn read_flag(&self, key: Key, span: Span, value: &ValueInner<'d>) -> Option<bool> {
        match value {
            ValueInner::Boolean(flag) => Some(*flag),
            other => self.mistyped(key, span, "true or false", other),
        }
    }

    /// A required table.
    pub(crate) fn section(&mut self, key: Key, keys: &Keys) -> Option<Section<'d>> {
        if !self.has(key) {
            let Key { meaning, example, .. } = key;
            let table = path(&self.path, key.name);
            let help = format!("add `{}`, and under it, for example, {example}", keys.header());
            let message = format!("the table `{table}` is missing: {meaning}");
            self.document.problem(self.span, message, "in here", Some(&help));
        }
        self.section_if_any(key, keys)
    }

    pub(crate) fn section_if_any(&mut self, key: Key, keys: &Keys) -> Option<Section<'d>> {
        let document = self.document;
        let table = path(&self.path, key.name);
        let field = self.optional(key, |this, span, value| match value {
            ValueInner::Table(entries) => Some(Section::open(document, entries, span, keys, table)),
            other if keys.keys.is_empty() => this.mistyped(key, span, "a table", &other),
            other => {
                let cure = format!("write `[{table}]`, and its keys under it");
                this.wrong(key, span, format!("expected a table, found {}", type_of(&other)), Some(&cure))
            }
        });
        field.required()
    }

    /// What the tables of an array say; absent when the key is.
    pub(crate) fn sections_if_any<T>(
        &mut self,
        key: Key,
        keys: &Keys,
        read: impl Fn(Section<'d>) -> Option<T>,
    ) -> Field<Vec<At<T>>> {
        let Some(span) = self.table.get(key.name).map(|value| value.span) else { return Field::Absent };
        let one = |section: Section<'d>| {
            let span = section.span;
            this_value(read(section), span)
        };
        let value = self.sections(key, keys).into_iter().filter_map(one).collect();
        Field::Valid(At { value, span })
    }

    /// An array of tables; empty when the key is absent.
    pub(crate) fn sections(&mut self, key: Key, keys: &Keys) -> Vec<Section<'d>> {
        let document = self.document;
        let table = path(&self.path, key.name);
        let cure = format!("write `[[{table}]]` for each of them, and its keys under it");
        let field = self.optional(key, |this, span, value| match value {
            ValueInner::Array(items) => {
                let section = |mut item: Value<'d>| {
                    let span = item.span;
                    match item.take() {
                        ValueInner::Table(entries) => Some(Section::open(document, entries, span, keys, table.clone())),
                        other => {
                            let reason = format!("expected a table, found {}", type_of(&other));
                            this.wrong(key, span, reason, Some(&cure))
                        }
                    }
                };
                Some(items.into_iter().filter_map(section).collect())
            }
            ValueInner::Table(entries) => {
                let reason = format!("`[{table}]` is a single table, and `{table}` is an array of tables");
                document.problem(span, reason, "a single table", Some(&cure));
                Some(vec![Section::open(document, entries, span, keys, table)])
            }
            other => {
                let reason = format!("expected `[[{table}]]` tables, found {}", type_of(&other));
                this.wrong(key, span, reason, Some(&cure))
            }
        });
        field.required().unwrap_or_default()
    }

    /// The tables of a table whose keys are names that users choose, such as `[service.web]`, in name
    /// order. Keys that stand in the outer table itself are reported, and read as those of the table
    /// `unnamed`, if it is given.
    pub(crate) fn named_sections<N: FromStr<Err: Explained>>(
        &mut self,
        key: Key,
        keys: &Keys,
        unnamed: Option<&'static str>,
    ) -> Vec<(At<N>, Section<'d>)> {
        let document = self.document;
        let outer = path(&self.path, key.name);
        let Some((at, mut entries)) = self.entries(key) else { return Vec::new() };
        let is_loose = |key: &TomlKey<'d>, value: &Value<'d>| {
            value.as_table().is_none() || keys.keys.iter().any(|known| known.name == key.name)
        };
        if let Some(unnamed) = unnamed
            && entries.iter().any(|(_, value)| value.as_table().is_none())
        {
            let (loose, mut named): (Table<'d>, Table<'d>) =
                entries.into_iter().partition(|(key, value)| is_loose(key, value));
            let message = format!("`[{outer}]` itself has no keys: there is one table for each {}", key.name);
            let help = format!("write `[{outer}.{unnamed}]` for the {} `{unnamed}`", key.name);
            document.problem(at, message, "this table", Some(&help));
            put(&mut named, TomlKey { name: unnamed.into(), span: at }, Value::with_span(ValueInner::Table(loose), at));
            entries = named;
        }
        let mut sections = Vec::new();
        for (name, mut value) in entries {
            let span = value.span;
            let table = match value.take() {
                ValueInner::Table(table) => table,
                other => {
                    let message = format!("`{outer}.{}`: expected a table, found {}", name.name, type_of(&other));
                    let example = keys.keys.first().map(|key| format!("{} = {}", key.name, key.example));
                    let help = example.map(|example| format!("write `{} = {{ {example} }}`, for example", name.name));
                    document.problem(span, message, "this value", help.as_deref());
                    continue;
                }
            };
            let section = Section::open(document, table, span, keys, path(&outer, &name.name));
            match name.name.parse::<N>() {
                Ok(parsed) => sections.push((At { value: parsed, span: name.span }, section)),
                Err(error) => {
                    let error: N::Err = error;
                    document.problem(name.span, error.to_string(), "this name", error.cure().as_deref());
                    section.ignore();
                }
            }
        }
        sections
    }

    /// The strings of a table whose keys are names that users choose, in name order.
    pub(crate) fn named_texts<N, T>(&mut self, key: Key) -> Vec<(At<N>, Field<T>)>
    where
        N: FromStr<Err: Explained>,
        T: FromStr<Err: Explained>,
    {
        let document = self.document;
        let outer = path(&self.path, key.name);
        let Some((span, entries)) = self.entries(key) else { return Vec::new() };
        let keys = Keys { table: "", is_list: false, keys: &[] };
        let table = Section { table: Table::new(), span, keys, path: outer, guessed: Vec::new(), document };
        let text = |(name, mut value): (TomlKey<'d>, Value<'d>)| {
            let read = table.parse_named(&name.name, value.span, value.take());
            let read = Field::read(value.span, read);
            match name.name.parse::<N>() {
                Ok(parsed) => Some((At { value: parsed, span: name.span }, read)),
                Err(error) => {
                    let error: N::Err = error;
                    document.problem(name.span, error.to_string(), "this name", error.cure().as_deref());
                    None
                }
            }
        };
        entries.into_iter().filter_map(text).collect()
    }

    /// The lists of a table of tables whose keys users choose, such as the conditions of a policy statement:
    /// outer key, inner key, and a string or a list of strings.
    pub(crate) fn nested_texts(&mut self, key: Key) -> Vec<(At<String>, At<String>, Vec<String>)> {
        let document = self.document;
        let path = path(&self.path, key.name);
        let Some((_, entries)) = self.entries(key) else { return Vec::new() };
        let mut found = Vec::new();
        let wrong = |span, found: &ValueInner<'_>, expected: &str| {
            let message = format!("`{path}`: expected {expected}, found {}", type_of(found));
            document.problem(
                span,
                message,
                "this value",
                Some(&format!("for example `{} = {}`", key.name, key.example)),
            );
        };
        for (outer, mut table) in entries {
            let span = table.span;
            let inner = match table.take() {
                ValueInner::Table(inner) => inner,
                other => {
                    wrong(span, &other, "a table");
                    continue;
                }
            };
            for (name, mut value) in inner {
                let span = value.span;
                let texts = match value.take() {
                    ValueInner::String(text) => vec![text.into_owned()],
                    ValueInner::Array(items) => {
                        items.iter().filter_map(|item| Some(item.as_str()?.to_owned())).collect()
                    }
                    other => {
                        wrong(span, &other, "a string or a list of strings");
                        continue;
                    }
                };
                let at = |key: &TomlKey<'_>| At { value: key.name.to_string(), span: key.span };
                found.push((at(&outer), at(&name), texts));
            }
        }
        found
    }

    /// The entries of a table whose keys users choose.
    fn entries(&mut self, key: Key) -> Option<(Span, Table<'d>)> {
        let place = self.table.get_key_value(key.name).map(|(key, _)| key.span);
        let field = self.optional(key, |this, span, value| match value {
            ValueInner::Table(table) => Some((place.unwrap_or(span), table)),
            other => this.mistyped(key, span, "a table", &other),
        });
        field.required()
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
fn put<'d>(table: &mut Table<'d>, meant: TomlKey<'d>, value: Value<'d>) {
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

const TEXT: &str = "a string";
const TEXTS: &str = "a list of strings";
/// An element of a list.
const ITEM: &str = "a string in the list";

fn this_value<T>(value: Option<T>, span: Span) -> Option<At<T>> {
    value.map(|value| At { value, span })
}

/// The full name of a key.
pub(crate) fn path(table: &str, key: &str) -> String {
    if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") }
}

/// A type in plain words.
fn type_of(value: &ValueInner<'_>) -> &'static str {
    match value {
        ValueInner::String(_) => "a string",
        ValueInner::Integer(_) => "an integer",
        ValueInner::Float(_) => "a float",
        ValueInner::Boolean(_) => "true or false",
        ValueInner::Array(_) => "a list",
        ValueInner::Table(_) => "a table",
    }
}

/// Whether a string would be a number or a boolean without its quotation marks.
fn is_bare(text: &str) -> bool {
    text.parse::<u32>().is_ok() || matches!(text.to_ascii_lowercase().as_str(), "true" | "false")
}
