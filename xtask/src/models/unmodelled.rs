//! `cargo xtask models --unmodelled`: lists the members that no operation of the sandbox reads.
//!
//! An operation looks up a member by name whether or not it is present, so the sandbox's tests show
//! which members it models. A member that no test reads, and that `inert.txt` does not list, is
//! rejected by the sandbox. A structure is read by the same code wherever it occurs in a service, so a
//! read by one operation counts for all operations that read such a structure.

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

/// The members of a service's operations that were not read, by path.
pub(super) fn of_service(model: &Value, signing_name: &str, asked: &Asked) -> BTreeSet<String> {
    let protocol = model["protocol"].as_str().unwrap_or_default();
    let mut walk = Walk { model, protocol, some: BTreeSet::new(), whole: BTreeSet::new(), missed: BTreeSet::new() };
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
    protocol: &'m str,
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
            let is_body =
                definition["payload"] == name.as_str() && model["shapes"][next(member)]["type"] != "structure";
            if is_body || self.protocol == "rest-xml" && is_carried(name, member, asked) {
                continue;
            }
            let separator = if at.is_empty() { "" } else { "." };
            let place = format!("{at}{separator}{}", self.wire(name, member, at));
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

    /// The name of a member in a request.
    fn wire(&self, name: &str, member: &Value, at: &str) -> String {
        let location_name = member["locationName"].as_str();
        match (self.protocol, member["queryName"].as_str()) {
            ("ec2", Some(name)) => name.to_owned(),
            ("ec2", None) => {
                let (first, rest) = location_name.unwrap_or(name).split_at(1);
                first.to_ascii_uppercase() + rest
            }
            ("rest-xml", _) if at.is_empty() => name.to_owned(),
            ("rest-json", _) if member["location"].is_string() => name.to_owned(),
            _ => location_name.unwrap_or(name).to_owned(),
        }
    }
}

/// Whether a member of S3 is in the path, or in a header or query parameter that is read.
fn is_carried(name: &str, member: &Value, asked: &BTreeSet<String>) -> bool {
    let carrier = member["locationName"].as_str().unwrap_or(name).to_ascii_lowercase();
    match member["location"].as_str() {
        None => false,
        Some("uri" | "headers") => true,
        Some(_) => asked.contains(&carrier),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
        let places = |places: &[&str]| places.iter().map(|place| (*place).to_owned()).collect::<BTreeSet<_>>();
        let asked = Asked::from([
            ("x Make".to_owned(), places(&["Tags", "Tags.Key", "Size"])),
            ("x Change".to_owned(), places(&["Tags"])),
        ]);
        let expected = ["x Change Size", "x Change Tags.Kind", "x Make Tags.Kind"];
        assert_eq!(of_service(&model, "x", &asked), places(&expected));
    }
}
