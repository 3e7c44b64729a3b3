//! Each mistake in the services, jobs, secrets and permissions of a spec gives one problem that says what is
//! wrong and what to do, and no mistake hides another.

use proptest::prelude::*;
use saas_model::Spec;

const SPEC: &str = include_str!("../../../fixtures/real-application/saas.toml");

/// A replacement, and a part of the message or of the help of its only problem.
type Mistake = (&'static str, &'static str, &'static str);

/// The secrets are put together, so that scanners do not take this file for a leak.
const MISTAKES: &[Mistake] = &[
    ("[service.hooks]\nlike = \"api\"", "[service.hooks]\nlike = \"apo\"", "did you mean `api`?"),
    ("port = 8000", "prot = 8000", "did you mean `port`?"),
    ("cpu = 512", "cpu = 500", "Fargate offers 256, 512"),
    ("architecture = \"arm64\"", "architecture = \"aarch64\"", "did you mean `arm64`?"),
    ("user = \"1000:1000\"", "user = \"1000:\"", "such as `1000:1000`"),
    ("stop_timeout = 60", "stop_timeout = 600", "expected 2 to 120, found 600"),
    ("size = 256 }", "size = 2000 }", "MiB, and the task has 2048 MiB"),
    ("codes = \"200\"", "codes = \"200-600\"", "codes from 200 to 499"),
    ("interval = 30, timeout = 10", "interval = 10, timeout = 10", "not shorter than the interval"),
    ("LOG_LEVEL = \"info\"", "LOG_LEVEL = 5", "write it in quotes: `LOG_LEVEL = \"5\"`"),
    ("CACHE_PREFIX = \"{tenant.id}:\"", "CACHE_PREFIX = \"{tenant.di}:\"", "did you mean `{tenant.id}`?"),
    ("PUBLIC_URL = \"{tenant.url}\"\n", "BUCKET = \"x\"\n", "saas sets it, to the tenant's own"),
    ("PUBLIC_URL = \"{tenant.url}/api\"", "DATABASE = \"postgres://app:hunter2@db/x\"", "a URL with a password"),
    (
        "REPLICA_URL = \"postgresql://",
        "SMTP_PASSWORD = \"hunter2-correct-horse\"\nREPLICA_URL = \"postgresql://",
        "by its name it is a secret",
    ),
    ("SESSION_KEY = { generate = 64 }", "SESSION_KEY = { generate = 4 }", "expected 8 to 1024, found 4"),
    ("{ parameter = \"/harbor/sentry-dsn\" }", "{ parameter = \"harbor/dsn\" }", "begins with `/`"),
    ("key = \"license\" }", "parameter = \"/x\" }", "one of `generate`, `parameter`, `secret` and `database`"),
    ("\"ses:SendEmail\", ", "\"sess:SendEmail\", ", "did you mean `ses:SendEmail`?"),
    ("\"ses:SendRawEmail\"", "\"ses:SendRawMail\"", "did you mean `ses:SendRawEmail`?"),
    ("StringEquals", "StringEqual", "not an operator that saas supports"),
    ("actions = [\"sqs:SendMessage\"]", "actions = [\"iam:PassRole\"]", "actions of `iam` cannot be allowed"),
    ("\"xray:PutTelemetryRecords\"", "\"s3:GetObject\"", "name the resources by their ARNs"),
    ("cidr = \"203.0.113.0/24\"", "cidr = \"10.80.32.0/24\"", "within the platform's own network"),
    ("essential = false", "esential = false", "did you mean `essential`?"),
    ("paths = [\"/api\", \"/api/*\"]", "paths = [\"/api\", \"/*/x\"]", "only be a `*` at the end"),
    ("max_count = 4\nmemory_target = 70", "max_count = 4", "nothing decides how many"),
    ("readonly_root = false", "readonly_root = true", "ECS Exec cannot start"),
    ("host = \"hooks\"", "host = \"Hooks\"", "host label"),
    ("name = \"harbor-work-{tenant.id}\", messages", "name = \"harbor work\", messages", "name of a queue"),
    ("schedule = \"cron(0 3 * * ? *)\"", "schedule = \"cron(0 3 * * *)\"", "six fields"),
    ("timezone = \"America/Los_Angeles\"", "timezone = \"America/Los_Angles\"", "did you mean `America/Los_Angeles`?"),
    ("run = \"before-rollout\"", "run = \"after-rollout\"", "before-rollout"),
    ("timeout = \"30m\"", "timeout = 600", "`timeout = \"600s\"`"),
    (
        "[service.web.sidecar.xray]\n",
        "[service.web.sidecar.xray.secrets]\nUSER = { database = \"user\" }\n[service.web.sidecar.xray]\n",
        "`{tenant.database_user}` in `environment`",
    ),
    ("\"pg_trgm\", ", "\"dblink\", ", "it connects to any database"),
    ("\"pgcrypto\"]", "\"earthdistance\"]", "add `\"cube\"`"),
    ("team = \"payments\"", "cost_center = \"payments\"", "saas sets it itself"),
    ("policy/harbor-boundary\"", "role/harbor-boundary\"", "IAM policy ARN"),
    ("max_count = 12", "max_count = 1", "is greater than max_count 1"),
    ("[tenant.job.nightly]", "[tenant.job.nightli]", "did you mean `nightly`?"),
];

/// The problems after some mistakes: message and help.
fn problems(mistakes: &[Mistake]) -> Vec<String> {
    let mut text = SPEC.to_owned();
    for (from, to, _) in mistakes {
        assert!(text.contains(from), "the fixture does not hold {from}");
        text = text.replacen(from, to, 1);
    }
    match Spec::parse("saas.toml", &text) {
        Ok(_) => Vec::new(),
        Err(problems) => {
            assert!(!problems.problems.is_empty(), "{mistakes:?}");
            let both = |problem: &saas_model::problem::Problem| {
                format!("{} | {}", problem.message, problem.help.as_deref().unwrap_or_default())
            };
            problems.problems.iter().map(both).collect()
        }
    }
}

#[test]
fn each_mistake_gives_one_problem_that_explains_it() {
    for mistake in MISTAKES {
        let found = problems(&[*mistake]);
        assert_eq!(found.len(), 1, "{mistake:?}: {found:#?}");
        assert!(found[0].contains(mistake.2), "{mistake:?}: {found:#?}");
    }
}

#[test]
fn all_mistakes_are_reported_together() {
    let found = problems(MISTAKES);
    for (_, _, expected) in MISTAKES {
        assert!(found.iter().any(|problem| problem.contains(expected)), "{expected}: {found:#?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever else is wrong, parsing terminates and every problem has a valid location.
    #[test]
    fn every_problem_has_a_valid_location(at in 0..SPEC.len(), length in 0..40_usize, put in "[ -~\n]{0,12}") {
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
fn the_spec_of_before_is_explained() {
    let old = SPEC.replacen("[service.web]\n", "[service]\n", 1);
    let cut = old.find("[service.web.environment]").expect("the fixture has it");
    let old = format!("{}{}", &old[..cut], "[logs]\nretention_days = 30\n");
    let Err(problems) = Spec::parse("saas.toml", &old) else { panic!("it is of before") };
    let [problem] = &problems.problems[..] else { panic!("{problems:?}") };
    assert_eq!(problem.message, "`[service]` itself has no keys: there is one table for each service");
    assert_eq!(problem.help.as_deref(), Some("write `[service.web]` for the service `web`"));
    assert!(old[problem.span.offset()..].starts_with("service]"), "{problem:?}");
}

#[test]
fn services_that_no_rule_tells_apart_are_reported() {
    for (from, to, expected) in [
        ("paths = [\"/api\", \"/api/*\"]\n", "", "`api` and `web` both get all requests of one host"),
        (
            "paths = [\"/api\", \"/api/*\"]\n",
            "paths = [\"/a\", \"/b\", \"/c\", \"/d\"]\n",
            "at most five hosts and paths",
        ),
        (
            "host = \"hooks\"\n",
            "paths = [\"/api\"]\n",
            "`api` and `hooks` both have the path `/api` | leave it to one of them",
        ),
        ("PUBLIC_URL = \"{tenant.url}\"", "DATABASE = \"{database.password}\"", "`{ database = \"password\" }`"),
        ("LOG_LEVEL = \"info\"", "KEY = { generate = 64 }", "`generate` belongs in `[service.<name>.secrets.<name>]`"),
        ("like = \"api\"\nport = 9000\n", "like = \"api\"\n", "add a `port`, or remove `host`"),
        (
            "host = \"hooks\"\n",
            "host = \"hooks-for-everything-that-may-happen-and-has-a-very-long-name-of-its-own\"\n",
            "host label",
        ),
        ("[job.nightly]", "[job.worker]", "a service has this name"),
        ("schedule = \"cron(0 3 * * ? *)\"\n", "", "nothing says when this job runs"),
        ("[service.hooks]\nlike = \"api\"", "[service.hooks]\nlike = \"worker\"", "`worker` itself is like `web`"),
        ("SESSION_KEY = { generate = 64 }", "SESSION_KEY = \"x\"", "expected a table, found a string"),
    ] {
        assert!(SPEC.contains(from), "{from}");
        let found = problems(&[(from, to, expected)]);
        assert!(found.iter().any(|problem| problem.contains(expected)), "{to}: {found:#?}");
    }
}

/// What `like` takes depends on the table: a service behind the load balancer is checked as the other is.
#[test]
fn the_health_check_of_the_service_that_one_is_like_is_taken() {
    let check = |spec: &str, service: &str| {
        let spec = Spec::parse("saas.toml", spec).expect("the spec is valid");
        let service = &spec.tenants[0].services[&service.parse().expect("a name")];
        service.ingress.as_ref().map(|ingress| ingress.health_check.clone())
    };
    let like = SPEC.replacen("health_check = { path = \"/health\" }\n", "", 1);
    assert_eq!(check(&like, "hooks"), check(SPEC, "api"), "nothing of its own");
    let own = check(SPEC, "hooks").expect("it has a port");
    assert_eq!((own.path.as_str(), own.interval_seconds), ("/health", 30), "it merges key by key");
    assert_eq!(check(SPEC, "worker"), None, "a worker has no health check");
}

#[test]
fn a_public_value_may_look_like_a_secret() {
    let literal = SPEC.replacen("LOG_LEVEL = \"info\"", "SITE_TOKEN = \"hunter2-{tenant.id}\"", 1);
    assert!(Spec::parse("saas.toml", &literal).is_err());
    let public = SPEC.replacen("LOG_LEVEL = \"info\"", "SITE_TOKEN = { public = \"hunter2-{tenant.id}\" }", 1);
    let spec = Spec::parse("saas.toml", &public).expect("it is public");
    let variables = &spec.tenants[0].services[&"web".parse().expect("a name")].task.container.environment;
    assert_eq!(variables[&"SITE_TOKEN".parse().expect("a name")].to_string(), "hunter2-{tenant.id}");
}

#[test]
fn a_cycle_of_services_is_one_problem() {
    let web = SPEC.find("[service.web]\nimage = ").expect("the fixture has it") + "[service.web]\n".len();
    let line = web + SPEC[web..].find('\n').expect("a line");
    let cycle = format!("{}like = \"worker\"{}", &SPEC[..web], &SPEC[line..]);
    let Err(found) = Spec::parse("saas.toml", &cycle) else { panic!("it is a cycle") };
    let [problem] = &found.problems[..] else { panic!("{found:#?}") };
    assert_eq!(problem.message, "`web` is like `worker`, and `worker` is like `web`");
}

#[test]
fn a_service_or_job_without_anything_is_one_problem() {
    for (from, to, word) in [
        ("[service.hooks]\nlike = \"api\"\n", "[service.hooks]\n", "service"),
        ("[job.nightly]\nlike = \"web\"\n", "[job.nightly]\n", "job"),
    ] {
        let found = problems(&[(from, to, "")]);
        let [problem] = &found[..] else { panic!("{found:#?}") };
        assert!(problem.starts_with("nothing says what the ") && problem.contains(word), "{problem}");
        assert!(problem.ends_with("add `like = \"web\"`, or `image`, `cpu` and `memory`"), "{problem}");
    }
    let found = problems(&[("schedule = \"cron(0 3 * * ? *)\"\n", "", "")]);
    assert_eq!(found.len(), 1, "its time zone and retries are not too much: {found:#?}");
}

/// A new service goes to the end of the file, whatever its name is.
#[test]
fn a_conflict_of_routes_is_reported_further_down() {
    let added = SPEC.replacen(
        "[logs]",
        "[service.about]\nlike = \"web\"\nport = 8000\npaths = [\"/x\", \"/api\"]\n\n[logs]",
        1,
    );
    let Err(found) = Spec::parse("saas.toml", &added) else { panic!("two have the path") };
    let [problem] = &found.problems[..] else { panic!("{found:#?}") };
    assert_eq!(problem.message, "`about` and `api` both have the path `/api`");
    let at = added.find("\"/x\", ").expect("it was added") + "\"/x\", ".len();
    let quoted = &added[problem.span.offset()..];
    assert!(
        problem.span.offset().abs_diff(at) <= 1 && quoted.trim_start_matches('"').starts_with("/api"),
        "{problem:?}"
    );
}
