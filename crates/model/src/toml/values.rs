//! The strings, numbers and flags of a table, and lists of them.

use std::ops::RangeInclusive;
use std::str::FromStr;

use toml_span::value::ValueInner;
use toml_span::{Span, Value};

use super::field::this_value;
use super::section::{ITEM, TEXT, TEXTS, type_of};
use super::{At, Explained, Field, Key, Keys, Section, path};

impl<'d> Section<'d> {
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
    pub(super) fn parse_named<T, E: Explained>(
        &self,
        name: &str,
        span: Span,
        value: ValueInner<'d>,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
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
        match parse(&text) {
            Ok(value) => Some(value),
            Err(error) => self.wrong_at(name, span, &error, error.cure().as_deref()),
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
}
