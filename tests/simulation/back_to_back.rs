//! Back-to-back changes: a live platform is changed to another plan or destroyed, and immediately
//! changed back, before AWS shows the first change consistently. The second apply must not be misled.

use std::time::Duration;

use anyhow::{Result, ensure};
use saas_executor::Intent;
use saas_model::Plan;
use saas_sandbox::Snapshot;
use saas_tests::statements::InjectedFailures;

use crate::conditions::Conditions;
use crate::inventory::inventory;
use crate::matrix::Played;
use crate::scenario::{self, APPLY};
use crate::world::{Database, Outcome, World};
use crate::{Sample, Share, in_virtual_time};

pub(crate) const NAME: &str = "at once";

/// The duration of stale reads.
const WINDOW: Duration = Duration::from_secs(8);

/// Bucket names become free sooner than usual, because most of the time would be spent waiting for
/// them.
const CONDITIONS: fn() -> Conditions =
    || Conditions { bucket_names: Duration::from_secs(90), ..Conditions::of(WINDOW) };

/// Plays this worker's share of all pairs, or of a sample.
pub(crate) fn play(database: &Database, share: Share, sample: Option<Sample>) -> Result<Played> {
    let plans = scenario::plans();
    let mut played = Played::default();
    for (number, plan) in plans.iter().enumerate() {
        let others = plans.iter().enumerate().filter(|(other, _)| *other != number).map(|(_, other)| Some(other));
        let pairs: Vec<_> =
            others.chain([None]).enumerate().map(|(at, other)| (number * plans.len() + at, other)).collect();
        let is_in_share = |pair: &(usize, Option<&Plan>)| {
            share.has(pair.0 as u64) && sample.is_none_or(|sample| sample.has_one_in(4, pair.0 as u64))
        };
        let pairs: Vec<_> = pairs.into_iter().filter(is_in_share).collect();
        if pairs.is_empty() {
            continue;
        }
        let (before, expected) = prepare(database, plan)?;
        for (pair, other) in pairs {
            played.cases += 1;
            let faults = change_and_revert(database, &before, plan, other, &expected)?;
            if !faults.is_empty() {
                played.failed += 1;
                println!("FAILED {NAME}, pair {pair}:");
                faults.iter().for_each(|fault| println!("    {fault}"));
            }
        }
    }
    Ok(played)
}

/// A world in which a plan is applied, and its inventory.
fn prepare(database: &Database, plan: &Plan) -> Result<(Snapshot, Vec<String>)> {
    in_virtual_time(0, async {
        let world = World::empty(database).await?;
        let outcome = world.run(plan, APPLY).await;
        ensure!(outcome == Outcome::Complete, "setup: {outcome:?}");
        world.finish_background_work().await;
        Ok((world.sandbox.snapshot(), inventory(&world.sandbox)))
    })
}

fn change_and_revert(
    database: &Database,
    before: &Snapshot,
    plan: &Plan,
    other: Option<&Plan>,
    expected: &[String],
) -> Result<Vec<String>> {
    in_virtual_time(0, async {
        let world = World::of(database, before);
        // PostgreSQL is in the state that the last pair left.
        let outcome = world.run(plan, APPLY).await;
        ensure!(outcome == Outcome::Complete, "setup: {outcome:?}");
        world.arrange(CONDITIONS().dials(), InjectedFailures::None);
        let (other_plan, intent) = other.map_or((plan, Intent::Nothing), |other| (other, APPLY));
        for (plan, intent) in [(other_plan, intent), (plan, APPLY)] {
            let outcome = world.run(plan, intent).await;
            if outcome != Outcome::Complete {
                return Ok(vec![format!(
                    "{} of plan {}: {outcome:?}",
                    if intent == APPLY { "the apply" } else { "the removal" },
                    plan.id().short()
                )]);
            }
        }
        world.finish_background_work().await;
        Ok(world.faults(plan, APPLY, expected).await)
    })
}
