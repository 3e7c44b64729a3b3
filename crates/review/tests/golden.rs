//! The comments of six changes, whole. After an intended change: `INSTA_UPDATE=always cargo nextest run -p
//! saas-review -E 'binary(golden)'`.

mod common;

use common::{SPEC, edited, review_of, with_tenants};
use saas_review::Review;
use saas_review::render::{COMMENT, markdown};

/// Compares the comment with the golden file, and checks that it fits.
fn check(name: &str, review: &Review) {
    let comment = markdown(review);
    assert!(comment.chars().count() <= COMMENT, "{name}: {} characters", comment.chars().count());
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, comment);
    });
}

#[test]
fn first_plan() {
    check("first-plan", &review_of(None, SPEC));
}

#[test]
fn one_tenant_more() {
    let more = format!("{SPEC}\n[[tenant]]\nid = \"umbrella\"\ncost_center = \"cc-umbrella\"\n");
    check("one-tenant-more", &review_of(Some(SPEC), &more));
}

#[test]
fn one_tenant_less() {
    let less = edited("[[tenant]]\nid = \"globex-inc\"\ncost_center = \"cc-globex\"\n", "");
    check("one-tenant-less", &review_of(Some(SPEC), &less));
}

#[test]
fn new_image_for_250() {
    let many = with_tenants(250);
    let image = many.replace("0d17b565c37bcbd895e9d92315a05c1c3c9a29f762b011a10c54a66cd53c9b31", &"b".repeat(64));
    check("new-image-for-250", &review_of(Some(&many), &image));
}

#[test]
fn instance_class() {
    check("instance-class", &review_of(Some(SPEC), &edited("db.r6g.large", "db.r6g.xlarge")));
}

#[test]
fn domain_for_250() {
    let many = with_tenants(250);
    let domain = many.replace("domain = \"example.com\"", "domain = \"example.org\"");
    check("domain-for-250", &review_of(Some(&many), &domain));
}
