//! What the platform has in the Region outside of its network.

use maud::{Markup, html};

use super::canvas::{GAP, LINE, Place, frame, labelled, number, part, text};
use crate::platform::{Count, Platform};
use crate::words::count;

/// The room for a title of a frame.
const TITLE: u32 = 32;

/// A frame as high as the network, with a box for each kind of resource.
pub(super) fn panel(platform: &Platform, place: Place) -> Markup {
    let at = |row: usize| place.inner().below(place.y + TITLE + number(row) * (LINE + 6), LINE);
    let kinds: Vec<_> = platform.regional.iter().collect();
    let endpoints = &platform.endpoints;
    let cluster = kinds.len();
    let first_endpoint = cluster + platform.clusters.len();
    html! {
        (frame("region", place, &format!("Region {}", platform.region), None))
        @for (row, (kind, Count { all, changed, mark })) in kinds.iter().enumerate() {
            @let about = format!("{}, {changed} of which change", count(*all, &kind.to_string().replace('-', " ")));
            (labelled("kind", at(row), &count(*all, &kind.to_string().replace('-', " ")), *mark, &about))
        }
        @for (row, cluster_part) in platform.clusters.iter().enumerate() {
            (part("kind", at(cluster + row), "ECS cluster", cluster_part))
        }
        @for (row, endpoint) in endpoints.iter().enumerate() {
            (part("kind", at(first_endpoint + row), "gateway endpoint", endpoint))
        }
        @if !endpoints.is_empty() {
            (text("note", place.x + GAP, at(first_endpoint + endpoints.len()).y + 14, "S3 is reached inside AWS"))
        }
    }
}
