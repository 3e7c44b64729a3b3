//! A field that finds entries of a list. Without the script it is not shown, and all entries are there.

use maud::{Markup, html};

/// The field for the list with this id, whose entries have the attribute `data-entry`.
pub(super) fn field(list: &str, label: &str, entries: usize) -> Markup {
    html! {
        div.search {
            label for={ (list) "-search" } { (label) }
            input id={ (list) "-search" } type="search" data-search=(list) autocomplete="off" spellcheck="false"
                placeholder="tenant, resource, value";
            output for={ (list) "-search" } aria-live="polite" { (entries) }
        }
    }
}
