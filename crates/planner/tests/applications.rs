//! The public applications in `fixtures/applications`, written as specs: each is planned, and the plan has the
//! numbers of its repository. `crates/cli/tests/applications.rs` proves and rehearses them.

mod common;

use std::collections::BTreeMap;

use common::{fields, planned, spec};
use saas_model::Plan;
use serde_json::{Value, json};

/// An application and what its plan has for each tenant.
struct Application {
    folder: &'static str,
    text: &'static str,
    /// Its services: name, port (0 for a worker), CPU units, MiB, and the least and the greatest number of tasks.
    services: &'static [(&'static str, u16, u32, u32, u32, u32)],
    /// Its jobs.
    jobs: &'static [&'static str],
    /// The health check of `web`: path, status codes, interval, timeout, healthy, unhealthy, and seconds of grace.
    health: (&'static str, &'static str, u32, u32, u32, u32, u32),
    /// Where the environment of a container has a value of the repository: service, container, name and value.
    variable: (&'static str, &'static str, &'static str, &'static str),
    /// The number of values that must exist outside of the plan, for two tenants.
    external: usize,
}

macro_rules! text {
    ($folder:literal) => {
        include_str!(concat!("../../../fixtures/applications/", $folder, "/saas.toml"))
    };
}

const APPLICATIONS: [Application; 7] = [
    Application {
        folder: "chat-program",
        text: text!("chat-program"),
        services: &[("scheduler", 0, 256, 512, 1, 1), ("web", 80, 1024, 2048, 2, 2), ("worker", 0, 512, 1024, 20, 20)],
        jobs: &["migrate"],
        health: ("/api/health/", "200-399", 15, 5, 2, 3, 120),
        variable: ("web", "app", "DJANGO_ENV", "prod"),
        external: 4,
    },
    Application {
        folder: "digital-workspace",
        text: text!("digital-workspace"),
        services: &[
            ("beat", 0, 256, 1024, 1, 1),
            ("s3proxy", 8080, 256, 512, 1, 1),
            ("web", 8080, 256, 1024, 1, 1),
            ("worker", 0, 256, 1024, 1, 1),
        ],
        jobs: &["migrate"],
        health: ("/", "302", 35, 30, 3, 2, 90),
        variable: ("worker", "worker", "ELASTIC_APM_SERVER_TIMEOUT", "20s"),
        external: 2 * 38,
    },
    Application {
        folder: "ecs-reference",
        text: text!("ecs-reference"),
        services: &[
            ("orders", 3010, 256, 512, 1, 1),
            ("products", 3010, 256, 512, 1, 1),
            ("users", 3010, 256, 512, 1, 1),
            ("web", 8080, 256, 512, 1, 1),
        ],
        jobs: &[],
        health: ("/health", "200-399", 15, 5, 2, 3, 60),
        variable: ("orders", "orders", "TABLE_NAME", "orders-acme"),
        external: 0,
    },
    Application {
        folder: "saas-boilerplate",
        text: text!("saas-boilerplate"),
        services: &[
            ("beat", 0, 256, 512, 1, 1),
            ("flower", 80, 256, 512, 1, 1),
            ("mcp", 4000, 256, 512, 1, 3),
            ("web", 80, 512, 2048, 1, 5),
            ("worker", 0, 256, 512, 1, 1),
        ],
        jobs: &["migrate"],
        health: ("/lbcheck", "200-399", 15, 5, 2, 3, 120),
        variable: ("flower", "flower", "VITE_WEB_APP_URL", "https://acme.starter.example.com"),
        external: 1,
    },
    Application {
        folder: "saas-boost",
        text: text!("saas-boost"),
        services: &[
            ("background", 0, 512, 1024, 1, 2),
            ("reports", 8080, 512, 1024, 1, 2),
            ("web", 8080, 512, 1024, 1, 2),
        ],
        jobs: &["bootstrap"],
        health: ("/health", "200-399", 15, 10, 2, 5, 60),
        variable: ("reports", "reports", "S3_ROOT_PREFIX", "reports/"),
        external: 0,
    },
    Application {
        folder: "template-infra",
        text: text!("template-infra"),
        services: &[("web", 8000, 1024, 4096, 3, 3)],
        jobs: &["cron", "migrate"],
        health: ("/health", "200-299", 30, 29, 2, 10, 60),
        variable: ("web", "web", "DB_SCHEMA", "acme"),
        // A flag of the platform, and a secret of each tenant.
        external: 3,
    },
    Application {
        folder: "tool-builder",
        text: text!("tool-builder"),
        services: &[
            ("code-executor", 0, 2048, 4096, 1, 1),
            ("jobs-runner", 0, 1024, 2048, 1, 1),
            ("telemetry", 0, 1024, 2048, 1, 1),
            ("web", 3000, 2048, 4096, 1, 1),
            ("workflows", 3000, 2048, 4096, 1, 1),
            ("workflows-worker", 0, 2048, 4096, 1, 1),
        ],
        jobs: &["migrate"],
        health: ("/api/checkHealth", "200-399", 61, 60, 3, 2, 60),
        variable: ("jobs-runner", "jobs-runner", "SERVICE_TYPE", "JOBS_RUNNER"),
        external: 1,
    },
];

fn plan_of(application: &Application) -> Plan {
    planned(&spec(application.text)).plan
}

#[test]
fn every_folder_is_in_the_table() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/applications");
    let entries = std::fs::read_dir(root).expect("the folder can be read").map(|entry| entry.expect("readable"));
    let mut folders: Vec<String> = entries
        .filter(|entry| entry.path().join("saas.toml").exists())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    folders.sort();
    assert_eq!(folders, APPLICATIONS.map(|application| application.folder));
}

#[test]
fn each_has_the_services_and_jobs_of_its_repository() {
    for application in &APPLICATIONS {
        let Application { folder, services, jobs, .. } = application;
        let plan = plan_of(application);
        for tenant in ["acme", "globex"] {
            let planned = plan.tenant(tenant).unwrap_or_else(|error| panic!("{folder}: {error}"));
            let of_plan = planned.services.keys().map(|service| {
                let at = format!("tenant/{tenant}/service/{service}");
                let task = fields(&plan, &format!("{at}/task-definition"));
                let number = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or(0);
                let port = number(&task["containers"][service]["port"]);
                let scaling = fields(&plan, &format!("{at}/scaling"));
                let (min, max) = (number(&scaling["min"]), number(&scaling["max"]));
                (
                    *service,
                    u16::try_from(port).expect("a port"),
                    number(&task["cpu"]),
                    number(&task["memory"]),
                    min,
                    max,
                )
            });
            assert_eq!(of_plan.collect::<Vec<_>>(), *services, "{folder} for {tenant}");
            assert_eq!(planned.jobs.keys().copied().collect::<Vec<_>>(), *jobs, "{folder} for {tenant}");
        }
    }
}

#[test]
fn each_has_the_health_check_and_the_environment_of_its_repository() {
    for application in &APPLICATIONS {
        let Application { folder, health, variable: (service, container, name, value), .. } = application;
        let plan = plan_of(application);
        let (path, codes, interval, timeout, healthy, unhealthy, grace) = health;
        let group = fields(&plan, "tenant/acme/service/web/target-group");
        let expected = json!({
            "path": path, "matcher": codes, "interval_seconds": interval, "timeout_seconds": timeout,
            "healthy_threshold": healthy, "unhealthy_threshold": unhealthy,
        });
        assert_eq!(group["health_check"], expected, "{folder}");
        let service_of_plan = fields(&plan, "tenant/acme/service/web");
        assert_eq!(service_of_plan["load_balancer"]["health_check_grace_seconds"], json!(grace), "{folder}");
        let task = fields(&plan, &format!("tenant/acme/service/{service}/task-definition"));
        assert_eq!(task["containers"][container]["environment"][name], json!([{ "literal": value }]), "{folder}");
    }
}

#[test]
fn each_names_what_must_exist_beside_it() {
    let count = |application: &Application| {
        let external = plan_of(application).external_resources();
        external.parameters.len() + external.secrets.len()
    };
    let found: BTreeMap<&str, usize> = APPLICATIONS.iter().map(|one| (one.folder, count(one))).collect();
    assert_eq!(found, APPLICATIONS.iter().map(|one| (one.folder, one.external)).collect());
}

#[test]
fn password_of_the_database_is_given_under_the_name_that_the_application_reads() {
    let tools = APPLICATIONS.iter().find(|one| one.folder == "tool-builder").expect("it is in the table");
    let plan = plan_of(tools);
    let secret = |task: &str, container: &str, variable: &str| {
        fields(&plan, &format!("tenant/acme/{task}/task-definition"))["containers"][container]["secrets"][variable]
            .clone()
    };
    assert_eq!(secret("service/web", "web", "POSTGRES_PASSWORD"), json!({ "whole": "tenant/acme/password" }));
    // A migration logs in as another role.
    assert_eq!(
        secret("job/migrate", "migrate", "POSTGRES_PASSWORD"),
        secret("job/migrate", "migrate", "DATABASE_PASSWORD")
    );
    let migration =
        fields(&plan, "tenant/acme/job/migrate/task-definition")["containers"]["migrate"]["environment"].clone();
    assert_eq!(migration["POSTGRES_USER"], migration["DATABASE_USER"]);
    assert_ne!(
        secret("job/migrate", "migrate", "POSTGRES_PASSWORD"),
        secret("service/web", "web", "POSTGRES_PASSWORD")
    );
}
