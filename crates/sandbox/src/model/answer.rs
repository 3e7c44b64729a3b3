//! Validates an answer of the sandbox against the output shape of its operation: reports members that
//! are not in the model, and values that a client cannot parse. It reports only names, because values
//! may be secrets.

use http::Response;
use roxmltree::{Document, Node};
use serde_json::Value;

use super::check::Form;
use super::exceptions;
use super::shape::{Model, Reference, Shape, Type};

/// The paths at which an answer deviates from the model.
pub(super) fn faults(
    model: &'static Model,
    form: Form,
    operation: &str,
    answer: &Response<impl AsRef<[u8]>>,
) -> Vec<String> {
    let mut holder = Holder { model, faults: Vec::new() };
    let body = answer.body().as_ref();
    let shape = model.output(operation);
    match form {
        Form::Json => match serde_json::from_slice::<Value>(body) {
            Ok(value) => holder.json_structure(shape, &value, ""),
            Err(_) => holder.faults.push("the body is no JSON".to_owned()),
        },
        Form::Ec2 | Form::Query => holder.document(body, |holder, root| {
            let result = match form {
                Form::Ec2 => Some(root),
                _ => root.children().find(|node| node.tag_name().name() == format!("{operation}Result")),
            };
            if let Some(result) = result {
                holder.structure(shape, result, "", |_, name| matches!(name, "requestId" | "return"));
            }
        }),
        Form::Rest => holder.rest(shape, answer.headers(), body),
    }
    holder.faults
}

struct Holder {
    model: &'static Model,
    faults: Vec<String>,
}

impl Holder {
    fn document(&mut self, body: &[u8], hold: impl FnOnce(&mut Self, Node<'_, '_>)) {
        match std::str::from_utf8(body).ok().and_then(|text| Document::parse(text).ok()) {
            Some(document) => hold(self, document.root_element()),
            None => self.faults.push("the body is no XML".to_owned()),
        }
    }

    fn rest(&mut self, shape: Option<&'static Shape>, headers: &http::HeaderMap, body: &[u8]) {
        let members = || shape.into_iter().flat_map(|shape| &shape.members);
        for header in headers.keys().map(http::HeaderName::as_str).filter(|name| name.starts_with("x-amz-")) {
            let is_known = ["x-amz-request-id", "x-amz-id-2"].contains(&header)
                || members().any(|(name, member)| match member.location {
                    Some("header") => member.wire(name).eq_ignore_ascii_case(header),
                    Some("headers") => header.starts_with(member.wire(name)),
                    _ => false,
                });
            if !is_known {
                self.faults.push(format!("{header}: unknown"));
            }
        }
        let payload = shape.and_then(|shape| shape.payload);
        let payload = payload.and_then(|payload| members().find(|(name, _)| **name == payload));
        match payload {
            None if body.is_empty() => {}
            None => self.document(body, |holder, root| holder.structure(shape, root, "", |_, _| false)),
            Some((_, member)) => {
                let of_it = self.model.shape(member.shape);
                if of_it.kind == Type::Structure && !body.is_empty() {
                    self.document(body, |holder, root| holder.structure(Some(of_it), root, "", |_, _| false));
                }
            }
        }
    }

    fn structure(
        &mut self,
        shape: Option<&'static Shape>,
        node: Node<'_, '_>,
        at: &str,
        is_of_the_protocol: impl Fn(&str, &str) -> bool,
    ) {
        for child in node.children().filter(Node::is_element) {
            let name = child.tag_name().name();
            let place = place(at, name);
            let member = shape.into_iter().flat_map(|shape| &shape.members).find(|(own, member)| {
                let is_flat = self.is_flat(member);
                let of_list = self.model.shape(member.shape).member.as_ref();
                let wire = if is_flat {
                    of_list.map_or(member.wire(own), |of| of.wire(member.wire(own)))
                } else {
                    member.wire(own)
                };
                member.location.is_none() && (wire == name || is_flat && member.wire(own) == name)
            });
            match member {
                Some((_, member)) => self.element(member, child, &place),
                None if is_of_the_protocol(at, name) => {}
                None => self.faults.push(format!("{place}: unknown")),
            }
        }
    }

    fn is_flat(&self, member: &Reference) -> bool {
        let shape = self.model.shape(member.shape);
        shape.kind == Type::List && (shape.flattened || member.flattened)
    }

    fn element(&mut self, reference: &'static Reference, node: Node<'_, '_>, at: &str) {
        let shape = self.model.shape(reference.shape);
        match (shape.kind, &shape.member) {
            (Type::Structure, _) => self.structure(Some(shape), node, at, |_, _| false),
            (Type::List, Some(member)) if self.is_flat(reference) => self.element(member, node, at),
            (Type::List, Some(member)) => {
                for child in node.children().filter(Node::is_element) {
                    if child.tag_name().name() == member.wire("member") {
                        self.element(member, child, at);
                    } else {
                        self.faults.push(format!("{at}: a member is called {}", child.tag_name().name()));
                    }
                }
            }
            (Type::Map, _) => {}
            _ if node.children().any(|child| child.is_element()) => self.faults.push(format!("{at}: no structure")),
            (kind, _) => {
                let text = node.text().unwrap_or_default();
                let is_sound = match kind {
                    Type::Boolean => ["true", "false"].contains(&text),
                    Type::Integer | Type::Long => text.parse::<i64>().is_ok(),
                    Type::Float | Type::Double => text.parse::<f64>().is_ok(),
                    Type::Timestamp => text.contains('T') && text.ends_with('Z'),
                    _ => true,
                };
                self.scalar(is_sound, reference, Some(text), at);
            }
        }
    }

    fn scalar(&mut self, is_sound: bool, reference: &'static Reference, text: Option<&str>, at: &str) {
        let shape = self.model.shape(reference.shape);
        let text = text.filter(|_| !exceptions::is_answered_otherwise(reference.shape));
        if !is_sound {
            self.faults.push(format!("{at}: no {:?}", shape.kind));
        } else if text.is_some_and(|text| !shape.words.is_empty() && !shape.words.contains(&text)) {
            self.faults.push(format!("{at}: outside the enumeration"));
        }
    }

    fn json_structure(&mut self, shape: Option<&'static Shape>, value: &Value, at: &str) {
        let Value::Object(members) = value else { return self.faults.push(format!("{at}: no structure")) };
        if shape.is_some_and(|shape| shape.document) {
            return;
        }
        for (key, value) in members.iter().filter(|(_, value)| !value.is_null()) {
            let place = place(at, key);
            let member =
                shape.into_iter().flat_map(|shape| &shape.members).find(|(name, member)| member.wire(name) == key);
            match member {
                Some((_, member)) => self.json(member, value, &place),
                None => self.faults.push(format!("{place}: unknown")),
            }
        }
    }

    fn json(&mut self, reference: &'static Reference, value: &Value, at: &str) {
        let shape = self.model.shape(reference.shape);
        let is_sound = match shape.kind {
            Type::Structure => return self.json_structure(Some(shape), value, at),
            Type::List => {
                let member = shape.member.as_ref();
                if let (Some(values), Some(member)) = (value.as_array(), member) {
                    return values.iter().for_each(|value| self.json(member, value, at));
                }
                false
            }
            Type::Map => {
                if let (Some(entries), Some(member)) = (value.as_object(), &shape.value) {
                    return entries.values().for_each(|value| self.json(member, value, at));
                }
                false
            }
            Type::String | Type::Blob => value.is_string(),
            Type::Boolean => value.is_boolean(),
            Type::Integer | Type::Long => value.is_i64(),
            Type::Float | Type::Double | Type::Timestamp => value.is_number(),
        };
        self.scalar(is_sound, reference, value.as_str(), at);
    }
}

fn place(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}
