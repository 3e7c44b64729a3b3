//! Conditions: operators, context keys, and their evaluation.
//!
//! Sources: AWS IAM User Guide, "IAM JSON policy elements: Condition operators", "AWS global
//! condition context keys", "Multivalued context keys".

use std::collections::BTreeMap;

use serde_json::Value;

use super::read::texts;
use super::{malformed, wildcard};
use crate::cloud::Account;
use crate::refusal::Refusal;
use crate::services::policy_language::{Operator, Quantifier, Test};
use crate::services::sts;

/// A condition on one key with one operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) operator: Operator,
    pub(super) key: String,
    pub(super) values: Vec<String>,
}

impl Condition {
    /// `{operator: {key: values}}`.
    pub(super) fn read(value: &Value) -> Result<Vec<Self>, Refusal> {
        let invalid = || malformed("Condition is no structure of operators, keys and values");
        let mut conditions = Vec::new();
        for (name, keys) in value.as_object().ok_or_else(invalid)? {
            let operator = Operator::read(name)
                .filter(|operator| operator.test != Test::Null || operator.quantifier.is_none())
                .ok_or_else(|| malformed(format!("Invalid Condition type : {name}")))?;
            for (key, values) in keys.as_object().ok_or_else(invalid)? {
                conditions.push(Self { operator, key: key.clone(), values: texts(values)? });
            }
        }
        Ok(conditions)
    }

    /// Whether the condition holds for a call.
    pub(super) fn holds(&self, context: &Context) -> bool {
        let Operator { quantifier, test, negated, if_exists } = self.operator;
        let present = context.values(&self.key);
        if test == Test::Null {
            let absent = if present.is_none() { "true" } else { "false" };
            return self.values.iter().any(|value| value.eq_ignore_ascii_case(absent));
        }
        let Some(present) = present.filter(|_| test != Test::Other) else {
            // A negated operator holds if the key is absent.
            return if_exists || negated && quantifier.is_none() || quantifier == Some(Quantifier::All);
        };
        let matches = |value: &String| self.values.iter().any(|wanted| fits(test, context, wanted, value)) != negated;
        match quantifier {
            Some(Quantifier::All) => present.iter().all(matches),
            None | Some(Quantifier::Any) => present.iter().any(matches),
        }
    }
}

/// Whether the conditions of a policy of any service hold where the context has these keys.
pub(crate) fn conditions_hold(conditions: &Value, keys: &[(&str, &str)]) -> bool {
    let values: Vec<[&str; 1]> = keys.iter().map(|(_, value)| [*value]).collect();
    let keys: Vec<(&str, &[&str])> =
        keys.iter().zip(&values).map(|((key, _), value)| (*key, value.as_slice())).collect();
    let context = Context::of(&keys);
    Condition::read(conditions).is_ok_and(|conditions| conditions.iter().all(|condition| condition.holds(&context)))
}

fn fits(test: Test, context: &Context, wanted: &str, value: &str) -> bool {
    let Some(wanted) = context.resolve(wanted) else { return false };
    match test {
        Test::Equals => wanted == value,
        Test::EqualsIgnoringCase | Test::Bool => wanted.eq_ignore_ascii_case(value),
        Test::Like => wildcard::fits(&wanted, value),
        Test::ArnLike => wildcard::arn_fits(&wanted, value),
        Test::Null | Test::Other => false,
    }
}

/// The context keys of a call, in lower case, because keys are not case-sensitive.
#[derive(Clone, Debug, Default)]
pub(crate) struct Context {
    keys: BTreeMap<String, Vec<String>>,
    pub(super) caller: Option<Account>,
}

impl Context {
    /// The context of a call by the account's caller: a role or a user without tags. The connection
    /// counts as TLS although it is loopback, because it represents a call to AWS.
    pub(crate) fn of_caller(account: &Account) -> Self {
        let name = account.caller.rsplit('/').next().unwrap_or_default();
        let id = sts::user_id(account);
        let (kind, id) =
            if sts::is_role(account) { ("AssumedRole", format!("{id}:{}", sts::SESSION)) } else { ("User", id) };
        let mut keys = vec![
            ("aws:principalarn", account.caller.as_str()),
            ("aws:principalaccount", &account.id),
            ("aws:principaltype", kind),
            ("aws:principalisawsservice", "false"),
            ("aws:userid", &id),
            ("aws:viaawsservice", "false"),
            ("aws:securetransport", "true"),
            ("aws:requestedregion", &account.region),
            ("aws:resourceaccount", &account.id),
            ("s3:resourceaccount", &account.id),
        ];
        if kind == "User" {
            keys.push(("aws:username", name));
        }
        let keys = keys.into_iter().map(|(key, value)| (key.to_owned(), vec![value.to_owned()])).collect();
        Self { keys, caller: Some(account.clone()) }
    }

    fn of(keys: &[(&str, &[&str])]) -> Self {
        let value = |value: &&str| (*value).to_owned();
        let keys = keys.iter().map(|(key, values)| (key.to_ascii_lowercase(), values.iter().map(value).collect()));
        Self { keys: keys.collect(), caller: None }
    }

    fn values(&self, key: &str) -> Option<&[String]> {
        self.keys.get(&key.to_ascii_lowercase()).map(Vec::as_slice)
    }

    /// A value with its variables, such as `${aws:PrincipalAccount}`, resolved; `None` if the call
    /// lacks a key, in which case nothing matches.
    /// Source: AWS IAM User Guide, "IAM policy elements: Variables and tags".
    pub(super) fn resolve(&self, value: &str) -> Option<String> {
        let mut resolved = String::new();
        let mut rest = value;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, behind) = after.split_once('}')?;
            let (name, default) = name.split_once(',').map_or((name, None), |(name, default)| (name, Some(default)));
            let known = self.values(name.trim()).and_then(|values| values.first()).map(String::as_str);
            let default = default.map(|default| default.trim().trim_matches('\''));
            resolved.push_str(before);
            resolved.push_str(known.or(default)?);
            rest = behind;
        }
        resolved.push_str(rest);
        Some(resolved)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holds(operator: &str, key: &str, values: &[&str], context: &[(&str, &[&str])]) -> bool {
        let conditions = Condition::read(&json!({ operator: { key: values } })).expect("a sound condition");
        conditions.iter().all(|condition| condition.holds(&Context::of(context)))
    }

    const KEY: &str = "aws:PrincipalTag/tenant_id";

    #[test]
    fn a_negated_operator_matches_an_absent_key() {
        for operator in ["StringNotEquals", "StringNotLike", "ArnNotLike", "ArnNotEquals", "StringNotEqualsIgnoreCase"]
        {
            assert!(holds(operator, KEY, &["a"], &[]), "{operator}");
            assert!(holds(&format!("{operator}IfExists"), KEY, &["a"], &[]), "{operator}");
            assert!(!holds(&format!("ForAnyValue:{operator}"), KEY, &["a"], &[]), "{operator}");
        }
        for operator in ["StringEquals", "StringLike", "ArnLike", "ArnEquals", "Bool", "IpAddress"] {
            assert!(!holds(operator, KEY, &["a"], &[]), "{operator}");
            assert!(holds(&format!("{operator}IfExists"), KEY, &["a"], &[]), "{operator}");
            assert!(holds(&format!("ForAllValues:{operator}"), KEY, &["a"], &[]), "{operator}");
        }
    }

    #[test]
    fn operators_match_any_value_and_negated_ones_no_value() {
        let context: &[(&str, &[&str])] = &[(KEY, &["b"])];
        assert!(holds("StringEquals", KEY, &["a", "b"], context));
        assert!(!holds("StringNotEquals", KEY, &["a", "b"], context));
        assert!(holds("StringNotEquals", KEY, &["a", "c"], context));
    }

    #[test]
    fn keys_ignore_case_and_values_do_not() {
        let context: &[(&str, &[&str])] = &[("aws:principaltag/Tenant_ID", &["Acme"])];
        assert!(holds("StringEquals", KEY, &["Acme"], context));
        assert!(!holds("StringEquals", KEY, &["acme"], context));
        assert!(holds("StringEqualsIgnoreCase", KEY, &["acme"], context));
        assert!(holds("StringLike", KEY, &["A*e"], context));
        assert!(!holds("StringEquals", KEY, &["A*e"], context));
    }

    #[test]
    fn arns_are_compared_part_by_part_with_equals_too() {
        let context: &[(&str, &[&str])] = &[("aws:PrincipalArn", &["arn:aws:iam::123456789012:role/saas/a"])];
        for operator in ["ArnLike", "ArnEquals"] {
            assert!(holds(operator, "aws:PrincipalArn", &["arn:aws:iam::123456789012:role/saas/*"], context));
            assert!(!holds(operator, "aws:PrincipalArn", &["arn:aws:iam::123456789012:role/other/*"], context));
        }
    }

    #[test]
    fn null_tests_whether_the_key_exists() {
        assert!(holds("Null", KEY, &["true"], &[]));
        assert!(!holds("Null", KEY, &["false"], &[]));
        assert!(holds("Null", KEY, &["false"], &[(KEY, &["a"])]));
    }

    #[test]
    fn booleans_are_compared_case_insensitively() {
        let context: &[(&str, &[&str])] = &[("aws:SecureTransport", &["true"])];
        assert!(!holds("Bool", "aws:SecureTransport", &["false"], context));
        assert!(holds("Bool", "aws:SecureTransport", &["True"], context));
    }

    #[test]
    fn set_operators_compare_several_values_of_a_key() {
        let context: &[(&str, &[&str])] = &[("aws:TagKeys", &["a", "b"])];
        assert!(holds("ForAnyValue:StringEquals", "aws:TagKeys", &["a"], context));
        assert!(!holds("ForAllValues:StringEquals", "aws:TagKeys", &["a"], context));
        assert!(holds("ForAllValues:StringEquals", "aws:TagKeys", &["a", "b", "c"], context));
    }

    #[test]
    fn variables_are_resolved_and_unknown_ones_match_nothing() {
        let context: &[(&str, &[&str])] = &[("aws:username", &["ann"]), ("s3:prefix", &["home/ann"])];
        assert!(holds("StringEquals", "s3:prefix", &["home/${aws:username}"], context));
        assert!(!holds("StringLike", "s3:prefix", &["*${aws:PrincipalTag/team}"], context));
        assert!(holds("StringLike", "s3:prefix", &["home/${aws:PrincipalTag/team, 'ann'}"], context));
    }

    #[test]
    fn an_unknown_operator_is_refused() {
        for operator in ["StringIs", "NullIfExists", "stringequals", "ForSomeValues:StringEquals"] {
            let refusal = Condition::read(&json!({ operator: { KEY: "a" } })).expect_err("no operator of IAM");
            assert_eq!(refusal.code, "MalformedPolicy");
        }
    }
}
