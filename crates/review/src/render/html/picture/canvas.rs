//! What the picture is drawn with. Places are computed here; colours and fonts are in the style.

use maud::{Markup, html};

use super::super::marks::{class, sign, word};
use super::super::text::plain;
use crate::changes::Mark;
use crate::platform::Part;

/// The space between two things.
pub(super) const GAP: u32 = 12;

/// The height of a box with one line of text.
pub(super) const LINE: u32 = 28;

/// The width of a character, in tenths: of most text it is less.
const CHARACTER: u32 = 74;

/// The width of a character of a small text, in tenths.
const SMALL: u32 = 66;

/// The space between a text and the sides of its box.
const MARGIN: u32 = 8;

/// Where something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Place {
    /// One of several columns of equal width.
    pub(super) fn column(self, index: usize, columns: usize) -> Self {
        let columns = number(columns.max(1));
        let width = self.width.saturating_sub(GAP * (columns - 1)) / columns;
        Self { x: self.x + number(index) * (width + GAP), width, ..self }
    }

    /// The place without a margin at its sides.
    pub(super) fn inner(self) -> Self {
        Self { x: self.x + GAP, width: self.width.saturating_sub(2 * GAP), ..self }
    }

    /// The same width, elsewhere below.
    pub(super) const fn below(self, y: u32, height: u32) -> Self {
        Self { y, height, ..self }
    }

    pub(super) const fn middle(self) -> u32 {
        self.x + self.width / 2
    }

    pub(super) const fn bottom(self) -> u32 {
        self.y + self.height
    }
}

/// A count as a coordinate. A picture of more than a billion things does not exist.
pub(super) fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX / 1_000)
}

/// A frame with a title.
pub(super) fn frame(kind: &str, place: Place, title: &str, mark: Option<Mark>) -> Markup {
    let Place { x, y, width, height } = place;
    html! {
        g class={ "frame " (kind) " " (class(mark)) } {
            rect x=(x) y=(y) width=(width) height=(height) rx="8" {}
            text x=(x + 10) y=(y + 18) { (fit(&signed(mark, title), width)) }
        }
    }
}

/// A box with a line of text, and its address as a tooltip.
pub(super) fn part(kind: &str, place: Place, name: &str, part: &Part) -> Markup {
    labelled(kind, place, name, part.mark, &format!("{} ({}): {}", part.address, word(part.mark), part.what))
}

/// A box with a line of text and a tooltip.
pub(super) fn labelled(kind: &str, place: Place, name: &str, mark: Option<Mark>, about: &str) -> Markup {
    boxed(kind, place, &signed(mark, name), mark, about)
}

/// A box with a text that has its sign already.
pub(super) fn boxed(kind: &str, place: Place, name: &str, mark: Option<Mark>, about: &str) -> Markup {
    let Place { x, y, width, height } = place;
    html! {
        g class={ "part " (kind) " " (class(mark)) } {
            title { (plain(about)) }
            rect x=(x) y=(y) width=(width) height=(height) rx="5" {}
            text x=(place.middle()) y=(y + height / 2 + 4) { (fit(name, width)) }
        }
    }
}

/// A line of text that fits.
pub(super) fn text(kind: &str, x: u32, y: u32, text: &str) -> Markup {
    html! { text class=(kind) x=(x) y=(y) { (text) } }
}

/// A way down from one thing to another.
pub(super) fn arrow(x: u32, from: u32, to: u32) -> Markup {
    html! {
        path.way d={ "M" (x) " " (from) "V" (to) } {}
        path.head d={ "M" (x - 4) " " (to - 6) "L" (x) " " (to) "L" (x + 4) " " (to - 6) } {}
    }
}

/// A text behind the sign of what happens.
pub(super) fn signed(mark: Option<Mark>, text: &str) -> String {
    mark.map_or_else(|| text.to_owned(), |mark| format!("{} {text}", sign(mark)))
}

/// As much of a text as fits a box of this width.
pub(super) fn fit(text: &str, width: u32) -> String {
    cut(text, width, CHARACTER)
}

/// The same of a small text.
pub(super) fn fit_small(text: &str, width: u32) -> String {
    cut(text, width, SMALL)
}

fn cut(text: &str, width: u32, character: u32) -> String {
    let text = plain(text);
    let most = (width.saturating_sub(2 * MARGIN) * 10 / character) as usize;
    if text.chars().count() <= most {
        return text;
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_share_the_width_and_do_not_overlap() {
        let all = Place { x: 10, y: 0, width: 324, height: 0 };
        let columns: Vec<Place> = (0..3).map(|index| all.column(index, 3)).collect();
        assert_eq!(
            columns.iter().map(|place| (place.x, place.width)).collect::<Vec<_>>(),
            [(10, 100), (122, 100), (234, 100)]
        );
    }

    #[test]
    fn text_that_is_too_long_is_cut() {
        assert_eq!(fit("saas-platform", 90), "saas-plat…");
        assert_eq!(fit("web", 90), "web");
        assert_eq!(fit("\u{202e}", 90), "\\u{202e}");
    }
}
