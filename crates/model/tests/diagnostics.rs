//! Golden tests of the diagnostics for invalid specs and locks: each problem with file, line and
//! underlined range.
//!
//! To accept changes: `INSTA_UPDATE=always cargo test -p saas-model --test diagnostics`.

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use saas_model::problem::Problems;
use saas_model::{Lock, Spec};

const SPEC: &str = include_str!("../../../fixtures/saas-platform/saas.toml");
const MANY_FEATURES: &str = include_str!("../../../fixtures/many-features/saas.toml");

/// The problems as rendered in a terminal without colours.
fn rendered(problems: &Problems) -> String {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_links(false)
        .with_width(110)
        .with_context_lines(1);
    let mut text = String::new();
    handler.render_report(&mut text, problems as &dyn Diagnostic).expect("writing to memory cannot fail");
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// The problems of a fixture's spec after replacements, each of which must apply.
fn problems(text: &str, replacements: &[(&str, &str)]) -> String {
    let mut text = text.to_owned();
    for (from, to) in replacements {
        assert!(text.contains(from), "the fixture does not hold {from}");
        text = text.replacen(from, to, 1);
    }
    rendered(&Spec::parse("saas.toml", &text).expect_err("the spec is wrong"))
}

/// A title, a fixture and the replacements that make it invalid.
type Case = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const FOR_ALL: &str =
    "certificate = \"arn:aws:acm:eu-central-1:210987654321:certificate/6f1c3d2e-0a4b-4c5d-8e9f-a1b2c3d4e5f6\"\n";

const CASES: &[Case] = &[
    (
        "image without digest",
        SPEC,
        &[("@sha256:0d17b565c37bcbd895e9d92315a05c1c3c9a29f762b011a10c54a66cd53c9b31", ":1.27")],
    ),
    (
        "image with a short digest",
        SPEC,
        &[("0d17b565c37bcbd895e9d92315a05c1c3c9a29f762b011a10c54a66cd53c9b31", "0d17")],
    ),
    ("subnet outside of the network", SPEC, &[("10.0.2.0/24", "10.1.2.0/24")]),
    ("subnet that overlaps", SPEC, &[("10.0.12.0/24", "10.0.2.0/25")]),
    ("subnet with host bits", SPEC, &[("10.0.2.0/24", "10.0.2.7/24")]),
    ("subnet that is too small", SPEC, &[("10.0.2.0/24", "10.0.2.0/29")]),
    ("zone of another region", SPEC, &[("us-east-1b", "us-west-2b")]),
    ("zone twice", SPEC, &[("us-east-1b", "us-east-1a")]),
    ("cpu that Fargate does not offer", SPEC, &[("cpu = 1024", "cpu = 1000")]),
    ("memory that Fargate does not offer", SPEC, &[("memory = 2048", "memory = 1024")]),
    ("retention that CloudWatch does not offer", SPEC, &[("retention_days = 30", "retention_days = 31")]),
    ("tenant id that is reserved", SPEC, &[("\"acme-corp\"", "\"admin\"")]),
    ("tenant id that is malformed", SPEC, &[("\"acme-corp\"", "\"Acme_Corp\"")]),
    ("tenant id that is too long", SPEC, &[("\"acme-corp\"", "\"a-tenant-with-a-name-without-end\"")]),
    ("tenant twice", SPEC, &[("\"globex-inc\"", "\"acme-corp\"")]),
    ("domain that an ALB refuses", SPEC, &[("\"example.com\"", "\"example.c0m\"")]),
    ("domain of one label", SPEC, &[("\"example.com\"", "\"example\"")]),
    ("platform name that is too long", SPEC, &[("\"saas-platform\"", "\"a-platform-with-a-name-without-end\"")]),
    ("account that is none", SPEC, &[("\"123456789012\"", "\"1234\"")]),
    ("protection off in production", SPEC, &[("\"development\"", "\"production\"")]),
    ("provisioner of another account", SPEC, &[("iam::123456789012", "iam::210987654321")]),
    ("counts that do not fit", SPEC, &[("min_count = 2", "min_count = 9")]),
    ("desired count outside", SPEC, &[("desired_count = 2", "desired_count = 1")]),
    ("key that is unknown", SPEC, &[("cost_center = \"platform\"", "cost_centre = \"platform\"")]),
    ("key that is missing", SPEC, &[("instance_class = \"db.r6g.large\"\n", "")]),
    ("table that is missing", SPEC, &[("[logs]\n", "[log]\n")]),
    ("value of another type", SPEC, &[("port = 80", "port = \"80\"")]),
    ("number out of range", SPEC, &[("port = 80", "port = 70000")]),
    ("key twice", SPEC, &[("port = 80", "port = 80\nport = 81")]),
    ("not TOML", SPEC, &[("port = 80", "port 80")]),
    ("database name that is taken", SPEC, &[("name = \"saas\"", "name = \"postgres\"")]),
    (
        "several at once",
        SPEC,
        &[
            ("10.0.2.0/24", "10.1.2.0/24"),
            ("memory = 2048", "memory = 1024"),
            ("retention_days = 30", "retention_days = 31"),
            ("\"acme-corp\"", "\"admin\""),
            ("[logs]", "[logs]\ncolour = \"red\""),
        ],
    ),
    (
        "tenant settings that do not fit",
        MANY_FEATURES,
        &[("memory = 4096", "memory = 1024"), ("max_count = 12", "max_count = 2")],
    ),
    ("bucket suffix that S3 reserves", MANY_FEATURES, &[("\"x7\"", "\"s3alias\"")]),
    ("names of a scope that is unknown", MANY_FEATURES, &[("scope = \"platform\"", "scope = \"tenant\"")]),
    ("platform name with a reserved prefix", SPEC, &[("\"saas-platform\"", "\"internal-tools\"")]),
    ("tenants without a certificate", MANY_FEATURES, &[(FOR_ALL, "")]),
    (
        "break glass of another account",
        MANY_FEATURES,
        &[("iam::210987654321:role/security", "iam::123456789012:role/security")],
    ),
    ("master user that RDS reserves", SPEC, &[("\"saasadmin\"", "\"user\"")]),
    ("database that RDS reserves", SPEC, &[("name = \"saas\"", "name = \"db\"")]),
    ("master user with an underscore", SPEC, &[("\"saasadmin\"", "\"saas_admin\"")]),
    ("tenant id that is a host", SPEC, &[("\"acme-corp\"", "\"app\"")]),
    ("cost center with a character that AWS does not take", SPEC, &[("\"cc-acme\"", "\"R&D\"")]),
    ("cost center of spaces", SPEC, &[("\"cc-acme\"", "\"   \"")]),
    ("cost center with a space at its end", SPEC, &[("\"cc-acme\"", "\"cc-acme \"")]),
    ("certificate of another Region", MANY_FEATURES, &[("acm:eu-central-1", "acm:us-east-1")]),
    ("certificate of another account and Region", MANY_FEATURES, &[("acm:eu-central-1:21", "acm:us-east-1:12")]),
    (
        "provisioner of another partition",
        SPEC,
        &[
            ("region = \"us-east-1\"", "region = \"us-gov-west-1\""),
            ("\"us-east-1a\"", "\"us-gov-west-1a\""),
            ("\"us-east-1b\"", "\"us-gov-west-1b\""),
            ("\"us-east-1c\"", "\"us-gov-west-1c\""),
        ],
    ),
    (
        "provisioner that is a session",
        SPEC,
        &[("iam::123456789012:role/saas-provisioner", "sts::123456789012:assumed-role/saas-provisioner/me")],
    ),
    ("provisioner with a Region", SPEC, &[("iam::123456789012", "iam:us-east-1:123456789012")]),
    ("version that has ended", SPEC, &[("\"15.4\"", "\"9.6\"")]),
    ("version with a leading zero", SPEC, &[("\"15.4\"", "\"15.04\"")]),
    ("version without quotes", SPEC, &[("\"15.4\"", "15.4")]),
    ("image in capitals", SPEC, &[("public.ecr.aws/nginx/nginx", "Nginx/nginx")]),
    ("zone that the Region has not", SPEC, &[("us-east-1c", "us-east-1z")]),
    ("Region that is misspelt", SPEC, &[("region = \"us-east-1\"", "region = \"us-esat-1\"")]),
    ("Region that its zones contradict", SPEC, &[("region = \"us-east-1\"", "region = \"us-east-7\"")]),
    ("Region that is a zone", SPEC, &[("region = \"us-east-1\"", "region = \"us-east-1a\"")]),
    ("class of no family", SPEC, &[("db.r6g.large", "db.foo.bar")]),
    ("class that is misspelt", SPEC, &[("db.r6g.large", "db.r6g.lagre")]),
    ("class without its beginning", SPEC, &[("db.r6g.large", "r6g.large")]),
    ("library that is misspelt", SPEC, &[("\"pg_stat_statements\"", "\"pg_stat_statments\"")]),
    ("library that Aurora does not load", SPEC, &[("\"pgaudit\"", "\"timescaledb\"")]),
    ("libraries that are no list", SPEC, &[("[\"pg_stat_statements\", \"pgaudit\"]", "\"pgaudit\"")]),
    ("boolean in capitals", SPEC, &[("deletion_protection = false", "deletion_protection = True")]),
    ("boolean in quotes", SPEC, &[("deletion_protection = false", "deletion_protection = \"false\"")]),
    ("text that does not end", SPEC, &[("\"cc-globex\"", "\"cc-globex")]),
    ("text without quotes", SPEC, &[("\"cc-globex\"", "cc-globex")]),
    ("account without quotes", SPEC, &[("\"123456789012\"", "123456789012")]),
    ("one table for several", SPEC, &[("[[tenant]]", "[tenant]"), ("[[tenant]]", "[tenant]")]),
    ("one table and several", SPEC, &[("[[tenant]]", "[tenant]")]),
    ("several tables for one", SPEC, &[("[logs]", "[[logs]]")]),
    (
        "merge that is not finished",
        SPEC,
        &[("[[tenant]]\nid = \"acme-corp\"", "<<<<<<< HEAD\n[[tenant]]\nid = \"acme-corp\"\n=======\n>>>>>>> beta")],
    ),
    ("development in short", SPEC, &[("\"development\"", "\"dev\"")]),
    (
        "several keys that are unknown",
        SPEC,
        &[("[logs]", "[logs]\ncolour = \"red\"\nretention_day = 7\nshape = 1\ncpu = 4"), ("retention_days = 30", "")],
    ),
    ("setting in the wrong table", SPEC, &[("cost_center = \"cc-acme\"", "cost_center = \"cc-acme\"\nmemory = 4096")]),
    (
        "image that does not hide the size",
        SPEC,
        &[
            ("@sha256:0d17b565c37bcbd895e9d92315a05c1c3c9a29f762b011a10c54a66cd53c9b31", ":1.27"),
            ("cpu = 1024", "cpu = 4096"),
        ],
    ),
    (
        "problems of the platform's settings that do not hide those of a tenant",
        MANY_FEATURES,
        &[("port = 8080", "port = 0"), ("memory = 4096", "memory = 1024")],
    ),
    (
        "syntax that hides no missing key of the same name",
        SPEC,
        &[("cost_center = \"platform\"\n", ""), ("cost_center = \"cc-acme\"", "cost_center = True")],
    ),
    ("list that is not closed", SPEC, &[("\"pgaudit\"]", "\"pgaudit\""), ("port = 80", "port = 99999")]),
    ("header that is not closed", SPEC, &[("[network]", "[network"), ("port = 80", "port = 99999")]),
    ("header of one for one of a list", SPEC, &[("[[network.zone]]", "[network.zone]"), ("port = 80", "port = 99999")]),
    (
        "table twice",
        SPEC,
        &[("[logs]", "[database]\nconnections_per_tenant = 0\n\n[logs]"), ("port = 80", "port = 99999")],
    ),
    (
        "table in a list before the list",
        SPEC,
        &[("[[tenant]]", "[tenant.service.web]\ncpu = 3\n\n[[tenant]]"), ("port = 80", "port = 99999")],
    ),
    ("table misspelt beside one within it", SPEC, &[("[network]", "[Network]")]),
    ("library that the version has not yet", SPEC, &[("\"pgaudit\"]", "\"pg_ad_mapping\", \"pg_overexplain\"]")]),
    ("library that is no text", SPEC, &[("\"pgaudit\"]", "5]")]),
    ("Region that is spelt in another way", SPEC, &[("region = \"us-east-1\"", "region = \"useast1\"")]),
    ("version with more than AWS has", SPEC, &[("\"15.4\"", "\"15.4.1\"")]),
    ("version that Aurora skipped", SPEC, &[("\"15.4\"", "\"16.0\"")]),
    (
        "certificate that is no UUID",
        SPEC,
        &[("[logs]", "[ingress]\ncertificate = \"arn:aws:acm:us-east-1:123456789012:certificate/x\"\n\n[logs]")],
    ),
    (
        "image of a registry in no Region",
        SPEC,
        &[("public.ecr.aws/nginx/nginx", "123456789012.dkr.ecr.us-esat-1.amazonaws.com/nginx")],
    ),
    ("image of this machine", SPEC, &[("public.ecr.aws/nginx/nginx", "localhost/nginx")]),
    ("image without a repository", SPEC, &[("public.ecr.aws/nginx/nginx", "public.ecr.aws/nginx")]),
    ("provisioner of a service", SPEC, &[("role/saas-provisioner", "role/aws-service-role/rds.amazonaws.com/X")]),
    ("cost center with a letter in a circle", SPEC, &[("\"cc-acme\"", "\"ⓐ\"")]),
    (
        "syntax that hides nothing",
        SPEC,
        &[
            ("deletion_protection = false", "deletion_protection = False"),
            ("port = 80", "port: 80"),
            ("\"cc-globex\"", "\"cc-globex"),
            ("retention_days = 30", "retention_days = 31"),
        ],
    ),
    (
        "directories that cannot be written to",
        SPEC,
        &[("writable = [", "writable = [\"/\", \"var/log\", \"/proc/self\", \"/tmp/\", \"/var\", \"/var/run\", ")],
    ),
    ("health check with a space", MANY_FEATURES, &[("\"/healthz\"", "\"/health z\"")]),
    ("network that is not private", SPEC, &[("cidr = \"10.0.0.0/16\"", "cidr = \"169.254.0.0/16\"")]),
    ("public subnet without room", SPEC, &[("10.0.3.0/24", "10.0.3.0/28")]),
    ("domain with a scheme", SPEC, &[("\"example.com\"", "\"https://example.com\"")]),
    ("suffix of a tenant's bucket", MANY_FEATURES, &[("\"c2\"", "\"C2\"")]),
];

const LOCKS: &[(&str, &str)] = &[
    ("a slot without a number", "version = 1\n[[slot]]\ntenant = \"acme\"\n"),
    ("no platform", "version = 2\ntenants = []\n"),
    (
        "a slot that a shard does not have",
        "version = 2\nplatform = { name = \"saas-platform\", account = \"123456789012\", region = \"us-east-1\" }\n\
         tenants = [\n  { id = \"acme\", shard = 0, slot = 50 },\n]\n",
    ),
    ("half a conflict", "<<<<<<< HEAD\nversion = 2\n"),
    ("a conflict with a side that is no lock", "<<<<<<< HEAD\nversion = 1\n=======\nversion = one\n>>>>>>> other\n"),
    ("a newer version", "version = 3\n"),
];

#[test]
fn invalid_specs_give_these_diagnostics() {
    let shown = CASES.iter().map(|(title, text, edits)| format!("# {title}\n\n{}\n\n", problems(text, edits)));
    insta::assert_snapshot!(shown.collect::<String>());
}

#[test]
fn invalid_locks_give_these_diagnostics() {
    let wrong = |text| Lock::parse("saas.lock", text).expect_err("the lock is wrong");
    let shown = LOCKS.iter().map(|(title, text)| format!("# {title}\n\n{}\n\n", rendered(&wrong(text))));
    insta::assert_snapshot!(shown.collect::<String>());
}

#[test]
fn problems_are_sorted_by_location() {
    let wrong =
        SPEC.replace("memory = 2048", "memory = 1").replace("\"initech-llc\"", "\"x\"").replace("[logs]", "[log]");
    let problems = Spec::parse("saas.toml", &wrong).expect_err("it is wrong");
    assert_eq!(problems.problems.len(), 3, "{problems:?}");
    for problem in &problems.problems {
        assert!(!problem.span.is_empty() || problem.message.contains("missing"), "{problem}");
    }
    let offsets: Vec<usize> = problems.problems.iter().map(|problem| problem.span.offset()).collect();
    assert!(offsets.is_sorted(), "problems are sorted by their location");
}
