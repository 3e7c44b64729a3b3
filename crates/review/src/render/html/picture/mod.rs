//! The picture of the platform: the network by zones with load balancers, tenants and database, and what surrounds it
//! in the Region. What changes has a colour and a sign.

mod canvas;
mod network;
mod regional;
mod tenants;

use maud::{Markup, html};

use super::marks::{class, sign, word};
use super::text::plain;
use crate::changes::Mark;
use crate::platform::Platform;
use crate::words::count;
use canvas::{GAP, Place};

/// The width of the picture.
const WIDTH: u32 = 1_080;

/// The width of the column for what is outside of the network.
const REGIONAL: u32 = 210;

/// The section with the picture.
pub(super) fn section(platform: &Platform) -> Markup {
    let vpc = Place { x: 0, y: 66, width: WIDTH - REGIONAL - GAP * 2, height: 0 };
    let (network, height) = network::network(platform, vpc);
    let region = Place { x: WIDTH - REGIONAL, y: vpc.y, width: REGIONAL, height: 0 };
    let (regional, regional_height) = regional::panel(platform, region);
    let height = vpc.y + height.max(regional_height) + 2;
    html! {
        section #platform aria-labelledby="platform-title" {
            h2 #platform-title { "The platform" }
            (legend())
            div.scroll.picture tabindex="0" role="region" aria-label="Picture of the platform" {
                svg viewBox={ "-1 -1 " (WIDTH + 2) " " (height + 1) } role="img" aria-label=(plain(&told(platform))) {
                    (network)
                    (regional)
                }
            }
        }
    }
}

fn legend() -> Markup {
    let marks = [Mark::Add, Mark::Update, Mark::Replace, Mark::Remove];
    html! {
        p.legend {
            @for mark in marks { span class={ "key " (class(Some(mark))) } { (sign(mark)) " " (word(Some(mark))) } " " }
            span.key.same { "stays" }
        }
    }
}

/// The picture in words, for those who do not see it.
fn told(platform: &Platform) -> String {
    let Platform { name, region, zones, load_balancers, databases, tenants, .. } = platform;
    let changed = tenants.iter().filter(|tenant| tenant.mark.is_some()).count();
    format!(
        "{name} in {region}: {}, {}, {} of the database, {}, {changed} of which change",
        count(zones.len(), "zone"),
        count(load_balancers.len(), "load balancer"),
        count(databases.len().saturating_sub(1), "instance"),
        count(tenants.len(), "tenant"),
    )
}
