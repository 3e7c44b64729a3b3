//! AWS IAM: roles and their policies.
//!
//! Users, groups and customer managed policies are not modelled. The caller's role always exists.
//! No call created it, so the inventory omits it.

mod attached;
mod authorization;
mod check;
mod documents;
mod inline;
mod linked;
mod role;
mod role_tags;
mod timing;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::services::prelude::*;
use crate::services::sts;
pub(crate) use linked::{Linked, service_needs_its_role};
use role::Role;

pub(crate) const DESCRIPTOR: Descriptor = Descriptor {
    name: "AWS IAM",
    signing_name: "iam",
    protocol: Protocol::AwsQuery { namespace: "https://iam.amazonaws.com/doc/2010-05-08/", operations: OPERATIONS },
    model: include_str!("../../../models/iam.json"),
    errors: Errors::QUERY,
    // Source: AWS IAM User Guide, "Changes that I make are not always immediately visible".
    consistency: |operation| {
        (operation.starts_with("Get") || operation.starts_with("List")).then_some(Consistency::Eventual)
    },
    latency: Latency::USUAL,
    collections: |cloud| vec![&mut cloud.iam.roles],
    inventory,
    // Empty, because the tagging API does not return roles. Source: Resource Groups Tagging API
    // Reference, "Services that support the Resource Groups Tagging API": "The `GetResources`
    // operation does not currently support IAM users and roles".
    tagged: |_| Vec::new(),
};

no_events!();

const OPERATIONS: &[(&str, XmlOperation)] = &[
    ("AttachRolePolicy", attached::attach_role_policy),
    ("CreateRole", role::create_role),
    ("CreateServiceLinkedRole", linked::create_service_linked_role),
    ("DeleteRole", role::delete_role),
    ("DeleteRolePolicy", inline::delete_role_policy),
    ("DeleteRolePermissionsBoundary", role::delete_boundary),
    ("DetachRolePolicy", attached::detach_role_policy),
    ("GetAccountAuthorizationDetails", authorization::get_account_authorization_details),
    ("GetRole", role::get_role),
    ("GetRolePolicy", inline::get_role_policy),
    ("ListAttachedRolePolicies", attached::list_attached_role_policies),
    ("ListRolePolicies", inline::list_role_policies),
    ("ListRoles", role::list_roles),
    ("ListRoleTags", role_tags::list_role_tags),
    ("PutRolePermissionsBoundary", role::put_boundary),
    ("PutRolePolicy", inline::put_role_policy),
    ("TagRole", role_tags::tag_role),
    ("UntagRole", role_tags::untag_role),
    ("UpdateAssumeRolePolicy", role::update_assume_role_policy),
    ("UpdateRole", role::update_role),
];

/// The state of the service.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    /// The roles by name in lower case, because names are unique regardless of case.
    roles: Eventual<Role>,
    /// The ARNs of the customer managed policies that exist, and can be boundaries.
    boundaries: BTreeSet<String>,
}

impl State {
    /// Adds a customer managed policy that is known from elsewhere, such as from a plan.
    pub(crate) fn add_boundary(&mut self, arn: &str) {
        self.boundaries.insert(arn.to_owned());
    }
}

fn inventory(cloud: &Cloud, items: &mut Vec<Item>) {
    let administrator = cloud.account.managed_policy_arn("AdministratorAccess");
    for role in cloud.iam.roles.values() {
        // The initial policy of a caller's role and the policies of service-linked roles are
        // omitted.
        if !role.is_caller_role() && !role.is_made_by_service {
            items.push(Item::new("iam:role", &role.name, &role.tags));
        }
        items.extend(role.inline.keys().map(|policy| Item::part("iam:role-policy", format!("{}/{policy}", role.name))));
        let is_given = |arn: &String| role.is_linked() || role.is_caller_role() && *arn == administrator;
        let attached = role.attached.iter().filter(|arn| !is_given(arn));
        items.extend(attached.map(|arn| Item::part("iam:attached-policy", format!("{}/{arn}", role.name))));
    }
}

/// Whether a role with this ARN exists.
pub(crate) fn has_role(cloud: &Cloud, arn: &str) -> bool {
    role::of_arn(cloud, arn).is_some()
}

/// Refuses to pass the role with this ARN to a service unless the caller may. The check fails for a recently
/// created role, for the time that the dial `passed_roles` sets. Source:
/// terraform-aws-modules/terraform-aws-ecs#414. A role that does not exist passes the check.
pub(crate) fn check_pass(cloud: &Cloud, arn: &str) -> Result<(), Refusal> {
    let is_known = |role: Role| cloud.now.since(role.created) >= cloud.dials.passed_roles;
    let message = format!(
        "User: {} is not authorized to perform: iam:PassRole on resource: {arn} because no identity-based policy \
         allows the iam:PassRole action",
        sts::session(&cloud.account)
    );
    ensure!(role::of_arn(cloud, arn).is_none_or(is_known), Refusal::new("AccessDeniedException", message));
    Ok(())
}

/// Whether a service can assume the role with this ARN: it exists, has propagated, and trusts the service.
/// `source` is the ARN of the resource on whose behalf the service acts; conditions are ignored without it.
pub(crate) fn role_is_assumable(cloud: &Cloud, arn: &str, service: &str, source: Option<&str>) -> bool {
    role::seen(cloud, arn).is_some_and(|role| {
        let age = cloud.now.since(role.created);
        age >= cloud.pace.stretch(timing::PROPAGATION) && documents::lets_in(&role.trust, service, source)
    })
}
