//! All of IAM's content in one list. No other list contains roles with their tags and policies.

use super::role::Role;
use super::{attached, check, documents, role};
use crate::services::prelude::*;

pub(super) fn get_account_authorization_details(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let kinds = input.texts("Filter");
    // The sandbox has only roles.
    let wanted = kinds.is_empty() || kinds.iter().any(|kind| kind == "Role");
    role::all(cloud);
    let visible = cloud.iam.roles.iter().filter(|_| wanted);
    let roles = check::page(input, visible.map(|(key, role)| (key.clone(), role)), |roles| {
        xml::list("RoleDetailList", "member", roles.into_iter().map(|role| detail(cloud, role)))
    })?;
    let others = ["UserDetailList", "GroupDetailList", "Policies"].map(|name| xml::element(name, []));
    Ok(others.into_iter().chain(roles).collect())
}

fn detail(cloud: &Cloud, role: &Role) -> Vec<Element> {
    let inline = role.inline.iter().map(|(name, policy)| {
        vec![xml::text("PolicyName", name), xml::text("PolicyDocument", documents::encoded(policy))]
    });
    let mut content = role.summary(&cloud.account);
    content.push(xml::element("InstanceProfileList", []));
    content.push(xml::list("RolePolicyList", "member", inline));
    let attached = role.attached.iter().map(|arn| attached::element(arn));
    content.push(xml::list("AttachedManagedPolicies", "member", attached));
    content.extend(role.details());
    content.push(xml::element("RoleLastUsed", []));
    content
}
