//! Fields that differ, line by line.

use saas_model::fields::FieldChange;
use serde_json::Value;

/// The lines that say how a field differs.
///
/// Where both values are the same address, the field still refers to it, and it is the resource
/// there that will be another. Of lists only the elements that differ are told.
pub(crate) fn lines(change: &FieldChange) -> Vec<String> {
    let FieldChange { field, before, after } = change;
    if before == after {
        return vec![format!("{field}: {} (replaced)", bare(before))];
    }
    match (before, after) {
        (Value::Array(old), Value::Array(new)) => elements(field, old, new),
        _ => vec![format!("{field}: {} → {}", value(before), value(after))],
    }
}

/// The lines of several fields.
pub(crate) fn all_lines(changes: &[FieldChange]) -> Vec<String> {
    changes.iter().flat_map(lines).collect()
}

fn elements(field: &str, old: &[Value], new: &[Value]) -> Vec<String> {
    let gone = old.iter().filter(|element| !new.contains(element)).map(|element| format!("  - {}", value(element)));
    let came = new.iter().filter(|element| !old.contains(element)).map(|element| format!("  + {}", value(element)));
    let lines: Vec<String> = gone.chain(came).collect();
    if lines.is_empty() {
        return vec![format!("{field}: the same in another order, or another number of times")];
    }
    std::iter::once(format!("{field}:")).chain(lines).collect()
}

/// A value as JSON in one line; `nothing` where there is none.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        other => other.to_string(),
    }
}

/// A value as JSON, a text without its quotes.
pub(crate) fn bare(value: &Value) -> String {
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
        assert_eq!(change(Value::Null, json!("a")), "field: nothing → \"a\"");
    }

    #[test]
    fn the_same_address_means_that_its_resource_is_replaced() {
        assert_eq!(change(json!("network/vpc"), json!("network/vpc")), "field: network/vpc (replaced)");
    }

    #[test]
    fn of_lists_only_what_differs_is_told() {
        assert_eq!(change(json!(["a", "b"]), json!(["b", "c"])), "field:\n  - \"a\"\n  + \"c\"");
        assert_eq!(
            change(json!(["a", "b"]), json!(["b", "a"])),
            "field: the same in another order, or another number of times"
        );
    }
}
