//! Passwords that differ between PostgreSQL and Secrets Manager.

use std::time::Duration;

use tokio::time::sleep;

use super::stage::{self, Stage, address, bench};
use crate::error::Error;
use crate::lease::Moment;
use crate::postgres::{Attempt, Outcome, PostgresError, probe};
use crate::provider;

const TENANTS: [&str; 2] = ["acme-corp", "globex-inc"];

/// The fields of a tenant that a comparison would change.
async fn found_by_logging_in(stage: &Stage, tenant: &str) -> Vec<String> {
    let tried = provider::probe(&stage.bench.cx(), stage.bench.node(&address(tenant))).await;
    tried.expect("the secrets can be read").into_iter().map(|change| change.field).collect()
}

#[tokio::test]
async fn different_password_is_detected_by_login_and_reset() {
    let stage = Stage::with(&TENANTS).await;
    assert!(found_by_logging_in(&stage, "acme-corp").await.is_empty());
    let in_postgres = || drop(stage.superuser("ALTER ROLE t_acme_corp_app PASSWORD 'x'"));
    let none_at_all = || drop(stage.superuser("ALTER ROLE t_acme_corp_app PASSWORD NULL"));
    // As after a run that was killed between the two writes.
    let in_the_secret = || stage.bench.know("tenant/acme-corp/secret", "another-one");
    let changes: [&dyn Fn(); 3] = [&in_postgres, &none_at_all, &in_the_secret];
    for change in changes {
        change();
        let probes = probe(&stage.bench.cx(), None).await.expect("the administrator can look");
        let login = probes.iter().find(|probe| probe.attempt == Attempt::Login && !probe.is_good());
        let login = login.expect("it cannot log in");
        assert_eq!(login.tenant.as_deref(), Some("acme-corp"));
        assert!(
            matches!(&login.outcome, Outcome::Broken { what } if what.contains("`saas apply` sets it again")),
            "{login}"
        );

        assert_eq!(found_by_logging_in(&stage, "acme-corp").await, ["password"]);
        assert!(found_by_logging_in(&stage, "globex-inc").await.is_empty());
        stage.make(&address("acme-corp")).await;
        assert!(found_by_logging_in(&stage, "acme-corp").await.is_empty());
    }
}

#[tokio::test]
async fn used_up_connection_limit_is_not_a_password_difference() {
    let stage = Stage::with(&TENANTS).await;
    let stage = stage.replanned(&TENANTS, &|tenant| tenant.connection_limit = 1).await;
    stage.make(&address("acme-corp")).await;
    let _busy = stage.tenant("acme-corp").await;
    assert!(found_by_logging_in(&stage, "acme-corp").await.is_empty());
}

#[tokio::test]
async fn new_admin_password_is_waited_for() {
    let mut stage = Stage::with(&TENANTS).await;
    stage.bench = bench(&TENANTS, &|_| {}, stage::options(&stage.server)).await;
    stage.bench.know("database/admin-password", "renewed");
    let error = stage.try_make("database/access").await.expect_err("without the lease nothing sets it");
    assert!(matches!(&error, Error::Postgres(PostgresError::Refused { code, .. }) if code == "28P01"), "{error}");
    assert!(error.hint().expect("there is a way out").contains("`saas apply` sets it again"));

    stage.bench.aws.lease.begin("bucket", Moment::now(), Duration::from_secs(60));
    // RDS has the new password, and PostgreSQL accepts it a while later.
    let (made, ()) = tokio::join!(stage.try_make("database/access"), async {
        sleep(Duration::from_millis(300)).await;
        stage.superuser("ALTER ROLE saasadmin PASSWORD 'renewed'");
    });
    made.expect("it is taken in time");
}
