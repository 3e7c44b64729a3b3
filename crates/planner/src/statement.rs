//! The statements that policies are made of.

use saas_model::Set;
use saas_model::identifier::RoleArn;
use saas_model::policy::{Condition, Effect, Operator, Principal, Statement};

/// What would open the bucket, or take it away.
pub(crate) const CONTROL_ACTIONS: [&str; 11] = [
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketAcl",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketTagging",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:TagResource",
    "s3:UntagResource",
];

pub(crate) fn texts(texts: &[&str]) -> Set<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

pub(crate) fn allow<const N: usize>(sid: &'static str, actions: &Set<String>, resources: [String; N]) -> Statement {
    Statement {
        sid: sid.into(),
        effect: Effect::Allow,
        principal: None,
        actions: actions.clone(),
        resources: resources.into(),
        conditions: Set::new(),
    }
}

pub(crate) fn deny(
    sid: &'static str,
    actions: &Set<String>,
    resources: &Set<String>,
    conditions: Set<Condition>,
) -> Statement {
    Statement {
        sid: sid.into(),
        effect: Effect::Deny,
        principal: Some(Principal::Anyone),
        actions: actions.clone(),
        resources: resources.clone(),
        conditions,
    }
}

pub(crate) fn condition(operator: Operator, key: &'static str, values: impl Into<Set<String>>) -> Condition {
    Condition { operator, key: key.into(), values: values.into() }
}

/// Holds for everybody but these roles; `None` where there are none.
pub(crate) fn not_one_of(roles: &[Option<&RoleArn>]) -> Option<Condition> {
    let roles: Set<String> = roles.iter().flatten().map(ToString::to_string).collect();
    (!roles.is_empty()).then(|| condition(Operator::ArnNotLike, "aws:PrincipalArn", roles))
}
