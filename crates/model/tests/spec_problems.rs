//! A spec with several problems reports all of them: no problem hides another.

use proptest::prelude::*;
use saas_model::Spec;

const SPEC: &str = include_str!("../../../fixtures/saas-platform/saas.toml");

/// A replacement that makes exactly one problem, regardless of other problems.
type Mistake = (&'static str, &'static str);

/// Replacements in different places; each makes exactly one problem.
const MISTAKES: &[Mistake] = &[
    ("name = \"saas-platform\"", "name = \"Saas\""),
    ("environment = \"development\"", "environment = \"Dev Stage\""),
    ("account = \"123456789012\"", "account = 123456789012"),
    ("region = \"us-east-1\"", "region = \"us-esat-1\""),
    ("domain = \"example.com\"", "domain = \"example\""),
    ("cost_center = \"platform\"", "cost_centre = \"platform\""),
    ("deletion_protection = false", "deletion_protection = False"),
    ("provisioner = \"arn:aws:iam:", "provisioner = \"arn:aws:sts:"),
    ("cidr = \"10.0.0.0/16\"", "cidr = \"10.0.0.0\""),
    ("public = \"10.0.1.0/24\"", "public = \"10.0.1.7/24\""),
    ("private = \"10.0.12.0/24\"", "private = \"10.0.12.0/29\""),
    ("public = \"10.0.3.0/24\"", "pubic = \"10.0.3.0/24\""),
    ("engine_version = \"15.4\"", "engine_version = 15.4"),
    ("instance_class = \"db.r6g.large\"", "instance_class = \"db.foo.bar\""),
    ("name = \"saas\"", "name = \"db\""),
    ("admin = \"saasadmin\"", "admin = \"user\""),
    ("\"pg_stat_statements\"", "\"pg_stat_statments\""),
    ("\"pgaudit\"", "\"timescaledb\""),
    ("@sha256:0d17b565c37bcbd895e9d92315a05c1c3c9a29f762b011a10c54a66cd53c9b31", ":1.27"),
    ("port = 80", "port: 80"),
    ("memory = 2048", "memory = 1024"),
    ("max_count = 8", "max_count = 1"),
    ("cpu_target = 60", "cpu_target = 160"),
    ("writable = [\"/run\"", "writable = [\"run\""),
    ("[logs]", "[log]"),
    ("retention_days = 30", "retention_days = 31"),
    ("id = \"acme-corp\"", "id = \"app\""),
    ("cost_center = \"cc-acme\"", "cost_center = \"R&D\""),
    ("id = \"globex-inc\"", "id = \"globex-inc\"\ncolour = \"red\""),
    ("cost_center = \"cc-globex\"", "cost_center = \"cc-globex"),
    (
        "id = \"initech-llc\"",
        "id = \"initech-llc\"\ncost_center = \"x\"\n[tenant.service.web]\nmin_count = 9\n[[tenant]]\nid = \"hooli-xyz\"",
    ),
];

fn problems(mistakes: &[Mistake]) -> Vec<String> {
    let mut text = SPEC.to_owned();
    for (from, to) in mistakes {
        assert!(text.contains(from), "the fixture does not hold {from}");
        text = text.replacen(from, to, 1);
    }
    match Spec::parse("saas.toml", &text) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.problems.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn each_mistake_gives_one_problem() {
    for mistake in MISTAKES {
        let found = problems(&[*mistake]);
        assert_eq!(found.len(), 1, "{mistake:?}: {found:#?}");
    }
}

#[test]
fn all_mistakes_are_reported_together() {
    let found = problems(MISTAKES);
    assert_eq!(found.len(), MISTAKES.len(), "{found:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_subset_of_mistakes_gives_as_many_problems(mistakes in prop::sample::subsequence(MISTAKES, 0..MISTAKES.len())) {
        let found = problems(&mistakes);
        prop_assert_eq!(found.len(), mistakes.len(), "{:#?}", found);
    }

    /// For any edit of a spec, parsing terminates, and every problem has a valid location.
    #[test]
    fn every_problem_has_a_valid_location(at in 0..SPEC.len(), length in 0..40_usize, put in "[ -~\n“ö]{0,12}") {
        let start = (0..=at).rev().find(|at| SPEC.is_char_boundary(*at)).unwrap_or_default();
        let end = (start + length..=SPEC.len()).find(|at| SPEC.is_char_boundary(*at)).unwrap_or(SPEC.len());
        let text = format!("{}{put}{}", &SPEC[..start], &SPEC[end..]);
        if let Err(problems) = Spec::parse("saas.toml", &text) {
            prop_assert!(!problems.problems.is_empty());
            for problem in &problems.problems {
                let (at, length) = (problem.span.offset(), problem.span.len());
                prop_assert!(text.get(at..at + length).is_some(), "{:?}", problem);
            }
        }
    }
}

#[test]
fn valid_but_unusual_values_are_accepted() {
    for (from, to) in [
        ("admin = \"saasadmin\"", "admin = \"postgres\""),
        ("cost_center = \"platform\"", "cost_center = \"Köln + Größe: 4711\""),
        ("cost_center = \"platform\"", "cost_center = \"東京 本部\""),
        ("name = \"saas\"", "name = \"acme_saas\""),
        ("instance_class = \"db.r6g.large\"", "instance_class = \"db.r9g.large\""),
        ("\"us-east-1c\"", "\"us-east-1f\""),
        ("public.ecr.aws/nginx/nginx@", "registry.example.com:5000/a__b/c-d.e:1.27@"),
    ] {
        assert_eq!(problems(&[(from, to)]), Vec::<String>::new(), "{to}");
    }
    // A Region that is newer than this version of saas.
    assert_eq!(
        Spec::parse("saas.toml", &SPEC.replace("us-east-1", "ap-southeast-9")).err().map(|p| p.to_string()),
        None
    );
}

#[test]
fn example_is_valid() {
    let spec = Spec::parse("saas.toml", Spec::EXAMPLE).expect("it can be planned as it is");
    assert_eq!(spec.tenants.len(), 1);
}

/// A byte order mark and Windows line endings are accepted.
#[test]
fn byte_order_mark_and_windows_line_endings_are_accepted() {
    let text = format!("\u{feff}{}", SPEC.replace('\n', "\r\n"));
    let (spec, plain) = (Spec::parse("saas.toml", &text), Spec::parse("saas.toml", SPEC));
    assert_eq!(spec.expect("it is valid").digest(), plain.expect("it is valid").digest());
}
