//! What happens to a resource, as the page shows it: by a sign and by a colour.

use maud::{Markup, html};

use crate::changes::Mark;

/// The class of what happens to a resource.
pub(super) const fn class(mark: Option<Mark>) -> &'static str {
    match mark {
        None => "same",
        Some(Mark::Add) => "add",
        Some(Mark::Update) => "update",
        Some(Mark::Replace) => "replace",
        Some(Mark::Remove) => "remove",
    }
}

/// In a word.
pub(super) const fn word(mark: Option<Mark>) -> &'static str {
    match mark {
        None => "stays",
        Some(Mark::Add) => "new",
        Some(Mark::Update) => "updated",
        Some(Mark::Replace) => "replaced",
        Some(Mark::Remove) => "deleted",
    }
}

/// The sign, with a minus that is as wide as the plus.
pub(super) const fn sign(mark: Mark) -> char {
    match mark {
        Mark::Remove => '−',
        Mark::Add | Mark::Update | Mark::Replace => mark.symbol(),
    }
}

/// The sign in its colour.
pub(super) fn badge(mark: Mark) -> Markup {
    html! { span class={ "mark " (class(Some(mark))) } title=(word(Some(mark))) { (sign(mark)) } }
}
