//! The schema and the parser agree on the checked-in specs, and on small changes of them.

use std::collections::BTreeSet;

use super::*;
use crate::spec::Spec;

const SPECS: [&str; 4] = [
    Spec::EXAMPLE,
    include_str!("../../../../../fixtures/saas-platform/saas.toml"),
    include_str!("../../../../../fixtures/many-features/saas.toml"),
    include_str!("../../../../../fixtures/real-application/saas.toml"),
];

/// The first reason why a value does not conform. Knows the keywords that the schema uses, and panics at others.
fn fault(schema: &Value, value: &Value, root: &Value) -> Option<String> {
    schema.as_object().expect("a schema is an object").iter().find_map(|(keyword, rule)| {
        let list = || rule.as_array().expect("a list").iter();
        let names = || list().map(|name| name.as_str().expect("a name"));
        match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "default" | "examples" => None,
            "$ref" => {
                let at = rule.as_str().and_then(|at| root.pointer(at.strip_prefix('#')?));
                fault(at.expect("it is defined"), value, root)
            }
            "type" => {
                let is = match rule.as_str().expect("a name") {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "integer" => value.is_i64(),
                    "boolean" => value.is_boolean(),
                    other => panic!("type {other}"),
                };
                (!is).then(|| format!("{value} is no {rule}"))
            }
            "minimum" => (value.as_i64() < rule.as_i64()).then(|| format!("{value} is less than {rule}")),
            "enum" => (!list().any(|one| one == value)).then(|| format!("{value} is none of {rule}")),
            "items" => value.as_array()?.iter().find_map(|item| fault(rule, item, root)),
            "anyOf" => list().all(|one| fault(one, value, root).is_some()).then(|| format!("{value} fits none")),
            "required" => names().find(|name| value.get(name).is_none()).map(|name| format!("{name} is missing")),
            "properties" => value.as_object()?.iter().find_map(|(key, value)| fault(rule.get(key)?, value, root)),
            "additionalProperties" => value.as_object()?.iter().find_map(|(key, value)| {
                let declared = schema.get("properties").is_some_and(|declared| declared.get(key).is_some());
                match rule {
                    _ if declared => None,
                    Value::Bool(false) => Some(format!("{key} is no key")),
                    rule => fault(rule, value, root),
                }
            }),
            other => panic!("the keyword {other}"),
        }
    })
}

fn value(spec: &str) -> Value {
    from_toml(toml_span::parse(spec).expect("it is TOML").take())
}

/// A value as inline TOML.
fn inline(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Object(table) => {
            let entry = |(key, value): (&String, &Value)| format!("{} = {}", Value::from(key.as_str()), inline(value));
            format!("{{ {} }}", table.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        plain => plain.to_string(),
    }
}

fn parsed(spec: &Value) -> Result<Spec, String> {
    let entries = spec.as_object().expect("a table").iter();
    let text: String = entries.map(|(key, value)| format!("{key} = {}\n", inline(value))).collect();
    let messages = |problems: &crate::problem::Problems| {
        problems.problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("\n")
    };
    Spec::parse("saas.toml", &text).map_err(|problems| messages(&problems))
}

/// The pointers to all objects within a value.
fn objects(value: &Value, at: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(table) => {
            found.push(at.to_owned());
            table.iter().map(|(key, value)| (key.clone(), value)).collect()
        }
        Value::Array(items) => items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect(),
        _ => Vec::new(),
    };
    children.into_iter().for_each(|(key, value)| objects(value, &format!("{at}/{key}"), found));
}

#[test]
fn all_specs_conform() {
    let schema = schema();
    for spec in SPECS {
        assert_eq!(fault(&schema, &value(spec), &schema), None);
        parsed(&value(spec)).expect("the same spec, written inline");
    }
}

#[test]
fn tables_of_one_name_have_one_schema() {
    for table in TABLES.iter().filter(|table| !table.keys.is_empty() && !table.table.is_empty()) {
        let other = TABLES.iter().find(|other| !other.keys.is_empty() && definition(other) == definition(table));
        let other = other.expect("itself, at least");
        assert_eq!(object(table), object(other), "{} and {}", table.table, other.table);
    }
}

/// Each table of each spec, with one key misspelt.
#[test]
fn misspelt_keys_do_not_conform() {
    let (schema, mut tried) = (schema(), 0);
    for spec in SPECS.map(value) {
        let mut tables = Vec::new();
        objects(&spec, "", &mut tables);
        // Users choose the keys of the others.
        let chosen =
            ["/environment", "/secrets", "/tags", "/conditions", "StringEquals", "/service", "/job", "/sidecar"];
        for at in tables.iter().filter(|at| !chosen.iter().any(|end| at.ends_with(end))) {
            let mut misspelt = spec.clone();
            let table = misspelt.pointer_mut(at).and_then(Value::as_object_mut).expect("it is a table");
            let key = table.keys().next().expect("no table is empty").clone();
            let content = table.remove(&key).expect("it is there");
            table.insert(format!("{key}x"), content);
            assert!(fault(&schema, &misspelt, &schema).is_some(), "{at}/{key}x");
            tried += 1;
        }
    }
    assert!(tried > 40, "{tried}");
}

/// Each spec, without one of its keys: the parser misses it exactly if the schema does.
#[test]
fn required_keys_are_those_that_the_parser_requires() {
    let (schema, mut missing) = (schema(), 0);
    for spec in SPECS.map(value) {
        let mut tables = Vec::new();
        objects(&spec, "", &mut tables);
        for at in tables {
            let keys: Vec<String> =
                spec.pointer(&at).and_then(Value::as_object).expect("a table").keys().cloned().collect();
            for key in keys {
                let mut without = spec.clone();
                without.pointer_mut(&at).and_then(Value::as_object_mut).expect("a table").remove(&key);
                let refused = parsed(&without).err().unwrap_or_default();
                // One problem stands for image, CPU and memory where another service could be meant.
                let is_missed = refused
                    .lines()
                    .any(|line| line.contains("is missing:") || line.starts_with("nothing says what the"));
                let fault = fault(&schema, &without, &schema);
                assert_eq!(is_missed, fault.is_some(), "{at}/{key}: {fault:?}\n{refused}");
                missing += usize::from(is_missed);
            }
        }
    }
    assert!(missing > 50, "{missing}");
}

/// A spec without a key has the same meaning as with its default.
#[test]
fn defaults_are_those_of_the_parser() {
    let (mut spec, mut tried) = (value(SPECS[3]), BTreeSet::new());
    // A table with `like` has what another says.
    let web = spec["service"]["web"].clone();
    for table in ["service", "job"] {
        for own in spec[table].as_object_mut().expect("a table").values_mut().filter_map(Value::as_object_mut) {
            if own.remove(service::LIKE.name).is_some() {
                let size = [service::IMAGE, service::CPU, service::MEMORY];
                own.extend(size.map(|key| (key.name.to_owned(), web[key.name].clone())));
            }
        }
    }
    let mut tables = Vec::new();
    objects(&spec, "", &mut tables);
    for at in tables.iter().filter(|at| !at.starts_with("/tenant/")) {
        let name = at.split('/').skip(1).filter(|part| part.parse::<usize>().is_err()).collect::<Vec<_>>().join(".");
        let Some(table) = TABLES.iter().find(|table| !table.keys.is_empty() && table.matches(&name)) else { continue };
        for key in table.keys {
            let Some(default) = key.default.and_then(toml) else { continue };
            let with = |value: Option<Value>| {
                let mut spec = spec.clone();
                let table = spec.pointer_mut(at).and_then(Value::as_object_mut).expect("a table");
                table.remove(key.name);
                table.extend(value.map(|value| (key.name.to_owned(), value)));
                parsed(&spec).map(|spec| spec.digest())
            };
            // A setting that this table cannot have, such as the retries of a migration, has no default there.
            let (Ok(absent), Ok(given)) = (with(None), with(Some(default))) else { continue };
            let is_writable = spec.pointer(&format!("{at}/readonly_root")) == Some(&Value::Bool(false));
            if *key == service::WRITABLE && is_writable {
                continue;
            }
            assert_eq!(absent, given, "{at}/{}", key.name);
            tried.insert((definition(table), key.name));
        }
    }
    let declared = TABLES.iter().filter(|table| !table.table.starts_with(OF_TENANT));
    let declared = declared.flat_map(|table| table.keys.iter().map(move |key| (table, key)));
    let declared = declared.filter(|(_, key)| key.default.is_some());
    let declared: BTreeSet<_> = declared.map(|(table, key)| (definition(table), key.name)).collect();
    assert_eq!(tried, declared);
}

#[test]
fn enumerated_values_are_those_that_the_parser_takes() {
    let spec = value(SPECS[3]);
    let with = |at: &str, value: &str| {
        let mut spec = spec.clone();
        *spec.pointer_mut(at).expect("it is there") = value.into();
        spec
    };
    let keys = [(service::ARCHITECTURE, "/service/web"), (job::RUN, "/job/migrate"), (names::SCOPE, "/names")];
    for (key, table) in keys {
        let at = format!("{table}/{}", key.name);
        for known in values(key).expect("it has few") {
            parsed(&with(&at, known)).expect("the schema offers it");
        }
        parsed(&with(&at, "other")).expect_err("the schema does not offer it");
        let schema = schema();
        assert!(fault(&schema, &with(&at, "other"), &schema).is_some(), "{at}");
    }
}
