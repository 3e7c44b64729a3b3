//! Reads TOML tables into values with their places, and collects what is wrong with them.
//!
//! Nothing here returns early: a value that cannot be read is noted as a problem and given as
//! `None`, so that one run tells everything.

use std::cell::RefCell;
use std::fmt::Display;
use std::ops::{Deref, RangeInclusive};
use std::str::FromStr;

use toml_span::value::{Table, ValueInner};
use toml_span::{ErrorKind, Span, Value};

use crate::problem::{Problem, Problems};

/// A value and the place where it stands.
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

/// A file that is being read.
pub(crate) struct Document<'t> {
    text: &'t str,
    problems: RefCell<Vec<Problem>>,
}

impl<'t> Document<'t> {
    pub(crate) const fn new(text: &'t str) -> Self {
        Self { text, problems: RefCell::new(Vec::new()) }
    }

    /// The top of the file; `None` when it is not TOML.
    pub(crate) fn root(&self) -> Option<Section<'_, 't>> {
        match toml_span::parse(self.text) {
            Ok(mut value) => match value.take() {
                ValueInner::Table(table) => {
                    Some(Section { table, span: Span::new(0, 0), name: String::new(), document: self })
                }
                _ => None,
            },
            Err(error) => {
                let help = match &error.kind {
                    ErrorKind::DuplicateKey { .. } => Some("keep one of the two"),
                    _ => None,
                };
                self.problem(error.span, error.to_string(), "here", help);
                None
            }
        }
    }

    /// Notes a problem.
    pub(crate) fn problem(&self, span: Span, message: impl Into<String>, label: &str, help: Option<&str>) {
        // A table's place is all of it; its first line is enough to find it.
        let text = self.text.get(span.start..span.end).unwrap_or_default();
        let len = text.lines().next().map_or(0, str::len);
        self.problems.borrow_mut().push(Problem {
            message: message.into(),
            span: (span.start, len).into(),
            label: label.to_owned(),
            help: help.map(str::to_owned),
        });
    }

    /// What was read, unless there were problems.
    pub(crate) fn finish<T>(self, file: &str, value: Option<T>) -> Result<T, Box<Problems>> {
        let problems = self.problems.into_inner();
        match value {
            Some(value) if problems.is_empty() => Ok(value),
            _ => Err(Box::new(Problems::new(file, self.text, problems))),
        }
    }
}

/// A table that is being read. What is left in it when it is dropped with [`Section::finish`] is
/// unknown, and a problem.
pub(crate) struct Section<'d, 't> {
    table: Table<'t>,
    pub(crate) span: Span,
    name: String,
    document: &'d Document<'t>,
}

impl<'d, 't> Section<'d, 't> {
    fn path(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    fn missing<T>(&self, key: &str) -> Option<T> {
        let help = format!("add `{key} = …`");
        self.document.problem(self.span, format!("`{}` is missing", self.path(key)), "in here", Some(&help));
        None
    }

    fn wrong<T>(&self, key: &str, span: Span, reason: impl Display) -> Option<T> {
        self.document.problem(span, format!("`{}`: {reason}", self.path(key)), "this value", None);
        None
    }

    fn optional<T>(&mut self, key: &str, read: impl FnOnce(&Self, Span, ValueInner<'t>) -> Option<T>) -> Option<At<T>> {
        let mut value = self.table.remove(key)?;
        let span = value.span;
        read(self, span, value.take()).map(|value| At { value, span })
    }

    fn required<T>(&mut self, key: &str, read: impl FnOnce(&Self, Span, ValueInner<'t>) -> Option<T>) -> Option<At<T>> {
        if self.table.contains_key(key) { self.optional(key, read) } else { self.missing(key) }
    }

    /// Whether there is such a key, read or not.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    pub(crate) fn text<T: FromStr<Err: Display>>(&mut self, key: &str) -> Option<At<T>> {
        self.required(key, |this, span, value| this.parse(key, span, value))
    }

    pub(crate) fn text_if_any<T: FromStr<Err: Display>>(&mut self, key: &str) -> Option<At<T>> {
        self.optional(key, |this, span, value| this.parse(key, span, value))
    }

    fn parse<T: FromStr<Err: Display>>(&self, key: &str, span: Span, value: ValueInner<'t>) -> Option<T> {
        match value {
            ValueInner::String(text) => match text.parse() {
                Ok(value) => Some(value),
                Err(error) => self.wrong(key, span, error),
            },
            other => self.wrong(key, span, format!("expected a string, found {}", other.type_str())),
        }
    }

    pub(crate) fn texts<T: FromStr<Err: Display>>(&mut self, key: &str) -> Option<At<Vec<At<T>>>> {
        self.required(key, |this, span, value| match value {
            ValueInner::Array(items) => {
                let parse = |mut item: Value<'t>| {
                    let span = item.span;
                    this.parse(key, span, item.take()).map(|value| At { value, span })
                };
                // Each item is read, whatever the others are, so that every problem is told.
                items.into_iter().map(parse).collect::<Vec<_>>().into_iter().collect()
            }
            other => this.wrong(key, span, format!("expected a list of strings, found {}", other.type_str())),
        })
    }

    pub(crate) fn number(&mut self, key: &str, range: RangeInclusive<u32>) -> Option<At<u32>> {
        self.required(key, |this, span, value| this.number_in(key, span, &value, &range))
    }

    pub(crate) fn number_if_any(&mut self, key: &str, range: RangeInclusive<u32>) -> Option<At<u32>> {
        self.optional(key, |this, span, value| this.number_in(key, span, &value, &range))
    }

    fn number_in(&self, key: &str, span: Span, value: &ValueInner<'t>, range: &RangeInclusive<u32>) -> Option<u32> {
        match value {
            ValueInner::Integer(number) => match u32::try_from(*number).ok().filter(|number| range.contains(number)) {
                Some(number) => Some(number),
                None => self.wrong(key, span, format!("expected {} to {}", range.start(), range.end())),
            },
            other => self.wrong(key, span, format!("expected a whole number, found {}", other.type_str())),
        }
    }

    pub(crate) fn flag(&mut self, key: &str) -> Option<At<bool>> {
        self.required(key, |this, span, value| this.read_flag(key, span, &value))
    }

    pub(crate) fn flag_if_any(&mut self, key: &str) -> Option<At<bool>> {
        self.optional(key, |this, span, value| this.read_flag(key, span, &value))
    }

    fn read_flag(&self, key: &str, span: Span, value: &ValueInner<'t>) -> Option<bool> {
        match value {
            ValueInner::Boolean(flag) => Some(*flag),
            other => self.wrong(key, span, format!("expected true or false, found {}", other.type_str())),
        }
    }

    pub(crate) fn section(&mut self, key: &str) -> Option<Section<'d, 't>> {
        if self.has(key) {
            self.section_if_any(key)
        } else {
            let name = self.path(key);
            let help = format!("add `[{name}]`");
            self.document.problem(self.span, format!("the table `{name}` is missing"), "in here", Some(&help));
            None
        }
    }

    pub(crate) fn section_if_any(&mut self, key: &str) -> Option<Section<'d, 't>> {
        let document = self.document;
        self.optional(key, |this, span, value| match value {
            ValueInner::Table(table) => Some(Section { table, span, name: this.path(key), document }),
            other => this.wrong(key, span, format!("expected a table, found {}", other.type_str())),
        })
        .map(|at| at.value)
    }

    /// The tables of a list of tables; none where the key is absent.
    pub(crate) fn sections(&mut self, key: &str) -> Vec<Section<'d, 't>> {
        let document = self.document;
        let found = self.optional(key, |this, span, value| match value {
            ValueInner::Array(items) => {
                let section = |mut item: Value<'t>| {
                    let span = item.span;
                    match item.take() {
                        ValueInner::Table(table) => Some(Section { table, span, name: this.path(key), document }),
                        other => this.wrong(key, span, format!("expected a table, found {}", other.type_str())),
                    }
                };
                Some(items.into_iter().filter_map(section).collect())
            }
            other => {
                let reason = format!("expected `[[{}]]` tables, found {}", this.path(key), other.type_str());
                this.wrong(key, span, reason)
            }
        });
        found.map(|at| at.value).unwrap_or_default()
    }

    /// Ends the reading of this table: what was not asked for is unknown. `known` are its keys,
    /// for the message.
    pub(crate) fn finish(self, known: &[&str]) {
        for key in self.table.keys() {
            let path = self.path(&key.name);
            let help = format!("the keys here are {}", known.join(", "));
            self.document.problem(key.span, format!("`{path}` is not a key of a spec"), "unknown", Some(&help));
        }
    }
}
