//! Inline policies: documents that are part of one role.

use serde::{Deserialize, Serialize};

use super::{check, documents, role};
use crate::clock::Time;
use crate::cloud::Cloud;
use crate::input::Input;
use crate::refusal::Refusal;
use crate::xml::{self, Element};

/// How much a role's inline policies may be together, in characters that are no white space.
/// Source: IAM User Guide, "IAM and AWS STS quotas".
const MOST: usize = 10_240;

/// An inline policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Inline {
    /// The document as it came.
    pub(super) document: String,
    pub(super) created: Time,
}

fn missing(name: &str) -> Refusal {
    check::no_such_entity(format!("The role policy with name {name} cannot be found."))
}

pub(super) fn put_role_policy(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let name = check::policy_name(input)?.to_owned();
    let document = documents::identity(input, "PolicyDocument")?;
    let now = cloud.now;
    let role = role::modifiable(cloud, input)?;
    let others = role.inline.iter().filter(|(other, _)| **other != name);
    let size: usize = others.map(|(_, policy)| documents::size(&policy.document)).sum();
    if size + documents::size(&document) > MOST {
        let message = format!("Maximum policy size of {MOST} bytes exceeded for role {}", role.name);
        return Err(check::limit_exceeded(message));
    }
    let created = role.inline.get(&name).map_or(now, |policy| policy.created);
    role.inline.insert(name, Inline { document, created });
    Ok(Vec::new())
}

pub(super) fn get_role_policy(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let name = check::policy_name(input)?;
    let role = role::seen(cloud, input)?.clone();
    let policy = role.inline.get(name).filter(|policy| cloud.sees(policy.created)).ok_or_else(|| missing(name))?;
    Ok(vec![
        xml::text("RoleName", &role.name),
        xml::text("PolicyName", name),
        xml::text("PolicyDocument", documents::encoded(&policy.document)),
    ])
}

pub(super) fn list_role_policies(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let role = role::seen(cloud, input)?.clone();
    let visible = role.inline.iter().filter(|(_, policy)| cloud.sees(policy.created));
    let (names, rest) = check::page(input, visible.map(|(name, _)| (name.clone(), name)))?;
    Ok(std::iter::once(xml::texts("PolicyNames", "member", names)).chain(rest).collect())
}

pub(super) fn delete_role_policy(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let name = check::policy_name(input)?;
    let role = role::modifiable(cloud, input)?;
    role.inline.remove(name).ok_or_else(|| missing(name))?;
    Ok(Vec::new())
}
