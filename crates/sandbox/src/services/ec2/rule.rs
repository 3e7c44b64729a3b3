//! Rules of security groups, each with its own id and tags.

use super::SecurityGroup;
use super::listing;
use super::permission::Traffic;
use super::resource::Resource;
use super::tags::tag_set;
use crate::services::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) group: String,
    pub(crate) is_egress: bool,
    /// `tcp`, `udp`, `icmp`, `icmpv6`, the number of another protocol, or `-1` for all.
    pub(crate) protocol: String,
    /// The first and the last port, or the ICMP type and code; `None` for all.
    pub(crate) ports: Option<(i64, i64)>,
    pub(crate) peer: Peer,
    pub(crate) description: Option<String>,
    /// Whether AWS created it with the group.
    pub(crate) comes_with_group: bool,
    pub(crate) tags: Tags,
}

/// The source of an ingress rule, or the destination of an egress rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Peer {
    Ipv4(String),
    Ipv6(String),
    PrefixList(String),
    Group(String),
}

impl Peer {
    /// The id of the security group, if the peer is one.
    pub(super) fn group(&self) -> Option<&str> {
        match self {
            Self::Group(id) => Some(id),
            Self::Ipv4(_) | Self::Ipv6(_) | Self::PrefixList(_) => None,
        }
    }
}

impl Rule {
    /// A rule of a group in one direction, without an id.
    pub(super) fn new(group: &str, is_egress: bool, (protocol, ports): Traffic, peer: Peer) -> Self {
        let (id, group) = (String::new(), group.to_owned());
        let (description, comes_with_group, tags) = (None, false, Tags::new());
        Self { id, group, is_egress, protocol, ports, peer, description, comes_with_group, tags }
    }

    /// Whether both rules have the same permission, regardless of their descriptions.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let what = |rule: &Self| (rule.group.clone(), rule.is_egress, rule.protocol.clone(), rule.ports);
        self.peer == other.peer && what(self) == what(other)
    }

    /// The elements that all listings of the rule share. The ports of a rule for all ports are -1.
    fn core(&self) -> Vec<Element> {
        let (from, to) = self.ports.unwrap_or((-1, -1));
        let (element, peer) = match &self.peer {
            Peer::Ipv4(text) => ("cidrIpv4", Some(text)),
            Peer::Ipv6(text) => ("cidrIpv6", Some(text)),
            Peer::PrefixList(text) => ("prefixListId", Some(text)),
            Peer::Group(_) => ("referencedGroupId", None),
        };
        vec![
            xml::text("securityGroupRuleId", &self.id),
            xml::text("groupId", &self.group),
            xml::text("isEgress", self.is_egress),
            xml::text("ipProtocol", &self.protocol),
            xml::text("fromPort", from),
            xml::text("toPort", to),
            xml::optional(element, peer),
            xml::optional("description", self.description.as_ref()),
        ]
    }

    /// The elements of the rule after it was revoked.
    pub(super) fn describe_revoked(&self) -> Vec<Element> {
        let mut elements = self.core();
        elements.push(xml::optional("referencedGroupId", self.peer.group()));
        elements
    }
}

impl Resource for Rule {
    const PREFIX: &'static str = "sgr";

    kept_in!(rules);

    fn describe(&self, cloud: &Cloud) -> Vec<Element> {
        let owner = &cloud.account.id;
        let mut elements = self.core();
        elements.push(xml::text("groupOwnerId", owner));
        if let Peer::Group(id) = &self.peer {
            let group = [xml::text("groupId", id), xml::text("userId", owner)];
            elements.push(xml::element("referencedGroupInfo", group));
        }
        let arn = cloud.account.arn("ec2", &format!("security-group-rule/{}", self.id));
        elements.extend([xml::text("securityGroupRuleArn", arn), tag_set(&self.tags)]);
        elements
    }
}

/// `DescribeSecurityGroupRules`. The ids of groups in a filter must be well-formed. Source: recorded by
/// moto, `test_invalid_security_group_id_in_rules_search`.
pub(super) fn describe(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let filters = input.list("Filter").into_iter().filter(|filter| filter.text("Name") == Some("group-id"));
    let mut ids = filters.flat_map(|filter| filter.texts("Value")).filter(|id| !id.contains(['*', '?']));
    if let Some(id) = ids.find(|id| SecurityGroup::kind().check(id).is_err()) {
        let message = format!("The security group ID '{id}' is malformed");
        return Err(Refusal::new("InvalidGroupId.Malformed", message));
    }
    listing::describe::<Rule>(cloud, input)
}
