//! Makes the first attempt of every call of an apply fail in one way.
//!
//! The result must be the same as without failures: complete and without duplicates.

use saas_model::Lock;
use saas_tests::fault_proxy::Fault;

use crate::cloud::Cloud;
use crate::platform::{SPEC, TENANTS, apply, assert_clean, plan};

#[tokio::test]
async fn throttled_calls_are_retried() {
    survives(Fault::Throttled).await;
}

#[tokio::test]
async fn calls_that_fail_before_the_effect_are_retried() {
    survives(Fault::FailsBefore).await;
}

#[tokio::test]
async fn calls_that_fail_after_the_effect_are_not_duplicated() {
    survives(Fault::FailsAfter).await;
}

#[tokio::test]
async fn calls_with_lost_responses_are_not_duplicated() {
    survives(Fault::ResetAfter).await;
}

#[tokio::test]
async fn calls_with_truncated_responses_are_not_duplicated() {
    survives(Fault::Truncated).await;
}

async fn survives(fault: Fault) {
    let (plan, _) = plan(SPEC, &Lock::default());
    let undisturbed = Cloud::moto().await;
    apply(&undisturbed, &plan).await;
    let cloud = Cloud::moto().await.with_fault(fault);
    apply(&cloud, &plan).await;
    cloud.read_back(&TENANTS);
    assert_eq!(addresses(&cloud.inventory()), addresses(&undisturbed.inventory()));
    assert_clean(&cloud, &plan).await;
    assert!(cloud.attempts().len() > 140, "each call was made to fail: {}", cloud.attempts().len());

    // Calls without effect were repeated byte for byte, and so with the same idempotency token.
    if matches!(fault, Fault::Throttled | Fault::FailsBefore) {
        for (call, attempts) in cloud.attempts() {
            assert!(attempts > 1, "{} {} was not sent again", call.target, String::from_utf8_lossy(&call.body));
        }
    }
}

/// Kind and address of every resource, because ids differ between clouds.
fn addresses(inventory: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = inventory
        .iter()
        .map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            format!("{} {}", words[0], words.last().unwrap_or(&""))
        })
        .collect();
    lines.sort();
    lines
}
