//! The network: zones as columns, with public subnets above private ones; load balancers, tenants and the database
//! reach over all zones.

use maud::{Markup, html};

use super::canvas::{GAP, LINE, Place, arrow, fit, frame, labelled, number, part, text};
use super::tenants;
use crate::platform::{LoadBalancer, Part, Platform, Zone};

/// The room for a title of a frame.
const TITLE: u32 = 28;

/// The most load balancers in a row.
const COLUMNS: usize = 5;

/// The network at a place, whose height is what it needs: the drawing and its height.
pub(super) fn network(platform: &Platform, place: Place) -> (Markup, u32) {
    let inner = place.inner();
    let zones_at = place.y + TITLE + GAP;
    let (public, public_end) = public(platform, inner.inner().below(zones_at + TITLE, 0));
    let (private, private_end) = private(platform, inner.inner().below(public_end + GAP, 0));
    let zones = inner.below(zones_at, private_end + GAP - zones_at);
    let vpc = Place { height: zones.bottom() + GAP - place.y, ..place };
    let title = match &platform.vpc {
        Some(vpc) => format!("VPC {}", vpc.what),
        None => "Network".to_owned(),
    };
    let drawing = html! {
        (frame("vpc", vpc, &title, platform.vpc.as_ref().and_then(|part| part.mark)))
        @for (index, zone) in platform.zones.iter().enumerate() {
            (frame("zone", zones.column(index, platform.zones.len()), &zone.name, None))
        }
        (gateway(platform, place))
        (public)
        (private)
    };
    (drawing, vpc.height)
}

/// The Internet, and the gateway to it.
fn gateway(platform: &Platform, place: Place) -> Markup {
    let width = 150;
    let at = |y| Place { x: place.middle() - width / 2, y, width, height: LINE };
    html! {
        (labelled("internet", at(0), "Internet", None, "Requests to the tenants' hosts, and connections to other services"))
        @if let Some(gateway) = &platform.internet_gateway {
            (arrow(place.middle(), LINE, place.y - 14))
            (part("gateway", at(place.y - 14), "Internet gateway", gateway))
        }
    }
}

/// Public subnets with NAT gateways, and the load balancers in them.
fn public(platform: &Platform, place: Place) -> (Markup, u32) {
    let zones = &platform.zones;
    let rows = zones.iter().map(|zone| zone.public.len() + zone.nat_gateways.len()).max().unwrap_or(0);
    let subnets_end = place.y + number(rows) * (LINE + 6);
    let balancers = &platform.load_balancers;
    let columns = balancers.len().clamp(1, COLUMNS);
    let at = |index: usize| {
        let y = subnets_end + 6 + number(index / columns) * (LINE + 6);
        place.below(y, LINE).column(index % columns, columns)
    };
    let end = if balancers.is_empty() { subnets_end } else { at(balancers.len() - 1).bottom() };
    let drawing = html! {
        @for (index, zone) in zones.iter().enumerate() { (subnets(in_zone(place, index, zones.len()), zone)) }
        @for (index, balancer) in balancers.iter().enumerate() { (load_balancer(at(index), balancer)) }
    };
    (drawing, end)
}

fn subnets(place: Place, zone: &Zone) -> Markup {
    let subnets = zone.public.iter().map(|subnet| ("subnet", format!("public {}", subnet.what), subnet));
    let gateways = zone.nat_gateways.iter().map(|gateway| ("nat", "NAT gateway".to_owned(), gateway));
    column(place, subnets.chain(gateways))
}

/// The inside of a zone, for a place that is the inside of all of them.
fn in_zone(place: Place, index: usize, zones: usize) -> Place {
    let all = Place { x: place.x - GAP, width: place.width + 2 * GAP, ..place };
    all.column(index, zones).inner()
}

/// Boxes beneath each other.
fn column<'p>(place: Place, parts: impl Iterator<Item = (&'static str, String, &'p Part)>) -> Markup {
    html! {
        @for (row, (kind, name, part)) in parts.enumerate() {
            (self::part(kind, place.below(place.y + number(row) * (LINE + 6), LINE), &name, part))
        }
    }
}

fn load_balancer(place: Place, LoadBalancer { part, listeners }: &LoadBalancer) -> Markup {
    let ports: Vec<&str> = listeners.iter().map(|listener| listener.what.as_str()).collect();
    let about = format!("{}: {}, {}", part.address, part.what, ports.join(", "));
    let mark =
        part.mark.or_else(|| listeners.iter().find_map(|listener| listener.mark.map(|_| crate::changes::Mark::Update)));
    let with_ports = format!("{} {}", part.what, ports.join(" "));
    let name = if fit(&with_ports, place.width) == with_ports { &with_ports } else { &part.what };
    labelled("balancer", place, name, mark, &about)
}

/// Private subnets, the tenants and the database.
fn private(platform: &Platform, place: Place) -> (Markup, u32) {
    let zones = &platform.zones;
    let rows = zones.iter().map(|zone| zone.private.len()).max().unwrap_or(0);
    let top = place.y + number(rows) * (LINE + 6) + GAP;
    let (tenants, tenants_end) = tenants::tenants(platform, place.below(top, 0));
    // They are behind the subnets.
    let ways = tenants::ways(platform, place.below(top, 0), place.y - GAP);
    let databases = place.below(tenants_end + GAP * 3, TITLE + LINE + GAP);
    let has_database = !platform.databases.is_empty();
    let end = if has_database { databases.bottom() } else { tenants_end };
    let drawing = html! {
        (ways)
        @for (index, zone) in zones.iter().enumerate() {
            (column(
                in_zone(place, index, zones.len()),
                zone.private.iter().map(|subnet| ("subnet", format!("private {}", subnet.what), subnet)),
            ))
        }
        (tenants)
        @if has_database {
            (arrow(place.middle(), tenants_end, databases.y))
            (text("port", place.middle() + 8, tenants_end + 22, "a schema and a role for each tenant"))
            (database(&platform.databases, databases))
        }
    };
    (drawing, end)
}

/// The cluster as a frame, with its instances.
fn database(parts: &[Part], place: Place) -> Markup {
    let Some((cluster, instances)) = parts.split_first() else { return html! {} };
    let inside = place.inner().below(place.y + TITLE, LINE);
    html! {
        (frame("database", place, &cluster.what, cluster.mark))
        @for (index, instance) in instances.iter().enumerate() {
            (part("instance", inside.column(index, instances.len()), &instance.what, instance))
        }
    }
}
