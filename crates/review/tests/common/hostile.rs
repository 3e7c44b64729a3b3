//! A review in which every text from outside is an attack on the page that shows it.

use saas_model::Address;
use saas_review::Review;
use saas_review::preparation::Hosts;
use saas_review::rehearsed::{Rehearsed, Span, Step};

use super::rehearsal::rehearsed;
use super::{SPEC, edited, planned_after, review_of_plans};

/// Ends a script, an attribute and code, is an element that runs a script, controls a terminal, and turns what follows
/// around.
pub const HOSTILE: &str = "</script></style></title><img src=x onerror=alert(1)>\" ' & ` javascript:alert(1) \u{202e}evil\u{2066}\u{1b}[2K\u{7}";

/// A change of several tenants with hostile texts.
pub fn review() -> Review {
    let renamed = edited("[service.web]", "[service.app]").replace("db.r6g.large", "db.r6g.xlarge");
    let more = format!("{renamed}\n[[tenant]]\nid = \"umbrella\"\ncost_center = \"cc-umbrella\"\n");
    let (from, plan) = planned_after(Some(SPEC), &more);
    let found = rehearsed(from.as_ref(), &plan);
    let step = Step { address: Address::literal("database/writer"), verb: HOSTILE.to_owned(), seconds: 60 };
    let span = |span: Span| Span { verb: HOSTILE.to_owned(), ..span };
    let found = Rehearsed {
        chain: vec![step],
        steps: found.steps.into_iter().map(span).collect(),
        warnings: vec![HOSTILE.to_owned()],
        failures: vec![HOSTILE.to_owned()],
        ..found
    };
    let mut review = review_of_plans(from.as_ref(), &plan, Some(&found));
    review.headline.push(HOSTILE.to_owned());
    review.people.irreversible.push(HOSTILE.to_owned());
    let every = |texts: &mut dyn Iterator<Item = &mut String>| texts.for_each(|text| HOSTILE.clone_into(text));
    let changes = &mut review.changes;
    for group in &mut changes.groups {
        every(&mut [&mut group.address, &mut group.what].into_iter().chain(&mut group.tenants));
        every(&mut group.lines.iter_mut().flat_map(|line| [&mut line.field, &mut line.value]));
    }
    for tenants in changes.joining.iter_mut().chain(&mut changes.leaving) {
        every(&mut std::iter::once(&mut tenants.what).chain(&mut tenants.ids));
    }
    for renamed in &mut changes.renamed {
        every(&mut [&mut renamed.before, &mut renamed.after].into_iter().chain(&mut renamed.tenants));
    }
    let platform = &mut review.platform;
    every(&mut [&mut platform.name, &mut platform.region, &mut platform.account].into_iter());
    every(&mut platform.zones.iter_mut().map(|zone| &mut zone.name));
    every(
        &mut platform.tenants.iter_mut().flat_map(|tenant| std::iter::once(&mut tenant.id).chain(&mut tenant.services)),
    );
    every(&mut platform.load_balancers.iter_mut().map(|balancer| &mut balancer.part.what));
    every(&mut platform.databases.iter_mut().map(|part| &mut part.what));
    for claim in review.matrix.channels.iter_mut().flat_map(|column| &mut column.claims) {
        every(&mut [&mut claim.obligation, &mut claim.text].into_iter().chain(&mut claim.risks));
    }
    every(&mut review.matrix.rows.iter_mut().flat_map(|row| &mut row.tenants));
    every(&mut review.matrix.risks.iter_mut().map(|risk| &mut risk.text));
    review.preparation.quotas.push(HOSTILE.to_owned());
    review.preparation.hosts_added.push(Hosts { host: HOSTILE.to_owned(), tenants: vec![HOSTILE.to_owned()] });
    review
}
