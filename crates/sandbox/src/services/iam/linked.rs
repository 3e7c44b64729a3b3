//! Service-linked roles: roles of the account that belong to an AWS service.
//!
//! Source: IAM User Guide, "Create a service-linked role"; the guides of the four services.

use super::documents;
use super::role::{self, Role};
use crate::services::prelude::*;

/// The services with a role: service, name of the role, and the policy that AWS attaches.
const SERVICES: [(&str, &str, &str); 4] = [
    ("ecs.amazonaws.com", "AWSServiceRoleForECS", "AmazonECSServiceRolePolicy"),
    (
        "ecs.application-autoscaling.amazonaws.com",
        "AWSServiceRoleForApplicationAutoScaling_ECSService",
        "AWSApplicationAutoscalingECSServicePolicy",
    ),
    (
        "elasticloadbalancing.amazonaws.com",
        "AWSServiceRoleForElasticLoadBalancing",
        "AWSElasticLoadBalancingServiceRolePolicy",
    ),
    ("rds.amazonaws.com", "AWSServiceRoleForRDS", "AmazonRDSServiceRolePolicy"),
];

pub(super) fn create_service_linked_role(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let service = input.required("AWSServiceName")?;
    let description = input.text("Description").map(str::to_owned);
    let invalid = |message: String| Refusal::new("InvalidInput", message);
    let known = SERVICES.iter().find(|(known, _, _)| *known == service);
    let (_, name, _) = known.ok_or_else(|| invalid(format!("{service} has no service-linked role here.")))?;
    ensure!(!input.has("CustomSuffix"), invalid(format!("Custom suffix is not allowed for {service}")));
    if role::all(cloud).contains_key(&name.to_lowercase()) {
        let message =
            format!("Service role name {name} has been taken in this account, please try a different suffix.");
        return Err(invalid(message));
    }
    let mut role = make(cloud, service).ok_or_else(|| invalid(format!("{service} has no such role here.")))?;
    role.description = description.or_else(|| role.description.take());
    let made = Role { trust: documents::trusting_in_lists(service), ..role.clone() };
    let answer = xml::element("Role", made.summary(&cloud.account));
    cloud.iam.roles.insert(name.to_lowercase(), role);
    Ok(vec![answer])
}

/// Creates the role of a service.
fn make(cloud: &mut Cloud, service: &str) -> Option<Role> {
    let (_, name, policy) = SERVICES.iter().find(|(known, _, _)| *known == service)?;
    let path = format!("/aws-service-role/{service}/");
    let mut role = Role::new(cloud, name, &path, documents::trusting(service));
    // ECS sets no description, and RDS sets one: recorded by LocalStack,
    // `test_service_role_lifecycle`.
    role.description =
        (service == "rds.amazonaws.com").then(|| "Allows Amazon RDS to manage AWS resources on your behalf".to_owned());
    role.attached.insert(cloud.account.managed_policy_arn(&format!("aws-service-role/{policy}")));
    Some(role)
}

/// The state of a service-linked role when its service needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Linked {
    /// The service can assume it.
    Usable,
    /// It did not exist, and the service creates it.
    Made,
    /// It exists, but the service cannot assume it yet.
    Spreading,
}

/// Returns the state of a service's own role, and creates the role if it does not exist. The
/// inventory omits a role that its service created. Without the dial `linked_roles`, every account
/// counts as having these roles.
pub(crate) fn service_needs_its_role(cloud: &mut Cloud, service: &str) -> Linked {
    if cloud.dials.linked_roles.is_zero() {
        return Linked::Usable;
    }
    let Some((_, name, _)) = SERVICES.iter().find(|(known, _, _)| *known == service) else { return Linked::Usable };
    let key = name.to_lowercase();
    if let Some(role) = role::all(cloud).get(&key) {
        let created = role.created;
        let is_new = cloud.now.since(created) < cloud.dials.linked_roles;
        return if is_new { Linked::Spreading } else { Linked::Usable };
    }
    if let Some(role) = make(cloud, service) {
        let role = Role { is_made_by_service: true, ..role };
        cloud.iam.roles.insert(key, role);
    }
    Linked::Made
}
