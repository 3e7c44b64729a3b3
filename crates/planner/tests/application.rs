//! Tests of the plan of a real application: services, jobs, configuration, secrets and permissions.

mod common;

use common::{REAL_APPLICATION, fields, node, planned, spec};
use saas_model::fields::fields as fields_of;
use saas_model::policy::Policy;
use saas_model::resource::{Resource, ResourceSpec, Role};
use saas_model::{Address, Plan};
use saas_planner::{PlanningError, PlanningProblem, diff, plan};
use serde_json::{Value, json};

fn application() -> Plan {
    planned(&spec(REAL_APPLICATION)).plan
}

fn after(plan: &Plan, address: &str) -> Vec<String> {
    node(plan, address).after.iter().map(Address::to_string).collect()
}

/// The statements of a policy of a role.
fn statements(plan: &Plan, address: &str, policy: &str) -> Value {
    let Some(role) = Role::of(&node(plan, address).resource) else { panic!("{address} is not a role") };
    let document: Value = serde_json::from_str(&role.policies[policy].to_json()).expect("policies are JSON");
    document["Statement"].clone()
}

#[test]
fn tenant_has_these_nodes() {
    let plan = application();
    let addresses: Vec<&str> =
        plan.nodes().iter().filter_map(|node| node.address.as_str().strip_prefix("tenant/globex/")).collect();
    assert_eq!(
        addresses,
        [
            "bucket",
            "execution-role",
            "generated-secret",
            "job/migrate",
            "job/migrate/task-definition",
            "job/nightly",
            "job/nightly/task-definition",
            "log-group",
            "migrator-password",
            "password",
            "rule/egress/587/203.0.113.0-24",
            "rule/from-load-balancer/8000",
            "rule/from-load-balancer/9000",
            "rule/https-out",
            "rule/load-balancer-out/8000",
            "rule/load-balancer-out/9000",
            "rule/to-database",
            "schedule-group",
            "scheduler-role",
            "schema",
            "security-group",
            "service/api",
            "service/api/listener-rule",
            "service/api/scaling",
            "service/api/target-group",
            "service/api/task-definition",
            "service/hooks",
            "service/hooks/listener-rule",
            "service/hooks/scaling",
            "service/hooks/target-group",
            "service/hooks/task-definition",
            "service/web",
            "service/web/listener-rule",
            "service/web/scaling",
            "service/web/target-group",
            "service/web/task-definition",
            "service/web/task-role",
            "service/worker",
            "service/worker/scaling",
            "service/worker/task-definition",
            "service/worker/task-role",
            "task-role",
        ]
    );
}

#[test]
fn exact_host_comes_before_longer_path_before_wildcard() {
    let plan = application();
    let rule = |service: &str| {
        let rule = fields(&plan, &format!("tenant/globex/service/{service}/listener-rule"));
        (rule["priority"].clone(), rule["hosts"].clone(), rule["paths"].clone())
    };
    let both = json!(["*.globex.harbor.example.net", "globex.harbor.example.net"]);
    assert_eq!(rule("hooks"), (json!(101), json!(["hooks.globex.harbor.example.net"]), json!([])));
    assert_eq!(rule("api"), (json!(102), both.clone(), json!(["/api", "/api/*"])));
    assert_eq!(rule("web"), (json!(103), both, json!([])));
}

#[test]
fn main_container_and_sidecar_share_the_memory() {
    let plan = application();
    let task = fields(&plan, "tenant/globex/service/web/task-definition");
    assert_eq!((&task["cpu"], &task["memory"], &task["architecture"]), (&json!(512), &json!(2048), &json!("arm64")));
    assert_eq!(fields(&plan, "tenant/acme/service/web/task-definition")["cpu"], 1024);
    let (web, xray) = (&task["containers"]["web"], &task["containers"]["xray"]);
    assert_eq!((&web["memory_reservation"], &xray["memory_reservation"]), (&json!(2048 - 256), &json!(256)));
    assert_eq!((&web["essential"], &xray["essential"]), (&json!(true), &json!(false)));
    assert_eq!((&web["port"], &xray["port"]), (&json!(8000), &Value::Null));
    assert_eq!(web["writable"], json!({ "/run": 64, "/tmp": 256 }));
    assert_eq!((&web["user"], &web["stop_timeout_seconds"]), (&json!("1000:1000"), &json!(60)));
    assert_eq!((&web["log_prefix"], &xray["log_prefix"]), (&json!("web"), &json!("web")));
}

#[test]
fn placeholders_are_filled_in() {
    let plan = application();
    let environment = |tenant: &str, service: &str| {
        fields(&plan, &format!("tenant/{tenant}/service/{service}/task-definition"))["containers"][service]
            ["environment"]
            .clone()
    };
    let web = environment("globex", "web");
    assert_eq!(web["PUBLIC_URL"], json!([{ "literal": "https://globex.harbor.example.net" }]));
    assert_eq!(
        web["REPLICA_URL"],
        json!([
            { "literal": "postgresql://t_globex_app@" },
            { "output": { "address": "database/cluster", "attribute": "endpoint" } },
            { "literal": ":5432/harbor" },
        ])
    );
    assert_eq!(web["LOG_FORMAT"], json!([{ "literal": "{\"tenant\": \"globex\", \"level\": \"{level}\"}" }]));
    assert_eq!(web["FEATURE_BETA"], Value::Null);
    assert_eq!(environment("acme", "web")["FEATURE_BETA"], json!([{ "literal": "on" }]));
    // The worker is like the website, also where a tenant differs.
    assert_eq!(environment("acme", "worker")["FEATURE_BETA"], json!([{ "literal": "on" }]));
}

#[test]
fn secrets_are_injected_by_reference() {
    let plan = application();
    let secrets = fields(&plan, "tenant/globex/service/web/task-definition")["containers"]["web"]["secrets"].clone();
    assert_eq!(
        secrets,
        json!({
            "DATABASE_PASSWORD": { "whole": "tenant/globex/password" },
            "LICENSE": { "external": { "secret": "harbor/license/globex", "key": "license" } },
            "SENTRY_DSN": { "parameter": "/harbor/sentry-dsn" },
            "SESSION_KEY": { "key": { "secret": "tenant/globex/generated-secret", "key": "SESSION_KEY" } },
        })
    );
    let generated = fields(&plan, "tenant/globex/generated-secret");
    assert_eq!(generated["content"], json!({ "generated": { "SESSION_KEY": 64 } }));
    assert_eq!(generated["name"], "ecs/harbor/tenant/globex/generated");
    let of_secrets = "arn:aws:secretsmanager:us-west-2:345678901234:secret:";
    let statements = statements(&plan, "tenant/globex/execution-role", "start-tasks");
    assert_eq!(
        statements[2]["Resource"],
        json!([
            format!("{of_secrets}ecs/harbor/tenant/globex/generated-??????"),
            format!("{of_secrets}harbor/license/globex-??????"),
            format!("{of_secrets}rds/harbor/tenant/globex/migrator/password-??????"),
        ])
    );
    assert_eq!(statements[3]["Resource"], json!(["arn:aws:ssm:us-west-2:345678901234:parameter/harbor/sentry-dsn"]));
}

#[test]
fn task_that_may_do_more_has_its_own_role() {
    let plan = application();
    let role =
        |service: &str| fields(&plan, &format!("tenant/globex/service/{service}/task-definition"))["task_role"].clone();
    assert_eq!(role("web"), "tenant/globex/service/web/task-role");
    assert_eq!((role("api"), role("hooks")), (json!("tenant/globex/task-role"), json!("tenant/globex/task-role")));
    let allowed = statements(&plan, "tenant/globex/service/worker/task-role", "allow");
    assert_eq!(
        allowed,
        json!([{
            "Sid": "Allow1", "Effect": "Allow",
            "Action": ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage"],
            "Resource": ["arn:aws:sqs:us-west-2:345678901234:harbor-work-globex"],
        }])
    );
    let role = fields(&plan, "tenant/globex/service/web/task-role");
    assert_eq!(role["name"], "harbor-globex--web-task");
    assert_eq!(role["permissions_boundary"], "arn:aws:iam::345678901234:policy/harbor-boundary");
    // The role of the service with ECS Exec has its channels.
    assert_eq!(statements(&plan, "tenant/globex/task-role", "exec")[0]["Resource"], json!(["*"]));
}

#[test]
fn migration_acts_as_the_owner_before_the_services_change() {
    let plan = application();
    let migration = fields(&plan, "tenant/globex/job/migrate");
    assert_eq!((&migration["schema"], &migration["timeout_seconds"]), (&json!("tenant/globex/schema"), &json!(1800)));
    let schema = fields(&plan, "tenant/globex/schema");
    assert_eq!(
        schema["migrator"],
        json!({ "role": "t_globex_migrator", "password": "tenant/globex/migrator-password" })
    );
    let container = &fields(&plan, "tenant/globex/job/migrate/task-definition")["containers"]["migrate"];
    assert_eq!(container["environment"]["DATABASE_USER"], json!([{ "literal": "t_globex_migrator" }]));
    assert_eq!(container["secrets"]["DATABASE_PASSWORD"], json!({ "whole": "tenant/globex/migrator-password" }));
    for dependent in ["service/web", "service/api", "service/worker", "job/nightly"] {
        let after = after(&plan, &format!("tenant/globex/{dependent}"));
        assert!(after.contains(&"tenant/globex/job/migrate".to_owned()), "{dependent}: {after:?}");
    }
    // Only the migration has its password.
    for node in plan.nodes().iter().filter(|node| !node.address.as_str().ends_with("/job/migrate/task-definition")) {
        let Resource::TaskDefinition(_) = &node.resource else { continue };
        assert!(!fields_of(&node.resource).to_string().contains("migrator"), "{}", node.address);
    }
}

#[test]
fn scheduler_starts_the_tenants_jobs_only() {
    let plan = application();
    let schedule = fields(&plan, "tenant/globex/job/nightly");
    assert_eq!(schedule["name"], "harbor-globex--nightly");
    assert_eq!(schedule["timezone"], "America/Los_Angeles");
    assert_eq!(schedule["retries"], 2);
    assert_eq!(schedule["task"]["capacity"], "FARGATE_SPOT");
    assert_eq!(fields(&plan, "tenant/acme/job/nightly")["expression"], "cron(30 1 * * ? *)");
    let role = "tenant/globex/scheduler-role";
    assert_eq!(
        statements(&plan, role, "run-jobs"),
        json!([
            {
                "Sid": "RunTasks", "Effect": "Allow", "Action": ["ecs:RunTask"],
                "Resource": ["arn:aws:ecs:us-west-2:345678901234:task-definition/harbor-globex--nightly:*"],
                "Condition": { "ArnLike": { "ecs:cluster": "arn:aws:ecs:us-west-2:345678901234:cluster/harbor" } },
            },
            {
                "Sid": "PassRoles", "Effect": "Allow", "Action": ["iam:PassRole"],
                "Resource": [
                    "arn:aws:iam::345678901234:role/saas/staging/harbor-globex-exec",
                    "arn:aws:iam::345678901234:role/saas/staging/harbor-globex-task",
                ],
                "Condition": { "StringEquals": { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
            },
        ])
    );
    let Some(Role { trust, .. }) = Role::of(&node(&plan, role).resource) else { panic!("{role} is not a role") };
    let trust: Value = serde_json::from_str(&Policy::to_json(trust)).expect("policies are JSON");
    assert_eq!(trust["Statement"][0]["Principal"], json!({ "Service": "scheduler.amazonaws.com" }));
    let group = "arn:aws:scheduler:us-west-2:345678901234:schedule-group/harbor-globex";
    assert_eq!(trust["Statement"][0]["Condition"]["ArnLike"], json!({ "aws:SourceArn": group }));
}

#[test]
fn scaling_follows_several_metrics() {
    let plan = application();
    let policies =
        |service: &str| fields(&plan, &format!("tenant/initech/service/{service}/scaling"))["policies"].clone();
    assert_eq!(policies("worker")["queue"]["metric"], json!({ "messages": { "queue": "harbor-work-initech" } }));
    assert_eq!(policies("worker")["queue"]["target"], 500);
    assert_eq!(policies("web")["requests"]["target"], 1200);
    assert_eq!(
        policies("web")["requests"]["metric"],
        json!({ "requests": {
            "load_balancer": "ingress/0/load-balancer",
            "target_group": "tenant/initech/service/web/target-group",
        } })
    );
    assert_eq!(policies("api")["memory"]["metric"], "memory");
    assert_eq!(policies("hooks"), json!({}), "one task, and nothing that scales it");
}

#[test]
fn extensions_are_in_every_search_path() {
    let plan = application();
    assert_eq!(fields(&plan, "database/access")["extensions"], json!(["pg_trgm", "pgcrypto"]));
    assert_eq!(fields(&plan, "tenant/globex/schema")["search_path"], json!(["globex", "extensions"]));
    let connection = plan.outputs()[&Address::literal("tenant/globex/connection")].to_string();
    assert!(connection.ends_with("options=-csearch_path%3Dglobex%2Cextensions"), "{connection}");
}

#[test]
fn tags_of_the_spec_are_on_everything() {
    let plan = application();
    for node in plan.nodes() {
        let tags = plan.tags(node);
        assert_eq!((tags["team"].as_str(), tags["data-class"].as_str()), ("payments", "confidential"));
    }
    let other = planned(&spec(&REAL_APPLICATION.replace("\"payments\"", "\"billing\""))).plan;
    assert!(plan.nodes().iter().zip(other.nodes()).all(|(old, new)| old.digest != new.digest));
}

#[test]
fn tenant_of_a_plan_has_its_services_and_jobs() {
    let plan = application();
    let tenant = plan.tenant("globex").expect("it is in the plan");
    assert_eq!(tenant.services["web"].urls, ["https://globex.harbor.example.net"]);
    assert_eq!(tenant.services["hooks"].urls, ["https://hooks.globex.harbor.example.net"]);
    assert_eq!(
        tenant.services["api"].urls,
        ["https://globex.harbor.example.net/api", "https://globex.harbor.example.net/api/"]
    );
    assert!(tenant.services["worker"].urls.is_empty());
    assert_eq!(tenant.services["web"].containers, ["web", "xray"]);
    assert_eq!(tenant.jobs["nightly"].schedule.map(|name| name.as_str()), Some("harbor-globex--nightly"));
    assert_eq!(tenant.jobs["migrate"].schedule, None);
    assert_eq!(tenant.migrator.map(|role| role.as_str()), Some("t_globex_migrator"));
    assert_eq!(tenant.generated_secret.map(|name| name.as_str()), Some("ecs/harbor/tenant/globex/generated"));
}

#[test]
fn changed_permissions_are_a_section_of_the_diff() {
    let changed = REAL_APPLICATION.replace("[\"sqs:SendMessage\"]", "[\"sqs:SendMessage\", \"sqs:GetQueueUrl\"]");
    let diff = diff(&application(), &planned(&spec(&changed)).plan);
    let roles: Vec<&str> = diff.permissions.keys().map(Address::as_str).collect();
    assert_eq!(roles, ["acme", "globex", "initech"].map(|tenant| format!("tenant/{tenant}/service/web/task-role")));
    let change = &diff.permissions[&Address::literal("tenant/acme/service/web/task-role")];
    assert_eq!((change.added.len(), change.removed.len()), (1, 1));
    assert!(change.added[0].actions.include("sqs:GetQueueUrl"));
    assert_eq!(
        diff.shared_resources.iter().map(String::as_str).collect::<Vec<_>>(),
        ["*", "arn:aws:ses:us-west-2:345678901234:identity/harbor.example.net"]
    );
}

/// The problems of the application with another resource of the worker's permission.
fn problems(resource: &str) -> Vec<PlanningProblem> {
    let from = "resources = [\"arn:aws:sqs:us-west-2:345678901234:harbor-work-{tenant.id}\"]\n\n[job.nightly]";
    assert!(REAL_APPLICATION.contains(from));
    let text = REAL_APPLICATION.replace(from, &format!("resources = [\"{resource}\"]\n\n[job.nightly]"));
    match plan(&spec(&text), &saas_model::Lock::default()) {
        Ok(_) => Vec::new(),
        Err(PlanningError(problems)) => problems,
    }
}

#[test]
fn permission_that_reaches_another_tenant_is_refused() {
    for (resource, reached) in [
        ("arn:aws:s3:::harbor-globex-data/*", "tenant/globex/bucket"),
        ("arn:aws:s3:::harbor-*", "control/bucket"),
        ("arn:aws:s3:::*", "control/bucket"),
        ("arn:aws:s3:::harbor-{tenant.id}*-data", ""),
        ("arn:aws:s3:::harbor-control", "control/bucket"),
        ("arn:aws:secretsmanager:*:*:secret:rds/harbor/tenant/*", "tenant/globex/migrator-password"),
        ("arn:aws:secretsmanager:us-west-2:345678901234:secret:rds/harbor/tenant/{tenant.id}/*", ""),
        ("arn:aws:logs:us-west-2:345678901234:log-group:/ecs/harbor/tenant/initech:*", "tenant/initech/log-group"),
        ("arn:aws:ecs:us-west-2:345678901234:task/harbor/0123", "service/cluster"),
        ("arn:aws:ec2:us-west-2:345678901234:security-group/sg-0123", "database/security-group"),
        ("arn:aws:rds-db:us-west-2:345678901234:dbuser:cluster-0123/t_globex_app", "database/access"),
        ("arn:aws:scheduler:us-west-2:345678901234:schedule/harbor-globex/x", "tenant/globex/schedule-group"),
        ("arn:aws:dynamodb:us-west-2:345678901234:table/shared", ""),
    ] {
        let found = problems(resource);
        let addresses: Vec<&str> = found
            .iter()
            .map(|problem| match problem {
                PlanningProblem::ForeignResource { address, .. } => address.as_str(),
                other => panic!("{resource}: {other}"),
            })
            .collect();
        let expected: &[&str] = if reached.is_empty() { &[] } else { &[reached] };
        assert_eq!(addresses, expected, "{resource}");
    }
}

#[test]
fn secret_of_the_plan_is_not_taken_by_its_name() {
    let text = REAL_APPLICATION.replace("harbor/license/{tenant.id}", "rds/harbor/tenant/globex/password");
    let PlanningError(problems) = plan(&spec(&text), &saas_model::Lock::default()).expect_err("it is refused");
    let first = problems[0].to_string();
    assert!(first.contains("is the secret `tenant/globex/password` of the plan"), "{first}");
}
