//! The kill matrix: the process dies before and after every call and every statement of every scenario.
//! A new executor must then complete the work.

use std::collections::BTreeSet;
use std::fmt;
use std::iter::Sum;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use saas_sandbox::{Dials, Fault, Faults, Snapshot};
use saas_tests::statements::{FailurePoint, InjectedFailures};

use crate::application;
use crate::conditions::Conditions;
use crate::inventory::inventory;
use crate::scenario::{APPLY, Scenario};
use crate::world::{Database, Outcome, World};
use crate::{Sample, Share, in_virtual_time};

/// The durations of stale reads that the matrix is played with.
pub(crate) const WINDOWS: [Duration; 2] = [Duration::ZERO, Duration::from_secs(5)];

/// The seed of the pauses in every case, so that a death occurs at the same call as in the rehearsal
/// that counted them.
const SEED: u64 = 0;

/// The point at which the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Death {
    Call(u64, Fault),
    Statement(FailurePoint),
}

/// A scenario with the counts and the result of its undisturbed run.
struct UndisturbedRun<'s> {
    scenario: &'s Scenario,
    before: Option<Snapshot>,
    /// The inventory when it is complete.
    expected: Vec<String>,
    calls: u64,
    statements: u64,
}

/// The results of the matrix.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Played {
    pub(crate) cases: u64,
    pub(crate) failed: u64,
}

impl Sum for Played {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |a, b| Self { cases: a.cases + b.cases, failed: a.failed + b.failed })
    }
}

impl fmt::Display for Played {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} deaths, {} not survived", self.cases, self.failed)
    }
}

/// Plays this worker's share of a scenario's deaths, or of a sample.
pub(crate) fn play(database: &Database, scenario: &Scenario, share: Share, sample: Option<Sample>) -> Result<Played> {
    let mut played = Played::default();
    for window in WINDOWS {
        let undisturbed = run_undisturbed(database, scenario, window)?;
        let deaths = undisturbed.deaths();
        let one_in = (deaths.len() as u64).div_ceil(scenario.sampled);
        for (number, death) in deaths.into_iter().enumerate() {
            let number = number as u64;
            if !share.has(number) || sample.is_some_and(|sample| !sample.has_one_in(one_in, number)) {
                continue;
            }
            played.cases += 1;
            let faults = play_death(database, &undisturbed, window, death)?;
            if !faults.is_empty() {
                played.failed += 1;
                println!("FAILED {}, stale for {window:?}, {death:?}:", scenario.name);
                faults.iter().for_each(|fault| println!("    {fault}"));
            }
        }
    }
    Ok(played)
}

impl UndisturbedRun<'_> {
    fn deaths(&self) -> Vec<Death> {
        let calls = (0..self.calls)
            .flat_map(|call| [Fault::DeathBefore, Fault::DeathAfter].map(|fault| Death::Call(call, fault)));
        let statements = (0..self.statements)
            .flat_map(|number| [FailurePoint::Before(number), FailurePoint::After(number)].map(Death::Statement));
        calls.chain(statements).collect()
    }
}

/// Runs the scenario without failures.
fn run_undisturbed<'s>(database: &Database, scenario: &'s Scenario, window: Duration) -> Result<UndisturbedRun<'s>> {
    let before = match &scenario.before {
        None => None,
        Some(plan) => Some(in_virtual_time(SEED, async {
            let world = World::empty(database).await?;
            let outcome = world.run(plan, APPLY).await;
            ensure!(outcome == Outcome::Complete, "{}: setup: {outcome:?}", scenario.name);
            Ok(world.sandbox.snapshot())
        })?),
    };
    in_virtual_time(SEED, async {
        let world = initial_world(database, scenario, before.as_ref()).await?;
        world.arrange(dials_that_kill(scenario, window), InjectedFailures::None);
        let outcome = world.run(&scenario.plan, scenario.intent).await;
        let (calls, statements) = (world.sandbox.journal().len() as u64, database.request_count());
        if scenario.a_migration_fails {
            check_failed_migration(&world, scenario, &outcome).await?;
            world.arrange(Conditions::of(window).dials(), InjectedFailures::None);
            let outcome = world.run(&scenario.plan, scenario.intent).await;
            ensure!(outcome == Outcome::Complete, "{} after the failure: {outcome:?}", scenario.name);
        } else {
            ensure!(outcome == Outcome::Complete, "{} without failures: {outcome:?}", scenario.name);
        }
        world.finish_background_work().await;
        let expected = inventory(&world.sandbox);
        Ok(UndisturbedRun { scenario, before, expected, calls, statements })
    })
}

/// The dials of a scenario's first run.
fn dials_that_kill(scenario: &Scenario, window: Duration) -> Dials {
    let Conditions { long_migrations, .. } = Conditions::of(window);
    let tasks = application::outcomes(long_migrations, scenario.a_migration_fails);
    Dials { tasks, ..Conditions::of(window).dials() }
}

/// A failed migration leaves its tenant's services as they were, and everything else is done.
async fn check_failed_migration(world: &World<'_>, scenario: &Scenario, outcome: &Outcome) -> Result<()> {
    let name = scenario.name;
    let Outcome::Failed(failures) = outcome else { bail!("{name}: no migration failed: {outcome:?}") };
    ensure!(failures.contains("Exited { code: 1"), "{name}: {failures}");
    let left = world.remaining(&scenario.plan, scenario.intent).await?;
    let left: BTreeSet<&str> = left.changes.iter().map(|change| change.address.as_str()).collect();
    let of_tenant = |node: &str| format!("tenant/{}/{node}", application::FAILING_TENANT);
    let expected = ["job/migrate", "job/nightly", "service/web", "service/worker"].map(of_tenant);
    ensure!(left == expected.iter().map(String::as_str).collect(), "{name}: what is left is {left:?}");
    Ok(())
}

/// The initial world of a scenario.
async fn initial_world<'d>(
    database: &'d Database,
    scenario: &Scenario,
    before: Option<&Snapshot>,
) -> Result<World<'d>> {
    let (Some(snapshot), Some(plan)) = (before, &scenario.before) else { return World::empty(database).await };
    let world = World::of(database, snapshot);
    // PostgreSQL is in the state that the last case left.
    let outcome = world.run(plan, APPLY).await;
    ensure!(outcome == Outcome::Complete, "{}: setup: {outcome:?}", scenario.name);
    scenario.running_job.map_or(Ok(()), |tenant| application::start_nightly(&world.sandbox, tenant))?;
    Ok(world)
}

/// Plays one death and the next apply. Returns the faults of the result.
fn play_death(
    database: &Database,
    undisturbed: &UndisturbedRun<'_>,
    window: Duration,
    death: Death,
) -> Result<Vec<String>> {
    let UndisturbedRun { scenario, before, expected, .. } = undisturbed;
    let (world, ran_twice) = in_virtual_time(SEED, async {
        let world = initial_world(database, scenario, before.as_ref()).await?;
        let (faults, failures) = match death {
            Death::Call(call, fault) => (Faults::At(call, fault), InjectedFailures::None),
            Death::Statement(failure) => (Faults::None, InjectedFailures::Death(failure)),
        };
        world.arrange(Dials { faults, ..dials_that_kill(scenario, window) }, failures);
        world.run(&scenario.plan, scenario.intent).await;
        Ok((world.sandbox.snapshot(), world.ran_twice()))
    })?;
    if !ran_twice.is_empty() {
        return Ok(ran_twice);
    }
    // The runtime of the dead process is gone, with all its connections.
    in_virtual_time(SEED, async {
        let world = World::of(database, &world);
        world.arrange(Conditions::of(window).dials(), InjectedFailures::None);
        let outcome = world.run_after(&scenario.plan, scenario.intent).await;
        if outcome != Outcome::Complete {
            return Ok(vec![format!("the next apply: {outcome:?}")]);
        }
        world.finish_background_work().await;
        Ok(world.faults(&scenario.plan, scenario.intent, expected).await)
    })
}
