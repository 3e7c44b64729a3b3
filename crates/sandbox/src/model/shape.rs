//! The parts of an API model.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use regex::Regex;
use serde::Deserialize;

use super::pattern;
use super::request::RequestSyntax;

/// The shape of an input without parameters and of an answer without content.
const NO_MEMBERS: &str = "(no members)";

/// The operations of a service and the shapes of their inputs and outputs.
#[derive(Debug, Deserialize)]
pub(crate) struct Model {
    #[serde(borrow)]
    pub(super) operations: BTreeMap<&'static str, Operation>,
    /// In REST, the requests of all operations of AWS, also of those that the sandbox does not have.
    #[serde(borrow, default)]
    pub(super) requests: BTreeMap<&'static str, RequestSyntax>,
    #[serde(borrow)]
    shapes: BTreeMap<&'static str, Shape>,
}

/// An operation, with the names of its shapes.
#[derive(Debug, Deserialize)]
pub(super) struct Operation {
    pub(super) input: Option<&'static str>,
    pub(super) output: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Type {
    Structure,
    List,
    Map,
    #[default]
    String,
    Blob,
    Boolean,
    Integer,
    Long,
    Float,
    Double,
    Timestamp,
}

/// A type with its constraints.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Shape {
    #[serde(rename = "type")]
    pub(super) kind: Type,
    #[serde(borrow, default)]
    pub(super) members: BTreeMap<&'static str, Reference>,
    #[serde(borrow, default)]
    pub(super) required: Vec<&'static str>,
    pub(super) member: Option<Reference>,
    pub(super) key: Option<Reference>,
    pub(super) value: Option<Reference>,
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
    pattern: Option<String>,
    #[serde(borrow, default, rename = "enum")]
    pub(super) words: Vec<&'static str>,
    #[serde(default)]
    pub(super) sensitive: bool,
    #[serde(default)]
    pub(super) flattened: bool,
    /// The member that is the whole body of an HTTP message.
    pub(super) payload: Option<&'static str>,
    /// Whether it accepts any JSON.
    #[serde(default)]
    pub(super) document: bool,
    #[serde(skip)]
    compiled: OnceLock<Regex>,
}

/// A member of a structure or a list: its shape and its name on the wire.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reference {
    pub(super) shape: &'static str,
    pub(super) location: Option<&'static str>,
    location_name: Option<&'static str>,
    query_name: Option<&'static str>,
    #[serde(default)]
    pub(super) sensitive: bool,
    #[serde(default)]
    pub(super) flattened: bool,
}

impl Model {
    pub(super) fn read(text: &'static str) -> Self {
        let mut model: Self = serde_json::from_str(text).expect("`cargo xtask models` writes what is read here");
        for (name, kind) in [
            ("string", Type::String),
            ("blob", Type::Blob),
            ("boolean", Type::Boolean),
            ("integer", Type::Integer),
            ("long", Type::Long),
            ("float", Type::Float),
            ("double", Type::Double),
            ("timestamp", Type::Timestamp),
        ] {
            model.shapes.insert(name, Shape { kind, ..Shape::default() });
        }
        model.shapes.insert(NO_MEMBERS, Shape { kind: Type::Structure, ..Shape::default() });
        model
    }

    /// A shape by its name. Shapes without constraints are named by their types.
    pub(super) fn shape(&self, name: &str) -> &Shape {
        &self.shapes[name]
    }

    /// The shape of an operation's output.
    pub(super) fn output(&self, operation: &str) -> &Shape {
        self.shape(self.operations[operation].output.unwrap_or(NO_MEMBERS))
    }

    /// The shape of an operation's input.
    pub(super) fn input(&self, operation: &str) -> &Shape {
        self.shape(self.operations[operation].input.unwrap_or(NO_MEMBERS))
    }
}

#[cfg(test)]
impl Model {
    /// Parses everything that is otherwise parsed at its first use.
    pub(super) fn check(&self) {
        self.operations.values().flat_map(|operation| [operation.input, operation.output]).flatten().for_each(|name| {
            self.shape(name);
        });
        for shape in self.shapes.values() {
            shape.pattern();
            let parts = shape.members.values().chain(&shape.member).chain(&shape.key).chain(&shape.value);
            parts.for_each(|part| {
                self.shape(part.shape);
            });
            assert!(shape.required.iter().all(|name| shape.members.contains_key(name)));
        }
    }
}

impl Shape {
    /// Whether a header carries a member: the header of its name, or one with its prefix.
    pub(super) fn has_header(&self, header: &str) -> bool {
        self.members.iter().any(|(name, member)| match member.location {
            Some("header") => member.wire(name).eq_ignore_ascii_case(header),
            Some("headers") => header.starts_with(member.wire(name)),
            _ => false,
        })
    }

    /// The pattern as AWS writes it, and its compiled form.
    pub(super) fn pattern(&self) -> Option<(&str, &Regex)> {
        let pattern = self.pattern.as_deref()?;
        Some((pattern, self.compiled.get_or_init(|| pattern::compile(pattern))))
    }
}

impl Reference {
    /// The wire name of a member with this name in the model.
    pub(super) fn wire(&self, name: &'static str) -> &'static str {
        self.location_name.unwrap_or(name)
    }

    /// The name in the input of an operation with JSON. What the path or the query carries has the name of
    /// the model there.
    pub(super) fn json(&self, name: &'static str) -> &'static str {
        if self.location.is_some() { name } else { self.wire(name) }
    }

    /// The name in a request of the EC2 query protocol. Source: Smithy, "AWS EC2 query protocol",
    /// "Query key resolution".
    pub(super) fn ec2(&self, name: &'static str) -> Cow<'static, str> {
        match (self.query_name, self.location_name) {
            (Some(name), _) => name.into(),
            (None, Some(name)) => {
                let (first, rest) = name.split_at(1);
                (first.to_ascii_uppercase() + rest).into()
            }
            (None, None) => name.into(),
        }
    }
}
