//! What the platform has in the Region outside of its network.

use maud::{Markup, html};
use saas_model::Kind;

use super::super::marks::{sign, word};
use super::canvas::{GAP, LINE, Place, boxed, frame, number, part};
use crate::changes::Mark;
use crate::platform::{Count, Part, Platform};
use crate::words::count;

/// The room for a title of a frame.
const TITLE: u32 = 32;

/// A frame with a box for each kind of resource: the drawing and its height.
pub(super) fn panel(platform: &Platform, place: Place) -> (Markup, u32) {
    let at = |row: usize| place.inner().below(place.y + TITLE + number(row) * (LINE + 6), LINE);
    let endpoint = |endpoint: &Part| format!("{} endpoint", endpoint.what.rsplit('.').next().unwrap_or_default());
    let clusters = platform.clusters.iter().map(|cluster| ("ECS cluster".to_owned(), cluster));
    let endpoints = platform.endpoints.iter().map(|part| (endpoint(part), part));
    let first = platform.regional.len();
    let rows = first + platform.clusters.len() + platform.endpoints.len();
    let height = TITLE + number(rows) * (LINE + 6) + GAP / 2;
    let drawing = html! {
        (frame("region", Place { height, ..place }, &format!("Region {}", platform.region), None))
        @for (row, (kind, of_kind)) in platform.regional.iter().enumerate() { (self::kind(at(row), *kind, of_kind)) }
        @for (row, (name, part)) in clusters.chain(endpoints).enumerate() {
            (self::part("kind", at(first + row), &name, part))
        }
    };
    (drawing, height)
}

/// The resources of a kind, with how many of them change: `5 buckets +1`.
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
