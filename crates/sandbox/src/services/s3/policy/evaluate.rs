//! Whether a policy denies a call. Allow statements have no effect, because the caller already has
//! every permission of its account.

use super::condition::Context;
use super::{Effect, Policy, Statement, wildcard};

/// A call to be authorised.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    /// The action, such as `s3:GetObject`.
    pub(crate) action: &'a str,
    /// The ARN of the bucket or object.
    pub(crate) resource: &'a str,
    pub(crate) context: &'a Context,
}

impl Policy {
    /// Whether a statement denies the call.
    pub(crate) fn denies(&self, call: &Call<'_>) -> bool {
        self.statements.iter().any(|statement| statement.effect == Effect::Deny && statement.applies_to(call))
    }
}

impl Statement {
    fn applies_to(&self, call: &Call<'_>) -> bool {
        let action = call.action.to_ascii_lowercase();
        let account = call.context.caller.as_ref();
        self.principals.comprises(|principal| account.is_some_and(|account| principal.is_caller(account)))
            && self.actions.comprises(|pattern| wildcard::fits(&pattern.to_ascii_lowercase(), &action))
            && self.resources.comprises(|pattern| {
                call.context.resolve(pattern).is_some_and(|pattern| wildcard::fits(&pattern, call.resource))
            })
            && self.conditions.iter().all(|condition| condition.holds(call.context))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::cloud::Account;

    fn denied(statement: &Value, action: &str, resource: &str) -> bool {
        let account = Account {
            id: "123456789012".to_owned(),
            region: "us-east-1".to_owned(),
            caller: "arn:aws:iam::123456789012:role/saas/provisioner".to_owned(),
        };
        let policy = Policy::read(&json!({ "Version": "2012-10-17", "Statement": statement }).to_string());
        let context = Context::of_caller(&account);
        let resource = format!("arn:aws:s3:::bucket{resource}");
        policy.expect("a sound policy").denies(&Call { action, resource: &resource, context: &context })
    }

    fn deny(principal: &str, action: &str, resource: &str) -> Value {
        let principal = if principal == "*" { json!("*") } else { json!({ "AWS": principal }) };
        json!({ "Effect": "Deny", "Principal": principal, "Action": action,
                "Resource": format!("arn:aws:s3:::bucket{resource}") })
    }

    #[test]
    fn an_action_is_a_case_insensitive_pattern() {
        let statement = deny("*", "s3:getobject*", "/*");
        assert!(denied(&statement, "s3:GetObject", "/key"));
        assert!(denied(&statement, "s3:GetObjectVersion", "/a/b"));
        assert!(!denied(&statement, "s3:PutObject", "/key"));
        assert!(!denied(&statement, "s3:GetObject", ""));
    }

    #[test]
    fn a_principal_may_be_the_caller_its_account_its_session_or_everyone() {
        for principal in [
            "*",
            "123456789012",
            "arn:aws:iam::123456789012:root",
            "arn:aws:iam::123456789012:role/saas/provisioner",
            "arn:aws:sts::123456789012:assumed-role/provisioner/sandbox",
        ] {
            assert!(denied(&deny(principal, "s3:*", ""), "s3:ListBucket", ""), "{principal}");
        }
        for principal in ["999999999999", "arn:aws:iam::123456789012:role/provisioner"] {
            assert!(!denied(&deny(principal, "s3:*", ""), "s3:ListBucket", ""), "{principal}");
        }
    }

    #[test]
    fn an_allowing_statement_denies_nothing() {
        let mut statement = deny("*", "s3:*", "");
        statement["Effect"] = json!("Allow");
        assert!(!denied(&statement, "s3:ListBucket", ""));
    }

    #[test]
    fn not_elements_match_everything_else() {
        let statement = json!({ "Effect": "Deny", "NotPrincipal": { "AWS": "arn:aws:iam::123456789012:role/other" },
            "NotAction": "s3:Get*", "NotResource": "arn:aws:s3:::bucket/free/*" });
        assert!(denied(&statement, "s3:PutObject", "/key"));
        assert!(!denied(&statement, "s3:GetObject", "/key"));
        assert!(!denied(&statement, "s3:PutObject", "/free/key"));
    }

    #[test]
    fn all_conditions_must_hold() {
        let mut statement = deny("*", "s3:*", "/*");
        statement["Condition"] = json!({
            "StringNotEquals": { "aws:PrincipalTag/tenant_id": "acme" },
            "BoolIfExists": { "aws:PrincipalIsAWSService": "false" },
        });
        assert!(denied(&statement, "s3:GetObject", "/key"));
        statement["Condition"]["ArnNotLike"] = json!({ "aws:PrincipalArn": "arn:aws:iam::*:role/saas/*" });
        assert!(!denied(&statement, "s3:GetObject", "/key"));
    }

    #[test]
    fn the_connection_counts_as_secure() {
        let mut statement = deny("*", "s3:*", "/*");
        statement["Condition"] = json!({ "Bool": { "aws:SecureTransport": "false" } });
        assert!(!denied(&statement, "s3:GetObject", "/key"));
    }
}
