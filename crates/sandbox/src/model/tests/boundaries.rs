//! Boundary tests of every member of every operation, generated from the models: validation accepts a
//! value just inside each boundary, and reports one just outside.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::super::check::{self, Form, Rule};
use super::super::shape::{Model, Reference, Shape, Type};
use super::super::{exceptions, form};
use crate::services::Service;
use crate::testing::{Bench, first};

/// A walk through the input shape of an operation.
struct Walk {
    service: Service,
    form: Form,
    model: &'static Model,
    operation: &'static str,
    /// The number of boundaries tested.
    tried: usize,
}

impl Walk {
    /// Whether an input violates a rule of this kind.
    fn breaks(&self, input: &Value, is_meant: impl Fn(&Rule) -> bool) -> bool {
        check::input(self.model, self.service, self.form, self.operation, input)
            .iter()
            .any(|violation| is_meant(&violation.rule))
    }

    fn expect(
        &mut self,
        wrap: &dyn Fn(Value) -> Value,
        inside: Option<Value>,
        outside: Value,
        is_meant: impl Fn(&Rule) -> bool,
    ) {
        let Self { service, operation, .. } = *self;
        let input = wrap(outside);
        assert!(self.breaks(&input, &is_meant), "{service:?} {operation} lets through {input}");
        if let Some(inside) = inside {
            let input = wrap(inside);
            assert!(!self.breaks(&input, &is_meant), "{service:?} {operation} refuses {input}");
        }
        self.tried += 1;
    }

    fn text(&self, text: impl ToString, is_number: bool) -> Value {
        let text = text.to_string();
        if self.form == Form::Json && is_number {
            text.parse::<i64>().map_or(json!(text), |n| json!(n))
        } else {
            json!(text)
        }
    }

    fn structure(&mut self, shape: &'static Shape, wrap: &dyn Fn(Value) -> Value, within: &mut Vec<&'static str>) {
        self.expect(wrap, None, json!({ "NoSuchMember": "x" }), |rule| *rule == Rule::Unknown);
        for name in &shape.required {
            if self.form == Form::Rest && shape.payload == Some(name) {
                continue;
            }
            let others = shape.required.iter().filter(|other| *other != name);
            let others: Map<String, Value> =
                others.map(|other| (self.key(other, &shape.members[other], within), json!("x"))).collect();
            self.expect(wrap, None, Value::Object(others), |rule| *rule == Rule::Missing);
        }
        for (name, member) in &shape.members {
            let key = self.key(name, member, within);
            // An unmodelled member is refused for that reason alone.
            if self.breaks(&wrap(json!({ key.clone(): "x" })), |rule| *rule == Rule::Unmodelled) {
                self.tried += 1;
                continue;
            }
            self.member(member, &|value| wrap(json!({ key.clone(): value })), within);
        }
    }

    fn key(&self, name: &'static str, member: &Reference, within: &[&str]) -> String {
        match self.form {
            Form::Ec2 => member.ec2(name).into_owned(),
            Form::Rest if within.len() == 1 => name.to_owned(),
            Form::Json => member.json(name).to_owned(),
            _ => member.wire(name).to_owned(),
        }
    }

    fn member(&mut self, reference: &'static Reference, wrap: &dyn Fn(Value) -> Value, within: &mut Vec<&'static str>) {
        let shape = self.model.shape(reference.shape);
        if within.contains(&reference.shape) || shape.document {
            return;
        }
        let is_type = |rule: &Rule| matches!(rule, Rule::Type { .. });
        within.push(reference.shape);
        match shape.kind {
            Type::Structure => {
                self.expect(wrap, Some(json!({})), json!(["x"]), is_type);
                self.structure(shape, wrap, within);
            }
            Type::List => {
                self.expect(wrap, Some(json!([])).filter(|_| self.form != Form::Query), json!("x"), is_type);
                let member = shape.member.as_ref().expect("a list has members");
                let is_query = self.form == Form::Query;
                let name = member.wire("member");
                let around = |value: Value| if is_query { json!({ name: [value] }) } else { json!([value]) };
                self.member(member, &|value| wrap(around(value)), within);
            }
            Type::Map => self.expect(wrap, Some(json!({})), json!("x"), is_type),
            Type::String => {
                self.expect(wrap, None, json!({ "a": "b", "c": "d" }), is_type);
                self.string(reference.shape, shape, wrap);
            }
            Type::Integer | Type::Long => {
                self.expect(wrap, Some(self.text(1, true)), json!("many"), is_type);
                for (bound, step) in [(shape.min, -1.0), (shape.max, 1.0)] {
                    let Some(bound) = bound.filter(|bound| bound.abs() < f64::from(i32::MAX)) else { continue };
                    let is_meant = |rule: &Rule| matches!(rule, Rule::Least(_) | Rule::Most(_));
                    self.expect(wrap, Some(self.text(bound, true)), self.text(bound + step, true), is_meant);
                }
            }
            Type::Boolean => {
                let inside = if self.form == Form::Json { json!(true) } else { json!("true") };
                self.expect(wrap, Some(inside), json!("perhaps"), is_type);
            }
            Type::Float | Type::Double => self.expect(wrap, Some(self.text(1, true)), json!("much"), is_type),
            Type::Blob | Type::Timestamp => self.expect(wrap, None, json!({ "a": "b", "c": "d" }), is_type),
        }
        within.pop();
    }

    fn string(&mut self, name: &str, shape: &'static Shape, wrap: &dyn Fn(Value) -> Value) {
        if exceptions::has_rules_of_its_own(self.service, name) {
            return;
        }
        let of_length = |length: f64| json!("x".repeat(format!("{length}").parse().expect("a length")));
        let is_length = |rule: &Rule| matches!(rule, Rule::LeastLength(_) | Rule::MostLength(_));
        if let Some(least) = shape.min.filter(|least| *least > 0.0) {
            self.expect(wrap, Some(of_length(least)), of_length(least - 1.0), is_length);
        }
        if let Some(most) = shape.max.filter(|most| *most < 100_000.0) {
            self.expect(wrap, Some(of_length(most)), of_length(most + 1.0), is_length);
        }
        if let Some(word) = shape.words.first() {
            self.expect(wrap, Some(json!(word)), json!("no-such-word"), |rule| matches!(rule, Rule::Words(_)));
        }
        if let Some((_, regex)) = shape.pattern()
            && let Some(unlike) = ["\u{1}", "", "\u{1f600}"].into_iter().find(|text| !regex.is_match(text))
        {
            self.expect(wrap, None, json!(unlike), |rule| matches!(rule, Rule::Pattern(_)));
        }
    }
}

#[test]
fn every_member_of_every_operation_has_its_boundaries() {
    let mut tried = 0;
    for service in Service::ALL {
        for operation in service.operations() {
            let model = Model::of(service);
            let mut walk = Walk { service, form: form(service), model, operation, tried: 0 };
            walk.structure(model.input(operation), &|value| value, &mut vec![operation]);
            tried += walk.tried;
        }
    }
    assert!(tried > 3_000, "only {tried} boundaries were tried");
}

/// Makes a call over the wire; fails with the error code.
fn refused(bench: &Bench, service: Service, operation: &str, member: Option<&str>) -> Result<(), String> {
    match form(service) {
        Form::Json => {
            let input = member.map_or(json!({}), |member| json!({ member: "x" }));
            bench.json(service, operation, &input).map(drop)
        }
        _ => bench
            .query(service, operation, &member.map(|member| (member, "x")).into_iter().collect::<Vec<_>>())
            .map(drop),
    }
}

#[tokio::test(start_paused = true)]
async fn every_operation_validates_its_input() {
    let bench = Bench::new();
    for service in Service::ALL.into_iter().filter(|service| *service != Service::S3) {
        let mut codes = BTreeSet::new();
        for operation in service.operations() {
            let unknown = refused(&bench, service, operation, Some("NoSuchMember"));
            codes.insert(unknown.expect_err("the model has no such member"));
            if !Model::of(service).input(operation).required.is_empty() {
                let missing = refused(&bench, service, operation, None).expect_err("the model requires more");
                let is_task_definition = service == Service::Ecs && missing == "ClientException";
                assert!(
                    missing == service.missing_parameter() || is_task_definition,
                    "{service:?} {operation}: {missing}"
                );
            }
        }
        let expected = match form(service) {
            Form::Ec2 => "UnknownParameter",
            Form::Json => "SerializationException",
            _ if service == Service::Rds => "InvalidParameterValue",
            _ => "MalformedInput",
        };
        assert_eq!(codes.into_iter().collect::<Vec<_>>(), [expected], "{service:?}");
    }
    assert!(bench.inventory().is_empty());
    let header = [("x-amz-no-such-header", "x".to_owned())];
    let answer = bench.send(Service::S3, "PUT", "/bucket", &header, Vec::new());
    assert_eq!(first(&String::from_utf8_lossy(answer.body()), "Code").as_deref(), Some("NotImplemented"));
}
