//! Validation of policies that can be parsed.

use std::collections::BTreeSet;

use super::actions;
use super::condition::Condition;
use super::{Either, Policy, Statement, malformed};
use crate::services::prelude::*;

/// The maximum size of a policy in bytes. Source: Amazon S3 User Guide, "Bucket policies".
const MOST_BYTES: usize = 20 * 1024;

/// Parses and validates a new policy of a bucket.
pub(crate) fn validate(cloud: &Cloud, bucket: &str, text: &str) -> Result<Policy, Refusal> {
    let message = format!("Policy document must not be greater than {MOST_BYTES} bytes");
    ensure!(text.len() <= MOST_BYTES, malformed(message));
    let policy = Policy::read(text)?;
    let arn = cloud.account.bucket_arn(bucket);
    let mut sids = BTreeSet::new();
    for statement in &policy.statements {
        let is_new = statement.sid.as_ref().is_none_or(|sid| sid.is_empty() || sids.insert(sid));
        ensure!(is_new, malformed("Statement IDs (SID) in a single policy must be unique"));
        statement.principals.named().iter().try_for_each(|principal| principal.validate(cloud))?;
        statement.conditions.iter().try_for_each(check_key)?;
        check_resources(statement, &arn)?;
        check_actions(statement, &arn)?;
    }
    Ok(policy)
}

/// A resource must be the bucket with this ARN, or objects in it.
fn check_resources(statement: &Statement, bucket: &str) -> Result<(), Refusal> {
    let is_here = |resource: &String| {
        resource.strip_prefix(bucket).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') && rest.len() > 1)
    };
    if statement.resources.named().iter().all(is_here) { Ok(()) } else { Err(malformed("Policy has invalid resource")) }
}

/// An action must be one of S3, and must apply to at least one of the resources.
fn check_actions(statement: &Statement, bucket: &str) -> Result<(), Refusal> {
    let (on_bucket, on_objects) = match &statement.resources {
        Either::These(resources) => {
            let is_bucket = |resource: &String| resource == bucket;
            (resources.iter().any(is_bucket), !resources.iter().all(is_bucket))
        }
        Either::AllBut(_) => (true, true),
    };
    for action in statement.actions.named() {
        let taken = actions::taken(action).ok_or_else(|| malformed("Policy has invalid action"))?;
        let applies = taken.on_buckets && on_bucket || taken.on_objects && on_objects;
        if !applies && matches!(statement.actions, Either::These(_)) {
            return Err(malformed("Action does not apply to any resource(s) in statement"));
        }
    }
    Ok(())
}

/// A condition key must be a global key or one of S3.
fn check_key(condition: &Condition) -> Result<(), Refusal> {
    let known = condition.key.split_once(':').is_some_and(|(service, name)| {
        !name.is_empty() && ["aws", "s3"].iter().any(|known| service.eq_ignore_ascii_case(known))
    });
    if known { Ok(()) } else { Err(malformed("Policy has an invalid condition key")) }
}
