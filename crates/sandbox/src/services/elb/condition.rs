//! The conditions of rules.
//!
//! Source: Elastic Load Balancing API reference, `RuleCondition` and the structures in it.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::checks::invalid;
use super::quotas;
use crate::services::prelude::*;

/// The fields, each with the structure that contains its values.
const FIELDS: [(&str, &str); 6] = [
    (PATH, "PathPatternConfig"),
    (HOST, "HostHeaderConfig"),
    (HEADER, "HttpHeaderConfig"),
    (METHOD, "HttpRequestMethodConfig"),
    (QUERY, "QueryStringConfig"),
    (SOURCE, "SourceIpConfig"),
];
const PATH: &str = "path-pattern";
const HOST: &str = "host-header";
const HEADER: &str = "http-header";
const METHOD: &str = "http-request-method";
const QUERY: &str = "query-string";
const SOURCE: &str = "source-ip";

/// A condition, which one of its values must match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Condition {
    field: String,
    /// The name of the header, for a header condition.
    header: Option<String>,
    /// For a query string condition, the optional key of each value.
    keys: Vec<Option<String>>,
    /// Values, in which `*` and `?` can be wildcards.
    values: Vec<String>,
    /// Regular expressions. AWS supports them since 2025; the sandbox does not validate them.
    expressions: Vec<String>,
}

/// The conditions of a rule.
pub(super) fn conditions(input: &Input) -> Result<Vec<Condition>, Refusal> {
    let conditions: Vec<Condition> = input.list("Conditions").iter().map(Condition::new).collect::<Result<_, _>>()?;
    ensure!(!conditions.is_empty(), invalid("A condition must be specified"));
    let mut fields = BTreeSet::new();
    for condition in &conditions {
        let field = condition.field.as_str();
        if ![HEADER, QUERY].contains(&field) && !fields.insert(field) {
            return Err(invalid(format!("A rule can only have one condition of the field '{field}'")));
        }
    }
    let values: usize = conditions.iter().map(|condition| condition.values.len() + condition.expressions.len()).sum();
    if values > quotas::CONDITION_VALUES {
        return Err(invalid(format!("A rule can only have '{}' condition values", quotas::CONDITION_VALUES)));
    }
    let wildcards: usize = conditions.iter().map(Condition::wildcards).sum();
    if wildcards > quotas::CONDITION_WILDCARDS {
        return Err(invalid(format!("A rule can only have '{}' condition wildcards", quotas::CONDITION_WILDCARDS)));
    }
    Ok(conditions)
}

impl Condition {
    fn new(input: &Input) -> Result<Self, Refusal> {
        let field = input.required("Field")?;
        let Some((_, config)) = FIELDS.iter().find(|(known, _)| *known == field) else {
            let known = FIELDS.map(|(field, _)| field).join(", ");
            return Err(invalid(format!("Condition field '{field}' must be one of '[{known}]'")));
        };
        let inner = input.inner(config);
        let pairs = if field == QUERY { inner.list("Values") } else { Vec::new() };
        let mut condition = Self {
            field: field.to_owned(),
            header: inner.text("HttpHeaderName").map(str::to_owned),
            keys: pairs.iter().map(|pair| pair.text("Key").map(str::to_owned)).collect(),
            values: pairs.iter().map(value_of).collect::<Result<_, _>>()?,
            expressions: inner.texts("RegexValues"),
        };
        if field != QUERY {
            condition.values = inner.texts("Values");
        }
        // The values of two fields can also be outside of the structure.
        let (values, expressions) = (input.texts("Values"), input.texts("RegexValues"));
        match (input.has(config), [HOST, PATH].contains(&field)) {
            (true, true) if values.len() + expressions.len() > 0 => {
                let message =
                    format!("You cannot provide both Values and '{config}' for a condition of type '{field}'");
                return Err(invalid(message));
            }
            (false, true) if values.len() > 1 => {
                return Err(invalid(format!("The '{field}' field contains too many values; the limit is '1'")));
            }
            (false, true) => condition = Self { values, expressions, ..condition },
            (_, false) if values.len() + expressions.len() > 0 => {
                return Err(invalid(format!("The 'Values' field is not compatible with '{field}'")));
            }
            (false, false) => return Err(invalid(format!("A '{config}' must be specified with '{field}'"))),
            (true, _) => {}
        }
        if condition.values.is_empty() && condition.expressions.is_empty() {
            return Err(invalid("A condition value must be specified"));
        }
        condition.check_header()?;
        condition.check()?;
        Ok(condition)
    }

    fn check_header(&self) -> Result<(), Refusal> {
        if self.field != HEADER {
            return Ok(());
        }
        let name = self.header.as_deref().ok_or_else(|| Refusal::missing("HttpHeaderName"))?;
        let token = |letter: char| letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(letter);
        if name.is_empty() || name.chars().count() > 40 || !name.chars().all(token) {
            return Err(invalid(format!(
                "The 'HttpHeaderName' value '{name}' is too long or not a token; the limit is '40'"
            )));
        }
        if name.eq_ignore_ascii_case("host") {
            return Err(invalid("A condition of the host header must be of the field 'host-header'"));
        }
        Ok(())
    }

    /// The number of wildcards in the values.
    fn wildcards(&self) -> usize {
        if [METHOD, SOURCE].contains(&self.field.as_str()) {
            return 0;
        }
        let texts = self.values.iter().chain(self.keys.iter().flatten());
        texts.map(|text| text.matches(['*', '?']).count()).sum()
    }

    fn check(&self) -> Result<(), Refusal> {
        let name = self.field.as_str();
        let longest = if name == METHOD { 40 } else { 128 };
        for text in self.values.iter().chain(&self.expressions).chain(self.keys.iter().flatten()) {
            ensure!(!text.is_empty(), invalid("A condition value must be specified"));
            if text.chars().count() > longest {
                return Err(invalid(format!("The '{name}' value is too long; the limit is '{longest}'")));
            }
        }
        let is_sound = |value: &str| match name {
            HOST => is_host(value),
            PATH => value.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-.$/~\"'@:+&*?".contains(letter)),
            METHOD => value.chars().all(|letter| letter.is_ascii_uppercase() || "-_".contains(letter)),
            SOURCE => is_block(value),
            _ => true,
        };
        match self.values.iter().find(|value| !is_sound(value)) {
            Some(value) => Err(invalid(format!("Condition value '{value}' is not valid for the field '{name}'"))),
            None => Ok(()),
        }
    }

    pub(super) fn describe(&self) -> Vec<Element> {
        let values = || xml::texts("Values", "member", &self.values);
        let mut answer = vec![xml::text("Field", &self.field)];
        // AWS returns the values of these two fields in both places, regardless of the request.
        if [HOST, PATH].contains(&self.field.as_str()) {
            answer.push(values());
        }
        let mut inner: Vec<Element> = self.header.iter().map(|name| xml::text("HttpHeaderName", name)).collect();
        let pairs = self.keys.iter().zip(&self.values);
        let pairs = pairs.map(|(key, value)| vec![xml::optional("Key", key.as_ref()), xml::text("Value", value)]);
        inner.push(if self.field == QUERY { xml::list("Values", "member", pairs) } else { values() });
        if !self.expressions.is_empty() {
            inner.push(xml::texts("RegexValues", "member", &self.expressions));
        }
        let config = FIELDS.iter().find(|(field, _)| *field == self.field).map_or("", |(_, config)| config);
        answer.push(xml::element(config, inner));
        answer
    }
}

/// The value of a query parameter.
fn value_of(pair: &Input) -> Result<String, Refusal> {
    let value = pair.text("Value").map(str::to_owned);
    value.ok_or_else(|| invalid("A 'Value' must be specified in 'QueryStringKeyValuePair'"))
}

/// Whether a text is a host name with wildcards: it has at least one dot, and only letters after the
/// last.
fn is_host(value: &str) -> bool {
    let letters = value.chars().all(|letter| letter.is_ascii_alphanumeric() || "-.*?".contains(letter));
    let last = value.rsplit_once('.').map_or("", |(_, last)| last);
    letters && !last.is_empty() && last.chars().all(|letter| letter.is_ascii_alphabetic())
}

/// Whether a text is a CIDR block, such as `192.0.2.0/24`.
fn is_block(value: &str) -> bool {
    let Some((address, bits)) = value.split_once('/') else { return false };
    match (address.parse(), bits.parse::<u8>()) {
        (Ok(IpAddr::V4(_)), Ok(bits)) => bits <= 32,
        (Ok(IpAddr::V6(_)), Ok(bits)) => bits <= 128,
        _ => false,
    }
}
