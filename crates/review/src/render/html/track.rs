//! Bars on a scale. A track stretches to the width that it has, so nothing in it is text.

use std::fmt::Write as _;

use maud::{Markup, html};

/// The width of a track in its own units.
const WIDTH: u64 = 1_000;

/// The height of a track.
const HEIGHT: u64 = 16;

/// The shortest bar that can be seen.
const SHORTEST: u64 = 3;

/// The most parts that a scale of time has.
const PARTS: u64 = 8;

/// A scale from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scale {
    end: u64,
    parts: u64,
}

/// Bars that look alike, each from one value to another.
pub(super) struct Bars<'b> {
    pub(super) class: &'static str,
    pub(super) spans: &'b [(u64, u64)],
}

impl Scale {
    /// A scale of milliseconds, whose end is a whole number of steps that people count in.
    pub(super) fn of_time(millis: u64) -> Self {
        const STEPS: [u64; 16] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800];
        let parts = |step: u64| millis.div_ceil(step * 1_000).max(1);
        let step = STEPS
            .into_iter()
            .find(|step| parts(*step) <= PARTS)
            .unwrap_or_else(|| millis.div_ceil(PARTS * 1_000).max(1));
        Self { end: step * 1_000 * parts(step), parts: parts(step) }
    }

    /// The beginnings of its parts.
    pub(super) fn ticks(self) -> impl Iterator<Item = u64> {
        (0..self.parts).map(move |part| self.end / self.parts * part)
    }

    fn place(self, value: u64) -> u64 {
        let place = u128::from(value.min(self.end)) * u128::from(WIDTH) / u128::from(self.end);
        u64::try_from(place).unwrap_or(WIDTH)
    }

    /// A track with bars.
    pub(super) fn track(self, bars: &[Bars<'_>]) -> Markup {
        let grid: String = self.ticks().skip(1).map(|tick| format!("M{} 0v{HEIGHT}", self.place(tick))).collect();
        html! {
            svg.track viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } preserveAspectRatio="none" aria-hidden="true" {
                @if !grid.is_empty() { path.grid d=(grid) {} }
                @for Bars { class, spans } in bars.iter().filter(|bars| !bars.spans.is_empty()) {
                    path class={ "bar " (class) } d=(self.outline(spans)) {}
                }
            }
        }
    }

    /// The outline of bars; those that touch are one.
    fn outline(self, spans: &[(u64, u64)]) -> String {
        let mut places: Vec<(u64, u64)> = spans
            .iter()
            .map(|(began, ended)| {
                let from = self.place(*began).min(WIDTH - SHORTEST);
                (from, self.place(*ended).max(from + SHORTEST))
            })
            .collect();
        places.sort_unstable();
        let mut joined: Vec<(u64, u64)> = Vec::new();
        for (from, to) in places {
            match joined.last_mut() {
                Some((_, end)) if from <= *end => *end = to.max(*end),
                _ => joined.push((from, to)),
            }
        }
        let mut outline = String::new();
        for (from, to) in joined {
            let _ = write!(outline, "M{from} 3h{}v10H{from}z", to - from);
        }
        outline
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_divided_into_steps_that_people_count_in() {
        let ticks = |millis: u64| Scale::of_time(millis).ticks().map(|tick| tick / 1_000).collect::<Vec<_>>();
        assert_eq!(ticks(7_500), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(ticks(800_000), [0, 120, 240, 360, 480, 600, 720]);
        assert_eq!(ticks(0), [0]);
        assert!(ticks(1_000_000_000).len() <= 8);
    }

    #[test]
    fn bars_can_be_seen_and_those_that_touch_are_one() {
        let scale = Scale { end: 100, parts: 1 };
        assert_eq!(scale.outline(&[(0, 50), (40, 60)]), "M0 3h600v10H0z");
        assert_eq!(scale.outline(&[(100, 100), (10, 10)]), "M100 3h3v10H100zM997 3h3v10H997z");
    }
}
