//! The JSON Schema of a spec, for editors: its tables, keys, meanings and examples are those that the parser has.
//!
//! It says which keys there are, what type each has and which must be given. Names, ranges and what must fit
//! together are checked by the parser alone.

use serde_json::{Map, Value, json};
use strum::VariantNames;
use toml_span::value::ValueInner;

use super::keys::{TABLES, allow, job, names, root, secret, service};
use crate::names::NameScope;
use crate::toml::{Key, Keys, Presence, path};

/// The tables in which a tenant differs from the platform, where nothing must be given.
const OF_TENANT: &str = "tenant.";

pub(super) fn schema() -> Value {
    let tables = TABLES.iter().filter(|table| !table.table.is_empty() && !table.keys.is_empty());
    let definitions: Map<String, Value> = tables.map(|table| (definition(table), object(table))).collect();
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "saas.toml",
        "description": "A tenant spec of saas",
    });
    merge(&mut schema, object(&root::TABLE));
    merge(&mut schema, json!({ "$defs": definitions }));
    schema
}

/// The name of the schema of a table. A service and a job have the same tables within them.
fn definition(table: &Keys) -> String {
    let mut names = table.table.split('.').filter(|part| *part != "*");
    let name = names.next_back().unwrap_or_default();
    match name {
        "service" | "job" | "sidecar" if table.table.starts_with(OF_TENANT) => format!("tenant-{name}"),
        "environment" => "variable".to_owned(),
        name => name.to_owned(),
    }
}

fn reference(table: &Keys) -> Value {
    json!({ "$ref": format!("#/$defs/{}", definition(table)) })
}

fn object(table: &Keys) -> Value {
    let properties: Map<String, Value> =
        table.keys.iter().map(|key| (key.name.to_owned(), property(table, *key))).collect();
    let with = |presence: Presence| -> Vec<&str> {
        table.keys.iter().filter(|key| key.presence == presence).map(|key| key.name).collect()
    };
    let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    let (required, unless_like) = (with(Presence::Required), with(Presence::UnlessLike));
    if !required.is_empty() {
        merge(&mut schema, json!({ "required": required }));
    }
    if !unless_like.is_empty() && !table.table.starts_with(OF_TENANT) {
        merge(&mut schema, json!({ "anyOf": [{ "required": [service::LIKE.name] }, { "required": unless_like }] }));
    }
    schema
}

fn property(table: &Keys, key: Key) -> Value {
    let path = path(table.table, key.name);
    let known = |path: &str| TABLES.iter().find(|table| table.table == path);
    let example = toml(key.example);
    let text = || json!({ "type": "string" });
    let text_or = |table: &Keys| json!({ "anyOf": [text(), reference(table)] });
    let mut schema = match (known(&format!("{path}.*")), known(&path)) {
        (Some(value), _) if key.name == service::ENVIRONMENT.name => map_of(text_or(value)),
        (Some(named), _) => map_of(reference(named)),
        (None, Some(free)) if free.keys.is_empty() => map_of(text()),
        // A directory is a text, unless it has a size.
        (None, Some(item)) if key.name == service::WRITABLE.name => list_of(text_or(item)),
        (None, Some(item)) if item.is_list => list_of(reference(item)),
        (None, Some(inner)) => reference(inner),
        (None, None) if key.name == allow::CONDITIONS.name => {
            map_of(map_of(json!({ "anyOf": [text(), list_of(text())] })))
        }
        (None, None) => match &example {
            Some(Value::Bool(_)) => json!({ "type": "boolean" }),
            Some(Value::Number(_)) => json!({ "type": "integer", "minimum": 0 }),
            Some(Value::Array(_)) => list_of(text()),
            _ => text(),
        },
    };
    if let Some(values) = values(key) {
        merge(&mut schema, json!({ "enum": values }));
    }
    merge(&mut schema, json!({ "description": key.meaning }));
    if let Some(default) = key.default.and_then(toml) {
        merge(&mut schema, json!({ "default": default }));
    }
    if let Some(example) = example {
        merge(&mut schema, json!({ "examples": [example] }));
    }
    schema
}

/// All values of a key, if there are few.
fn values(key: Key) -> Option<&'static [&'static str]> {
    match key.name {
        name if name == service::ARCHITECTURE.name => Some(&["x86_64", "arm64"]),
        name if name == job::RUN.name => Some(&["before-rollout"]),
        name if name == names::SCOPE.name => Some(NameScope::VARIANTS),
        // The top level has a key with the same name.
        _ if key == secret::DATABASE => Some(&["password"]),
        _ => None,
    }
}

fn map_of(value: Value) -> Value {
    json!({ "type": "object", "additionalProperties": value })
}

fn list_of(item: Value) -> Value {
    json!({ "type": "array", "items": item })
}

/// Adds the keys of one object to another.
fn merge(schema: &mut Value, more: Value) {
    if let (Value::Object(schema), Value::Object(more)) = (schema, more) {
        schema.extend(more);
    }
}

/// What an example or a default stands for, unless it is an entry of a table.
fn toml(written: &str) -> Option<Value> {
    let text = format!("key = {written}");
    match from_toml(toml_span::parse(&text).ok()?.take()) {
        Value::Object(mut table) => table.remove("key"),
        _ => None,
    }
}

fn from_toml(value: ValueInner<'_>) -> Value {
    match value {
        ValueInner::String(text) => text.into_owned().into(),
        ValueInner::Integer(number) => number.into(),
        ValueInner::Float(number) => number.into(),
        ValueInner::Boolean(flag) => flag.into(),
        ValueInner::Array(items) => items.into_iter().map(|mut item| from_toml(item.take())).collect(),
        ValueInner::Table(table) => {
            let entry = |(key, mut value): (toml_span::value::Key<'_>, toml_span::Value<'_>)| {
                (key.name.into_owned(), from_toml(value.take()))
            };
            Value::Object(table.into_iter().map(entry).collect())
        }
    }
}

#[cfg(test)]
mod tests;
