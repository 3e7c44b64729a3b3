//! Whether the policies of buckets and secrets lock out the caller: those of the plan after they are written, or the
//! present policy of the live control bucket.
//!
//! A policy is evaluated as IAM evaluates it for the caller's own management calls. Unknown properties of
//! the caller (its tags) count as unfavourable, so an exemption found here is certain.

use saas_model::Address;
use saas_model::arn::Arn;
use saas_model::policy::{Condition, Effect, Operator, Policy, Principal, Statement};
use saas_model::resource::{Bucket, Resource, ResourceSpec, Secret};
use saas_prover::glob::Glob;

use super::{Check, Failure};
use crate::aws::caller::Caller;
use crate::context::Context;
use crate::error::{Required, Result};
use crate::providers::s3::bucket::policy_of_bucket;

/// The calls that the executor makes on a bucket or a secret after it has its policy.
const MANAGED_BY: [&str; 16] = [
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:GetBucketPolicy",
    "s3:GetBucketTagging",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketTagging",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "secretsmanager:CancelRotateSecret",
    "secretsmanager:DeleteSecret",
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutResourcePolicy",
    "secretsmanager:PutSecretValue",
    "secretsmanager:TagResource",
    "secretsmanager:UpdateSecret",
];

/// The value of `aws:PrincipalArn` for a caller.
///
/// Source: IAM User Guide, "AWS global condition context keys", `aws:PrincipalArn`.
enum PrincipalArn<'a> {
    /// The account root, which a bucket policy cannot keep from changing that policy. Source: Amazon S3
    /// User Guide, "Bucket policies".
    Root,
    /// The caller's own ARN.
    Own(&'a str),
    /// The name of a role. The ARN of a session contains the name of its role, but not the path.
    OfRole(&'a str),
    /// It cannot be determined.
    Unknown,
}

impl<'a> PrincipalArn<'a> {
    fn of(arn: &'a str) -> Self {
        let Some(Arn { service, resource, .. }) = Arn::of(arn) else { return Self::Unknown };
        match (service, resource) {
            ("iam", "root") => Self::Root,
            ("iam", user) if user.starts_with("user/") => Self::Own(arn),
            ("sts", user) if user.starts_with("federated-user/") => Self::Own(arn),
            ("sts", session) => {
                let role = session.strip_prefix("assumed-role/").and_then(|rest| rest.split('/').next());
                role.map_or(Self::Unknown, Self::OfRole)
            }
            _ => Self::Unknown,
        }
    }
}

/// The policy of a bucket or a secret, if it has one.
fn policy_of(resource: &Resource) -> Option<&Policy> {
    let of_bucket = Bucket::of(resource).map(|bucket| &bucket.policy);
    of_bucket.or_else(|| Some(&Secret::of(resource)?.policy)).filter(|policy| !policy.is_empty())
}

/// The failure, if a policy of the plan would lock out the caller or that cannot be determined.
pub(super) async fn locked_out(cx: &Context<'_>, caller: &Caller) -> Option<Failure> {
    let policies = cx.plan.nodes().iter().filter_map(|node| Some((&node.address, policy_of(&node.resource)?)));
    let policies: Vec<(&Address, &Policy)> = policies.collect();
    if policies.is_empty() {
        return None;
    }
    let arn = match PrincipalArn::of(&caller.arn) {
        PrincipalArn::Root => return None,
        PrincipalArn::Own(arn) => arn.to_owned(),
        PrincipalArn::OfRole(name) => match role_arn(cx, name).await {
            Ok(arn) => arn,
            Err(error) => {
                let what = "the role that the caller has assumed";
                return Some(Failure::Unanswered { what, check: Some(Check::Caller), error });
            }
        },
        PrincipalArn::Unknown => {
            let reason = "it is neither a role, a user nor the account root".to_owned();
            return Some(Failure::CallerUnknown { caller: caller.arn.clone(), reason });
        }
    };
    let denied = |(_, policy): &(&Address, &Policy)| may_be_denied(policy, &caller.account, &arn);
    let resources: Vec<Address> = policies.into_iter().filter(denied).map(|(address, _)| address.clone()).collect();
    if !resources.is_empty() {
        return Some(Failure::LockedOut { caller: arn, resources });
    }
    kept_out(cx, &caller.account, arn).await
}

/// The failure, if the live control bucket is to change and its policy denies that to the caller. Its
/// policy admits the same roles as the policies of the tenants' buckets and of all secrets.
async fn kept_out(cx: &Context<'_>, account: &str, caller: String) -> Option<Failure> {
    let (node, _) = cx.plan.control_bucket()?;
    let found = cx.live.get(&node.address).filter(|found| found.digest != Some(node.digest))?;
    let bucket = found.identity.id;
    match policy_of_bucket(cx, &bucket).await {
        Ok(policy) if may_be_denied(&policy, account, &caller) => {
            let administrators = policy.administrators().into_iter().map(str::to_owned).collect();
            Some(Failure::KeptOut { caller, bucket, administrators })
        }
        Ok(_) => None,
        Err(error) if error.is(&["NoSuchBucket"]) => None,
        Err(error) => {
            let what = "the policy of the control bucket";
            Some(Failure::Unanswered { what, check: Some(Check::Caller), error })
        }
    }
}

async fn role_arn(cx: &Context<'_>, name: &str) -> Result<String> {
    let role = cx.aws.iam.get_role().role_name(name).send().await?.role;
    role.map(|role| role.arn).required("iam GetRole", "Role")
}

/// Whether a policy may deny the caller the management of its bucket or secret.
fn may_be_denied(policy: &Policy, account: &str, arn: &str) -> bool {
    let known = |key: &str| {
        let keys = [
            ("aws:PrincipalArn", arn),
            ("aws:PrincipalAccount", account),
            ("aws:PrincipalIsAWSService", "false"),
            ("aws:SecureTransport", "true"),
        ];
        keys.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value)
    };
    policy.statements.iter().filter(|statement| concerns(statement)).any(|statement| {
        // A denial requires all conditions, so a condition that is certainly false is an exemption.
        !statement
            .conditions
            .iter()
            .any(|condition| known(&condition.key).is_some_and(|value| !holds(condition, value)))
    })
}

fn concerns(statement: &Statement) -> bool {
    let applies_to_roles = !matches!(statement.principal, Some(Principal::Service(_)));
    let managing = MANAGED_BY.iter().any(|action| statement.actions.include(action));
    statement.effect == Effect::Deny && applies_to_roles && managing && !is_about_objects(statement)
}

/// Whether a statement is about objects alone: only their ARNs have a slash.
fn is_about_objects(statement: &Statement) -> bool {
    let of_objects = |arn: &String| Arn::of(arn).is_some_and(|arn| arn.service == "s3" && arn.resource.contains('/'));
    !statement.resources.is_empty() && statement.resources.iter().all(of_objects)
}

/// Whether a condition holds for a value of its key.
fn holds(Condition { operator, values, .. }: &Condition, value: &str) -> bool {
    let any = |like: fn(&str, &str) -> bool| values.iter().any(|pattern| like(pattern, value));
    match operator {
        Operator::StringEquals => values.contains(value),
        Operator::StringNotEquals => !values.contains(value),
        Operator::StringLike => any(is_like),
        Operator::StringNotLike => !any(is_like),
        Operator::ArnLike => any(is_arn_like),
        Operator::ArnNotLike => !any(is_arn_like),
        Operator::Bool | Operator::BoolIfExists => any(str::eq_ignore_ascii_case),
    }
}

/// Compares each part of an ARN separately.
fn is_arn_like(pattern: &str, arn: &str) -> bool {
    let (Some(pattern), Some(arn)) = (Arn::of(pattern), Arn::of(arn)) else { return false };
    pattern.parts().into_iter().zip(arn.parts()).all(|(pattern, part)| is_like(pattern, part))
}

/// Whether a text matches a pattern in which `*` matches any text and `?` one character.
fn is_like(pattern: &str, text: &str) -> bool {
    Glob::like(pattern).matches(text)
}

#[cfg(test)]
mod tests {
    use saas_model::policy::Actions;

    use super::*;

    const ACCOUNT: &str = "123456789012";
    const PROVISIONER: &str = "arn:aws:iam::123456789012:role/ci/saas-provisioner";

    fn deny(action: &str, conditions: &[(Operator, &str, &str)]) -> Statement {
        let condition = |(operator, key, value): &(Operator, &str, &str)| Condition {
            operator: *operator,
            key: (*key).to_owned().into(),
            values: [(*value).to_owned()].into(),
        };
        Statement {
            sid: "".into(),
            effect: Effect::Deny,
            principal: Some(Principal::Anyone),
            actions: [action.to_owned()].into(),
            resources: [].into(),
            conditions: conditions.iter().map(condition).collect(),
        }
    }

    fn denies(statement: Statement, arn: &str) -> bool {
        may_be_denied(&Policy { statements: vec![statement] }, ACCOUNT, arn)
    }

    #[test]
    fn only_the_exempt_role_is_not_locked_out() {
        let control = || deny("s3:PutBucketPolicy", &[(Operator::ArnNotLike, "aws:PrincipalArn", PROVISIONER)]);
        assert!(!denies(control(), PROVISIONER));
        assert!(denies(control(), "arn:aws:iam::123456789012:role/saas-provisioner"), "the path counts");
        assert!(denies(control(), "arn:aws:iam::123456789012:role/ci/saas-provisioner-2"));
        assert!(denies(control(), "arn:aws:iam::210987654321:role/ci/saas-provisioner"));
    }

    #[test]
    fn condition_that_never_matches_the_provisioner_denies_nothing() {
        let foreign = [
            (Operator::StringNotEquals, "aws:principalaccount", ACCOUNT),
            (Operator::BoolIfExists, "aws:PrincipalIsAWSService", "false"),
        ];
        assert!(!denies(deny("s3:*", &foreign), PROVISIONER));
        assert!(!denies(deny("s3:*", &[(Operator::Bool, "aws:SecureTransport", "false")]), PROVISIONER));
    }

    #[test]
    fn condition_on_unknown_caller_attributes_counts_as_denied() {
        let tagged = [(Operator::StringNotEquals, "aws:PrincipalTag/tenant_id", "acme")];
        assert!(denies(deny("s3:Put*", &tagged), PROVISIONER));
        assert!(!denies(deny("s3:GetObject*", &tagged), PROVISIONER), "objects are not the provisioner's");
        assert!(denies(deny("s3:deletebucket", &[]), PROVISIONER), "actions have no case");
        let reads = |actions: &[&str]| {
            let actions = Actions::AllBut(actions.iter().map(|&action| action.to_owned()).collect());
            Statement { actions, ..deny("", &tagged) }
        };
        assert!(denies(reads(&["secretsmanager:GetSecretValue"]), PROVISIONER), "all others");
        assert!(!denies(reads(&["s3:*", "secretsmanager:*"]), PROVISIONER));
        let on = |resource: &str| Statement { resources: [resource.to_owned()].into(), ..deny("s3:*", &tagged) };
        assert!(!denies(on("arn:aws:s3:::saas-platform-acme-data/*"), PROVISIONER), "objects alone");
        assert!(denies(on("arn:aws:s3:::saas-platform-acme-data*"), PROVISIONER));
    }

    #[test]
    fn policy_patterns_match_wildcards() {
        for (pattern, text) in
            [("a*c", "abbc"), ("*", ""), ("a?c", "aäc"), ("s3:Put*", "s3:PutBucketPolicy"), ("**", "x")]
        {
            assert!(is_like(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("a*c", "abcd"), ("?", ""), ("", "a"), ("ab", "a")] {
            assert!(!is_like(pattern, text), "{pattern} {text}");
        }
        assert!(!is_arn_like("arn:aws:iam::*", "arn:aws:iam::1:role/x"), "a star stays within its part");
    }

    #[test]
    fn caller_arns_are_parsed() {
        let of = |arn: &str| match PrincipalArn::of(arn) {
            PrincipalArn::Root => "root".to_owned(),
            PrincipalArn::Own(arn) => arn.to_owned(),
            PrincipalArn::OfRole(name) => format!("role {name}"),
            PrincipalArn::Unknown => "unknown".to_owned(),
        };
        assert_eq!(of("arn:aws:iam::123456789012:root"), "root");
        assert_eq!(of("arn:aws:iam::123456789012:user/a/b"), "arn:aws:iam::123456789012:user/a/b");
        assert_eq!(of("arn:aws:sts::123456789012:assumed-role/saas-provisioner/ci:42"), "role saas-provisioner");
        assert_eq!(of("arn:aws:sts::123456789012:user/moto"), "unknown");
        assert_eq!(of("nonsense"), "unknown");
    }
}
