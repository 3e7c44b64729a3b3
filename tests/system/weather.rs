//! Every call that an apply makes, with its first attempt spoiled in one way.
//!
//! The outcome must be the same as in calm weather: everything there, nothing twice.

use saas_model::Lock;
use saas_tests::weather::Weather;

use crate::cloud::Cloud;
use crate::platform::{SPEC, TENANTS, apply, assert_clean, plan};

#[tokio::test]
async fn throttled() {
    survives(Weather::Throttled).await;
}

#[tokio::test]
async fn fails_before_the_effect() {
    survives(Weather::FailsBefore).await;
}

#[tokio::test]
async fn fails_after_the_effect() {
    survives(Weather::FailsAfter).await;
}

#[tokio::test]
async fn connection_reset_after_the_effect() {
    survives(Weather::ResetAfter).await;
}

#[tokio::test]
async fn answer_cut_in_the_middle() {
    survives(Weather::Truncated).await;
}

async fn survives(weather: Weather) {
    let (plan, _) = plan(SPEC, &Lock::default());
    let calm = Cloud::moto().await;
    apply(&calm, &plan).await;
    let cloud = Cloud::moto().await.behind(weather);
    apply(&cloud, &plan).await;
    cloud.read_back(&TENANTS);
    assert_eq!(addresses(&cloud.inventory()), addresses(&calm.inventory()));
    assert_clean(&cloud, &plan).await;
    assert!(cloud.attempts().len() > 140, "each call was spoiled: {}", cloud.attempts().len());

    // What had no effect was sent again, the same to the byte: so with the same token.
    if matches!(weather, Weather::Throttled | Weather::FailsBefore) {
        for (call, attempts) in cloud.attempts() {
            assert!(attempts > 1, "{} {} was not sent again", call.target, String::from_utf8_lossy(&call.body));
        }
    }
}

/// Kind and address of everything, for ids differ from one AWS to another.
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
