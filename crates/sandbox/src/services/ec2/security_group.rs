//! Security groups. AWS creates one with every VPC, and gives every new group a rule that allows all
//! egress.

use super::checks::{owner, quota};
use super::listing;
use super::permission;
use super::resource::{Resource, find, named};
use super::rule::{Peer, Rule};
use super::tags::{at_creation, tag_set};
use super::{Vpc, quotas};
use crate::services::Service;
use crate::services::prelude::*;

/// The name of the group that AWS creates with a VPC.
const DEFAULT: &str = "default";

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SecurityGroup {
    pub(crate) id: String,
    pub(crate) vpc: String,
    pub(crate) name: String,
    pub(crate) tags: Tags,
    pub(crate) description: String,
}

impl SecurityGroup {
    /// Whether AWS created the group with the VPC.
    pub(super) fn is_default(&self) -> bool {
        self.name == DEFAULT
    }

    pub(super) fn rules<'a>(&'a self, cloud: &'a Cloud) -> impl Iterator<Item = &'a Rule> {
        cloud.ec2.rules.values().filter(move |rule| rule.group == self.id)
    }

    fn arn(&self, cloud: &Cloud) -> String {
        cloud.account.arn("ec2", &format!("security-group/{}", self.id))
    }
}

impl Resource for SecurityGroup {
    const PREFIX: &'static str = "sg";

    kept_in!(groups);

    fn property(&self, cloud: &Cloud, filter: &str) -> Vec<String> {
        let is_egress = match filter {
            "ip-permission.group-name" => false,
            "egress.ip-permission.group-name" => true,
            _ => return Vec::new(),
        };
        let rules = self.rules(cloud).filter(|rule| rule.is_egress == is_egress);
        let groups = rules.filter_map(|rule| cloud.ec2.groups.get(rule.peer.group()?));
        groups.map(|group| group.name.clone()).collect()
    }

    fn describe(&self, cloud: &Cloud) -> Vec<Element> {
        let permissions = |is_egress: bool| {
            let rules = self.rules(cloud).filter(|rule| rule.is_egress == is_egress);
            permission::describe(cloud, rules)
        };
        vec![
            xml::text("groupId", &self.id),
            xml::text("groupName", &self.name),
            xml::text("groupDescription", &self.description),
            xml::text("vpcId", &self.vpc),
            owner(cloud),
            xml::text("securityGroupArn", self.arn(cloud)),
            xml::list("ipPermissions", "item", permissions(false)),
            xml::list("ipPermissionsEgress", "item", permissions(true)),
            tag_set(&self.tags),
        ]
    }
}

/// The group to which a call refers. A new group is not visible for some time. Source: Amazon EC2 API
/// reference, "Error codes", `InvalidGroup.NotFound`.
pub(super) fn referred<'a>(cloud: &'a Cloud, id: &str) -> Result<&'a SecurityGroup, Refusal> {
    find::<SecurityGroup>(cloud, id)?;
    cloud.ec2.groups.seen(id, cloud.view(Service::Ec2)).ok_or_else(|| SecurityGroup::kind().unknown(id))
}

/// Creates the default group of a new VPC, which allows ingress from its own members and all egress.
/// Source: Amazon VPC User Guide, "Default security groups for your VPCs".
pub(super) fn make_default(cloud: &mut Cloud, vpc: &str) {
    let group = SecurityGroup {
        id: cloud.ids.ec2("sg"),
        vpc: vpc.to_owned(),
        name: DEFAULT.to_owned(),
        tags: Tags::new(),
        description: "default VPC security group".to_owned(),
    };
    let itself = Peer::Group(group.id.clone());
    allow_all(cloud, &group.id, false, itself);
    allow_all(cloud, &group.id, true, Peer::Ipv4("0.0.0.0/0".to_owned()));
    cloud.ec2.groups.insert(group.id.clone(), group);
}

/// The default group of a VPC, in which resources are that name no group.
pub(crate) fn default_group(cloud: &Cloud, vpc: &str) -> Option<String> {
    let group = cloud.ec2.groups.values().find(|group| group.vpc == vpc && group.is_default());
    group.map(|group| group.id.clone())
}

/// Adds a rule for all traffic, as AWS does.
fn allow_all(cloud: &mut Cloud, group: &str, is_egress: bool, peer: Peer) {
    let id = cloud.ids.ec2("sgr");
    let rule = Rule::new(group, is_egress, ("-1".to_owned(), None), peer);
    cloud.ec2.rules.insert(id.clone(), Rule { id, comes_with_group: true, ..rule });
}

/// Whether all characters are valid in names and descriptions. Source: Amazon EC2 API reference,
/// `CreateSecurityGroup`, `GroupName`.
fn is_plain(text: &str) -> bool {
    text.chars().all(|character| character.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(character))
}

/// Refuses an invalid description of a group or a rule.
pub(super) fn check_description(text: &str, what: &str) -> Result<(), Refusal> {
    if is_plain(text) && text.len() < 256 {
        return Ok(());
    }
    let message = format!(
        "Invalid {what} description. Valid descriptions are strings less than 256 characters from the following \
         set: a-zA-Z0-9. _-:/()#,@[]+=&;{{}}!$*"
    );
    Err(Refusal::new("InvalidParameterValue", message))
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let refuse = |message: String| Err(Refusal::new("InvalidParameterValue", message));
    if name.starts_with("sg-") {
        let value = format!("Value ({name}) for parameter GroupName is invalid.");
        return refuse(format!("{value} Group names may not be in the format sg-*."));
    }
    if name == DEFAULT {
        return refuse("Cannot use reserved security group name: default".to_owned());
    }
    if name.is_empty() || name.len() > 255 || !is_plain(name) {
        return refuse(format!("Value ({name}) for parameter GroupName is invalid. Invalid security group name."));
    }
    Ok(())
}

/// `CreateSecurityGroup`: the name is unique in the VPC.
pub(super) fn create(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let name = input.required("GroupName")?;
    let description = input.required("GroupDescription")?;
    check_name(name)?;
    check_description(description, "security group")?;
    ensure!(!description.is_empty(), Refusal::missing("GroupDescription"));
    let vpc = match input.has("VpcId") {
        true => named::<Vpc>(cloud, input, "VpcId")?.id.clone(),
        // The sandbox has no default VPC.
        false => return Err(Refusal::new("VPCIdNotSpecified", "No default VPC for this user")),
    };
    if cloud.ec2.groups.values().any(|group| group.vpc == vpc && group.name == name) {
        let message = format!("The security group '{name}' already exists for VPC '{vpc}'");
        return Err(Refusal::new("InvalidGroup.Duplicate", message));
    }
    let tags = at_creation::<SecurityGroup>(input)?;
    quota(cloud.ec2.groups.len(), quotas::GROUPS, "SecurityGroupLimitExceeded", "security groups")?;

    let group = SecurityGroup {
        id: cloud.ids.ec2("sg"),
        vpc,
        name: name.to_owned(),
        tags,
        description: description.to_owned(),
    };
    allow_all(cloud, &group.id, true, Peer::Ipv4("0.0.0.0/0".to_owned()));
    let answer = vec![
        xml::text("return", true),
        xml::text("groupId", &group.id),
        xml::text("securityGroupArn", group.arn(cloud)),
        tag_set(&group.tags),
    ];
    cloud.ec2.groups.insert(group.id.clone(), group);
    Ok(answer)
}

/// `DescribeSecurityGroups`. Group names refer to groups in a default VPC, which does not exist.
pub(super) fn describe(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    refuse_name(input)?;
    listing::describe::<SecurityGroup>(cloud, input)
}

/// Refuses a reference to a group by name.
pub(super) fn refuse_name(input: &Input) -> Result<(), Refusal> {
    ensure!(!input.has("GroupName"), Refusal::new("VPCIdNotSpecified", "No default VPC for this user"));
    Ok(())
}

/// `DeleteSecurityGroup`: no network interface may use the group, and no rule of another group may
/// refer to it.
pub(super) fn delete(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    if !input.has("GroupId") {
        refuse_name(input)?;
    }
    let group = named::<SecurityGroup>(cloud, input, "GroupId")?;
    let id = group.id.clone();
    if group.is_default() {
        let message = format!("the specified group: \"{id}\" name: \"default\" cannot be deleted by a user");
        return Err(Refusal::new("CannotDelete", message));
    }
    let refers = |rule: &Rule| rule.group != id && matches!(&rule.peer, Peer::Group(peer) if *peer == id);
    let is_referred_to = cloud.ec2.rules.values().any(refers);
    if is_referred_to || cloud.ec2.interfaces.values().any(|interface| interface.groups.contains(&id)) {
        return Err(Refusal::new("DependencyViolation", format!("resource {id} has a dependent object")));
    }

    cloud.ec2.rules.retain(|_, rule| rule.group != id);
    cloud.ec2.groups.remove(&id);
    Ok(vec![xml::text("return", true), xml::text("groupId", id)])
}
