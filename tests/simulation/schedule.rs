//! Random schedules: applies of several plans one after the other, in bad weather and with deaths.
//! A calm apply at the end must find nothing orphaned, nothing twice and nothing lost.

use std::time::Duration;

use anyhow::{Result, ensure};
use fastrand::Rng;
use saas_executor::Intent;
use saas_model::Plan;
use saas_sandbox::{Dials, Fault, Faults, Snapshot};

use crate::in_virtual_time;
use crate::inventory::inventory;
use crate::scenario::{self, APPLY};
use crate::world::{Database, Ended, World};

/// What may happen, all of it from a seed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Schedule {
    seed: u64,
    steps: Vec<Step>,
}

/// One apply, or what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    /// Which of the plans; one beyond the last is none at all, so everything is destroyed.
    plan: usize,
    /// How long something new is not seen.
    window: Duration,
    /// One of so many calls goes wrong.
    one_in: u32,
    /// In one of these ways.
    ways: Vec<Fault>,
}

/// All ways in which a call goes wrong but one: a caller who may not stays one who may not.
const WAYS: [Fault; 9] = [
    Fault::ErrorBefore,
    Fault::ErrorAfter,
    Fault::Throttled,
    Fault::ResetBefore,
    Fault::ResetAfter,
    Fault::Truncated,
    Fault::Silence,
    Fault::DeathBefore,
    Fault::DeathAfter,
];

impl Schedule {
    fn new(seed: u64, plans: usize) -> Self {
        let mut random = Rng::with_seed(seed);
        let steps = (0..random.usize(1..4)).map(|_| Step::new(&mut random, plans)).collect();
        Self { seed, steps }
    }

    /// Smaller ones, of which one may fail in the same way.
    fn smaller(&self) -> Vec<Self> {
        let mut smaller = Vec::new();
        for (index, step) in self.steps.iter().enumerate() {
            let mut without = self.clone();
            without.steps.remove(index);
            smaller.push(without);
            let mut change = |change: &dyn Fn(&mut Step)| {
                let mut other = self.clone();
                change(&mut other.steps[index]);
                if other != *self {
                    smaller.push(other);
                }
            };
            change(&|step| step.window = Duration::ZERO);
            for way in &step.ways {
                change(&|step| step.ways.retain(|other| other != way));
            }
        }
        smaller
    }
}

impl Step {
    fn new(random: &mut Rng, plans: usize) -> Self {
        let mut ways = WAYS.to_vec();
        random.shuffle(&mut ways);
        ways.truncate(random.usize(1..=WAYS.len()));
        Self {
            plan: random.usize(0..=plans),
            window: Duration::from_secs(random.u64(0..8)),
            one_in: random.u32(8..120),
            ways,
        }
    }
}

/// The plans that schedules choose from, each with what exists when it is applied without trouble.
pub(crate) struct Stock {
    plans: Vec<Plan>,
    inventories: Vec<Vec<String>>,
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
    pub(crate) fn play(&self, database: &Database, seed: u64) -> Result<Option<String>> {
        let mut schedule = Schedule::new(seed, self.plans.len());
        let Some(mut faults) = self.faults(database, &schedule)? else { return Ok(None) };
        while let Some((smaller, left)) = schedule
            .smaller()
            .into_iter()
            .find_map(|smaller| self.faults(database, &smaller).ok().flatten().map(|left| (smaller, left)))
        {
            (schedule, faults) = (smaller, left);
        }
        Ok(Some(format!("{schedule:#?}\n{}", faults.join("\n"))))
    }

    fn faults(&self, database: &Database, schedule: &Schedule) -> Result<Option<Vec<String>>> {
        let mut snapshot: Option<Snapshot> = None;
        for (number, step) in schedule.steps.iter().enumerate() {
            let dials = Dials {
                seed: schedule.seed.wrapping_add(number as u64),
                visibility: step.window,
                faults: Faults::OneIn(step.one_in, step.ways.clone()),
                ..Dials::default()
            };
            snapshot = Some(self.apply(database, snapshot.as_ref(), step.plan, dials)?);
        }
        let Some(snapshot) = snapshot else { return Ok(None) };
        let last = schedule.steps.last().map_or(0, |step| step.plan);
        in_virtual_time(async {
            let world = World::of(database, &snapshot);
            let (plan, intent) = self.wanted(last);
            let ended = world.run_after(plan, intent).await;
            if ended != Ended::Complete {
                return Ok(Some(vec![format!("the calm apply at the end: {ended:?}")]));
            }
            world.settle().await;
            let nothing = Vec::new();
            let faults = world.faults(plan, intent, self.inventories.get(last).unwrap_or(&nothing)).await;
            Ok((!faults.is_empty()).then_some(faults))
        })
    }

    /// One apply in bad weather; however it ends.
    fn apply(&self, database: &Database, before: Option<&Snapshot>, plan: usize, dials: Dials) -> Result<Snapshot> {
        in_virtual_time(async {
            let world = match before {
                Some(snapshot) => World::of(database, snapshot),
                None => World::empty(database).await?,
            };
            world.arrange(dials, None);
            let (plan, intent) = self.wanted(plan);
            world.run_after(plan, intent).await;
            Ok(world.sandbox.snapshot())
        })
    }

    fn wanted(&self, plan: usize) -> (&Plan, Intent) {
        match self.plans.get(plan) {
            Some(plan) => (plan, APPLY),
            None => (&self.plans[0], Intent::Nothing),
        }
    }
}
