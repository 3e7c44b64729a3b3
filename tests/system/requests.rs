//! Compares the executor's requests with AWS's API models, using `tests/requests`.

use std::fmt::Write;

use saas_executor::Intent;
use saas_model::Lock;
use saas_tests::fault_proxy::{Exchange, Fault};
use serde_json::json;

use crate::application;
use crate::cloud::Cloud;
use crate::platform::{SPEC, apply, assert_clean, bring, edited, plan, with_tenant};

/// Every kind of resource is created, updated in place, replaced and deleted.
#[tokio::test]
async fn requests_conform_to_the_aws_models() {
    let cloud = Cloud::sandbox().await.with_fault(Fault::None);
    let (three, lock) = plan(SPEC, &Lock::default());
    apply(&cloud, &three).await;
    assert_clean(&cloud, &three).await;

    let changed = edited(SPEC, "retention_days = 30", "retention_days = 60");
    let changed = edited(&changed, "cpu_target = 60", "cpu_target = 50");
    let changed = edited(&changed, "\nport = 80\n", "\nport = 8080\n");
    let (changed, lock) = plan(&with_tenant(&changed, "hooli-xyz"), &lock);
    apply(&cloud, &changed).await;
    apply(&cloud, &plan(SPEC, &lock).0).await;
    bring(&cloud, &three, Intent::Nothing).await;

    let operations = operations_of(&cloud);
    assert!(operations > 80, "only {operations} operations were sent");
}

/// The same for what only a real application has.
#[tokio::test]
async fn requests_of_a_real_application_conform_to_the_aws_models() {
    let (three, lock) = plan(application::SPEC, &Lock::default());
    let changed = edited(application::SPEC, "cron(0 3 * * ? *)", "cron(0 4 * * ? *)");
    let changed = edited(&changed, "generate = 64", "generate = 48");
    let changed = edited(&changed, "retries = 2", "retries = 1");
    let changed = edited(&changed, "permissions_boundary = ", "# permissions_boundary = ");
    let (four, lock) = plan(&with_tenant(&changed, "hooli-xyz"), &lock);
    let cloud = Cloud::sandbox_for(&[&three, &four]).await.with_fault(Fault::None);
    for plan in [&three, &four, &plan(application::SPEC, &lock).0] {
        apply(&cloud, plan).await;
        assert_clean(&cloud, plan).await;
    }
    bring(&cloud, &three, Intent::Nothing).await;
    let operations = operations_of(&cloud);
    assert!(operations > 100, "only {operations} operations were sent");
}

/// Compares all requests with the models. Returns the number of operations.
fn operations_of(cloud: &Cloud) -> u32 {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("requests.ndjson");
    fs_err::write(&file, lines(&cloud.exchanges())).expect("the requests are written");
    let said = cloud.python(&["-B", "requests", file.to_str().expect("a path in UTF-8")]);
    let operations = said.split_whitespace().nth(3).and_then(|number| number.parse().ok());
    operations.unwrap_or_else(|| panic!("it tells no number of operations: {said}"))
}

/// One request per line.
fn lines(exchanges: &[Exchange]) -> String {
    exchanges.iter().fold(String::new(), |mut text, Exchange { call, headers, .. }| {
        let line = json!({"service": call.service, "target": call.target, "headers": headers, "body": call.body});
        writeln!(text, "{line}").expect("writing to memory cannot fail");
        text
    })
}
