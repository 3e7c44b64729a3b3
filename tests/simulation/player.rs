//! Plays schedules. After each one, no two runs have written at the same time, and a final undisturbed
//! apply leaves no orphaned, duplicate or missing resource.

use std::collections::BTreeSet;
use std::fmt;
use std::iter::Sum;

use anyhow::{Result, ensure};
use futures::future::join_all;
use saas_executor::Intent;
use saas_model::Plan;
use saas_sandbox::{Call, Dials, Faults, Service, Snapshot};
use saas_tests::statements::InjectedFailures;
use tokio::time::sleep;

use crate::in_virtual_time;
use crate::inventory::inventory;
use crate::scenario::{self, APPLY};
use crate::schedule::{Run, Schedule, Step};
use crate::world::{Database, Outcome, World, unmodelled};

/// The number of attempts to acquire the lease.
const ATTEMPTS: usize = 6;

/// The plans that schedules choose from, each with the inventory after an undisturbed apply.
pub(crate) struct SchedulePlayer {
    plans: Vec<Plan>,
    inventories: Vec<Vec<String>>,
}

/// The totals of the played schedules.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) schedules: u64,
    pub(crate) failed: u64,
    /// The applies, by outcome.
    pub(crate) runs: u64,
    pub(crate) died: u64,
    pub(crate) refused: u64,
    /// The schedules that were played twice and compared.
    pub(crate) twice: u64,
}

/// The result of playing a schedule once.
struct PlayResult {
    /// The faults, if any.
    faults: Option<Vec<String>>,
    /// The calls of its steps.
    journal: Vec<Call>,
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |a, b| Self {
            schedules: a.schedules + b.schedules,
            failed: a.failed + b.failed,
            runs: a.runs + b.runs,
            died: a.died + b.died,
            refused: a.refused + b.refused,
            twice: a.twice + b.twice,
        })
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { schedules, failed, runs, died, refused, twice } = self;
        write!(
            f,
            "{schedules}, {failed} failed; of {runs} applies {died} died and {refused} never acquired the lease; "
        )?;
        write!(f, "{twice} played twice")
    }
}

impl SchedulePlayer {
    pub(crate) fn new(database: &Database) -> Result<Self> {
        let plans = scenario::plans();
        let inventories = plans.iter().map(|plan| {
            in_virtual_time(0, async {
                let world = World::empty(database).await?;
                let outcome = world.run(plan, APPLY).await;
                ensure!(outcome == Outcome::Complete, "an undisturbed apply: {outcome:?}");
                world.finish_background_work().await;
                Ok(inventory(&world.sandbox))
            })
        });
        let inventories = inventories.collect::<Result<_>>()?;
        Ok(Self { plans, inventories })
    }

    /// Plays the schedule of a seed twice, and returns the difference unless every call happened at the
    /// same time with the same outcome.
    pub(crate) fn play_twice(&self, database: &Database, seed: u64, tally: &mut Tally) -> Result<Option<String>> {
        let schedule = Schedule::new(seed, self.plans.len());
        let mut uncounted = Tally::default();
        let played = [0, 1].map(|_| self.play_once(database, &schedule, &mut uncounted));
        let [first, second] = played;
        let (first, second) = (first?.journal, second?.journal);
        tally.twice += 1;
        if first == second {
            return Ok(None);
        }
        tally.failed += 1;
        let at = first.iter().zip(&second).take_while(|(one, other)| one == other).count();
        let around = |journal: &[Call]| {
            journal.iter().skip(at.saturating_sub(2)).take(4).map(|call| format!("\n    {call:?}")).collect::<String>()
        };
        Ok(Some(format!("the two runs differ from call {at}:{}\n  and{}", around(&first), around(&second))))
    }

    /// Plays the schedule of a seed. Returns the faults at the end, with the smallest schedule that
    /// still fails.
    pub(crate) fn play(&self, database: &Database, seed: u64, tally: &mut Tally) -> Result<Option<String>> {
        tally.schedules += 1;
        let mut schedule = Schedule::new(seed, self.plans.len());
        let Some(mut faults) = self.play_once(database, &schedule, tally)?.faults else { return Ok(None) };
        tally.failed += 1;
        let mut uncounted = Tally::default();
        while let Some((smaller, left)) = schedule.smaller().into_iter().find_map(|smaller| {
            self.play_once(database, &smaller, &mut uncounted).ok()?.faults.map(|left| (smaller, left))
        }) {
            (schedule, faults) = (smaller, left);
        }
        Ok(Some(format!("{schedule:#?}\n{}", faults.join("\n"))))
    }

    fn play_once(&self, database: &Database, schedule: &Schedule, tally: &mut Tally) -> Result<PlayResult> {
        let mut snapshot: Option<Snapshot> = None;
        let mut journal = Vec::new();
        for (number, step) in schedule.steps.iter().enumerate() {
            let seed = schedule.seed.wrapping_add(number as u64);
            let dials = Dials {
                seed,
                latency: true,
                faults: Faults::OneIn(step.one_in, step.fault_kinds.clone()),
                ..step.conditions.dials()
            };
            let (after, calls) = self.apply(database, snapshot.as_ref(), step, dials, tally)?;
            let faults: Vec<String> = two_writers(&calls).into_iter().chain(unmodelled(&calls)).collect();
            journal.extend(calls);
            if !faults.is_empty() {
                return Ok(PlayResult { faults: Some(faults), journal });
            }
            snapshot = Some(after);
        }
        let (Some(snapshot), Some(last)) = (snapshot, schedule.steps.last().and_then(|step| step.runs.last())) else {
            return Ok(PlayResult { faults: None, journal });
        };
        let faults = in_virtual_time(schedule.seed, async {
            let world = World::of(database, &snapshot);
            world.arrange(Dials::default(), InjectedFailures::None);
            let (plan, intent) = self.plan_and_intent(last);
            let outcome = world.run_after(plan, intent).await;
            if outcome != Outcome::Complete {
                return Ok(Some(vec![format!("the final apply: {outcome:?}")]));
            }
            world.finish_background_work().await;
            let empty = Vec::new();
            let faults = world.faults(plan, intent, self.inventories.get(last.plan).unwrap_or(&empty)).await;
            Ok((!faults.is_empty()).then_some(faults))
        })?;
        Ok(PlayResult { faults, journal })
    }

    /// Runs the applies of one step, whatever their outcome. Returns the resulting world and its calls.
    fn apply(
        &self,
        database: &Database,
        before: Option<&Snapshot>,
        step: &Step,
        dials: Dials,
        tally: &mut Tally,
    ) -> Result<(Snapshot, Vec<Call>)> {
        let failures = match step.connection_losses {
            Some(one_in) => InjectedFailures::Cuts { seed: dials.seed, one_in },
            None => InjectedFailures::None,
        };
        in_virtual_time(dials.seed, async {
            let world = match before {
                Some(snapshot) => World::of(database, snapshot),
                None => World::empty(database).await?,
            };
            world.arrange(dials, failures);
            world.wait_for_lease_expiry().await;
            let world = &world;
            let runs = step.runs.iter().enumerate().map(|(number, run)| async move {
                sleep(run.start).await;
                self.run_with_retries(world, run, &format!("run-{number}")).await
            });
            for outcome in join_all(runs).await {
                tally.runs += 1;
                tally.died += u64::from(outcome == Outcome::Died);
                tally.refused += u64::from(outcome == Outcome::Refused);
            }
            Ok((world.sandbox.snapshot(), world.sandbox.journal()))
        })
    }

    /// Retries until the lease is acquired or the attempts are used up.
    async fn run_with_retries(&self, world: &World<'_>, run: &Run, key: &str) -> Outcome {
        let (plan, intent) = self.plan_and_intent(run);
        for attempt in 0..ATTEMPTS {
            let outcome = world.run_as(&format!("{key}-{attempt}"), plan, intent).await;
            if outcome != Outcome::Refused {
                return outcome;
            }
            sleep(run.retry_delay).await;
        }
        Outcome::Refused
    }

    fn plan_and_intent(&self, run: &Run) -> (&Plan, Intent) {
        match self.plans.get(run.plan) {
            Some(plan) => (plan, APPLY),
            None => (&self.plans[0], Intent::Nothing),
        }
    }
}

/// Returns a fault if a run wrote after a later run had written: the writes of each run must be
/// contiguous. S3 is excluded, because lease and receipts are written independently of the lease.
fn two_writers(journal: &[Call]) -> Option<String> {
    let mut writers: Vec<&str> = Vec::new();
    let mut outcome: BTreeSet<&str> = BTreeSet::new();
    for call in journal.iter().filter(|call| !call.is_read() && call.service != Service::S3) {
        if writers.last() == Some(&call.key.as_str()) {
            continue;
        }
        if let Some(before) = writers.last() {
            outcome.insert(before);
        }
        if outcome.contains(call.key.as_str()) {
            return Some(format!("{} writes again after {:?}: {call:?}", call.key, writers.last()));
        }
        writers.push(&call.key);
    }
    None
}
