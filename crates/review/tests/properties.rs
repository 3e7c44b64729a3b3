//! Properties of reviews of any two specs.

mod common;

use anstream::adapter::strip_str;
use common::{SPEC, plan, review_of_plans};
use proptest::prelude::*;
use proptest::sample::subsequence;
use saas_review::render::{COMMENT, markdown, text};
use saas_review::{Approval, Review};

/// The tenants that a spec may have.
const IDS: [&str; 9] = [
    "acme",
    "acme-corp",
    "acme-corp-2",
    "globex",
    "hooli-xyz",
    "initech-llc",
    "umbrella",
    "vehement",
    "wonka-industries",
];

fn spec() -> impl Strategy<Value = String> {
    let tenants = subsequence(IDS.to_vec(), 1..=IDS.len());
    let settings = (
        proptest::sample::select(vec!["db.r6g.large", "db.r6g.xlarge", "db.r9g.large"]),
        1_u32..5,
        proptest::sample::select(vec!["example.com", "a.example.org"]),
        proptest::sample::select(vec!["30", "60"]),
        proptest::sample::select(vec!["web", "app"]),
        proptest::option::of("[a-zA-Z `*_<>|@#-]{0,40}"),
        any::<u8>(),
        any::<bool>(),
    );
    (tenants, settings).prop_map(|(tenants, (class, count, domain, retention, service, variable, image, own))| {
        let shared = SPEC.split("[[tenant]]").next().unwrap_or_default();
        let variable = variable.map(|text| format!("[service.{service}.environment]\nGREETING = '{text}'\n\n[logs]"));
        let shared = shared
            .replace("db.r6g.large", class)
            .replace("max_count = 8", &format!("max_count = {}", 4 + count))
            .replace("example.com", domain)
            .replace("retention_days = 30", &format!("retention_days = {retention}"))
            .replace("[service.web]", &format!("[service.{service}]"))
            .replace("0d17b565c37b", &format!("{image:02x}17b565c37b"))
            .replace("[logs]", variable.as_deref().unwrap_or("[logs]"));
        let tenant = |(index, id): (usize, &&str)| {
            let own =
                if own { format!("[tenant.service.{service}]\nmax_count = {}\n", 10 + index) } else { String::new() };
            format!("[[tenant]]\nid = \"{id}\"\ncost_center = \"cc-{index}\"\n{own}")
        };
        std::iter::once(shared).chain(tenants.iter().enumerate().map(tenant)).collect()
    })
}

/// What is wrong with a comment, whatever it is about.
fn check(review: &Review) -> Result<(), TestCaseError> {
    let comment = markdown(review);
    prop_assert!(comment.chars().count() <= COMMENT);
    prop_assert_eq!(comment.matches("<details>").count(), comment.matches("</details>").count());
    prop_assert_eq!(comment.lines().filter(|line| line.starts_with("```")).count() % 2, 0);
    let shown = strip_str(&text(review)).to_string();
    prop_assert!(!shown.contains(char::from(0x1b)), "a control character is left");
    prop_assert!(serde_json::to_string(review).is_ok());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn comment_of_any_change_fits(from in proptest::option::of(spec()), to in spec()) {
        let (from, to) = (from.map(|from| plan(&from)), plan(&to));
        let review = review_of_plans(from.as_ref(), &to, None);
        check(&review)?;
        prop_assert_eq!(markdown(&review), markdown(&review_of_plans(from.as_ref(), &to, None)));
    }

    #[test]
    fn plan_compared_with_itself_says_that_nothing_changes(spec in spec()) {
        let plan = plan(&spec);
        let review = review_of_plans(Some(&plan), &plan, None);
        check(&review)?;
        prop_assert_eq!(&review.headline, &["Nothing changes.".to_owned()]);
        prop_assert!(review.changes.is_empty() && review.people.is_empty() && review.preparation.is_empty());
        prop_assert!(review.isolation.opens_nothing());
        prop_assert_eq!(review.approval, Approval::Nothing);
    }
}

/// A comment in which everything is as long as it can be still fits, and counts what it leaves out.
#[test]
fn comment_of_a_huge_change_fits() {
    let words = |word: &str, number: usize| {
        (0..number).map(|n| format!("{word}-{n} @team <b> `{}", "x".repeat(900))).collect::<Vec<_>>()
    };
    let from = plan(SPEC);
    let to = plan(&SPEC.replace("db.r6g.large", "db.r6g.xlarge"));
    let mut review = review_of_plans(Some(&from), &to, None);
    review.headline = words("headline", 100);
    review.preparation.warnings = words("warning", 5_000);
    review.people.irreversible = words("irreversible", 5_000);
    let group = review.changes.groups[0].clone();
    review.changes.groups = words("group", 5_000)
        .into_iter()
        .map(|address| saas_review::changes::Group { address, ..group.clone() })
        .collect();
    check(&review).expect("it fits");
    assert!(markdown(&review).contains("more lines do not fit here"));
}
