//! Managed policies that are attached to roles.
//!
//! No operation creates a managed policy, so the account has none. Every well-formed ARN of an AWS
//! managed policy counts as an existing one.

use super::{check, role};
use crate::cloud::Account;
use crate::services::prelude::*;

/// The maximum number of managed policies per role. Source: IAM User Guide, "IAM and AWS STS
/// quotas".
const MOST: usize = 10;

/// The owner of a managed policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Managed {
    ByAws,
    ByAccount,
    Malformed,
}

impl Managed {
    pub(super) fn of(arn: &str, account: &Account) -> Self {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", partition, "iam", "", owner, resource] = parts.as_slice() else { return Self::Malformed };
        if *partition != account.partition() {
            return Self::Malformed;
        }
        let named = resource.strip_prefix("policy/").is_some_and(|name| {
            let sound = |character: char| character.is_ascii_alphanumeric() || "_+=,.@-/".contains(character);
            !name.is_empty() && !name.ends_with('/') && name.chars().all(sound)
        });
        match *owner {
            "aws" if named => Self::ByAws,
            owner if named && owner == account.id => Self::ByAccount,
            _ => Self::Malformed,
        }
    }
}

fn arn<'a>(cloud: &Cloud, input: &'a Input) -> Result<(&'a str, Managed), Refusal> {
    let arn = input.required("PolicyArn")?;
    // The error for a text that is not an ARN differs from that for an ARN of another kind:
    // recorded by LocalStack, `test_role_attach_policy`.
    if arn.splitn(6, ':').count() < 6 || !arn.starts_with("arn:") {
        return Err(Refusal::new("ValidationError", "Invalid ARN:  Could not be parsed!"));
    }
    match Managed::of(arn, &cloud.account) {
        Managed::Malformed => Err(Refusal::new("InvalidInput", format!("ARN {arn} is not valid."))),
        managed => Ok((arn, managed)),
    }
}

/// An attached policy. Its name is the last part of its ARN.
pub(super) fn element(arn: &str) -> Vec<Element> {
    vec![xml::text("PolicyName", arn.rsplit('/').next().unwrap_or_default()), xml::text("PolicyArn", arn)]
}

/// Attaching an attached policy has no effect.
pub(super) fn attach_role_policy(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let (arn, managed) = arn(cloud, input)?;
    let role = role::modifiable(cloud, input)?;
    if managed == Managed::ByAccount {
        let message = format!("Policy {arn} does not exist or is not attachable.");
        return Err(check::no_such_entity(message));
    }
    if arn.contains(":policy/aws-service-role/") {
        let message = format!("Cannot attach a Service Role Policy to a Customer Role: {arn}");
        return Err(Refusal::new("PolicyNotAttachable", message));
    }
    if !role.attached.contains(arn) && role.attached.len() >= MOST {
        return Err(check::limit_exceeded(format!("Cannot exceed quota for PoliciesPerRole: {MOST}")));
    }
    role.attached.insert(arn.to_owned());
    Ok(Vec::new())
}

pub(super) fn detach_role_policy(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let (arn, _) = arn(cloud, input)?;
    let role = role::modifiable(cloud, input)?;
    ensure!(role.attached.remove(arn), check::no_such_entity(format!("Policy {arn} was not found.")));
    Ok(Vec::new())
}

pub(super) fn list_attached_role_policies(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let prefix = input.text("PathPrefix").unwrap_or("/");
    let role = role::read(cloud, input)?;
    let is_wanted = |arn: &&String| arn.split_once(":policy").is_some_and(|(_, path)| path.starts_with(prefix));
    let wanted = role.attached.iter().filter(is_wanted);
    let list = |arns: Vec<&String>| xml::list("AttachedPolicies", "member", arns.into_iter().map(|arn| element(arn)));
    check::page(input, wanted.map(|arn| (arn.clone(), arn)), list)
}
