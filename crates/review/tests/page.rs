//! The page as text: one golden file, no outside references, and texts from outside that stay texts. What it does in a
//! browser is in `browser.rs`.

mod common;

use common::hostile;
use common::rehearsal::rehearsed;
use common::{SPEC, planned_after, review_of, review_of_plans, review_with, with_tenants};
use saas_files::render::plain::is_control;
use saas_model::identifier::AccountId;
use saas_model::receipt::{Body, Command, Ending, Step, Verb, Verified, When, Who};
use saas_model::time::UtcTime;
use saas_model::{Address, Digest, Receipt};
use saas_review::cost::Prices;
use saas_review::render::{html, markdown};
use saas_review::{Input, review};

fn one_more() -> String {
    format!("{SPEC}\n[[tenant]]\nid = \"umbrella\"\ncost_center = \"cc-umbrella\"\n")
}

/// The page without style and script, an element a line.
fn elements(page: &str) -> String {
    let without = |page: &str, element: &str| {
        let (start, end) = (format!("<{element}>"), format!("</{element}>"));
        let (before, rest) = page.split_once(&start).expect("the element is there");
        let (_, after) = rest.split_once(&end).expect("the element ends");
        format!("{before}{start}…{end}{after}")
    };
    without(&without(page, "style"), "script").replace("><", ">\n<")
}

#[test]
fn page_of_one_tenant_more() {
    let (from, plan) = planned_after(Some(SPEC), &one_more());
    let page = html(&review_of_plans(from.as_ref(), &plan, Some(&rehearsed(from.as_ref(), &plan))));
    insta::with_settings!({
        omit_expression => true,
        prepend_module_to_snapshot => false,
        filters => vec![("sha256-[A-Za-z0-9+/=]+", "sha256-…")],
    }, {
        insta::assert_snapshot!("one-tenant-more-page", elements(&page));
    });
}

#[test]
fn same_review_gives_the_same_bytes() {
    let page = || html(&review_of(Some(SPEC), &one_more()));
    assert_eq!(page(), page());
}

#[test]
fn page_of_250_tenants_is_small() {
    let many = with_tenants(250);
    let (_, plan) = planned_after(None, &many);
    let page = html(&review_of_plans(None, &plan, Some(&rehearsed(None, &plan))));
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
}

#[test]
fn page_has_all_that_the_comment_has() {
    let many = with_tenants(250);
    let domain = many.replace("domain = \"example.com\"", "domain = \"example.org\"");
    let review = review_of(Some(&many), &domain);
    let (page, comment) = (html(&review), markdown(&review));
    for heading in comment.lines().filter_map(|line| line.strip_prefix("#### ")) {
        assert!(page.contains(&format!(">{heading}</h2>")), "{heading}");
    }
    for sentence in &review.headline {
        assert!(page.contains(sentence.as_str()), "{sentence}");
    }
    assert!(page.contains("must lead to the load balancer") && page.contains("saas apply plan.msgpack"));
}

#[test]
fn texts_from_outside_stay_texts() {
    let page = html(&hostile::review());
    assert!(page.matches("&lt;img src=x").count() > 30, "the texts are there");
    assert!(!page.contains("<img") && !page.contains("\" onerror"));
    assert_eq!(["<script", "</script", "<style", "</style"].map(|tag| page.matches(tag).count()), [1; 4]);
    let control = page.char_indices().find(|(_, c)| *c != '\n' && is_control(*c));
    let around = control.and_then(|(at, _)| page.get(at.saturating_sub(80)..at));
    assert_eq!(around, None, "{control:?}");
}

/// A receipt of a run that ended like this.
fn receipt(plan: Digest, ending: Ending) -> Receipt {
    let step = |verb, address: &str| Step { address: Address::literal(address), verb };
    Receipt::new(Body {
        plan,
        platform: "saas-platform".parse().expect("a name"),
        environment: "development".parse().expect("an environment"),
        account: AccountId::new("123456789012").expect("an account"),
        region: "us-east-1".parse().expect("a Region"),
        command: Command::Apply,
        change_set: Digest::from_bytes([7; 32]),
        who: Who {
            caller: "arn:aws:sts::123456789012:assumed-role/saas-provisioner/ci".to_owned(),
            run: "r1".to_owned(),
        },
        when: When { began: UtcTime::from_unix(1_795_000_000), acted_millis: 195_000 },
        ending,
        done: vec![step(Verb::Create, "tenant/umbrella/bucket"), step(Verb::Settle, "tenant/umbrella/service/web")],
        failed: Vec::new(),
        not_reached: Vec::new(),
        not_begun: Vec::new(),
        calls: std::collections::BTreeMap::new(),
        verification: Some(Verified {
            clean: true,
            compared: 115,
            attempts: 24,
            deviations: Vec::new(),
            broken: Vec::new(),
        }),
        outputs: std::collections::BTreeMap::new(),
        isolation: None,
    })
}

#[test]
fn receipt_is_shown_with_its_plan() {
    let (from, plan) = planned_after(Some(SPEC), &one_more());
    let certificate = saas_prover::prove(&plan);
    let prices = Prices::built_in();
    let of = |receipt: &Receipt| {
        let input = Input {
            plan: (&plan, &certificate),
            from: None,
            rehearsed: None,
            receipt: Some(receipt),
            prices: &prices,
            file: "plan.msgpack",
        };
        html(&review(&input))
    };
    let page = of(&receipt(plan.id(), Ending::Complete));
    for part in [
        "What was done",
        "3 min 15 s: complete",
        "assumed-role/saas-provisioner/ci",
        "tenant/umbrella/bucket",
        "115 resources compared",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("not of this one"));
    let other = of(&receipt(from.expect("there is one").id(), Ending::Failed));
    assert!(other.contains("not of this one"));
    assert!(!html(&review_with(Some(SPEC), &one_more(), None)).contains("What was done"));
}
