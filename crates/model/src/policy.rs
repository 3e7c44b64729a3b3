//! IAM policies as types, so that code can analyse what a statement allows or denies.
//!
//! [`Policy::to_json`] writes the form that AWS accepts; [`Policy::from_json`] reads the form that AWS
//! returns. AWS can return a list of one element as a plain string, so documents are compared as types
//! and never as text.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::set::Set;

/// A policy document, language version `2012-10-17`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Policy {
    /// The statements in the order in which they are written.
    pub statements: Vec<Statement>,
}

/// One statement of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The name of the statement within its document (`Sid`).
    pub sid: Cow<'static, str>,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// The principals; `None` in an identity-based policy.
    pub principal: Option<Principal>,
    /// The actions that it is about.
    pub actions: Actions,
    /// The resources, as ARNs that may contain `*` and `?`; empty in a trust policy.
    pub resources: Set<String>,
    /// The conditions. The statement applies when all of them hold.
    pub conditions: Set<Condition>,
}

/// The actions of a statement, as patterns such as `s3:GetObject*`.
///
/// In a plan, the common form is a list; the other is `{"all-but": [...]}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actions {
    /// Those that match one of the patterns (`Action`).
    Of(Set<String>),
    /// Those that match none of the patterns (`NotAction`), also those that AWS adds later.
    AllBut(Set<String>),
}

/// Whether a statement allows or denies. An explicit deny overrides any allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// Allows.
    Allow,
    /// Denies.
    Deny,
}

/// The principals of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Principal {
    /// All principals, including anonymous ones: `"*"`.
    Anyone,
    /// An AWS service, such as `ecs-tasks.amazonaws.com`.
    Service(Cow<'static, str>),
    /// An account, role or user, by ARN or account id.
    Aws(Set<String>),
}

/// A condition on a key of the request context.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The operator.
    pub operator: Operator,
    /// The key, such as `aws:PrincipalTag/tenant_id`.
    pub key: Cow<'static, str>,
    /// The values. A positive operator holds when one value matches, a negated one when none does.
    pub values: Set<String>,
}

/// A condition operator.
///
/// A negated operator is true when the key is absent from the request; so is an `IfExists` operator.
/// Source: IAM User Guide, "Condition operators".
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::Display, strum::EnumString,
)]
pub enum Operator {
    /// Equal, case-sensitive.
    StringEquals,
    /// Equal to none, case-sensitive.
    StringNotEquals,
    /// Matches, with `*` and `?`.
    StringLike,
    /// Matches none, with `*` and `?`.
    StringNotLike,
    /// Matches as an ARN; each of the six parts is matched on its own.
    ArnLike,
    /// Matches none as an ARN.
    ArnNotLike,
    /// `true` or `false`.
    Bool,
    /// `true` or `false`, or the key is absent.
    BoolIfExists,
}

/// The text is not a policy that these types can express.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnreadablePolicy {
    /// It is not JSON.
    #[error("the policy is not JSON")]
    Json(#[from] serde_json::Error),
    /// It is JSON with unexpected content.
    #[error("the policy has an element that saas does not support: {0}")]
    Foreign(String),
}

/// The actions that change the policy of a bucket or a secret.
const CHANGES_OF_POLICIES: [&str; 2] = ["s3:PutBucketPolicy", "secretsmanager:PutResourcePolicy"];

impl Actions {
    /// The patterns, whichever way they count.
    #[must_use]
    pub const fn patterns(&self) -> &Set<String> {
        match self {
            Self::Of(patterns) | Self::AllBut(patterns) => patterns,
        }
    }

    /// Whether an action is among them.
    #[must_use]
    pub fn include(&self, action: &str) -> bool {
        let named = |patterns: &Set<String>| patterns.iter().any(|pattern| is_like(pattern, action));
        match self {
            Self::Of(patterns) => named(patterns),
            Self::AllBut(patterns) => !named(patterns),
        }
    }
}

/// Whether an action matches a pattern with `*` and `?`. The names of actions have no case.
fn is_like(pattern: &str, action: &str) -> bool {
    fn like(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), _) => (0..=text.len()).any(|from| like(rest, &text[from..])),
            (Some((b'?', pattern)), Some((_, text))) => like(pattern, text),
            (Some((one, pattern)), Some((other, text))) => one.eq_ignore_ascii_case(other) && like(pattern, text),
            (None, Some(_)) | (Some(_), None) => false,
        }
    }
    like(pattern.as_bytes(), action.as_bytes())
}

impl From<Set<String>> for Actions {
    fn from(patterns: Set<String>) -> Self {
        Self::Of(patterns)
    }
}

impl<const N: usize> From<[String; N]> for Actions {
    fn from(patterns: [String; N]) -> Self {
        Self::Of(patterns.into())
    }
}

impl FromIterator<String> for Actions {
    fn from_iter<I: IntoIterator<Item = String>>(patterns: I) -> Self {
        Self::Of(patterns.into_iter().collect())
    }
}

/// The form of all actions but some.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct AllBut<T> {
    all_but: T,
}

impl Serialize for Actions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Of(patterns) => patterns.serialize(serializer),
            Self::AllBut(all_but) => AllBut { all_but }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Actions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = Actions;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of actions, or `all-but` with a list of actions")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Actions, A::Error> {
                Set::deserialize(SeqAccessDeserializer::new(list)).map(Actions::Of)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Actions, A::Error> {
                AllBut::deserialize(MapAccessDeserializer::new(map)).map(|AllBut { all_but }| Actions::AllBut(all_but))
            }
        }
        deserializer.deserialize_any(Form)
    }
}

impl Policy {
    /// The roles that the policy exempts from its denial to change the policy.
    #[must_use]
    pub fn administrators(&self) -> BTreeSet<&str> {
        let denial = |statement: &&Statement| {
            let changes = CHANGES_OF_POLICIES.iter().any(|action| statement.actions.include(action));
            statement.effect == Effect::Deny && changes
        };
        let exempt =
            |condition: &&Condition| condition.operator == Operator::ArnNotLike && condition.key == "aws:PrincipalArn";
        let conditions = self.statements.iter().filter(denial).flat_map(|statement| statement.conditions.iter());
        let principals = conditions.filter(exempt).flat_map(|condition| condition.values.iter().map(String::as_str));
        principals.filter(|arn| !arn.ends_with(":root")).collect()
    }

    /// Whether two policies have the same statements, whatever their order and names. The names of actions and of
    /// condition keys have no case. Source: IAM User Guide, "IAM JSON policy elements reference".
    #[must_use]
    pub fn means(&self, other: &Self) -> bool {
        let plain = |policy: &Self| -> Vec<Statement> {
            let mut statements: Vec<Statement> = policy.statements.iter().map(Statement::plain).collect();
            statements.sort_by_cached_key(|statement| statement.to_value().to_string());
            statements.dedup();
            statements
        };
        self == other || plain(self) == plain(other)
    }

    /// Whether it has no statements: the resource has no policy.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// The document in the form that AWS accepts.
    #[must_use]
    pub fn to_json(&self) -> String {
        json!({
            "Version": "2012-10-17",
            "Statement": self.statements.iter().map(Statement::to_value).collect::<Vec<_>>(),
        })
        .to_string()
    }

    /// Parses a document that AWS returned.
    ///
    /// # Errors
    /// When it is not JSON, or has an element that these types do not express (`NotResource`,
    /// `NotPrincipal`, an operator that saas never writes). saas did not write such a document.
    pub fn from_json(text: &str) -> Result<Self, UnreadablePolicy> {
        let document: Value = serde_json::from_str(text)?;
        let statements = match &document["Statement"] {
            Value::Array(statements) => statements.iter().map(Statement::from_value).collect(),
            single @ Value::Object(_) => Statement::from_value(single).map(|statement| vec![statement]),
            other => Err(foreign(other)),
        }?;
        Ok(Self { statements })
    }
}

impl Statement {
    /// The statement without a name, with the names of actions and condition keys in lower case.
    fn plain(&self) -> Self {
        let lowercase = |texts: &Set<String>| texts.iter().map(|text| text.to_ascii_lowercase()).collect::<Set<_>>();
        let actions = match &self.actions {
            Actions::Of(patterns) => Actions::Of(lowercase(patterns)),
            Actions::AllBut(patterns) => Actions::AllBut(lowercase(patterns)),
        };
        let condition = |Condition { operator, key, values }: &Condition| {
            let values = match operator {
                Operator::Bool | Operator::BoolIfExists => lowercase(values),
                Operator::StringEquals
                | Operator::StringNotEquals
                | Operator::StringLike
                | Operator::StringNotLike
                | Operator::ArnLike
                | Operator::ArnNotLike => values.clone(),
            };
            Condition { operator: *operator, key: key.to_ascii_lowercase().into(), values }
        };
        let conditions = self.conditions.iter().map(condition).collect();
        Self { sid: Cow::Borrowed(""), actions, conditions, ..self.clone() }
    }

    fn to_value(&self) -> Value {
        let mut map = Map::new();
        map.insert("Sid".into(), json!(self.sid));
        map.insert("Effect".into(), json!(self.effect));
        match &self.principal {
            None => {}
            Some(Principal::Anyone) => drop(map.insert("Principal".into(), json!("*"))),
            Some(Principal::Service(service)) => drop(map.insert("Principal".into(), json!({ "Service": service }))),
            Some(Principal::Aws(arns)) => drop(map.insert("Principal".into(), json!({ "AWS": arns }))),
        }
        match &self.actions {
            Actions::Of(patterns) => map.insert("Action".into(), json!(patterns)),
            Actions::AllBut(patterns) => map.insert("NotAction".into(), json!(patterns)),
        };
        if !self.resources.is_empty() {
            map.insert("Resource".into(), json!(self.resources));
        }
        if !self.conditions.is_empty() {
            let mut operators: BTreeMap<String, BTreeMap<&str, Value>> = BTreeMap::new();
            for Condition { operator, key, values } in &self.conditions {
                // Tools that read policies expect one value as a text.
                let values = match &**values {
                    [value] => json!(value),
                    values => json!(values),
                };
                operators.entry(operator.to_string()).or_default().insert(key, values);
            }
            map.insert("Condition".into(), json!(operators));
        }
        Value::Object(map)
    }

    fn from_value(value: &Value) -> Result<Self, UnreadablePolicy> {
        let map = value.as_object().ok_or_else(|| foreign(value))?;
        let known = ["Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "Condition"];
        if let Some(key) = map.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(UnreadablePolicy::Foreign(format!("the element `{key}`")));
        }
        Ok(Self {
            sid: map.get("Sid").and_then(Value::as_str).unwrap_or_default().to_owned().into(),
            effect: serde_json::from_value(value["Effect"].clone())?,
            principal: map.get("Principal").map(principal).transpose()?,
            actions: actions(map)?,
            resources: map.get("Resource").map(strings).transpose()?.unwrap_or_default(),
            conditions: map.get("Condition").map(conditions).transpose()?.unwrap_or_default(),
        })
    }
}

fn foreign(value: &Value) -> UnreadablePolicy {
    UnreadablePolicy::Foreign(value.to_string())
}

fn principal(value: &Value) -> Result<Principal, UnreadablePolicy> {
    match value {
        Value::String(text) if text == "*" => Ok(Principal::Anyone),
        Value::Object(map) if map.len() == 1 => match map.iter().next() {
            Some((key, Value::String(service))) if key == "Service" => Ok(Principal::Service(service.clone().into())),
            Some((key, Value::String(star))) if key == "AWS" && star == "*" => Ok(Principal::Anyone),
            Some((key, arns)) if key == "AWS" => strings(arns).map(Principal::Aws),
            _ => Err(foreign(value)),
        },
        _ => Err(foreign(value)),
    }
}

fn actions(map: &Map<String, Value>) -> Result<Actions, UnreadablePolicy> {
    match (map.get("Action"), map.get("NotAction")) {
        (Some(patterns), None) => strings(patterns).map(Actions::Of),
        (None, Some(patterns)) => strings(patterns).map(Actions::AllBut),
        (Some(_), Some(_)) | (None, None) => {
            Err(UnreadablePolicy::Foreign("not exactly one of `Action` and `NotAction`".to_owned()))
        }
    }
}

fn conditions(value: &Value) -> Result<Set<Condition>, UnreadablePolicy> {
    let mut found = Vec::new();
    for (operator, keys) in value.as_object().ok_or_else(|| foreign(value))? {
        let operator: Operator = operator.parse().map_err(|_| foreign(value))?;
        for (key, values) in keys.as_object().ok_or_else(|| foreign(value))? {
            found.push(Condition { operator, key: key.clone().into(), values: strings(values)? });
        }
    }
    Ok(found.into())
}

fn strings(value: &Value) -> Result<Set<String>, UnreadablePolicy> {
    match value {
        Value::String(text) => Ok(Set::from([text.clone()])),
        Value::Bool(flag) => Ok(Set::from([flag.to_string()])),
        Value::Array(items) => {
            items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(|| foreign(item))).collect()
        }
        other => Err(foreign(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement() -> Statement {
        Statement {
            sid: "DenyOtherTenants".into(),
            effect: Effect::Deny,
            principal: Some(Principal::Anyone),
            actions: ["s3:GetObject*".to_owned(), "s3:PutObject*".to_owned()].into(),
            resources: ["arn:aws:s3:::bucket/*".to_owned()].into(),
            conditions: [
                Condition {
                    operator: Operator::StringNotEquals,
                    key: "aws:PrincipalTag/tenant_id".into(),
                    values: ["acme-corp".to_owned()].into(),
                },
                Condition {
                    operator: Operator::BoolIfExists,
                    key: "aws:PrincipalIsAWSService".into(),
                    values: ["false".to_owned()].into(),
                },
            ]
            .into(),
        }
    }

    #[test]
    fn written_policy_reads_back() {
        let policy = Policy { statements: vec![statement()] };
        assert_eq!(Policy::from_json(&policy.to_json()).expect("it was just written"), policy);
    }

    #[test]
    fn single_element_list_may_be_a_string() {
        let text = r#"{"Version":"2012-10-17","Statement":{"Sid":"A","Effect":"Allow","Action":"s3:*",
            "Principal":{"Service":"ecs-tasks.amazonaws.com"},"Condition":{"Bool":{"aws:SecureTransport":false}}}}"#;
        let policy = Policy::from_json(text).expect("AWS writes documents like this");
        assert_eq!(policy.statements[0].actions, Actions::from(["s3:*".to_owned()]));
        assert_eq!(Policy::from_json(&policy.to_json()).expect("it was just written"), policy);
    }

    #[test]
    fn one_condition_value_is_written_as_a_text() {
        let text = Policy { statements: vec![statement()] }.to_json();
        let document: Value = serde_json::from_str(&text).expect("it is JSON");
        let conditions = &document["Statement"][0]["Condition"];
        assert_eq!(conditions["StringNotEquals"]["aws:PrincipalTag/tenant_id"], "acme-corp");
        assert_eq!(conditions["BoolIfExists"]["aws:PrincipalIsAWSService"], "false");
        let values = Set::from(["a".to_owned(), "b".to_owned()]);
        let condition = Condition { operator: Operator::StringLike, key: "k".into(), values };
        let several = Statement { conditions: [condition].into(), ..statement() };
        assert_eq!(several.to_value()["Condition"]["StringLike"]["k"], json!(["a", "b"]));
    }

    #[test]
    fn policies_are_compared_by_meaning() {
        let other = Statement { sid: "Other".into(), effect: Effect::Allow, ..statement() };
        let policy = Policy { statements: vec![statement(), other.clone()] };
        let renamed = Statement { sid: "Renamed".into(), ..statement() };
        let reordered = Policy { statements: vec![other.clone(), renamed] };
        assert!(policy != reordered && policy.means(&reordered) && policy.means(&policy));
        let text =
            policy.to_json().replace("s3:GetObject*", "S3:getobject*").replace("aws:PrincipalTag", "AWS:principaltag");
        assert!(policy.means(&Policy::from_json(&text).expect("it is a policy")));
        let fewer = Policy { statements: vec![other] };
        assert!(!policy.means(&fewer) && !fewer.means(&policy));
        let text = policy.to_json().replace("acme-corp", "Acme-corp");
        assert!(!policy.means(&Policy::from_json(&text).expect("it is a policy")), "values have a case");
    }

    #[test]
    fn unsupported_element_is_rejected() {
        let text = r#"{"Statement":[{"Effect":"Deny","NotPrincipal":"*","Action":"s3:*"}]}"#;
        let error = Policy::from_json(text).expect_err("saas never writes NotPrincipal");
        assert!(error.to_string().contains("NotPrincipal"), "{error}");
        for text in [
            r#"{"Statement":[{"Effect":"Deny","Resource":"*"}]}"#,
            r#"{"Statement":[{"Effect":"Deny","Resource":"*","Action":"s3:*","NotAction":"s3:Get*"}]}"#,
        ] {
            Policy::from_json(text).expect_err("AWS accepts exactly one of the two");
        }
    }

    #[test]
    fn all_actions_but_some_are_written_and_read_back() {
        let patterns = Set::from(["secretsmanager:Describe*".to_owned(), "secretsmanager:GetSecretValue".to_owned()]);
        let policy = Policy { statements: vec![Statement { actions: Actions::AllBut(patterns), ..statement() }] };
        let document: Value = serde_json::from_str(&policy.to_json()).expect("it is JSON");
        let statement = document["Statement"][0].as_object().expect("a statement");
        assert!(statement.contains_key("NotAction") && !statement.contains_key("Action"), "{statement:?}");
        assert_eq!(Policy::from_json(&policy.to_json()).expect("it was just written"), policy);
        let bytes = rmp_serde::to_vec_named(&policy).expect("it is written to memory");
        assert_eq!(rmp_serde::from_slice::<Policy>(&bytes).expect("it was just written"), policy);
        let json = serde_json::to_value(&policy).expect("it is JSON");
        assert_eq!(serde_json::from_value::<Policy>(json).expect("it was just written"), policy);
    }

    #[test]
    fn actions_include_what_their_patterns_match_whatever_the_case() {
        let of = |patterns: &[&str]| -> Set<String> { patterns.iter().map(|&pattern| pattern.to_owned()).collect() };
        for pattern in ["*", "s3:*", "s3:Put*Policy", "S3:putbucketpolicy", "s3:PutBucketPolic?"] {
            assert!(Actions::Of(of(&[pattern])).include("s3:PutBucketPolicy"), "{pattern}");
            assert!(!Actions::AllBut(of(&["s3:Get*", pattern])).include("s3:PutBucketPolicy"), "{pattern}");
        }
        for pattern in ["", "s3:Put", "s3:Get*", "s3:PutBucketPolicy?", "iam:*"] {
            assert!(!Actions::Of(of(&[pattern])).include("s3:PutBucketPolicy"), "{pattern}");
            assert!(Actions::AllBut(of(&[pattern])).include("s3:PutBucketPolicy"), "{pattern}");
        }
    }

    #[test]
    fn administrators_are_roles_and_not_the_root_of_the_account() {
        let exempt = ["arn:aws:iam::123456789012:role/saas-provisioner", "arn:aws:iam::123456789012:root"];
        let condition = Condition {
            operator: Operator::ArnNotLike,
            key: "aws:PrincipalArn".into(),
            values: exempt.map(str::to_owned).into(),
        };
        let reads = Actions::AllBut(["secretsmanager:Get*".to_owned()].into());
        let statement = Statement { actions: reads, conditions: [condition].into(), ..statement() };
        let policy = Policy { statements: vec![statement] };
        assert_eq!(policy.administrators().into_iter().collect::<Vec<_>>(), &exempt[..1]);
    }
}
