//! The steps of a run that has ended.

use maud::{Markup, html};

use super::search;
use super::text::plain;
use crate::ran::Ran;
use crate::words::count;

/// The steps that a run has done, and those that it has not.
pub(super) fn steps(ran: Option<&Ran>) -> Markup {
    let Some(Ran { content, .. }) = ran else { return html! {} };
    let done = content.done.iter().map(|step| ("done", step.verb, &step.address));
    let stopped = content.not_reached.iter().map(|step| ("not reached", step.verb, &step.address));
    let waiting = content.not_begun.iter().map(|step| ("not begun", step.verb, &step.address));
    let steps: Vec<_> = done.chain(stopped).chain(waiting).collect();
    html! {
        details {
            summary { "All steps, " (count(steps.len(), "step")) }
            (search::field("steps", "Find a step", steps.len()))
            ol.steps #steps {
                @for (state, verb, address) in steps {
                    li data-entry { (verb.to_string()) " " code { (plain(address.as_str())) } " " span.times { (state) } }
                }
            }
        }
        @if !content.outputs.is_empty() {
            details {
                summary { (count(content.outputs.len(), "output")) }
                div.scroll tabindex="0" role="region" aria-label="Outputs" {
                    table.values {
                        @for (address, value) in &content.outputs {
                            tr { th scope="row" { (plain(address.as_str())) } td { (plain(value)) } }
                        }
                    }
                }
            }
        }
    }
}
