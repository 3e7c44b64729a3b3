//! Service-linked roles: in the account, but of a service of AWS.
//!
//! Source: IAM User Guide, "Create a service-linked role"; the guides of the four services.

use super::check;
use super::documents;
use super::role::{self, Role};
use crate::cloud::Cloud;
use crate::input::Input;
use crate::refusal::Refusal;
use crate::xml::{self, Element};

/// The services that have one here: its name, and the policy that AWS attaches to it.
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
    check::length("aWSServiceName", service, 1, 128)?;
    let description = check::description(input)?.map(str::to_owned);
    let invalid = |message: String| Refusal::new("InvalidInput", message);
    let known = SERVICES.iter().find(|(known, _, _)| *known == service);
    let (_, name, policy) = known.ok_or_else(|| invalid(format!("{service} has no service-linked role here.")))?;
    if input.has("CustomSuffix") {
        return Err(invalid(format!("Custom suffix is not allowed for {service}")));
    }
    let key = name.to_lowercase();
    if role::all(cloud).contains_key(&key) {
        let message =
            format!("Service role name {name} has been taken in this account, please try a different suffix.");
        return Err(invalid(message));
    }
    let path = format!("/aws-service-role/{service}/");
    let mut role = Role::new(cloud, name, &path, documents::trusting(service));
    role.description = description;
    role.attached.insert(format!("arn:aws:iam::aws:policy/aws-service-role/{policy}"), cloud.now);
    let made = Role { trust: documents::trusting_in_lists(service), ..role.clone() };
    let answer = xml::element("Role", made.summary(&cloud.account));
    cloud.iam.roles.insert(key, role);
    Ok(vec![answer])
}
