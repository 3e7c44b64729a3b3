//! `cargo xtask models --unmodelled`: lists the members that no operation of the sandbox reads.
//!
//! An operation looks up a member by name whether or not it is present, so the sandbox's tests show
//! which members it models. A member that no test reads, and that `inert.txt` does not list, is
//! rejected by the sandbox. A structure is read by the same code wherever it occurs in a service, so a
//! read by one operation counts for all operations that read such a structure.
//!
//! `cargo xtask models` adds the members that are new in the models, so that the sandbox rejects them until this
//! command finds that an operation reads them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};
use fs_err as fs;
use serde_json::Value;

/// The members read, by `<service> <operation>`. An asterisk includes all nested members.
pub(super) type Asked = BTreeMap<String, BTreeSet<String>>;

/// Reads the files that the test processes wrote.
pub(super) fn asked(directory: &Path) -> Result<Asked> {
    let mut asked = Asked::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().starts_with("asked-") {
            continue;
        }
        for line in fs::read_to_string(entry.path())?.lines() {
            let (operation, place) = line.rsplit_once(' ').with_context(|| format!("no member in `{line}`"))?;
            asked.entry(operation.to_owned()).or_default().insert(place.to_owned());
        }
    }
    Ok(asked)
}

/// The list after a change of the models: without members that are gone, and with those that are new.
pub(super) fn after_change(
    list: &BTreeSet<String>,
    before: &BTreeSet<String>,
    now: &BTreeSet<String>,
) -> BTreeSet<String> {
    let is_new = |member: &str| now.contains(member) && !before.contains(member);
    // A member that is listed stands for all members in it.
    let is_in_new = |member: &str| member.rmatch_indices('.').any(|(end, _)| is_new(&member[..end]));
    let new = now.iter().filter(|member| is_new(member) && !is_in_new(member));
    list.intersection(now).chain(new).cloned().collect()
}

/// All members that the operations of a service may have, as `<service> <operation> <path>`.
pub(super) fn all(model: &Value) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let signing_name = model["signingName"].as_str().unwrap_or_default();
    for (name, operation) in model["operations"].as_object().into_iter().flatten() {
        if let Some(input) = operation["input"].as_str() {
            add_members(model, &format!("{signing_name} {name}"), input, "", &mut Vec::new(), &mut all);
        }
    }
    all
}

fn add_members<'m>(
    model: &'m Value,
    operation: &str,
    shape: &'m str,
    at: &str,
    within: &mut Vec<&'m str>,
    all: &mut BTreeSet<String>,
) {
    let Some(definition) = model["shapes"].get(shape).filter(|_| !within.contains(&shape)) else { return };
    within.push(shape);
    if let Some(element) = definition["member"]["shape"].as_str() {
        add_members(model, operation, element, at, within, all);
    }
    for (name, member) in definition["members"].as_object().into_iter().flatten() {
        let next = member["shape"].as_str().unwrap_or_default();
        if !is_body(model, definition, name, next) && !is_always_read(model, member) {
            let place = place(model, name, member, at);
            all.insert(format!("{operation} {place}"));
            add_members(model, operation, next, &place, within, all);
        }
    }
    within.pop();
}

/// The members of a service's operations that were not read, by path.
pub(super) fn of_service(model: &Value, signing_name: &str, asked: &Asked) -> BTreeSet<String> {
    let mut walk = Walk { model, some: BTreeSet::new(), whole: BTreeSet::new(), missed: BTreeSet::new() };
    let none = BTreeSet::new();
    // Two rounds complete the reads of shared shapes; only the result of the last round counts.
    for _ in 0..3 {
        walk.missed.clear();
        for (name, operation) in model["operations"].as_object().into_iter().flatten() {
            let operation_name = format!("{signing_name} {name}");
            let asked = asked.get(&operation_name).unwrap_or(&none);
            if let Some(input) = operation["input"].as_str() {
                walk.shape(&operation_name, asked, input, "", &mut Vec::new());
            }
        }
    }
    walk.missed
}

struct Walk<'m> {
    model: &'m Value,
    /// Members of nested shapes that are read, by shape and name.
    some: BTreeSet<(&'m str, &'m str)>,
    /// Shapes that are read as a whole.
    whole: BTreeSet<&'m str>,
    missed: BTreeSet<String>,
}

impl<'m> Walk<'m> {
    /// Visits a shape that is read. `within` are the enclosing shapes.
    fn shape(
        &mut self,
        operation: &str,
        asked: &BTreeSet<String>,
        shape: &'m str,
        at: &str,
        within: &mut Vec<&'m str>,
    ) {
        let model = self.model;
        let Some(definition) = model["shapes"].get(shape).filter(|_| !within.contains(&shape)) else { return };
        let next = |part: &'m Value| part["shape"].as_str().unwrap_or_default();
        within.push(shape);
        if definition["type"] == "list" {
            self.shape(operation, asked, next(&definition["member"]), at, within);
        }
        for (name, member) in definition["members"].as_object().into_iter().flatten() {
            if is_body(model, definition, name, next(member)) || is_carried(model, name, member, asked) {
                continue;
            }
            let place = place(model, name, member, at);
            let key = (shape, name.as_str());
            let is_inside = !at.is_empty();
            if asked.contains(&format!("{place}*")) {
                self.whole.insert(next(member));
            } else if asked.contains(&place) || is_inside && self.some.contains(&key) {
                self.some.extend(is_inside.then_some(key));
                if !self.whole.contains(next(member)) {
                    self.shape(operation, asked, next(member), &place, within);
                }
            } else {
                self.missed.insert(format!("{operation} {place}"));
            }
        }
        within.pop();
    }
}

/// The path of a member in a request.
fn place(model: &Value, name: &str, member: &Value, at: &str) -> String {
    let location_name = member["locationName"].as_str();
    let wire = match (model["protocol"].as_str().unwrap_or_default(), member["queryName"].as_str()) {
        ("ec2", Some(name)) => name.to_owned(),
        ("ec2", None) => {
            let (first, rest) = location_name.unwrap_or(name).split_at(1);
            first.to_ascii_uppercase() + rest
        }
        ("rest-xml", _) if at.is_empty() => name.to_owned(),
        ("rest-json", _) if member["location"].is_string() => name.to_owned(),
        _ => location_name.unwrap_or(name).to_owned(),
    };
    if at.is_empty() { wire } else { format!("{at}.{wire}") }
}

/// Whether a member is the whole body, but no document.
fn is_body(model: &Value, definition: &Value, name: &str, shape: &str) -> bool {
    definition["payload"] == name && model["shapes"][shape]["type"] != "structure"
}

/// Whether a member of S3 is in the path, or is a header with a prefix.
fn is_always_read(model: &Value, member: &Value) -> bool {
    model["protocol"] == "rest-xml" && (member["location"] == "uri" || member["location"] == "headers")
}

/// Whether a member of S3 is in the path, or in a header or query parameter that is read.
fn is_carried(model: &Value, name: &str, member: &Value, asked: &BTreeSet<String>) -> bool {
    let carrier = member["locationName"].as_str().unwrap_or(name).to_ascii_lowercase();
    let is_read = || member["location"].is_string() && asked.contains(&carrier);
    is_always_read(model, member) || model["protocol"] == "rest-xml" && is_read()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lines(lines: &[&str]) -> BTreeSet<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn new_members_are_listed_by_default() {
        let model = |members: serde_json::Value, operations: serde_json::Value| {
            json!({
                "protocol": "json",
                "signingName": "x",
                "operations": operations,
                "shapes": {
                    "Make": { "type": "structure", "members": members },
                    "Tags": { "type": "list", "member": { "shape": "Tag" } },
                    "Tag": { "type": "structure", "members": { "Key": { "shape": "string" } } },
                },
            })
        };
        let size = json!({ "Size": { "shape": "integer" }, "Old": { "shape": "string" } });
        let tags = json!({ "Size": { "shape": "integer" }, "Tags": { "shape": "Tags" } });
        let before = all(&model(size, json!({ "Make": { "input": "Make" } })));
        assert_eq!(before, lines(&["x Make Old", "x Make Size"]));
        let now = all(&model(tags, json!({ "Make": { "input": "Make" }, "Change": { "input": "Make" } })));
        let list = after_change(&lines(&["x Make Old"]), &before, &now);
        assert_eq!(list, lines(&["x Change Size", "x Change Tags", "x Make Tags"]));
    }

    #[test]
    fn read_of_a_shared_shape_counts_for_all_operations() {
        let tags = json!({ "Tags": { "shape": "Tags" }, "Size": { "shape": "integer" } });
        let model = json!({
            "protocol": "json",
            "operations": { "Make": { "input": "Make" }, "Change": { "input": "Change" } },
            "shapes": {
                "Make": { "type": "structure", "members": tags },
                "Change": { "type": "structure", "members": tags },
                "Tags": { "type": "list", "member": { "shape": "Tag" } },
                "Tag": { "type": "structure", "members": { "Key": { "shape": "string" }, "Kind": { "shape": "string" } } },
            },
        });
        let asked = Asked::from([
            ("x Make".to_owned(), lines(&["Tags", "Tags.Key", "Size"])),
            ("x Change".to_owned(), lines(&["Tags"])),
        ]);
        let expected = ["x Change Size", "x Change Tags.Kind", "x Make Tags.Kind"];
        assert_eq!(of_service(&model, "x", &asked), lines(&expected));
    }
}
