//! A file that is being read, and its problems.

use std::cell::RefCell;
use std::collections::BTreeSet;

use itertools::Itertools as _;
use toml_span::Span;
use toml_span::value::ValueInner;

use super::lines::Lines;
use super::syntax::{self, Recovered};
use super::{Keys, Section};
use crate::problem::{Problem, Problems};

/// A file that is being read.
pub(crate) struct Document<'t> {
    pub(super) text: &'t str,
    /// Every table of the file's format, to suggest where a key belongs.
    tables: &'static [Keys],
    /// The text with invalid TOML replaced; `None` when it cannot be read at all.
    readable: Option<String>,
    pub(super) lines: Lines<'t>,
    /// The tables whose keys were already listed in a message.
    pub(super) listed: RefCell<BTreeSet<&'static str>>,
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

    /// The number of a line of the file, from 1.
    pub(crate) fn line_number(&self, span: Span) -> usize {
        self.lines.number(span.start)
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
    pub(super) fn elsewhere(&self, table: &str, key: &str) -> Vec<String> {
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
