//! The differences between two resources, field by field.
//!
//! This module compares values only. [`crate::impact`] says how a difference affects users of the
//! platform.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::address::Address;
use crate::resource::Resource;

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldChange {
    /// The path of the field: names joined by dots, such as `health_check.path`.
    pub field: String,
    /// The value before; `null` when the field was absent.
    pub before: Value,
    /// The value after; `null` when the field is absent now.
    pub after: Value,
}

impl FieldChange {
    /// The first name of the path: the field of the resource itself.
    #[must_use]
    pub fn top(&self) -> &str {
        self.field.split('.').next().unwrap_or_default()
    }

    /// The same change, relative to the struct in the field [`Self::top`].
    #[must_use]
    pub fn within(&self) -> Self {
        let rest = self.field.split_once('.').map_or("", |(_, rest)| rest);
        Self { field: rest.to_owned(), before: self.before.clone(), after: self.after.clone() }
    }
}

/// The fields in which two resources differ, in path order.
///
/// Objects are compared field by field. Lists are compared as a whole, because their elements have no
/// names.
#[must_use]
pub fn differences(before: &Resource, after: &Resource) -> Vec<FieldChange> {
    let mut found = Vec::new();
    compare(String::new(), &fields(before), &fields(after), &mut found);
    found
}

/// The fields of a resource as a JSON object.
///
/// # Panics
/// Never: every resource serializes, because its map keys are strings.
#[must_use]
pub fn fields(resource: &Resource) -> Value {
    let tagged = serde_json::to_value(resource).expect("resources serialize: their map keys are strings");
    match tagged {
        Value::Object(map) => map.into_iter().next().map_or(Value::Null, |(_, fields)| fields),
        other => other,
    }
}

/// The fields of a resource that refer to an address for which `renewed` is true, in path order.
/// `before` and `after` are the same address: the resource at that address is replaced.
pub fn rebound(resource: &Resource, renewed: impl Fn(&Address) -> bool) -> Vec<FieldChange> {
    let mut found = BTreeSet::new();
    resource.references_in_fields(&mut |path, reference| {
        if renewed(reference.address) {
            found.insert((path.to_string(), reference.address));
        }
    });
    let change = |(field, address): (String, &Address)| {
        let value = Value::from(address.as_str());
        FieldChange { field, before: value.clone(), after: value }
    };
    found.into_iter().map(change).collect()
}

/// The path of a field from the resource down. It is formatted only when it is shown.
#[derive(Clone, Copy, Debug)]
pub struct Path<'p> {
    outer: Option<&'p Path<'p>>,
    name: &'p str,
}

impl<'p> Path<'p> {
    /// The path of the resource itself.
    pub const ROOT: Self = Self { outer: None, name: "" };

    /// The path of a field in it.
    #[must_use]
    pub const fn then(&'p self, name: &'p str) -> Self {
        Self { outer: Some(self), name }
    }
}

/// Writes the names joined by dots.
impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.outer {
            Some(Path { outer: None, .. }) | None => f.write_str(self.name),
            Some(outer) => write!(f, "{outer}.{}", self.name),
        }
    }
}

fn compare(path: String, before: &Value, after: &Value, found: &mut Vec<FieldChange>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for key in keys {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                let value = |map: &serde_json::Map<String, Value>| map.get(key).cloned().unwrap_or(Value::Null);
                compare(path, &value(old), &value(new), found);
            }
        }
        _ if before == after => {}
        _ => found.push(FieldChange { field: path, before: before.clone(), after: after.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ref;
    use crate::resource::{LogGroup, ScalableTarget, ScalingMetric, ScalingPolicy};

    #[test]
    fn nested_fields_have_dotted_paths() {
        let target = |target, max| {
            Resource::from(ScalableTarget {
                service: Ref::to(Address::literal("tenant/acme/service/web")),
                resource_id: "service/a/b".into(),
                min: 2,
                max,
                policies: [(
                    "cpu".to_owned(),
                    ScalingPolicy {
                        metric: ScalingMetric::Cpu,
                        target,
                        scale_in_cooldown_seconds: 300,
                        scale_out_cooldown_seconds: 60,
                    },
                )]
                .into(),
            })
        };
        let changes = differences(&target(60, 8), &target(70, 9));
        let paths: Vec<&str> = changes.iter().map(|change| change.field.as_str()).collect();
        assert_eq!(paths, ["max", "policies.cpu.target"]);
        assert_eq!(changes[1].before, 60);
        assert_eq!(changes[1].after, 70);
    }

    #[test]
    fn references_are_found_in_fields_and_in_lists() {
        let subnet = |name: &str| Ref::to(Address::literal(format!("network/subnet/{name}")));
        let group = Resource::from(crate::resource::DbSubnetGroup {
            name: "saas-db".parse().expect("a valid name"),
            description: "network/subnet/c".into(),
            subnets: [subnet("a"), subnet("b")].into(),
        });
        let paths_to = |address: &Address| -> Vec<String> {
            rebound(&group, |renewed| renewed == address).into_iter().map(|change| change.field).collect()
        };
        assert_eq!(paths_to(&Address::literal("network/subnet/b")), ["subnets"]);
        let elsewhere = Address::literal("network/subnet/c");
        assert!(paths_to(&elsewhere).is_empty(), "a string that equals an address is not a reference");
    }

    #[test]
    fn equal_resources_do_not_differ() {
        let group =
            Resource::from(LogGroup { name: "/ecs/tenant/acme".parse().expect("a valid name"), retention_days: 30 });
        assert!(differences(&group, &group.clone()).is_empty());
    }
}
