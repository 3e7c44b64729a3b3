//! Which roles a trust policy may let in.
//!
//! Trust policies of other roles of the account know more than the model: any condition, `NotPrincipal`,
//! `NotAction`. What cannot be decided here counts as holding in an Allow and as failing in a Deny, so a role that is
//! not returned is certainly not let in by its ARN or by a wildcard. A policy that trusts the whole account leaves the
//! decision to identity policies, which the plan determines for tenants' roles.
//! Source: IAM User Guide, "Policy evaluation logic" and "AWS JSON policy elements: Principal".

use saas_prover::glob::Glob;
use serde_json::Value;

const ASSUME_ROLE: &str = "sts:assumerole";

/// Whether a trust policy may let in the role with this ARN.
pub(crate) fn may_let_in(policy: &Value, arn: &str) -> bool {
    let statements = elements(&policy["Statement"]);
    let with = |effect: &'static str| statements.iter().copied().filter(move |statement| statement["Effect"] == effect);
    with("Allow").any(|statement| may_apply(statement, arn)) && !with("Deny").any(|statement| applies(statement, arn))
}

/// Whether a trust policy lets in no role, because all that it allows is for services and identity providers. Most
/// policies are such, and need not be compared with each role.
pub(crate) fn trusts_no_role(policy: &Value) -> bool {
    let allows = |statement: &&Value| statement["Effect"] == "Allow";
    let is_for_others = |statement: &Value| {
        statement.get("Principal").and_then(Value::as_object).is_some_and(|principal| !principal.contains_key("AWS"))
    };
    elements(&policy["Statement"]).into_iter().filter(allows).all(is_for_others)
}

/// Whether a statement may apply to the role's request to assume the role.
fn may_apply(statement: &Value, arn: &str) -> bool {
    is_for_assuming(statement).unwrap_or(true) && names(statement, arn).unwrap_or(true) && !is_excluded(statement, arn)
}

/// Whether a statement certainly applies to it.
fn applies(statement: &Value, arn: &str) -> bool {
    is_for_assuming(statement) == Some(true)
        && names(statement, arn) == Some(true)
        && statement.get("Condition").is_none()
}

/// Whether a statement is about assuming the role; `None` where that is not decided.
fn is_for_assuming(statement: &Value) -> Option<bool> {
    let actions = statement.get("Action")?;
    Some(texts(actions).any(|action| Glob::like(&action.to_ascii_lowercase()).matches(ASSUME_ROLE)))
}

/// Whether a statement names the role, or everyone; `None` where that is not decided.
fn names(statement: &Value, arn: &str) -> Option<bool> {
    let principal = statement.get("Principal")?;
    if principal == "*" {
        return Some(true);
    }
    // A session of the role. Source: IAM User Guide, "Role session principals".
    let role = arn.rsplit('/').next().unwrap_or_default();
    let session = format!(":assumed-role/{role}/");
    Some(texts(&principal["AWS"]).any(|named| named == "*" || named == arn || named.contains(&session)))
}

/// Whether a condition of a statement certainly fails for the role.
fn is_excluded(statement: &Value, arn: &str) -> bool {
    let operators = statement.get("Condition").and_then(Value::as_object).into_iter().flatten();
    let mut conditions = operators.flat_map(|(operator, keys)| {
        keys.as_object().into_iter().flatten().map(move |(key, values)| (operator, key, values))
    });
    conditions.any(|(operator, key, values)| {
        excludes(&operator.to_ascii_lowercase(), &key.to_ascii_lowercase(), values, &arn.to_ascii_lowercase())
    })
}

/// Whether a condition certainly fails for the role. All but the values is in lower case. A pattern that AWS compares
/// literally matches more here than it does for AWS, which only adds suspects.
fn excludes(operator: &str, key: &str, values: &Value, arn: &str) -> bool {
    let operator = operator.trim_end_matches("ifexists");
    let is_positive =
        matches!(operator, "stringequals" | "stringlike" | "stringequalsignorecase" | "arnequals" | "arnlike");
    // Each role of the account has both keys. Source: IAM User Guide, "AWS global condition context keys".
    let live = match key {
        "aws:principalarn" => arn,
        "aws:principalaccount" => arn.split(':').nth(4).unwrap_or_default(),
        _ => return false,
    };
    is_positive && !texts(values).any(|value| Glob::like(&value.to_ascii_lowercase()).matches(live))
}

fn elements(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(elements) => elements.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    elements(value).into_iter().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ACME: &str = "arn:aws:iam::123456789012:role/saas/development/saas-platform-acme-task";

    fn lets_in(statements: Value) -> bool {
        may_let_in(&json!({"Version": "2012-10-17", "Statement": statements}), ACME)
    }

    fn statement(changes: Value) -> Value {
        let mut statement = json!({"Effect": "Allow", "Principal": {"AWS": ACME}, "Action": "sts:AssumeRole"});
        let (Value::Object(statement_fields), Value::Object(changes)) = (&mut statement, changes) else {
            panic!("both are objects")
        };
        for (key, value) in changes {
            if value.is_null() {
                statement_fields.remove(&key)
            } else {
                statement_fields.insert(key, value)
            };
        }
        statement
    }

    #[test]
    fn trust_in_a_role_by_arn_or_wildcard_lets_it_in() {
        for changes in [
            json!({}),
            json!({"Action": "sts:*"}),
            json!({"Action": ["sts:TagSession", "STS:assumerole"]}),
            json!({"Principal": "*"}),
            json!({"Principal": {"AWS": ["123456789012", "*"]}}),
            json!({"Principal": {"AWS": "arn:aws:sts::123456789012:assumed-role/saas-platform-acme-task/session"}}),
            json!({"Principal": null, "NotPrincipal": {"AWS": "arn:aws:iam::123456789012:role/other"}}),
            json!({"Action": null, "NotAction": "sts:TagSession"}),
            // Unknown conditions may hold.
            json!({"Condition": {"StringEquals": {"sts:ExternalId": "known"}}}),
            json!({"Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/saas/*"}}}),
        ] {
            assert!(lets_in(json!([statement(changes.clone())])), "{changes}");
            assert!(lets_in(statement(changes.clone())), "a single statement: {changes}");
        }
    }

    #[test]
    fn trust_in_others_does_not_let_a_role_in() {
        for changes in [
            json!({"Principal": {"Service": "ecs-tasks.amazonaws.com"}}),
            json!({"Principal": {"AWS": "arn:aws:iam::123456789012:role/other"}}),
            // The identity policies of tenants do not allow it.
            json!({"Principal": {"AWS": "arn:aws:iam::123456789012:root"}}),
            json!({"Principal": {"AWS": "123456789012"}}),
            json!({"Action": "sts:AssumeRoleWithSAML"}),
            json!({"Effect": "Deny"}),
            json!({"Principal": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin/*"}}}),
            json!({"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": "210987654321"}}}),
        ] {
            assert!(!lets_in(json!([statement(changes.clone())])), "{changes}");
        }
        assert!(!lets_in(json!([])));
    }

    #[test]
    fn only_policies_that_let_in_no_role_need_no_comparison() {
        let of = |changes: Value| trusts_no_role(&json!({"Statement": [statement(changes)]}));
        assert!(of(json!({"Principal": {"Service": "ecs-tasks.amazonaws.com"}})));
        assert!(of(json!({"Principal": {"Federated": "cognito-identity.amazonaws.com"}})));
        assert!(of(json!({"Effect": "Deny"})));
        assert!(!of(json!({"Principal": {"Service": "ecs-tasks.amazonaws.com", "AWS": "123456789012"}})));
        assert!(!of(json!({"Principal": "*"})));
        assert!(!of(json!({"Principal": null, "NotPrincipal": {"AWS": ACME}})));
    }

    #[test]
    fn only_a_certain_denial_overrides_an_allowance() {
        let deny = |changes: Value| {
            let mut denial = statement(changes);
            denial["Effect"] = json!("Deny");
            json!([statement(json!({})), denial])
        };
        assert!(!lets_in(deny(json!({}))));
        assert!(!lets_in(deny(json!({"Principal": "*", "Action": "*"}))));
        assert!(lets_in(deny(json!({"Condition": {"Bool": {"aws:SecureTransport": "false"}}}))));
        assert!(lets_in(deny(json!({"Principal": {"AWS": "arn:aws:iam::123456789012:role/other"}}))));
    }
}
