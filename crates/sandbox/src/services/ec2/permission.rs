//! IP permissions, the form in which calls and listings of security groups combine several rules.

use std::collections::BTreeMap;

use super::checks::invalid;
use super::cidr::{Block, canonical_ipv6};
use super::prefix_list;
use super::rule::{Peer, Rule};
use super::security_group::{check_description, referred};
use crate::services::prelude::*;

/// The traffic of a permission: a protocol and a range of ports.
pub(super) type Traffic = (String, Option<(i64, i64)>);

/// One peer of a permission, with its traffic and its description.
pub(super) type Described = (Traffic, Peer, Option<String>);

/// The permissions of a call, one entry for each peer. EC2 compares, stores and shows ranges in their
/// canonical form. Source: Amazon EC2 API reference, `IpRange`.
pub(super) fn given(cloud: &Cloud, input: &Input) -> Result<Vec<Described>, Refusal> {
    let mut permissions = input.list("IpPermissions");
    if permissions.is_empty() && input.has("IpProtocol") {
        permissions.push(short(input)?);
    }
    ensure!(!permissions.is_empty(), Refusal::missing("IpPermissions"));
    let mut found: Vec<Described> = Vec::new();
    for permission in &permissions {
        let traffic = traffic(permission)?;
        for (peer, description) in peers(cloud, permission)? {
            if found.iter().any(|(other, known, _)| *other == traffic && *known == peer) {
                let message = "The same permission must not appear multiple times";
                return Err(Refusal::new("InvalidParameterValue", message));
            }
            found.push((traffic.clone(), peer, description));
        }
    }
    Ok(found)
}

/// The older form of a single permission, whose parts are parameters of the call.
fn short(input: &Input) -> Result<Input, Refusal> {
    let cidr = input.required("CidrIp")?;
    let parts = ["IpProtocol", "FromPort", "ToPort"].map(|key| (key.to_owned(), input.kept(key).unwrap_or_default()));
    let mut permission = serde_json::Map::from_iter(parts);
    permission.insert("IpRanges".to_owned(), serde_json::json!([{ "CidrIp": cidr }]));
    Ok(Input::from_json(permission.into()))
}

fn refuse(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidParameterValue", message)
}

fn traffic(permission: &Input) -> Result<Traffic, Refusal> {
    let text = permission.required("IpProtocol")?;
    let protocol = match text.to_ascii_lowercase().as_str() {
        "-1" | "all" => "-1".to_owned(),
        "tcp" | "6" => "tcp".to_owned(),
        "udp" | "17" => "udp".to_owned(),
        "icmp" | "1" => "icmp".to_owned(),
        "icmpv6" | "58" => "icmpv6".to_owned(),
        number if number.parse::<u8>().is_ok() => number.to_owned(),
        _ => return Err(refuse(format!("Invalid value '{text}' for IP protocol. Unknown protocol."))),
    };
    let port = |key: &str| match permission.text(key) {
        None => Ok(None),
        Some(text) => permission.number(key).map(Some).ok_or_else(|| invalid(text, key, "It is no number.")),
    };
    let ports = (port("FromPort")?, port("ToPort")?);
    let ports = match (protocol.as_str(), ports) {
        ("tcp" | "udp", (Some(from), Some(to))) => Some(check_ports(from, to)?),
        ("tcp" | "udp", _) => {
            let message = "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.";
            return Err(refuse(message));
        }
        ("icmp" | "icmpv6", (Some(kind), code)) => {
            let code = code.unwrap_or(-1);
            if !(-1..=255).contains(&kind) || !(-1..=255).contains(&code) {
                return Err(refuse(format!("ICMP type ({kind}) or code ({code}) is out of range")));
            }
            Some((kind, code))
        }
        ("icmp" | "icmpv6", _) => Some((-1, -1)),
        // Other protocols have no ports.
        _ => None,
    };
    Ok((protocol, ports))
}

fn check_ports(from: i64, to: i64) -> Result<(i64, i64), Refusal> {
    for port in [from, to] {
        ensure!((0..=65_535).contains(&port), refuse(format!("TCP/UDP port ({port}) out of range")));
    }
    if from > to {
        let message = format!(
            "Invalid value '{from} - {to}' for portRange. Must specify from port ({from}) to be less than or equal to \
             to port ({to})."
        );
        return Err(refuse(message));
    }
    Ok((from, to))
}

/// The peers of a permission, with their descriptions.
fn peers(cloud: &Cloud, permission: &Input) -> Result<Vec<(Peer, Option<String>)>, Refusal> {
    let mut peers = Vec::new();
    for list in ["IpRanges", "Ipv6Ranges", "PrefixListIds", "Groups"] {
        for entry in permission.list(list) {
            let description = description(&entry)?;
            peers.push((peer(cloud, list, &entry)?, description));
        }
    }
    if peers.is_empty() {
        let message = "A permission must have at least one range, prefix list or security group";
        return Err(Refusal::new("MissingParameter", message));
    }
    Ok(peers)
}

/// The peer in an entry of one of the lists of a permission.
fn peer(cloud: &Cloud, list: &str, entry: &Input) -> Result<Peer, Refusal> {
    let malformed = |text: &str| refuse(format!("CIDR block {text} is malformed"));
    match list {
        "IpRanges" => {
            let text = entry.required("CidrIp")?;
            Block::parse(text).map(|block| Peer::Ipv4(block.to_string())).ok_or_else(|| malformed(text))
        }
        "Ipv6Ranges" => {
            let text = entry.required("CidrIpv6")?;
            canonical_ipv6(text).map(Peer::Ipv6).ok_or_else(|| malformed(text))
        }
        "PrefixListIds" => {
            let list = prefix_list::find(cloud, entry.required("PrefixListId")?)?;
            Ok(Peer::PrefixList(list.id.to_owned()))
        }
        _ => referred(cloud, entry.required("GroupId")?).map(|group| Peer::Group(group.id.clone())),
    }
}

/// The description of a rule; an empty one counts as none.
pub(super) fn description(entry: &Input) -> Result<Option<String>, Refusal> {
    let description = entry.text("Description").filter(|text| !text.is_empty());
    description.map(|text| check_description(text, "rule").map(|()| text.to_owned())).transpose()
}

/// The permissions in a listing of groups: rules for the same traffic form one permission.
pub(super) fn describe<'a>(cloud: &Cloud, rules: impl Iterator<Item = &'a Rule>) -> Vec<Vec<Element>> {
    let mut permissions: BTreeMap<_, Vec<&Rule>> = BTreeMap::new();
    for rule in rules {
        permissions.entry((rule.protocol.as_str(), rule.ports)).or_default().push(rule);
    }
    let written = permissions.into_iter().map(|((protocol, ports), rules)| {
        let mut elements = vec![xml::text("ipProtocol", protocol)];
        if let Some((from, to)) = ports {
            elements.extend([xml::text("fromPort", from), xml::text("toPort", to)]);
        }
        let listed = |rule: &Rule| {
            let (list, mut entry) = match &rule.peer {
                Peer::Group(id) => ("groups", vec![xml::text("userId", &cloud.account.id), xml::text("groupId", id)]),
                Peer::Ipv4(cidr) => ("ipRanges", vec![xml::text("cidrIp", cidr)]),
                Peer::Ipv6(cidr) => ("ipv6Ranges", vec![xml::text("cidrIpv6", cidr)]),
                Peer::PrefixList(id) => ("prefixListIds", vec![xml::text("prefixListId", id)]),
            };
            entry.extend(rule.description.as_ref().map(|text| xml::text("description", text)));
            (list, entry)
        };
        for name in ["groups", "ipRanges", "ipv6Ranges", "prefixListIds"] {
            let entries = rules.iter().map(|rule| listed(rule)).filter(|(list, _)| *list == name);
            elements.push(xml::list(name, "item", entries.map(|(_, entry)| entry)));
        }
        elements
    });
    written.collect()
}
