//! Whether a policy makes a bucket public.
//!
//! Source: Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage", "The meaning
//! of 'public'": a policy is public unless it allows only fixed principals, or restricts all
//! principals by a fixed value of one of certain keys.

use super::condition::Condition;
use super::principal::Principal;
use super::{Effect, Either, Policy, wildcard};
use crate::services::policy_language::Test;

use crate::words::Words;

/// These keys, in lower case.
const LIMITING: Words = Words(
    "aws:principalaccount aws:principalarn aws:principalorgid aws:principalorgpaths aws:sourceaccount aws:sourcearn \
     aws:sourceip aws:sourceorgid aws:sourceorgpaths aws:sourceowner aws:sourcevpc aws:sourcevpce aws:userid \
     s3:dataaccesspointaccount s3:dataaccesspointarn s3:x-amz-server-side-encryption-aws-kms-key-id",
);

/// Whether a statement allows anything to all principals.
pub(crate) fn is_public(policy: &Policy) -> bool {
    policy.statements.iter().any(|statement| {
        let anybody = match &statement.principals {
            Either::These(principals) => principals.contains(&Principal::Anyone),
            Either::AllBut(_) => true,
        };
        statement.effect == Effect::Allow && anybody && !statement.conditions.iter().any(limits)
    })
}

fn limits(condition: &Condition) -> bool {
    let Condition { operator, key, values } = condition;
    let is_address = key.eq_ignore_ascii_case("aws:SourceIp");
    let demands = match operator.test {
        Test::Equals | Test::EqualsIgnoringCase | Test::Like | Test::ArnLike => !is_address,
        Test::Other => is_address,
        Test::Bool | Test::Null => false,
    };
    demands
        && !operator.negated
        && !operator.if_exists
        && operator.quantifier.is_none()
        && LIMITING.contains(&key.to_ascii_lowercase())
        && values.iter().all(|value| if is_address { is_narrow(value) } else { wildcard::is_fixed(value) })
}

/// Whether an address range is narrow: at most a `/8` for IPv4, at most a `/32` for IPv6.
fn is_narrow(range: &str) -> bool {
    let (address, bits) = range.split_once('/').map_or((range, None), |(address, bits)| (address, bits.parse().ok()));
    match (address.contains(':'), bits) {
        (_, None) => !range.contains('/'),
        (false, Some(bits)) => (8..=32_u32).contains(&bits),
        (true, Some(bits)) => (32..=128).contains(&bits),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn public(effect: &str, principal: &Value, condition: &Value) -> bool {
        let statement = json!({ "Effect": effect, "Principal": principal, "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::bucket/*", "Condition": condition });
        is_public(&Policy::read(&json!({ "Statement": [statement] }).to_string()).expect("a sound policy"))
    }

    #[test]
    fn statements_that_allow_anyone_are_public() {
        assert!(public("Allow", &json!("*"), &json!({})));
        assert!(public("Allow", &json!({ "AWS": ["*", "123456789012"] }), &json!({})));
        assert!(!public("Deny", &json!("*"), &json!({})));
        assert!(!public("Allow", &json!({ "AWS": "123456789012" }), &json!({})));
    }

    #[test]
    fn fixed_values_of_some_condition_keys_make_a_policy_non_public() {
        for (condition, expected) in [
            (json!({ "StringEquals": { "aws:SourceVpce": "vpce-1" } }), false),
            (json!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } }), false),
            (json!({ "ArnLike": { "aws:SourceArn": "arn:aws:sns:us-east-1:123456789012:topic" } }), false),
            (json!({ "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } }), false),
            (json!({ "IpAddress": { "aws:SourceIp": "0.0.0.0/0" } }), true),
            (json!({ "StringLike": { "aws:SourceVpc": "vpc-*" } }), true),
            (json!({ "StringEqualsIfExists": { "aws:SourceVpc": "vpc-1" } }), true),
            (json!({ "StringNotEquals": { "aws:SourceVpc": "vpc-1" } }), true),
            (json!({ "StringEquals": { "aws:UserAgent": "curl" } }), true),
            (json!({ "Bool": { "aws:SecureTransport": "true" } }), true),
        ] {
            assert_eq!(public("Allow", &json!("*"), &condition), expected, "{condition}");
        }
    }
}
