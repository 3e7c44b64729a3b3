//! When a rule applies.
//!
//! Source: Elastic Load Balancing API reference, `RuleCondition` and the structures in it.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::checks::invalid;
use super::quotas;
use crate::services::prelude::*;

const FIELDS: [&str; 6] =
    ["http-header", "http-request-method", "host-header", "path-pattern", "query-string", "source-ip"];

/// A condition: one of its values must match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Condition {
    field: Field,
    /// Values in which `*` and `?` may be wildcards.
    values: Vec<String>,
    /// Regular expressions; AWS has them since 2025 and they are not looked into here.
    expressions: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Field {
    Host,
    Path,
    /// A header, by its name.
    Header(String),
    Method,
    /// Parameters of the query; the keys that go with the values, where there is one.
    Query(Vec<Option<String>>),
    Source,
}

/// The conditions of a rule.
pub(super) fn conditions(input: &Input) -> Result<Vec<Condition>, Refusal> {
    let conditions: Vec<Condition> = input.list("Conditions").iter().map(Condition::new).collect::<Result<_, _>>()?;
    if conditions.is_empty() {
        return Err(invalid("A condition must be specified"));
    }
    let mut fields = BTreeSet::new();
    for condition in &conditions {
        let repeats = matches!(condition.field, Field::Header(_) | Field::Query(_));
        if !repeats && !fields.insert(&condition.field) {
            return Err(invalid(format!("A rule can only have one condition of the field '{}'", condition.name())));
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
        let condition = match input.required("Field")? {
            "host-header" => Self::plain(input, Field::Host, "HostHeaderConfig")?,
            "path-pattern" => Self::plain(input, Field::Path, "PathPatternConfig")?,
            "http-header" => Self::header(input)?,
            "http-request-method" => Self::simple(input, Field::Method, "HttpRequestMethodConfig")?,
            "query-string" => Self::query(input)?,
            "source-ip" => Self::simple(input, Field::Source, "SourceIpConfig")?,
            other => return Err(invalid(format!("Condition field '{other}' must be one of '{}'", FIELDS.join(", ")))),
        };
        if condition.values.is_empty() && condition.expressions.is_empty() {
            return Err(invalid("A condition value must be specified"));
        }
        condition.check()?;
        Ok(condition)
    }

    /// A field whose single value may stand by itself.
    fn plain(input: &Input, field: Field, config: &str) -> Result<Self, Refusal> {
        let condition = Self { field, values: input.texts("Values"), expressions: input.texts("RegexValues") };
        let alone = condition.values.len() + condition.expressions.len();
        let structure = input.inner(config);
        let (values, expressions) = (structure.texts("Values"), structure.texts("RegexValues"));
        if !input.has(config) {
            if condition.values.len() > 1 {
                let name = condition.name();
                return Err(invalid(format!("The '{name}' field contains too many values; the limit is '1'")));
            }
            return Ok(condition);
        }
        if alone > 0 {
            let name = condition.name();
            let message = format!("You cannot provide both Values and '{config}' for a condition of type '{name}'");
            return Err(invalid(message));
        }
        Ok(Self { values, expressions, ..condition })
    }

    /// A field whose values are in a structure.
    fn simple(input: &Input, field: Field, config: &str) -> Result<Self, Refusal> {
        let inner = structure(input, config)?;
        Ok(Self { field, values: inner.texts("Values"), expressions: Vec::new() })
    }

    fn header(input: &Input) -> Result<Self, Refusal> {
        let config = structure(input, "HttpHeaderConfig")?;
        let name = config.required("HttpHeaderName")?;
        let token = |letter: char| letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(letter);
        if name.is_empty() || name.chars().count() > 40 || !name.chars().all(token) {
            return Err(invalid(format!(
                "The 'HttpHeaderName' value '{name}' is too long or not a token; the limit is '40'"
            )));
        }
        if name.eq_ignore_ascii_case("host") {
            return Err(invalid("A condition of the host header must be of the field 'host-header'"));
        }
        let field = Field::Header(name.to_owned());
        Ok(Self { field, values: config.texts("Values"), expressions: config.texts("RegexValues") })
    }

    fn query(input: &Input) -> Result<Self, Refusal> {
        let pairs = structure(input, "QueryStringConfig")?.list("Values");
        let keys = pairs.iter().map(|pair| pair.text("Key").map(str::to_owned)).collect();
        let value = |pair: &Input| {
            let value = pair.text("Value").map(str::to_owned);
            value.ok_or_else(|| invalid("A 'Value' must be specified in 'QueryStringKeyValuePair'"))
        };
        let values = pairs.iter().map(value).collect::<Result<_, _>>()?;
        Ok(Self { field: Field::Query(keys), values, expressions: Vec::new() })
    }

    const fn name(&self) -> &'static str {
        match self.field {
            Field::Host => "host-header",
            Field::Path => "path-pattern",
            Field::Header(_) => "http-header",
            Field::Method => "http-request-method",
            Field::Query(_) => "query-string",
            Field::Source => "source-ip",
        }
    }

    /// How many wildcards it has.
    fn wildcards(&self) -> usize {
        let keys = match &self.field {
            Field::Query(keys) => keys.as_slice(),
            Field::Host | Field::Path | Field::Header(_) => &[],
            Field::Method | Field::Source => return 0,
        };
        let texts = self.values.iter().chain(keys.iter().flatten());
        texts.map(|text| text.matches(['*', '?']).count()).sum()
    }

    fn check(&self) -> Result<(), Refusal> {
        let name = self.name();
        let longest = if self.field == Field::Method { 40 } else { 128 };
        let keys = if let Field::Query(keys) = &self.field { keys.as_slice() } else { &[] };
        for text in self.values.iter().chain(&self.expressions).chain(keys.iter().flatten()) {
            if text.is_empty() {
                return Err(invalid("A condition value must be specified"));
            }
            if text.chars().count() > longest {
                return Err(invalid(format!("The '{name}' value is too long; the limit is '{longest}'")));
            }
        }
        for value in &self.values {
            let sound = match self.field {
                Field::Host => is_host(value),
                Field::Path => {
                    value.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-.$/~\"'@:+&*?".contains(letter))
                }
                Field::Method => value.chars().all(|letter| letter.is_ascii_uppercase() || "-_".contains(letter)),
                Field::Source => is_block(value),
                Field::Header(_) | Field::Query(_) => true,
            };
            if !sound {
                return Err(invalid(format!("Condition value '{value}' is not valid for the field '{name}'")));
            }
        }
        Ok(())
    }

    pub(super) fn describe(&self) -> Vec<Element> {
        let mut answer = vec![xml::text("Field", self.name())];
        let values = || xml::texts("Values", "member", &self.values);
        let mut config = match &self.field {
            Field::Header(name) => vec![xml::text("HttpHeaderName", name), values()],
            Field::Query(keys) => vec![xml::list("Values", "member", self.pairs(keys))],
            Field::Host | Field::Path | Field::Method | Field::Source => vec![values()],
        };
        if !self.expressions.is_empty() {
            config.push(xml::texts("RegexValues", "member", &self.expressions));
        }
        // AWS tells the values of these two in both places, wherever they were told.
        if matches!(self.field, Field::Host | Field::Path) {
            answer.push(values());
        }
        let name = match &self.field {
            Field::Host => "HostHeaderConfig",
            Field::Path => "PathPatternConfig",
            Field::Header(_) => "HttpHeaderConfig",
            Field::Method => "HttpRequestMethodConfig",
            Field::Query(_) => "QueryStringConfig",
            Field::Source => "SourceIpConfig",
        };
        answer.push(xml::element(name, config));
        answer
    }

    fn pairs<'a>(&'a self, keys: &'a [Option<String>]) -> impl Iterator<Item = Vec<Element>> + 'a {
        keys.iter().zip(&self.values).map(|(key, value)| {
            let key = key.as_ref().map(|key| xml::text("Key", key));
            key.into_iter().chain([xml::text("Value", value)]).collect()
        })
    }
}

/// The structure of a field that has nothing else.
fn structure(input: &Input, config: &str) -> Result<Input, Refusal> {
    let field = input.text("Field").unwrap_or_default();
    if input.has("Values") {
        return Err(invalid(format!("The 'Values' field is not compatible with '{field}'")));
    }
    if !input.has(config) {
        return Err(invalid(format!("A '{config}' must be specified with '{field}'")));
    }
    Ok(input.inner(config))
}

/// A host name with wildcards: at least one dot, and only letters after the last.
fn is_host(value: &str) -> bool {
    let letters = value.chars().all(|letter| letter.is_ascii_alphanumeric() || "-.*?".contains(letter));
    let last = value.rsplit_once('.').map_or("", |(_, last)| last);
    letters && !last.is_empty() && last.chars().all(|letter| letter.is_ascii_alphabetic())
}

/// A block of addresses, such as `192.0.2.0/24`.
fn is_block(value: &str) -> bool {
    let Some((address, bits)) = value.split_once('/') else { return false };
    match (address.parse(), bits.parse::<u8>()) {
        (Ok(IpAddr::V4(_)), Ok(bits)) => bits <= 32,
        (Ok(IpAddr::V6(_)), Ok(bits)) => bits <= 128,
        _ => false,
    }
}
