//! Validates an input against its shape.

use serde_json::Value;

use super::shape::{Model, Reference, Shape, Type};
use super::{exceptions, ignored};
use crate::input::is_off;
use crate::services::Service;

/// The protocol of an input, which decides member names and the format of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Ec2,
    Query,
    Json,
    Rest,
}

/// A deviation from the model. The value is absent where it may be a secret.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Violation {
    pub(super) place: Place,
    pub(super) value: Option<String>,
    pub(super) rule: Rule,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Rule {
    Missing,
    Unknown,
    /// AWS supports the member, and the sandbox does not.
    Unmodelled,
    /// The actual type and the expected one.
    Type {
        found: &'static str,
        wanted: Type,
    },
    LeastLength(f64),
    MostLength(f64),
    Least(f64),
    Most(f64),
    Pattern(String),
    Words(Vec<&'static str>),
    /// A key of a map is invalid.
    Key(Box<Rule>),
    /// A value of a map is invalid.
    Value(Box<Rule>),
}

/// The path of a value, with names as in the model and as on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Member { name: String, wire: String, location: Option<&'static str> },
    Index(usize),
}

impl Place {
    /// The path as most services write it: `tags.1.member.key`.
    pub(super) fn as_member(&self) -> String {
        let step = |step: &Step| match step {
            Step::Member { name, .. } => {
                let (first, rest) = name.split_at(name.chars().next().map_or(0, char::len_utf8));
                first.to_lowercase() + rest
            }
            Step::Index(index) => format!("{index}.member"),
        };
        self.0.iter().map(step).collect::<Vec<_>>().join(".")
    }

    /// The path as in a query request: `Tag.1.Key`.
    pub(super) fn as_sent(&self) -> String {
        let step = |step: &Step| match step {
            Step::Member { wire, .. } => wire.clone(),
            Step::Index(index) => index.to_string(),
        };
        self.0.iter().map(step).collect::<Vec<_>>().join(".")
    }

    /// The path without list positions.
    pub(super) fn without_positions(&self, form: Form) -> String {
        let step = |(depth, step): (usize, &Step)| match step {
            // The top-level members of a REST request are keyed by their names in the model.
            Step::Member { name, .. } if form == Form::Rest && depth == 0 => Some(name.clone()),
            Step::Member { wire, .. } => Some(wire.clone()),
            Step::Index(_) => None,
        };
        self.0.iter().enumerate().filter_map(step).collect::<Vec<_>>().join(".")
    }

    /// The part of the HTTP request that carries the value; `None` for the body.
    pub(super) fn location(&self) -> Option<&'static str> {
        self.0.iter().find_map(|step| match step {
            Step::Member { location, .. } => *location,
            Step::Index(_) => None,
        })
    }

    /// Whether it is a top-level member of the request.
    pub(super) fn is_outermost(&self) -> bool {
        self.0.len() == 1
    }
}

/// All deviations of an operation's input from the model.
pub(super) fn input(
    model: &'static Model,
    service: Service,
    form: Form,
    operation: &str,
    input: &Value,
) -> Vec<Violation> {
    check(model, form, Some((service, operation)), model.input(operation), input)
}

/// All deviations of an answer from its shape. XML is checked in the form of [`Form::Query`].
pub(super) fn output(model: &'static Model, form: Form, shape: &'static Shape, output: &Value) -> Vec<Violation> {
    check(model, form, None, shape, output)
}

fn check(
    model: &'static Model,
    form: Form,
    call: Option<(Service, &str)>,
    shape: &'static Shape,
    value: &Value,
) -> Vec<Violation> {
    let mut checker = Checker { model, form, call, place: Place::default(), violations: Vec::new() };
    checker.structure(shape, value, false);
    checker.violations
}

struct Checker<'o> {
    model: &'static Model,
    form: Form,
    /// The service and the operation whose input is checked; `None` for an answer.
    call: Option<(Service, &'o str)>,
    place: Place,
    violations: Vec<Violation>,
}

impl Checker<'_> {
    fn report(&mut self, rule: Rule, value: Option<String>) {
        self.violations.push(Violation { place: self.place.clone(), value, rule });
    }

    fn within(&mut self, step: Step, check: impl FnOnce(&mut Self)) {
        self.place.0.push(step);
        check(self);
        self.place.0.pop();
    }

    fn unknown(&mut self, key: &str) {
        let step = Step::Member { name: key.to_owned(), wire: key.to_owned(), location: None };
        self.within(step, |checker| checker.report(Rule::Unknown, None));
    }

    /// Whether a key of the query protocols selects the operation.
    fn is_of_the_protocol(&self, key: &str) -> bool {
        self.call.is_some() && self.is_query() && self.place.0.is_empty() && ["Action", "Version"].contains(&key)
    }

    fn step(&self, name: &'static str, member: &Reference) -> Step {
        let wire = match self.form {
            Form::Ec2 => member.ec2(name).into_owned(),
            Form::Json => member.json(name).to_owned(),
            Form::Query | Form::Rest => member.wire(name).to_owned(),
        };
        Step::Member { name: name.to_owned(), wire, location: member.location }
    }

    /// Whether the input has a member under this key. The top-level members of a REST request are keyed
    /// by their names in the model.
    fn is_under(&self, key: &str, name: &'static str, member: &Reference) -> bool {
        match self.form {
            Form::Ec2 => member.ec2(name) == key,
            Form::Rest if self.place.0.is_empty() => name == key,
            Form::Json => member.json(name) == key,
            Form::Query | Form::Rest => member.wire(name) == key,
        }
    }

    fn structure(&mut self, shape: &'static Shape, value: &Value, sensitive: bool) {
        if shape.document {
            return;
        }
        let present = match value {
            Value::Object(present) => Some(present),
            Value::Null if self.place.0.is_empty() => None,
            // The query protocols have no other form for an empty structure.
            Value::String(text) if text.is_empty() && self.form != Form::Json => None,
            _ => return self.wrong(shape, value),
        };
        for (key, value) in present.into_iter().flatten().filter(|(_, value)| !value.is_null()) {
            match shape.members.iter().find(|(name, member)| self.is_under(key, name, member)) {
                Some((name, member)) => {
                    let step = self.step(name, member);
                    self.within(step, |checker| checker.reference(member, value, sensitive));
                }
                None if self.is_of_the_protocol(key) => {}
                None => self.unknown(key),
            }
        }
        for name in &shape.required {
            let member = &shape.members[name];
            let is_there = present.is_some_and(|present| {
                let is_something = |value: &Value| !(value.is_null() || self.is_empty_list(member, value));
                present.iter().any(|(key, value)| is_something(value) && self.is_under(key, name, member))
            });
            // Operations of S3 check the bucket before they check for a body.
            let is_body = self.form == Form::Rest && shape.payload == Some(name);
            if !is_there && !is_body {
                let step = self.step(name, member);
                self.within(step, |checker| checker.report(Rule::Missing, None));
            }
        }
    }

    /// Whether a value is an empty list of the query protocols, which counts as absent.
    fn is_empty_list(&self, member: &Reference, value: &Value) -> bool {
        self.is_query() && self.model.shape(member.shape).kind == Type::List && value.as_str() == Some("")
    }

    fn is_query(&self) -> bool {
        matches!(self.form, Form::Ec2 | Form::Query)
    }

    fn reference(&mut self, reference: &'static Reference, value: &Value, sensitive: bool) {
        if let Some((service, operation)) = self.call
            && !is_off(value)
            && ignored::is_unmodelled(service, operation, &self.place.without_positions(self.form))
        {
            return self.report(Rule::Unmodelled, None);
        }
        let shape = self.model.shape(reference.shape);
        let sensitive = sensitive || reference.sensitive || shape.sensitive;
        match shape.kind {
            Type::Structure => self.structure(shape, value, sensitive),
            Type::List => self.list(shape, reference, value, sensitive),
            Type::Map => self.map(shape, value),
            _ => {
                for rule in self.faults(reference.shape, shape, value) {
                    let shown = value.as_str().map(str::to_owned).unwrap_or_else(|| value.to_string());
                    self.report(rule, (!sensitive && !value.is_object() && !value.is_array()).then_some(shown));
                }
            }
        }
    }

    fn list(&mut self, shape: &'static Shape, reference: &'static Reference, value: &Value, sensitive: bool) {
        let Some(member) = &shape.member else { return };
        let members = match (self.form, value) {
            (_, Value::Array(members)) => members.as_slice(),
            // In the query protocol one more name wraps a list, except an empty one.
            (Form::Query, Value::Object(around)) if around.len() == 1 => match around.get(member.wire("member")) {
                Some(Value::Array(members)) => members.as_slice(),
                _ => return self.wrong(shape, value),
            },
            (Form::Ec2 | Form::Query, Value::String(text)) if text.is_empty() => &[],
            _ => return self.wrong(shape, value),
        };
        for rule in lengths(shape, members.len()) {
            self.report(rule, None);
        }
        for (index, value) in members.iter().enumerate() {
            self.within(Step::Index(index + 1), |checker| {
                checker.reference(member, value, sensitive || reference.sensitive);
            });
        }
    }

    /// Any map may hold secrets in its keys and values, so violations never show them.
    fn map(&mut self, shape: &'static Shape, value: &Value) {
        let Value::Object(entries) = value else { return self.wrong(shape, value) };
        for rule in lengths(shape, entries.len()) {
            self.report(rule, None);
        }
        let (Some(key), Some(member)) = (&shape.key, &shape.value) else { return };
        for (name, value) in entries {
            for rule in self.faults(key.shape, self.model.shape(key.shape), &Value::String(name.clone())) {
                self.report(Rule::Key(Box::new(rule)), None);
            }
            let of_it = self.model.shape(member.shape);
            match of_it.kind {
                Type::Structure | Type::List | Type::Map => self.reference(member, value, true),
                _ => {
                    for rule in self.faults(member.shape, of_it, value) {
                        self.report(Rule::Value(Box::new(rule)), None);
                    }
                }
            }
        }
    }

    fn wrong(&mut self, shape: &'static Shape, value: &Value) {
        self.report(Rule::Type { found: found(value), wanted: shape.kind }, None);
    }

    /// The violations of a value that has no parts.
    fn faults(&self, name: &str, shape: &'static Shape, value: &Value) -> Vec<Rule> {
        let wrong = vec![Rule::Type { found: found(value), wanted: shape.kind }];
        let is_text = self.form != Form::Json;
        match shape.kind {
            Type::String => match value.as_str() {
                Some(text) => self.texts(name, shape, text),
                None => wrong,
            },
            Type::Blob => match value.as_str() {
                // Four characters of Base64 encode three bytes.
                Some(text) => lengths(shape, text.trim_end_matches('=').len() * 3 / 4),
                None => wrong,
            },
            Type::Boolean if is_text => match value.as_str() {
                Some("true" | "false") => Vec::new(),
                Some(text) if self.call.is_some() && text.to_ascii_lowercase().parse::<bool>().is_ok() => Vec::new(),
                _ => wrong,
            },
            Type::Boolean if value.is_boolean() => Vec::new(),
            Type::Integer | Type::Long => {
                let number = if is_text { value.as_str().and_then(|text| text.parse().ok()) } else { value.as_i64() };
                let number: Option<i64> = number;
                let fits = number.filter(|number| shape.kind == Type::Long || i32::try_from(*number).is_ok());
                #[expect(clippy::cast_precision_loss, reason = "no bound of a model is beyond 2^53")]
                fits.map_or(wrong, |number| bounds(shape, number as f64, Rule::Least, Rule::Most))
            }
            Type::Float | Type::Double => {
                let number = if is_text { value.as_str().and_then(|text| text.parse().ok()) } else { value.as_f64() };
                number.map_or(wrong, |number: f64| bounds(shape, number, Rule::Least, Rule::Most))
            }
            // Seconds in JSON; elsewhere a string, in a request in one of several formats.
            Type::Timestamp if !is_text && value.is_number() => Vec::new(),
            Type::Timestamp if is_text && value.as_str().is_some_and(|text| self.is_time(text)) => Vec::new(),
            _ => wrong,
        }
    }

    fn is_time(&self, text: &str) -> bool {
        self.call.is_some() || text.contains('T') && text.ends_with('Z')
    }

    fn texts(&self, name: &str, shape: &'static Shape, text: &str) -> Vec<Rule> {
        let is_exempt = match self.call {
            Some((service, _)) => exceptions::has_rules_of_its_own(service, name),
            None => exceptions::is_answered_otherwise(name),
        };
        if is_exempt {
            return Vec::new();
        }
        let mut rules = lengths(shape, text.chars().count());
        if let Some((pattern, regex)) = shape.pattern()
            && !regex.is_match(text)
        {
            rules.push(Rule::Pattern(pattern.to_owned()));
        }
        if !shape.words.is_empty() && !shape.words.contains(&text) {
            rules.push(Rule::Words(shape.words.clone()));
        }
        rules
    }
}

fn found(value: &Value) -> &'static str {
    match value {
        Value::Null => "NULL_VALUE",
        Value::Bool(true) => "TRUE_VALUE",
        Value::Bool(false) => "FALSE_VALUE",
        Value::Number(number) if number.is_f64() => "DECIMAL_VALUE",
        Value::Number(_) => "NUMBER_VALUE",
        Value::String(_) => "STRING_VALUE",
        Value::Array(_) => "START_ARRAY",
        Value::Object(_) => "START_OBJECT",
    }
}

fn lengths(shape: &Shape, length: usize) -> Vec<Rule> {
    #[expect(clippy::cast_precision_loss, reason = "no request is longer than 2^53")]
    bounds(shape, length as f64, Rule::LeastLength, Rule::MostLength)
}

fn bounds(shape: &Shape, number: f64, least: fn(f64) -> Rule, most: fn(f64) -> Rule) -> Vec<Rule> {
    let below = shape.min.filter(|least| number < *least).map(least);
    let above = shape.max.filter(|most| number > *most).map(most);
    below.into_iter().chain(above).collect()
}
