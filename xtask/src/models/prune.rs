//! Reduces a botocore model to some operations, and each shape to the fields that validation needs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Context, Result, bail, ensure};
use itertools::Itertools as _;
use serde_json::{Map, Value, json};

use super::requests;

/// The kept fields of a shape, in addition to its type and members.
const SHAPE_FIELDS: [&str; 9] =
    ["enum", "flattened", "max", "min", "pattern", "payload", "required", "sensitive", "document"];

/// The kept fields of a member, of a list's member, and of a map's key and value.
const REFERENCE_FIELDS: [&str; 6] = ["flattened", "location", "locationName", "queryName", "sensitive", "xmlAttribute"];

/// Shapes without constraints are inlined by their type.
const PLAIN: [&str; 8] = ["blob", "boolean", "double", "float", "integer", "long", "string", "timestamp"];

/// The pruned model as text: one line per operation and shape, in alphabetical order.
pub(super) fn prune(model: &Value, operations: &BTreeSet<String>) -> Result<String> {
    let metadata = &model["metadata"];
    let shapes = model["shapes"].as_object().context("a model has shapes")?;
    let is_rest = ["rest-xml", "rest-json"].iter().any(|protocol| metadata["protocol"] == *protocol);
    let (mut kept, mut used) = (BTreeMap::new(), BTreeMap::new());
    for name in operations {
        let operation = model["operations"].get(name).with_context(|| format!("the model has no operation {name}"))?;
        let mut pruned_operation = BTreeMap::new();
        for side in ["input", "output"] {
            if let Some(reference) = operation.get(side) {
                let shape = reference["shape"].as_str().context("a side has a shape")?;
                collect_shape(shapes, shape, &mut used)?;
                pruned_operation.insert(side, json!(shape));
            }
        }
        kept.insert(name.clone(), serde_json::to_value(pruned_operation)?);
    }
    let used: BTreeMap<String, Value> = used.into_iter().filter_map(|(name, shape)| Some((name, shape?))).collect();
    let mut text = String::new();
    let signing_name = metadata.get("signingName").unwrap_or(&metadata["endpointPrefix"]);
    let (version, protocol) = (&metadata["apiVersion"], &metadata["protocol"]);
    writeln!(
        text,
        "{{\"apiVersion\":{version},\"protocol\":{protocol},\"signingName\":{signing_name},\"operations\":{{"
    )?;
    lines(&mut text, &kept)?;
    if is_rest {
        text.push_str("},\"requests\":{\n");
        lines(&mut text, &requests::of_all(model)?)?;
    }
    text.push_str("},\"shapes\":{\n");
    lines(&mut text, &used)?;
    text.push_str("}}\n");
    Ok(text)
}

fn lines(text: &mut String, entries: &BTreeMap<String, Value>) -> Result<()> {
    for (number, (name, value)) in entries.iter().enumerate() {
        let comma = if number + 1 < entries.len() { "," } else { "" };
        writeln!(text, "{}:{}{comma}", json!(name), ordered(value))?;
    }
    Ok(())
}

/// The value with sorted keys, independent of the features of `serde_json`.
fn ordered(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let sorted: BTreeMap<&String, &Value> = map.iter().collect();
            let members: Vec<String> =
                sorted.into_iter().map(|(key, value)| format!("{}:{}", json!(key), ordered(value))).collect();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(ordered).join(",")),
        other => other.to_string(),
    }
}

/// Collects a shape and the shapes that it refers to; `None` means that it is inlined by its type.
fn collect_shape(shapes: &Map<String, Value>, name: &str, used: &mut BTreeMap<String, Option<Value>>) -> Result<()> {
    if used.contains_key(name) {
        return Ok(());
    }
    let shape = shapes.get(name).with_context(|| format!("the model has no shape {name}"))?;
    let kind = shape["type"].as_str().context("a shape has a type")?;
    let mut pruned = keep(shape, &SHAPE_FIELDS);
    if pruned.is_empty() && PLAIN.contains(&kind) {
        used.insert(name.to_owned(), None);
        return Ok(());
    }
    ensure!(!PLAIN.contains(&name), "the shape {name} is named like a type, but has constraints");
    pruned.insert("type".to_owned(), json!(kind));
    used.insert(name.to_owned(), Some(Value::Null));
    for part in ["member", "key", "value"] {
        if let Some(reference) = shape.get(part) {
            pruned.insert(part.to_owned(), prune_reference(shapes, reference, used)?);
        }
    }
    if kind == "structure" {
        let mut members = Map::new();
        for (member, reference) in shape["members"].as_object().into_iter().flatten() {
            members.insert(member.clone(), prune_reference(shapes, reference, used)?);
        }
        pruned.insert("members".to_owned(), Value::Object(members));
    } else if !PLAIN.contains(&kind) && !["list", "map"].contains(&kind) {
        bail!("{name} has the unknown type {kind}");
    }
    used.insert(name.to_owned(), Some(Value::Object(pruned)));
    Ok(())
}

fn prune_reference(
    shapes: &Map<String, Value>,
    reference: &Value,
    used: &mut BTreeMap<String, Option<Value>>,
) -> Result<Value> {
    let name = reference["shape"].as_str().context("a member has a shape")?;
    collect_shape(shapes, name, used)?;
    let is_plain = used.get(name).is_some_and(Option::is_none);
    let mut pruned = keep(reference, &REFERENCE_FIELDS);
    pruned.insert("shape".to_owned(), if is_plain { shapes[name]["type"].clone() } else { json!(name) });
    Ok(Value::Object(pruned))
}

fn keep(value: &Value, keys: &[&str]) -> Map<String, Value> {
    let kept = keys.iter().filter_map(|key| Some(((*key).to_owned(), value.get(key)?.clone())));
    kept.filter(|(_, value)| *value != json!([])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> Value {
        json!({
            "metadata": { "apiVersion": "2026-01-01", "endpointPrefix": "maker", "protocol": "json" },
            "operations": {
                "Make": { "input": { "shape": "MakeRequest" }, "http": { "method": "POST" }, "documentation": "long" },
                "Other": { "input": { "shape": "OtherRequest" } },
            },
            "shapes": {
                "MakeRequest": {
                    "type": "structure",
                    "required": ["Name"],
                    "members": { "Name": { "shape": "Name", "documentation": "x" }, "Size": { "shape": "Number" } },
                },
                "Name": { "type": "string", "max": 5, "min": 1, "documentation": "x" },
                "Number": { "type": "integer" },
                "OtherRequest": { "type": "structure", "members": {} },
            },
        })
    }

    #[test]
    fn only_shapes_of_the_operation_are_kept() {
        let pruned = prune(&model(), &BTreeSet::from(["Make".to_owned()])).expect("it is sound");
        let expected = "{\"apiVersion\":\"2026-01-01\",\"protocol\":\"json\",\"signingName\":\"maker\",\"operations\":{\n\
                        \"Make\":{\"input\":\"MakeRequest\"}\n\
                        },\"shapes\":{\n\
                        \"MakeRequest\":{\"members\":{\"Name\":{\"shape\":\"Name\"},\"Size\":{\"shape\":\"integer\"}},\
                        \"required\":[\"Name\"],\"type\":\"structure\"},\n\
                        \"Name\":{\"max\":5,\"min\":1,\"type\":\"string\"}\n\
                        }}\n";
        assert_eq!(pruned, expected);
    }

    #[test]
    fn unknown_operation_is_reported() {
        let error = prune(&model(), &BTreeSet::from(["None".to_owned()])).expect_err("there is none");
        assert_eq!(error.to_string(), "the model has no operation None");
    }
}
