//! The tables within a table.

use std::str::FromStr;

use toml_span::value::{Key as TomlKey, Table, ValueInner};
use toml_span::{Span, Value};

use super::field::this_value;
use super::section::{put, type_of};
use super::{At, Explained, Field, Key, Keys, Section, path};

impl<'d> Section<'d> {
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
        self.named_values(key, |table, name, span, value| table.parse_named(name, span, value, str::parse::<T>))
    }

    /// The values of a table whose keys are names that users choose, in name order: strings, which `text` reads by
    /// their names, or tables.
    pub(crate) fn named_items<N: FromStr<Err: Explained>, T, E: Explained>(
        &mut self,
        key: Key,
        keys: &Keys,
        text: impl Fn(&str, &str) -> Result<T, E>,
        table: impl Fn(Section<'d>) -> Option<T>,
    ) -> Vec<(At<N>, Field<T>)> {
        self.named_values(key, |outer, name, span, value| match value {
            ValueInner::Table(entries) => {
                table(Section::open(outer.document, entries, span, keys, path(&outer.path, name)))
            }
            other => outer.parse_named(name, span, other, |written| text(name, written)),
        })
    }

    fn named_values<N: FromStr<Err: Explained>, T>(
        &mut self,
        key: Key,
        read: impl Fn(&Self, &str, Span, ValueInner<'d>) -> Option<T>,
    ) -> Vec<(At<N>, Field<T>)> {
        let document = self.document;
        let outer = path(&self.path, key.name);
        let Some((span, entries)) = self.entries(key) else { return Vec::new() };
        let keys = Keys { table: "", is_list: false, keys: &[] };
        let table = Section { table: Table::new(), span, keys, path: outer, guessed: Vec::new(), document };
        let one = |(name, mut value): (TomlKey<'d>, Value<'d>)| {
            let read = Field::read(value.span, read(&table, &name.name, value.span, value.take()));
            match name.name.parse::<N>() {
                Ok(parsed) => Some((At { value: parsed, span: name.span }, read)),
                Err(error) => {
                    let error: N::Err = error;
                    document.problem(name.span, error.to_string(), "this name", error.cure().as_deref());
                    None
                }
            }
        };
        entries.into_iter().filter_map(one).collect()
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
