//! The claims of a channel, and the remarks of a proof.

use maud::{Markup, html};
use saas_prover::certificate::{Channel, Remark};

use super::super::text::{plain, prose};
use super::{meaning, name, told, verdict};
use crate::matrix::{Cell, Claim, Column};
use crate::words::count;

/// The name of a channel in addresses.
pub(super) fn anchor(channel: Channel) -> String {
    format!("channel-{channel}")
}

/// A channel, which unfolds into its claims.
pub(super) fn column(Column { channel, claims }: &Column) -> Markup {
    let worst = claims.iter().fold(Cell::default(), |sum, Claim { found, .. }| Cell {
        proven: sum.proven + usize::from(found.residual + found.refuted == 0),
        residual: sum.residual + usize::from(found.residual > 0 && found.refuted == 0),
        refuted: sum.refuted + usize::from(found.refuted > 0),
    });
    let (class, sign) = verdict(worst);
    html! {
        details.channel id=(anchor(*channel)) {
            summary {
                span class={ "verdict-sign " (class) } { (sign) } " "
                strong { (name(*channel)) } " " span.note { (meaning(*channel)) ": " (count(claims.len(), "claim")) ", " (told(worst)) }
            }
            ul.claims { @for claim in claims { (self::claim(claim)) } }
        }
    }
}

fn claim(Claim { obligation, layer, text, found, risks, platform }: &Claim) -> Markup {
    let (class, sign) = verdict(*found);
    html! {
        li {
            span class={ "verdict-sign " (class) } title=(told(*found)) { (sign) } " "
            code { (plain(obligation)) } " " span.kind { (layer.to_string()) @if *platform { ", shared" } }
            p { (prose(text)) }
            @if !risks.is_empty() { p.note { "Except for: " @for risk in risks { code { (plain(risk)) } " " } } }
        }
    }
}

/// Risks or assumptions.
pub(super) fn remarks(title: &str, remarks: &[Remark]) -> Markup {
    html! {
        @if !remarks.is_empty() {
            details {
                summary { (title) ", " (remarks.len()) }
                dl.remarks {
                    @for Remark { id, text } in remarks { dt { code { (plain(id)) } } dd { (prose(text)) } }
                }
            }
        }
    }
}
