//! Validates an answer of the sandbox against the output shape of its operation: reports members that
//! are not in the model, and values that a client cannot parse. It reports only names, because values
//! may be secrets.

use http::{HeaderMap, Response};
use roxmltree::Document;
use serde_json::Value;

use super::check::{self, Form, Rule, Violation};
use super::document;
use super::shape::{Model, Shape, Type};

/// What every answer of EC2 contains, or may contain, beside the members of its shape.
const OF_EC2: [&str; 2] = ["requestId: unknown", "return: unknown"];

/// The paths at which an answer deviates from the model.
pub(super) fn faults(
    model: &'static Model,
    form: Form,
    operation: &str,
    answer: &Response<impl AsRef<[u8]>>,
) -> Vec<String> {
    let body = std::str::from_utf8(answer.body().as_ref()).unwrap_or_default();
    let shape = model.output(operation);
    match form {
        Form::Json => match serde_json::from_str(body) {
            Ok(value) => deviations(model, form, shape, &value),
            Err(_) => vec!["the body is not JSON".to_owned()],
        },
        Form::Ec2 => {
            let mut faults = xml(model, shape, body, None);
            faults.retain(|fault| !OF_EC2.contains(&fault.as_str()));
            faults
        }
        Form::Query => xml(model, shape, body, Some(&format!("{operation}Result"))),
        Form::Rest => {
            let payload = shape.payload.map_or(shape, |name| model.shape(shape.members[name].shape));
            let has_xml = payload.kind == Type::Structure && !answer.body().as_ref().is_empty();
            let content = if has_xml { xml(model, payload, body, None) } else { Vec::new() };
            unknown_headers(shape, answer.headers()).chain(content).collect()
        }
    }
}

/// The deviations of the root of a document, or of a child element of it.
fn xml(model: &'static Model, shape: &'static Shape, body: &str, child: Option<&str>) -> Vec<String> {
    let Ok(document) = Document::parse(body) else { return vec!["the body is not XML".to_owned()] };
    let root = document.root_element();
    let node = child.map_or(Some(root), |name| root.children().find(|node| node.tag_name().name() == name));
    let value = node.map(|node| document::structure(model, shape, node));
    value.map(|value| deviations(model, Form::Query, shape, &value)).unwrap_or_default()
}

fn deviations(model: &'static Model, form: Form, shape: &'static Shape, value: &Value) -> Vec<String> {
    let told = |Violation { place, rule, .. }: Violation| {
        Some(format!("{}: {}", place.without_positions(form), named(&rule)?))
    };
    check::output(model, form, shape, value).into_iter().filter_map(told).collect()
}

/// The name of a violation in an answer. The other rules are about requests.
fn named(rule: &Rule) -> Option<String> {
    match rule {
        Rule::Unknown => Some("unknown".to_owned()),
        Rule::Type { wanted, .. } => Some(format!("not a {wanted:?}")),
        Rule::Words(_) => Some("outside the enumeration".to_owned()),
        Rule::Key(rule) | Rule::Value(rule) => named(rule),
        Rule::Missing | Rule::Unmodelled | Rule::LeastLength(_) | Rule::MostLength(_) => None,
        Rule::Least(_) | Rule::Most(_) | Rule::Pattern(_) => None,
    }
}

fn unknown_headers(shape: &'static Shape, headers: &HeaderMap) -> impl Iterator<Item = String> {
    let names = headers.keys().map(http::HeaderName::as_str).filter(|name| name.starts_with("x-amz-"));
    let unknown = names.filter(|name| !["x-amz-request-id", "x-amz-id-2"].contains(name) && !shape.has_header(name));
    unknown.map(|name| format!("{name}: unknown"))
}
