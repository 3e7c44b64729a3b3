//! XML as the value that a shape describes, with members under their names on the wire.

use roxmltree::Node;
use serde_json::{Map, Value};

use super::shape::{Model, Reference, Shape, Type};

/// The members of a structure, from the child elements of an element. A child that the shape does not
/// have becomes an empty string, which validation reports as unknown.
pub(super) fn structure(model: &'static Model, shape: &'static Shape, node: Node<'_, '_>) -> Value {
    let mut members = Map::new();
    for child in node.children().filter(Node::is_element) {
        let tag = child.tag_name().name();
        let named = |(name, member): &(&&'static str, &Reference)| {
            let wire = member.wire(name);
            wire == tag || flattened(model, member).is_some_and(|item| item.wire(wire) == tag)
        };
        let Some((name, member)) = shape.members.iter().find(named) else {
            members.insert(tag.to_owned(), Value::String(String::new()));
            continue;
        };
        let wire = member.wire(name).to_owned();
        match flattened(model, member) {
            None => drop(members.insert(wire, value(model, model.shape(member.shape), child))),
            Some(item) => {
                let list = members.entry(wire).or_insert_with(|| Value::Array(Vec::new()));
                if let Value::Array(list) = list {
                    list.push(value(model, model.shape(item.shape), child));
                }
            }
        }
    }
    Value::Object(members)
}

/// The items of a list whose elements have no element around them; `None` for any other member.
fn flattened(model: &'static Model, member: &Reference) -> Option<&'static Reference> {
    let shape = model.shape(member.shape);
    shape.member.as_ref().filter(|_| shape.kind == Type::List && (shape.flattened || member.flattened))
}

/// An element of another form than its shape becomes a structure, which validation reports as such.
fn value(model: &'static Model, shape: &'static Shape, node: Node<'_, '_>) -> Value {
    let mut children = node.children().filter(Node::is_element).peekable();
    match (shape.kind, &shape.member) {
        (Type::Structure, _) => structure(model, shape, node),
        (Type::List, Some(item)) if children.clone().all(|child| child.tag_name().name() == item.wire("member")) => {
            children.map(|child| value(model, model.shape(item.shape), child)).collect()
        }
        (Type::List, _) => Value::Object(Map::new()),
        _ if children.peek().is_some() => Value::Object(Map::new()),
        _ => Value::String(node.text().unwrap_or_default().to_owned()),
    }
}
