//! The scenarios of a real application: two services, a job, a migration and secrets.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Result, anyhow};
use saas_executor::Intent;
use saas_model::{Lock, Plan};
use saas_sandbox::{Dials, Sandbox, TaskOutcome};

use crate::scenario::{APPLY, FIXTURE, Scenario, planned};

/// What is added to the fixture.
const ADDITION: &str = include_str!("application.toml");

/// The tenants of the scenarios. The migration of the first fails where one fails.
const TENANTS: [&str; 2] = ["acme-corp", "globex-inc"];

/// How long a migration runs. The run after a death finds a short one stopped, and a long one running.
const SHORT: Duration = Duration::from_secs(60);
const LONG: Duration = Duration::from_secs(400);

/// The tenant whose migration fails in some scenarios.
pub(crate) const FAILING_TENANT: &str = TENANTS[0];

/// Adds what the application assumes to exist.
pub(crate) fn assume(sandbox: &Sandbox) {
    sandbox.add_parameter("/app/sentry-dsn");
    for tenant in TENANTS {
        sandbox.add_secret(&format!("app/{tenant}"), &["license".to_owned()].into());
    }
}

/// How migrations end, by the families of their task definitions.
pub(crate) fn outcomes(run_long: bool, one_fails: bool) -> BTreeMap<String, TaskOutcome> {
    let outcome = |tenant: &str| TaskOutcome {
        exit_code: Some(i32::from(one_fails && tenant == FAILING_TENANT)),
        duration: if run_long { LONG } else { SHORT },
        output: vec!["migrating".to_owned()],
    };
    TENANTS.map(|tenant| (format!("saas-platform-{tenant}--migrate"), outcome(tenant))).into()
}

/// Starts the nightly job of a tenant, which runs for longer than anything waits.
pub(crate) fn start_nightly(sandbox: &Sandbox, tenant: &str) -> Result<()> {
    let (group, job) = (format!("saas-platform-{tenant}"), format!("saas-platform-{tenant}--nightly"));
    let outcome = TaskOutcome { duration: Duration::from_secs(100 * 3_600), ..TaskOutcome::default() };
    sandbox.turn(Dials { tasks: [(job.clone(), outcome)].into(), ..Dials::default() });
    sandbox.run_schedule(&group, &job).map_err(|refusal| anyhow!("{job}: {refusal}"))
}

/// A plan of the application for one tenant, which can follow any plan of the fixture.
pub(crate) fn plan() -> Plan {
    planned(&spec(1), &Lock::default()).0
}

/// All scenarios.
pub(crate) fn all() -> Vec<Scenario> {
    let (one, lock) = planned(&spec(1), &Lock::default());
    let rollout = |spec: &str| spec.replace(IMAGE, &format!("@sha256:{}", "1".repeat(64)));
    let (rolled_out, _) = planned(&rollout(&spec(1)), &lock);
    let (two, more) = planned(&spec(2), &lock);
    let (two_rolled_out, _) = planned(&rollout(&spec(2)), &more);
    let (less, _) = planned(&spec(1), &more);
    let scenario = |name, before: Option<&Plan>, plan: &Plan, intent| Scenario {
        name,
        before: before.cloned(),
        plan: plan.clone(),
        intent,
        a_migration_fails: false,
        running_job: None,
        // They take longer than those of the fixture, which have all that is in both.
        sampled: 6,
    };
    vec![
        scenario("application", None, &one, APPLY),
        scenario("rollout with a migration", Some(&one), &rolled_out, APPLY),
        Scenario { a_migration_fails: true, ..scenario("failed migration", Some(&two), &two_rolled_out, APPLY) },
        Scenario {
            running_job: Some(TENANTS[1]),
            ..scenario("application of one tenant less", Some(&two), &less, APPLY)
        },
        Scenario {
            running_job: Some(TENANTS[0]),
            ..scenario("application destroyed", Some(&one), &one, Intent::Nothing)
        },
    ]
}

/// The digest of the fixture's image.
const IMAGE: &str = "@sha256:0d17b565c37bcbd895e9d92315a05c1c3c9a29f762b011a10c54a66cd53c9b31";

/// The fixture with the application, and with so many of its tenants.
fn spec(tenants: usize) -> String {
    assert!(FIXTURE.contains(IMAGE), "a rollout is a change of the image");
    let mut parts = FIXTURE.split("[[tenant]]");
    let shared = parts.next().unwrap_or_default();
    let tenants = parts.take(tenants).map(|tenant| format!("[[tenant]]{tenant}"));
    format!("{shared}{ADDITION}{}", tenants.collect::<String>())
}
