//! What databases need of the network: subnets of one VPC in several zones, and security groups in
//! it. RDS asks EC2 for both, and does not see what EC2 does not show yet.

use std::collections::BTreeSet;

use super::faults;
use crate::services::Service;
use crate::services::ec2::Subnet;
use crate::services::prelude::*;

/// The subnets of these ids.
///
/// Source: the API reference says `InvalidSubnet`; RDS answers with `InvalidParameterValue`, as logs
/// of CreateDBSubnetGroup show that people have published.
pub(super) fn subnets<'a>(cloud: &'a Cloud, ids: &[String]) -> Result<Vec<&'a Subnet>, Refusal> {
    let seen = |id: &&String| cloud.ec2.subnets.seen(id, cloud.view(Service::Ec2));
    let unknown: Vec<&str> = ids.iter().filter(|id| seen(id).is_none()).map(String::as_str).collect();
    if !unknown.is_empty() {
        return Err(faults::value(format!("Some input subnets in :[{}] are invalid.", unknown.join(", "))));
    }
    Ok(ids.iter().filter_map(|id| seen(&id)).collect())
}

/// The zones of subnets, each once.
pub(super) fn zones<'a>(subnets: impl IntoIterator<Item = &'a Subnet>) -> BTreeSet<String> {
    subnets.into_iter().map(|subnet| subnet.zone.clone()).collect()
}

/// The subnets of a group that are still there.
pub(super) fn present<'a>(cloud: &'a Cloud, ids: &'a [String]) -> impl Iterator<Item = &'a Subnet> {
    ids.iter().filter_map(|id| cloud.ec2.subnets.get(id))
}

/// Refuses security groups that do not exist or are not in a VPC. Source of the texts: what RDS has
/// answered to others.
pub(super) fn check_groups(cloud: &Cloud, vpc: &str, groups: &[String]) -> Result<(), Refusal> {
    for id in groups {
        let Some(group) = cloud.ec2.groups.seen(id, cloud.view(Service::Ec2)) else {
            return Err(faults::value(format!("Invalid security group , groupId= {id}, groupName=.")));
        };
        if group.vpc != vpc {
            return Err(faults::combination(format!(
                "The DB instance and EC2 security group are in different VPCs. The DB instance is in {vpc} and the \
                 EC2 security group is in {}",
                group.vpc
            )));
        }
    }
    Ok(())
}

/// The security group that a VPC has from the beginning, which a database gets that is given none.
pub(super) fn default_group(cloud: &Cloud, vpc: &str) -> Option<String> {
    let group = cloud.ec2.groups.values().find(|group| group.vpc == vpc && group.name == "default");
    group.map(|group| group.id.clone())
}
