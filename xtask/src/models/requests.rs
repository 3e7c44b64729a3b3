//! The requests of all operations of a service with REST, also of those that the sandbox does not have: it must not
//! take a request for the operation of a similar one.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use itertools::Itertools as _;
use serde_json::{Map, Value, json};

/// The method and the path of each operation, the names in its query, and the headers that it requires. Operations
/// that AWS has replaced are omitted: the requests of their successors are the same.
pub(super) fn of_all(model: &Value) -> Result<BTreeMap<String, Value>> {
    let operations = model["operations"].as_object().context("a model has operations")?;
    let current = operations.iter().filter(|(_, operation)| operation["deprecated"] != true);
    current.map(|(name, operation)| Ok((name.clone(), of(model, operation).with_context(|| name.clone())?))).collect()
}

fn of(model: &Value, operation: &Value) -> Result<Value> {
    let uri = operation["http"]["requestUri"].as_str().context("an operation has a path")?;
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    let names = query.split('&').filter(|part| !part.is_empty()).map(|part| part.split('=').next().unwrap_or_default());
    let input = operation["input"]["shape"].as_str().map_or(&Value::Null, |shape| &model["shapes"][shape]);
    let is_required = |name: &str| input["required"].as_array().is_some_and(|required| required.contains(&json!(name)));
    let carried = |location: &str, required: bool| -> Vec<&str> {
        let members = input["members"].as_object().into_iter().flatten();
        let there = members.filter(|(name, member)| member["location"] == location && is_required(name) == required);
        // Independent of the features of `serde_json`.
        there.filter_map(|(_, member)| member["locationName"].as_str()).sorted().collect()
    };
    let mut request =
        Map::from_iter([("method".to_owned(), operation["http"]["method"].clone()), ("path".to_owned(), json!(path))]);
    for (key, names) in [
        ("query", names.collect()),
        ("required", carried("querystring", true)),
        ("optional", carried("querystring", false)),
        ("headers", carried("header", true)),
    ] {
        if !names.is_empty() {
            request.insert(key.to_owned(), json!(names));
        }
    }
    Ok(Value::Object(request))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_has_method_path_query_and_required_headers() {
        let member =
            |location: &str, name: &str| json!({ "shape": "string", "location": location, "locationName": name });
        let http = json!({ "method": "PUT", "requestUri": "/{Bucket}?select&select-type=2" });
        let model = json!({
            "operations": {
                "Make": { "input": { "shape": "Make" }, "http": http },
                "MakeOld": { "input": { "shape": "Make" }, "http": http, "deprecated": true },
            },
            "shapes": { "Make": { "required": ["Id", "Source"], "members": {
                "Id": member("querystring", "id"),
                "Limit": member("querystring", "limit"),
                "Source": member("header", "x-amz-source"),
                "Owner": member("header", "x-amz-owner"),
            } } },
        });
        let expected = json!({
            "method": "PUT",
            "path": "/{Bucket}",
            "query": ["select", "select-type"],
            "required": ["id"],
            "optional": ["limit"],
            "headers": ["x-amz-source"],
        });
        assert_eq!(of_all(&model).expect("it is sound"), BTreeMap::from([("Make".to_owned(), expected)]));
    }
}
