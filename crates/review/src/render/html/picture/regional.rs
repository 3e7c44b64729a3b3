//! What the platform has in the Region outside of its network.

use maud::{Markup, html};
use saas_model::Kind;

use super::super::marks::{sign, word};
use super::canvas::{GAP, LINE, Place, boxed, frame, number, part, text};
use crate::changes::Mark;
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
        @for (row, (kind, of_kind)) in kinds.iter().enumerate() { (self::kind(at(row), **kind, of_kind)) }
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

/// The resources of a kind, with how many of them change: `5 buckets, +1`.
fn kind(place: Place, kind: Kind, Count { all, changed }: &Count) -> Markup {
    let all = count(*all, &kind.to_string().replace('-', " "));
    let mark = match changed.keys().copied().collect::<Vec<_>>().as_slice() {
        [] => None,
        [mark] => Some(*mark),
        _ => Some(Mark::Update),
    };
    let told: String = changed.iter().map(|(mark, number)| format!(", {number} {}", word(Some(*mark)))).collect();
    let signs: String = changed.iter().map(|(mark, number)| format!(" {}{number}", sign(*mark))).collect();
    boxed("kind", place, &format!("{all}{signs}"), mark, &format!("{all}{told}"))
}
