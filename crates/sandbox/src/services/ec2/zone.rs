//! Availability Zones of the Region.

use super::checks::dry_run;
use super::filter::Filters;
use crate::regions;
use crate::services::prelude::*;

const FILTERS: &[&str] = &[
    "group-long-name",
    "group-name",
    "message",
    "opt-in-status",
    "parent-zone-id",
    "parent-zone-name",
    "region-name",
    "state",
    "zone-id",
    "zone-name",
    "zone-type",
];

/// The id of a zone, such as `use1-az1` for `us-east-1a`. Which letter an id has differs from account
/// to account; here they go together in their order. Source: AWS RAM User Guide, "Availability Zone
/// IDs for your AWS resources".
pub(super) fn id_of(cloud: &Cloud, zone: &str) -> String {
    let region = &cloud.account.region;
    let abbreviation: String = region
        .split('-')
        .map(|part| match part {
            "north" => "n",
            "south" => "s",
            "east" => "e",
            "west" => "w",
            "central" => "c",
            "northeast" => "ne",
            "northwest" => "nw",
            "southeast" => "se",
            "southwest" => "sw",
            part => part,
        })
        .collect();
    let letter = zone.strip_prefix(region.as_str()).and_then(|rest| rest.bytes().next()).unwrap_or(b'a');
    format!("{abbreviation}-az{}", letter.saturating_sub(b'a') + 1)
}

/// `DescribeAvailabilityZones`.
pub(super) fn describe(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let filters = Filters::of(input, FILTERS)?;
    let zones: Vec<(String, String)> = cloud.account.zones().map(|zone| (id_of(cloud, &zone), zone)).collect();
    let (names, ids) = (input.texts("ZoneName"), input.texts("ZoneId"));
    let unknown =
        |wanted: &String| Refusal::new("InvalidParameterValue", format!("Invalid availability zone: [{wanted}]"));
    if let Some(wanted) = names.iter().find(|wanted| !zones.iter().any(|(_, zone)| zone == *wanted)) {
        return Err(unknown(wanted));
    }
    if let Some(wanted) = ids.iter().find(|wanted| !zones.iter().any(|(id, _)| id == *wanted)) {
        return Err(unknown(wanted));
    }
    dry_run(input)?;

    let region = cloud.account.region.as_str();
    let group = format!("{region}-zg-1");
    let long_name = regions::name(region).map(|name| format!("{name} 1"));
    let is_asked = |(id, zone): &&(String, String)| {
        let property = |filter: &str| match filter {
            "group-long-name" => long_name.iter().cloned().collect(),
            "group-name" => vec![group.clone()],
            "opt-in-status" => vec!["opt-in-not-required".to_owned()],
            "region-name" => vec![region.to_owned()],
            "state" => vec!["available".to_owned()],
            "zone-id" => vec![id.clone()],
            "zone-name" => vec![zone.clone()],
            "zone-type" => vec!["availability-zone".to_owned()],
            _ => Vec::new(),
        };
        (names.is_empty() || names.contains(zone))
            && (ids.is_empty() || ids.contains(id))
            && filters.admit(&Tags::new(), property)
    };
    let items = zones.iter().filter(is_asked).map(|(id, zone)| {
        let mut told = vec![
            xml::text("optInStatus", "opt-in-not-required"),
            xml::list("messageSet", "item", []),
            xml::text("regionName", region),
            xml::text("zoneName", zone),
            xml::text("zoneId", id),
            xml::text("groupName", &group),
            xml::text("networkBorderGroup", region),
            xml::text("zoneType", "availability-zone"),
            xml::text("zoneState", "available"),
        ];
        told.extend(long_name.as_ref().map(|name| xml::text("groupLongName", name)));
        told
    });
    Ok(vec![xml::list("availabilityZoneInfo", "item", items)])
}
