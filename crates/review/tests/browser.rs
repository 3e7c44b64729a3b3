//! Pages of reviews in a browser. With `SAAS_SCREENSHOTS=DIR`, screenshots are written to a directory.

mod common;

use common::hostile;
use common::rehearsal::rehearsed;
use common::{SPEC, planned_after, review_of_plans, with_tenants};
use saas_review::Review;
use saas_review::render::html;

/// The most bytes of a page of 250 tenants.
const MOST: usize = 2_000_000;

/// Opens the page of a change, with a rehearsal, and searches its changes for a term.
fn check_change(name: &str, from: Option<&str>, to: &str, term: &str, found: usize) {
    let (from, plan) = planned_after(from, to);
    let review = review_of_plans(from.as_ref(), &plan, Some(&rehearsed(from.as_ref(), &plan)));
    check(name, &review, term, found);
}

fn check(name: &str, review: &Review, term: &str, found: usize) {
    let page = html(review);
    assert!(page.len() < MOST, "{name}: {} bytes", page.len());
    let directory = tempfile::tempdir().expect("a directory can be made");
    let file = directory.path().join(format!("{name}.html"));
    fs_err::write(&file, page).expect("the page can be written");
    if let Err(error) = saas_tests::browser::check(&file, term, found) {
        panic!("{error:#}");
    }
}

#[test]
fn first_plan_in_a_browser() {
    check_change("first-plan", None, SPEC, "nat-gateway us-east-1b", 2);
}

#[test]
fn one_tenant_more_in_a_browser() {
    let more = format!("{SPEC}\n[[tenant]]\nid = \"umbrella\"\ncost_center = \"cc-umbrella\"\n");
    check_change("one-tenant-more", Some(SPEC), &more, "umbrella", 1);
}

#[test]
fn domain_for_250_in_a_browser() {
    let many = with_tenants(250);
    let domain = many.replace("domain = \"example.com\"", "domain = \"example.org\"");
    check_change("domain-for-250", Some(&many), &domain, "example.org tenant-00249", 1);
}

#[test]
fn hostile_texts_in_a_browser() {
    let review = hostile::review();
    let changes = &review.changes;
    let entries = changes.groups.len() + changes.joining.len() + changes.renamed.len();
    check("hostile", &review, "onerror=alert(1)", entries);
}
