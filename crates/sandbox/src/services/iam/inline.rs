//! Inline policies: documents that are part of a role.

use super::{check, documents, role};
use crate::services::prelude::*;

/// The maximum total size of a role's inline policies, in characters without white space.
/// Source: IAM User Guide, "IAM and AWS STS quotas".
const MOST: usize = 10_240;

fn missing(name: &str) -> Refusal {
    check::no_such_entity(format!("The role policy with name {name} cannot be found."))
}

pub(super) fn put_role_policy(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let name = input.required("PolicyName")?.to_owned();
    let document = documents::identity(input, "PolicyDocument")?;
    let role = role::modifiable(cloud, input)?;
    let others = role.inline.iter().filter(|(other, _)| **other != name);
    let size: usize = others.map(|(_, policy)| documents::size(policy)).sum();
    if size + documents::size(&document) > MOST {
        let message = format!("Maximum policy size of {MOST} bytes exceeded for role {}", role.name);
        return Err(check::limit_exceeded(message));
    }
    role.inline.insert(name, document);
    Ok(Vec::new())
}

pub(super) fn get_role_policy(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let name = input.required("PolicyName")?;
    let role = role::read(cloud, input)?;
    let policy = role.inline.get(name).ok_or_else(|| missing(name))?;
    Ok(vec![
        xml::text("RoleName", &role.name),
        xml::text("PolicyName", name),
        xml::text("PolicyDocument", documents::encoded(policy)),
    ])
}

pub(super) fn list_role_policies(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let role = role::read(cloud, input)?;
    let names = role.inline.keys().map(|name| (name.clone(), name));
    check::page(input, names, |names| xml::texts("PolicyNames", "member", names))
}

pub(super) fn delete_role_policy(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let name = input.required("PolicyName")?;
    let role = role::modifiable(cloud, input)?;
    role.inline.remove(name).ok_or_else(|| missing(name))?;
    Ok(Vec::new())
}
