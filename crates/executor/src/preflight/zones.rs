//! Whether the Region has the planned zones, and the account may use them.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::AvailabilityZoneState;
use saas_model::resource::{ResourceSpec, Subnet};

use super::{Check, Failure};
use crate::context::Context;
use crate::error::Result;

/// The failure, if a subnet is to be created in a missing zone or that cannot be determined.
pub(super) async fn missing(cx: &Context<'_>) -> Option<Failure> {
    let to_make = cx.plan.nodes().iter().filter(|node| cx.live.get(&node.address).is_none());
    let wanted: BTreeSet<String> =
        to_make.filter_map(|node| Some(Subnet::of(&node.resource)?.zone.to_string())).collect();
    if wanted.is_empty() {
        return None;
    }
    let zones = match zones(cx).await {
        Ok(zones) => zones,
        Err(error) => {
            let (what, check) = ("the zones of the Region", Some(Check::Zones));
            return Some(Failure::Unanswered { what, check, error });
        }
    };
    let is_there = |zone: &&String| zones.get(*zone).copied().unwrap_or(false);
    let missing: Vec<String> = wanted.iter().filter(|zone| !is_there(zone)).cloned().collect();
    let offered = zones.into_iter().filter(|(_, available)| *available).map(|(zone, _)| zone).collect();
    (!missing.is_empty()).then_some(Failure::NoSuchZones { missing, offered })
}

/// The zones of the Region that are enabled for this account, and whether each is available.
async fn zones(cx: &Context<'_>) -> Result<BTreeMap<String, bool>> {
    let answer = cx.aws.ec2.describe_availability_zones().send().await?;
    let zones = answer.availability_zones.unwrap_or_default().into_iter();
    let available = |state: Option<AvailabilityZoneState>| !matches!(state, Some(AvailabilityZoneState::Unavailable));
    Ok(zones.filter_map(|zone| Some((zone.zone_name?, available(zone.state)))).collect())
}
