//! Internet gateways and their attachment to VPCs.

use super::checks::{dependency, done, owner, quota};
use super::resource::{Resource, change, named, store};
use super::tags::{at_creation, tag_set};
use super::{Vpc, interface, quotas};
use crate::services::Service;
use crate::services::prelude::*;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InternetGateway {
    pub(crate) id: String,
    /// The VPC to which it is attached.
    pub(crate) vpc: Option<String>,
    /// The time of its last attachment.
    pub(crate) attached: Time,
    pub(crate) tags: Tags,
}

impl Resource for InternetGateway {
    const PREFIX: &'static str = "igw";

    kept_in!(internet_gateways);

    fn describe(&self, cloud: &Cloud) -> Vec<Element> {
        let attachment = |vpc| vec![xml::text("vpcId", vpc), xml::text("state", "available")];
        let seen = self.vpc.iter().filter(|_| cloud.knows(Service::Ec2, self.attached));
        vec![
            xml::text("internetGatewayId", &self.id),
            owner(cloud),
            xml::list("attachmentSet", "item", seen.map(attachment)),
            tag_set(&self.tags),
        ]
    }
}

/// The gateway that is attached to a VPC.
pub(super) fn of_vpc<'a>(cloud: &'a Cloud, vpc: &str) -> Option<&'a InternetGateway> {
    cloud.ec2.internet_gateways.values().find(|gateway| gateway.vpc.as_deref() == Some(vpc))
}

/// The gateway that is attached to a VPC, once AWS's asynchronous work sees the attachment.
pub(super) fn seen_in_vpc<'a>(cloud: &'a Cloud, vpc: &str) -> Option<&'a InternetGateway> {
    of_vpc(cloud, vpc).filter(|gateway| cloud.knows(Service::Ec2, gateway.attached))
}

/// Whether a VPC has an Internet gateway.
pub(crate) fn has_internet_gateway(cloud: &Cloud, vpc: &str) -> bool {
    of_vpc(cloud, vpc).is_some()
}

/// `CreateInternetGateway`.
pub(super) fn create(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let tags = at_creation::<InternetGateway>(input)?;
    let count = cloud.ec2.internet_gateways.len();
    quota(count, quotas::INTERNET_GATEWAYS, "InternetGatewayLimitExceeded", "internet gateways")?;

    let id = cloud.ids.ec2("igw");
    let gateway = InternetGateway { id: id.clone(), tags, ..InternetGateway::default() };
    Ok(store(cloud, input, "internetGateway", &id, gateway))
}

/// `AttachInternetGateway`: at most one gateway for each VPC.
pub(super) fn attach(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let gateway = named::<InternetGateway>(cloud, input, "InternetGatewayId")?;
    let (id, vpc) = (gateway.id.clone(), named::<Vpc>(cloud, input, "VpcId")?.id.clone());
    if let Some(other) = &gateway.vpc {
        let message = format!("resource {id} is already attached to network {other}");
        return Err(Refusal::new("Resource.AlreadyAssociated", message));
    }
    if of_vpc(cloud, &vpc).is_some() {
        let message = format!("Network {vpc} already has an internet gateway attached");
        return Err(Refusal::new("InvalidParameterValue", message));
    }

    let now = cloud.now;
    change(cloud, &id, |gateway: &mut InternetGateway| (gateway.vpc, gateway.attached) = (Some(vpc), now));
    Ok(done())
}

/// `DetachInternetGateway`: no public address may be in use in the VPC. Routes to the gateway become
/// black holes.
pub(super) fn detach(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let gateway = named::<InternetGateway>(cloud, input, "InternetGatewayId")?;
    let (id, vpc) = (gateway.id.clone(), named::<Vpc>(cloud, input, "VpcId")?.id.clone());
    if gateway.vpc.as_ref() != Some(&vpc) {
        return Err(Refusal::new("Gateway.NotAttached", format!("resource {id} is not attached to network {vpc}")));
    }
    if interface::has_public_addresses(cloud, &vpc) {
        let message = format!(
            "Network {vpc} has some mapped public address(es). Please unmap those public address(es) before \
             detaching the gateway."
        );
        return Err(Refusal::new("DependencyViolation", message));
    }

    change(cloud, &id, |gateway: &mut InternetGateway| gateway.vpc = None);
    Ok(done())
}

/// `DeleteInternetGateway`: the gateway must not be attached.
pub(super) fn delete(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let gateway = named::<InternetGateway>(cloud, input, "InternetGatewayId")?;
    let id = gateway.id.clone();
    ensure!(gateway.vpc.is_none(), dependency("internetGateway", &id));

    cloud.ec2.internet_gateways.remove(&id);
    Ok(done())
}
