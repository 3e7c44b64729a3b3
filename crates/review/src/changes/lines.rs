//! The differences of one resource, line by line: old and new values stand on lines of their own.

use saas_files::render::fields::parts;
use saas_model::Kind;
use saas_model::fields::FieldChange;
use saas_planner::diff::{NodeChange, NodeDiff};
use serde::Serialize;
use serde_json::{Map, Value};

use super::Mark;

/// One line of a difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Line {
    /// Old, new, or neither.
    pub side: Side,
    /// The field.
    pub field: String,
    /// Its value.
    pub value: String,
}

/// The side of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// As it was.
    Old,
    /// As it will be.
    New,
    /// A remark.
    Both,
}

/// What a difference does to the resource.
pub(crate) fn mark(change: &NodeChange) -> Mark {
    match change {
        NodeChange::Added(_) => Mark::Add,
        NodeChange::Removed(_) => Mark::Remove,
        NodeChange::Replaced { .. } => Mark::Replace,
        NodeChange::Changed(NodeDiff { kind, fields, .. }) => {
            let in_place = |change: &FieldChange| kind.updates_in_place(change.top());
            if fields.iter().all(in_place) { Mark::Update } else { Mark::Replace }
        }
    }
}

/// Whether a difference changes nothing live: it is only in what an apply sends when it creates the resource, and in
/// its order.
pub(super) fn is_of_plan_only(change: &NodeChange) -> bool {
    match change {
        NodeChange::Added(_) | NodeChange::Removed(_) | NodeChange::Replaced { .. } => false,
        NodeChange::Changed(NodeDiff { kind: _, fields, tags, initial: _, after_added: _, after_removed: _ }) => {
            fields.is_empty() && tags.is_empty()
        }
    }
}

/// The kind of the resource, after the change.
pub(super) const fn kind(change: &NodeChange) -> Kind {
    match change {
        NodeChange::Added(kind) | NodeChange::Removed(kind) | NodeChange::Replaced { before: _, after: kind } => *kind,
        NodeChange::Changed(diff) => diff.kind,
    }
}

/// The lines of a difference.
pub(super) fn lines(change: &NodeChange) -> Vec<Line> {
    match change {
        NodeChange::Added(_) | NodeChange::Removed(_) => Vec::new(),
        NodeChange::Replaced { before, after } => {
            vec![line(Side::Old, "kind", before.to_string()), line(Side::New, "kind", after.to_string())]
        }
        NodeChange::Changed(diff) => {
            let NodeDiff { kind: _, fields, tags, initial, after_added, after_removed } = diff;
            let of = |prefix: &str, changes: &[FieldChange]| {
                let parts = changes.iter().flat_map(parts);
                parts.flat_map(|part| sides(&format!("{prefix}{}", part.field), &part)).collect::<Vec<_>>()
            };
            let waits = |side: Side, addresses: &saas_model::Set<saas_model::Address>| {
                addresses.iter().map(|address| line(side, "depends on", address.to_string())).collect::<Vec<_>>()
            };
            [
                of("", fields),
                of("tag ", tags),
                of("at creation only: ", initial),
                waits(Side::Old, after_removed),
                waits(Side::New, after_added),
            ]
            .concat()
        }
    }
}

fn line(side: Side, field: &str, value: String) -> Line {
    Line { side, field: field.to_owned(), value }
}

/// Old values, then new ones.
fn sides(field: &str, FieldChange { field: _, before, after }: &FieldChange) -> Vec<Line> {
    if before == after {
        return vec![line(Side::Both, field, format!("{} (replaced)", text(field, before)))];
    }
    let of = |side: Side, values: Vec<&Value>| {
        values.into_iter().map(|value| line(side, field, text(field, value))).collect::<Vec<_>>()
    };
    if let (Value::Array(old), Value::Array(new)) = (before, after) {
        let gone: Vec<&Value> = old.iter().filter(|element| !new.contains(element)).collect();
        let came: Vec<&Value> = new.iter().filter(|element| !old.contains(element)).collect();
        if gone.is_empty() && came.is_empty() {
            return vec![line(Side::Both, field, "the same elements in another order or number".to_owned())];
        }
        return [of(Side::Old, gone), of(Side::New, came)].concat();
    }
    let present =
        |value| -> Vec<&Value> { Some(value).filter(|value: &&Value| !value.is_null()).into_iter().collect() };
    [of(Side::Old, present(before)), of(Side::New, present(after))].concat()
}

/// A value: a string as it is, anything else as JSON.
fn text(field: &str, value: &Value) -> String {
    let name = field.rsplit('.').next().unwrap_or(field);
    let value = if field.contains(".environment.") && is_secret(name) { Value::from(HIDDEN) } else { hidden(value) };
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

const HIDDEN: &str = "(not shown: its name says that it is secret)";

/// Whether an environment variable has a secret by its name. People write secrets where they do not belong, and
/// a comment on a pull request is read by many.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "CREDENTIAL", "PRIVATE", "API_KEY", "APIKEY", "ACCESS_KEY"]
        .iter()
        .any(|word| name.contains(word))
}

/// A value without secrets in the environment of containers.
fn hidden(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let entry = |(key, value): (&String, &Value)| match value {
                Value::Object(variables) if key == "environment" => (key.clone(), environment(variables)),
                value => (key.clone(), hidden(value)),
            };
            Value::Object(object.iter().map(entry).collect())
        }
        Value::Array(elements) => Value::Array(elements.iter().map(hidden).collect()),
        other => other.clone(),
    }
}

fn environment(variables: &Map<String, Value>) -> Value {
    let entry = |(name, value): (&String, &Value)| {
        (name.clone(), if is_secret(name) { Value::from(HIDDEN) } else { value.clone() })
    };
    Value::Object(variables.iter().map(entry).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(field: &str, before: Value, after: Value) -> Vec<String> {
        let change = FieldChange { field: field.to_owned(), before, after };
        let lines = parts(&change).into_iter().flat_map(|part| sides(&part.field, &part));
        lines.map(|Line { side, field, value }| format!("{side:?} {field}: {value}")).collect()
    }

    #[test]
    fn old_and_new_values_have_lines_of_their_own() {
        assert_eq!(shown("image", json!("a"), json!("b")), ["Old image: a", "New image: b"]);
        assert_eq!(shown("port", Value::Null, json!(80)), ["New port: 80"]);
        assert_eq!(shown("hosts", json!(["a", "b"]), json!(["b", "c"])), ["Old hosts: a", "New hosts: c"]);
        let reordered = shown("hosts", json!(["a", "b"]), json!(["b", "a"]));
        assert_eq!(reordered, ["Both hosts: the same elements in another order or number"]);
    }

    #[test]
    fn variables_that_are_secret_by_name_are_not_shown() {
        let field = "containers.web.environment.STRIPE_API_KEY";
        let lines = shown(field, json!("sk_live_1"), json!("sk_live_2")).join("\n");
        assert!(!lines.contains("sk_live") && lines.contains(field), "{lines}");
        let container = json!({ "environment": { "DB_PASSWORD": "hunter2", "LOG_LEVEL": "info" } });
        let lines = shown("containers.web", Value::Null, container).join("\n");
        assert!(!lines.contains("hunter2") && lines.contains("info"), "{lines}");
    }

    #[test]
    fn update_and_replacement_are_told_apart() {
        let changed = |field: &str| {
            let fields = vec![FieldChange { field: field.to_owned(), before: json!(1), after: json!(2) }];
            let none = saas_model::Set::new();
            let diff = NodeDiff {
                kind: Kind::TargetGroup,
                fields,
                tags: Vec::new(),
                initial: Vec::new(),
                after_added: none.clone(),
                after_removed: none,
            };
            mark(&NodeChange::Changed(diff))
        };
        assert_eq!(changed("health_check.path"), Mark::Update);
        assert_eq!(changed("port"), Mark::Replace);
    }
}
