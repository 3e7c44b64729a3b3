//! Availability Zones of the Region.

use super::filter::Filters;
use crate::regions;
use crate::services::prelude::*;

const FILTERS: Words = Words(
    "group-long-name group-name message opt-in-status parent-zone-id parent-zone-name region-name state=zoneState \
     zone-id zone-name zone-type",
);

/// The id of a zone, such as `use1-az1` for `us-east-1a`. On AWS the mapping of ids to letters differs
/// by account; here both are in the same order. Source: AWS RAM User Guide, "Availability Zone IDs for
/// your AWS resources".
pub(super) fn id_of(cloud: &Cloud, zone: &str) -> String {
    let region = &cloud.account.region;
    let words = [("north", "n"), ("south", "s"), ("east", "e"), ("west", "w"), ("central", "c"), ("-", "")];
    let abbreviation = words.iter().fold(region.clone(), |name, (word, letter)| name.replace(word, letter));
    let letter = zone.strip_prefix(region.as_str()).and_then(|rest| rest.bytes().next()).unwrap_or(b'a');
    format!("{abbreviation}-az{}", letter.saturating_sub(b'a') + 1)
}

/// `DescribeAvailabilityZones`.
pub(super) fn describe(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let filters = Filters::of(input, &FILTERS.iter().collect::<Vec<_>>())?;
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

    let region = cloud.account.region.as_str();
    let is_named = |(id, zone): &&(String, String)| {
        (names.is_empty() || names.contains(zone)) && (ids.is_empty() || ids.contains(id))
    };
    let items = zones.iter().filter(is_named).map(|(id, zone)| {
        vec![
            xml::text("optInStatus", "opt-in-not-required"),
            xml::list("messageSet", "item", []),
            xml::text("regionName", region),
            xml::text("zoneName", zone),
            xml::text("zoneId", id),
            xml::text("groupName", format!("{region}-zg-1")),
            xml::text("networkBorderGroup", region),
            xml::text("zoneType", "availability-zone"),
            xml::text("zoneState", "available"),
            xml::optional("groupLongName", regions::name(region).map(|name| format!("{name} 1"))),
        ]
    });
    let items = items.filter(|elements| filters.admit(elements, |_| Vec::new()));
    Ok(vec![xml::list("availabilityZoneInfo", "item", items)])
}
