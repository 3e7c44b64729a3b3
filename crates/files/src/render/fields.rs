//! Changed fields, line by line.

use std::collections::{BTreeMap, BTreeSet};

use saas_model::fields::FieldChange;
use serde_json::{Map, Value};

/// The lines that show how a field differs.
///
/// If both values are the same address, the reference stays and its target is replaced. Lists show only
/// the elements that differ, and policies only the differences within each statement.
#[must_use]
pub fn lines(change: &FieldChange) -> Vec<String> {
    parts(change).iter().flat_map(part).collect()
}

fn part(FieldChange { field, before, after }: &FieldChange) -> Vec<String> {
    if before == after {
        return vec![format!("{field}: {} (replaced)", bare(before))];
    }
    match (before, after) {
        (Value::Array(old), Value::Array(new)) => elements(field, old, new),
        _ => vec![format!("{field}: {} → {}", value(before), value(after))],
    }
}

/// The parts of a field that differ: an object's by key, a policy's by statement name.
#[must_use]
pub fn parts(change: &FieldChange) -> Vec<FieldChange> {
    if change.before == change.after {
        return vec![change.clone()];
    }
    let mut parts = Vec::new();
    push_parts(&mut parts, &change.field, &change.before, &change.after);
    parts
}

fn push_parts(parts: &mut Vec<FieldChange>, field: &str, before: &Value, after: &Value) {
    if before == after {
        return;
    }
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            let of = |object: &Map<String, Value>, key: &str| object.get(key).cloned().unwrap_or_default();
            // The field already contains the name of a statement that only one side has.
            for key in
                keys.into_iter().filter(|key| *key != "sid" || old.contains_key("sid") == new.contains_key("sid"))
            {
                push_parts(parts, &format!("{field}.{key}"), &of(old, key), &of(new, key));
            }
        }
        (Value::Array(old), Value::Array(new)) => match (by_sid(old), by_sid(new)) {
            (Some(old), Some(new)) => {
                let sids: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
                let none = Value::Object(Map::new());
                for sid in sids {
                    let of =
                        |statements: &BTreeMap<&str, &Value>| statements.get(sid).copied().unwrap_or(&none).clone();
                    push_parts(parts, &format!("{field}[{sid}]"), &of(&old), &of(&new));
                }
            }
            _ => parts.push(FieldChange { field: field.into(), before: before.clone(), after: after.clone() }),
        },
        _ => parts.push(FieldChange { field: field.into(), before: before.clone(), after: after.clone() }),
    }
}

/// A policy's statements by name; `None` for other lists, and if names are missing or repeated.
fn by_sid(list: &[Value]) -> Option<BTreeMap<&str, &Value>> {
    let named = list.iter().map(|element| Some((element.get("sid")?.as_str().filter(|sid| !sid.is_empty())?, element)));
    let named: BTreeMap<&str, &Value> = named.collect::<Option<_>>()?;
    (named.len() == list.len()).then_some(named)
}

/// The lines of several fields.
#[must_use]
pub fn all_lines(changes: &[FieldChange]) -> Vec<String> {
    changes.iter().flat_map(lines).collect()
}

fn elements(field: &str, old: &[Value], new: &[Value]) -> Vec<String> {
    let gone = old.iter().filter(|element| !new.contains(element)).map(|element| format!("  - {}", value(element)));
    let came = new.iter().filter(|element| !old.contains(element)).map(|element| format!("  + {}", value(element)));
    let lines: Vec<String> = gone.chain(came).collect();
    if lines.is_empty() {
        return vec![format!("{field}: the same elements in another order or number")];
    }
    std::iter::once(format!("{field}:")).chain(lines).collect()
}

/// A value as JSON in one line; `unset` if absent. A resource without a node is shown by its id.
#[must_use]
pub fn value(value: &Value) -> String {
    match value {
        Value::Null => "unset".to_owned(),
        Value::String(text) => match text.strip_prefix("unmanaged/").and_then(|rest| rest.split_once('/')) {
            Some((_, "none")) => "unset".to_owned(),
            Some((kind, id)) => format!("{kind} `{id}`, which is not in the plan"),
            None => value.to_string(),
        },
        other => other.to_string(),
    }
}

/// A value as JSON; a string without its quotes.
fn bare(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn change(before: Value, after: Value) -> String {
        lines(&FieldChange { field: "field".into(), before, after }).join("\n")
    }

    #[test]
    fn values_are_json() {
        assert_eq!(change(json!("a"), json!(1)), "field: \"a\" → 1");
        assert_eq!(change(Value::Null, json!("a")), "field: unset → \"a\"");
    }

    #[test]
    fn unmanaged_resource_is_shown_by_id_and_missing_value_as_unset() {
        let vpc = json!("network/vpc");
        let other = change(json!("unmanaged/vpc/vpc-7"), vpc.clone());
        assert_eq!(other, "field: vpc `vpc-7`, which is not in the plan → \"network/vpc\"");
        assert_eq!(change(json!("unmanaged/vpc/none"), vpc), "field: unset → \"network/vpc\"");
    }

    #[test]
    fn unchanged_reference_means_that_its_target_is_replaced() {
        assert_eq!(change(json!("network/vpc"), json!("network/vpc")), "field: network/vpc (replaced)");
    }

    #[test]
    fn policies_show_only_differing_parts_of_statements() {
        let statement = |sid: &str, actions: &[&str]| json!({ "sid": sid, "effect": "Deny", "actions": actions });
        let before = json!([statement("DenyOthers", &["s3:*"]), statement("DenyInsecureTransport", &["s3:*"])]);
        let after = json!([statement("DenyOthers", &["s3:Get*"]), statement("DenyInsecureTransport", &["s3:*"])]);
        assert_eq!(change(before.clone(), after), "field[DenyOthers].actions:\n  - \"s3:*\"\n  + \"s3:Get*\"");
        let fewer = json!([statement("DenyOthers", &["s3:*"])]);
        assert_eq!(
            change(before, fewer),
            "field[DenyInsecureTransport].actions: [\"s3:*\"] → unset\n\
             field[DenyInsecureTransport].effect: \"Deny\" → unset"
        );
    }

    #[test]
    fn lists_show_only_differing_elements() {
        assert_eq!(change(json!(["a", "b"]), json!(["b", "c"])), "field:\n  - \"a\"\n  + \"c\"");
        assert_eq!(change(json!(["a", "b"]), json!(["b", "a"])), "field: the same elements in another order or number");
    }
}
