//! One change right after another: whatever is live, it is brought to a plan or removed, and at once
//! back to what it was, before AWS shows the first everywhere. The second must not be misled.

use std::time::Duration;

use anyhow::{Result, ensure};
use saas_executor::Intent;
use saas_model::Plan;
use saas_sandbox::Snapshot;
use saas_tests::statements::Strikes;

use crate::inventory::inventory;
use crate::matrix::Played;
use crate::scenario::{self, APPLY};
use crate::unkind::Unkindness;
use crate::world::{Database, Ended, World};
use crate::{Sample, Share, in_virtual_time};

pub(crate) const NAME: &str = "at once";

/// How long AWS shows what was.
const WINDOW: Duration = Duration::from_secs(8);

/// Names of buckets are free again sooner than otherwise, or most of the time is waited for them.
const UNKINDNESS: fn() -> Unkindness =
    || Unkindness { bucket_names: Duration::from_secs(90), ..Unkindness::of(WINDOW) };

/// Plays a share of all pairs, or of a sample of them.
pub(crate) fn play(database: &Database, share: Share, sample: Option<Sample>) -> Result<Played> {
    let plans = scenario::plans();
    let mut played = Played::default();
    for (number, plan) in plans.iter().enumerate() {
        let others = plans.iter().enumerate().filter(|(other, _)| *other != number).map(|(_, other)| Some(other));
        let pairs: Vec<_> =
            others.chain([None]).enumerate().map(|(at, other)| (number * plans.len() + at, other)).collect();
        let mine = |pair: &(usize, Option<&Plan>)| {
            share.has(pair.0 as u64) && sample.is_none_or(|sample| sample.has_one_in(4, pair.0 as u64))
        };
        let pairs: Vec<_> = pairs.into_iter().filter(mine).collect();
        if pairs.is_empty() {
            continue;
        }
        let (before, wanted) = begun(database, plan)?;
        for (pair, other) in pairs {
            played.cases += 1;
            let faults = there_and_back(database, &before, plan, other, &wanted)?;
            if !faults.is_empty() {
                played.failed += 1;
                println!("FAILED {NAME}, pair {pair}:");
                faults.iter().for_each(|fault| println!("    {fault}"));
            }
        }
    }
    Ok(played)
}

/// A world in which a plan is applied, and what exists there.
fn begun(database: &Database, plan: &Plan) -> Result<(Snapshot, Vec<String>)> {
    in_virtual_time(0, async {
        let world = World::empty(database).await?;
        let ended = world.run(plan, APPLY).await;
        ensure!(ended == Ended::Complete, "what is live before: {ended:?}");
        world.settle().await;
        Ok((world.sandbox.snapshot(), inventory(&world.sandbox)))
    })
}

fn there_and_back(
    database: &Database,
    before: &Snapshot,
    plan: &Plan,
    other: Option<&Plan>,
    wanted: &[String],
) -> Result<Vec<String>> {
    in_virtual_time(0, async {
        let world = World::of(database, before);
        // PostgreSQL is as the last pair left it.
        let ended = world.run(plan, APPLY).await;
        ensure!(ended == Ended::Complete, "what is live before: {ended:?}");
        world.arrange(UNKINDNESS().dials(), Strikes::None);
        let (there, intent) = other.map_or((plan, Intent::Nothing), |other| (other, APPLY));
        for (plan, intent) in [(there, intent), (plan, APPLY)] {
            let ended = world.run(plan, intent).await;
            if ended != Ended::Complete {
                return Ok(vec![format!(
                    "{} of plan {}: {ended:?}",
                    if intent == APPLY { "the apply" } else { "the removal" },
                    plan.id().short()
                )]);
            }
        }
        world.settle().await;
        Ok(world.faults(plan, APPLY, wanted).await)
    })
}
