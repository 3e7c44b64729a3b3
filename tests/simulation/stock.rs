//! Plays schedules. Whatever happened in one, no two runs have written at the same time, and a calm
//! apply at the end finds nothing orphaned, nothing twice and nothing lost.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use futures::future::join_all;
use saas_executor::Intent;
use saas_model::Plan;
use saas_sandbox::{Call, Dials, Faults, Service, Snapshot};
use tokio::time::sleep;

use crate::in_virtual_time;
use crate::inventory::inventory;
use crate::scenario::{self, APPLY};
use crate::schedule::{Run, Schedule, Step};
use crate::world::{Database, Ended, World};

/// How often somebody tries to have the lease.
const ATTEMPTS: usize = 6;

/// The plans that schedules choose from, each with what exists when it is applied without trouble.
pub(crate) struct Stock {
    plans: Vec<Plan>,
    inventories: Vec<Vec<String>>,
}

/// What was played.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) schedules: u64,
    pub(crate) failed: u64,
    /// Applies, and how they ended.
    pub(crate) runs: u64,
    pub(crate) died: u64,
    pub(crate) refused: u64,
}

impl Stock {
    pub(crate) fn new(database: &Database) -> Result<Self> {
        let plans = scenario::plans();
        let inventories = plans.iter().map(|plan| {
            in_virtual_time(async {
                let world = World::empty(database).await?;
                let ended = world.run(plan, APPLY).await;
                ensure!(ended == Ended::Complete, "an apply without trouble: {ended:?}");
                world.settle().await;
                Ok(inventory(&world.sandbox))
            })
        });
        let inventories = inventories.collect::<Result<_>>()?;
        Ok(Self { plans, inventories })
    }

    /// Plays the schedule of a seed. Gives what is wrong in the end, with the smallest schedule that
    /// still fails.
    pub(crate) fn play(&self, database: &Database, seed: u64, tally: &mut Tally) -> Result<Option<String>> {
        tally.schedules += 1;
        let mut schedule = Schedule::new(seed, self.plans.len());
        let Some(mut faults) = self.faults(database, &schedule, tally)? else { return Ok(None) };
        tally.failed += 1;
        let mut uncounted = Tally::default();
        while let Some((smaller, left)) = schedule
            .smaller()
            .into_iter()
            .find_map(|smaller| self.faults(database, &smaller, &mut uncounted).ok()?.map(|left| (smaller, left)))
        {
            (schedule, faults) = (smaller, left);
        }
        Ok(Some(format!("{schedule:#?}\n{}", faults.join("\n"))))
    }

    fn faults(&self, database: &Database, schedule: &Schedule, tally: &mut Tally) -> Result<Option<Vec<String>>> {
        let mut snapshot: Option<Snapshot> = None;
        for (number, step) in schedule.steps.iter().enumerate() {
            let dials = Dials {
                seed: schedule.seed.wrapping_add(number as u64),
                latency: true,
                visibility: step.window,
                faults: Faults::OneIn(step.one_in, step.ways.clone()),
                ..Dials::default()
            };
            let (after, both) = self.apply(database, snapshot.as_ref(), step, dials, tally)?;
            if let Some(both) = both {
                return Ok(Some(vec![both]));
            }
            snapshot = Some(after);
        }
        let (Some(snapshot), Some(last)) = (snapshot, schedule.steps.last().and_then(|step| step.runs.last())) else {
            return Ok(None);
        };
        in_virtual_time(async {
            let world = World::of(database, &snapshot);
            let (plan, intent) = self.wanted(last);
            let ended = world.run_after(plan, intent).await;
            if ended != Ended::Complete {
                return Ok(Some(vec![format!("the calm apply at the end: {ended:?}")]));
            }
            world.settle().await;
            let nothing = Vec::new();
            let faults = world.faults(plan, intent, self.inventories.get(last.plan).unwrap_or(&nothing)).await;
            Ok((!faults.is_empty()).then_some(faults))
        })
    }

    /// The applies of one step, however they end. Gives what exists then, and what is wrong if two
    /// of them have written at the same time.
    fn apply(
        &self,
        database: &Database,
        before: Option<&Snapshot>,
        step: &Step,
        dials: Dials,
        tally: &mut Tally,
    ) -> Result<(Snapshot, Option<String>)> {
        in_virtual_time(async {
            let world = match before {
                Some(snapshot) => World::of(database, snapshot),
                None => World::empty(database).await?,
            };
            world.arrange(dials, None);
            world.outlive_the_lease().await;
            let world = &world;
            let runs = step.runs.iter().enumerate().map(|(number, run)| async move {
                sleep(run.begins).await;
                self.insist(world, run, &format!("run-{number}")).await
            });
            for ended in join_all(runs).await {
                tally.runs += 1;
                tally.died += u64::from(ended == Ended::Died);
                tally.refused += u64::from(ended == Ended::Refused);
            }
            Ok((world.sandbox.snapshot(), two_writers(&world.sandbox.journal())))
        })
    }

    /// Tries until the lease is had, or patience is at an end.
    async fn insist(&self, world: &World<'_>, run: &Run, key: &str) -> Ended {
        let (plan, intent) = self.wanted(run);
        for attempt in 0..ATTEMPTS {
            let ended = world.run_as(&format!("{key}-{attempt}"), plan, intent).await;
            if ended != Ended::Refused {
                return ended;
            }
            sleep(run.patience).await;
        }
        Ended::Refused
    }

    fn wanted(&self, run: &Run) -> (&Plan, Intent) {
        match self.plans.get(run.plan) {
            Some(plan) => (plan, APPLY),
            None => (&self.plans[0], Intent::Nothing),
        }
    }
}

/// What is wrong if a run has written after another that came later: writes of one run must be next
/// to each other. S3 is left out, for lease and receipts are written beside the lease.
fn two_writers(journal: &[Call]) -> Option<String> {
    let mut writers: Vec<&str> = Vec::new();
    let mut ended: BTreeSet<&str> = BTreeSet::new();
    for call in journal.iter().filter(|call| !call.is_read() && call.service != Service::S3) {
        if writers.last() == Some(&call.key.as_str()) {
            continue;
        }
        if let Some(before) = writers.last() {
            ended.insert(before);
        }
        if ended.contains(call.key.as_str()) {
            return Some(format!("{} writes again after {:?}: {call:?}", call.key, writers.last()));
        }
        writers.push(&call.key);
    }
    None
}
