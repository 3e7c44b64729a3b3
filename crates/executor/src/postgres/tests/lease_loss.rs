//! Without the lease, the executor changes nothing.

use std::time::Duration;

use saas_model::Kind;

use super::stage::Stage;
use crate::error::{Error, Result};
use crate::lease::Moment;

#[tokio::test]
async fn no_transaction_starts_after_the_lease_is_lost() {
    let stage = Stage::empty(&["acme-corp"]).await;
    stage.bench.aws.lease.begin("bucket", Moment::now(), Duration::ZERO);
    let error = stage.try_make("database/access").await.expect_err("the lease has expired");
    assert!(matches!(error, Error::LeaseLost(_)), "{error}");
    let comments = "SELECT count(*) FROM pg_shdescription WHERE description LIKE 'saas:%'";
    assert_eq!(stage.superuser(comments).trim(), "0");
}

#[tokio::test]
async fn transaction_open_when_the_lease_is_lost_is_not_committed() {
    let stage = Stage::with(&["acme-corp"]).await;
    let lease = &stage.bench.aws.lease;
    lease.begin("bucket", Moment::now(), Duration::from_secs(60));
    let cx = stage.bench.cx();
    let made: Result<()> = cx
        .postgres
        .administer(&cx, async |transaction| {
            transaction.batch_execute("CREATE ROLE too_late").await.expect("the administrator may create roles");
            lease.mark_lost("another run holds it".to_owned());
            Ok(())
        })
        .await;
    assert!(matches!(made, Err(Error::LeaseLost(_))), "{made:?}");
    assert_eq!(stage.superuser("SELECT count(*) FROM pg_roles WHERE rolname = 'too_late'").trim(), "0");
    lease.begin("bucket", Moment::now(), Duration::from_secs(60));
    assert_eq!(stage.observe(Kind::TenantSchema).await.len(), 1, "the connection still works");
}
