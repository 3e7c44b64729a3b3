//! The network of databases: subnets of one VPC in several zones, and security groups of that VPC.
//! RDS reads both from EC2, so stale reads of EC2 affect RDS.

use std::collections::BTreeSet;

use super::faults;
use crate::services::Service;
use crate::services::ec2::Subnet;
use crate::services::prelude::*;

/// The subnets with these ids.
///
/// Source: the API reference says `InvalidSubnet`, but published logs of CreateDBSubnetGroup show
/// `InvalidParameterValue`.
pub(super) fn subnets<'a>(cloud: &'a Cloud, ids: &[String]) -> Result<Vec<&'a Subnet>, Refusal> {
    let seen = |id: &&String| cloud.ec2.subnets.seen(id, cloud.view(Service::Ec2));
    let unknown: Vec<&str> = ids.iter().filter(|id| seen(id).is_none()).map(String::as_str).collect();
    if !unknown.is_empty() {
        return Err(faults::value(format!("Some input subnets in :[{}] are invalid.", unknown.join(", "))));
    }
    Ok(ids.iter().filter_map(|id| seen(&id)).collect())
}

/// The distinct zones of subnets.
pub(super) fn zones<'a>(subnets: impl IntoIterator<Item = &'a Subnet>) -> BTreeSet<String> {
    subnets.into_iter().map(|subnet| subnet.zone.clone()).collect()
}

/// The subnets of a group that still exist.
pub(super) fn present<'a>(cloud: &'a Cloud, ids: &'a [String]) -> impl Iterator<Item = &'a Subnet> {
    ids.iter().filter_map(|id| cloud.ec2.subnets.get(id))
}

/// Rejects security groups that do not exist or do not belong to the VPC. Source of the messages:
/// published answers of RDS.
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
