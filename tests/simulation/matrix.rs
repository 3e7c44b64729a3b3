//! The kill matrix: every call and every statement of every scenario, with the process dying before
//! it is sent and after its effect. A new executor must then finish the work.

use std::fmt;
use std::iter::Sum;
use std::time::Duration;

use anyhow::{Result, ensure};
use saas_sandbox::{Dials, Fault, Faults, Snapshot};
use saas_tests::statements::{Strike, Strikes};

use crate::inventory::inventory;
use crate::scenario::{APPLY, Scenario};
use crate::unkind::Unkindness;
use crate::world::{Database, Ended, World};
use crate::{Sample, Share, in_virtual_time};

/// How long AWS does not show what has happened. The matrix is played with both.
pub(crate) const WINDOWS: [Duration; 2] = [Duration::ZERO, Duration::from_secs(5)];

/// What every case of the matrix draws its pauses from, so that a death strikes where it did when
/// the calls were counted.
const SEED: u64 = 0;

/// Where the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Death {
    Call(u64, Fault),
    Statement(Strike),
}

/// A scenario, and what it takes when nothing goes wrong.
struct Rehearsed<'s> {
    scenario: &'s Scenario,
    before: Option<Snapshot>,
    /// What exists when it is done.
    wanted: Vec<String>,
    calls: u64,
    statements: u64,
}

/// What the matrix has shown.
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

/// Plays a share of a scenario's deaths, or of a sample of them.
pub(crate) fn play(database: &Database, scenario: &Scenario, share: Share, sample: Option<Sample>) -> Result<Played> {
    let mut played = Played::default();
    for window in WINDOWS {
        let rehearsed = rehearse(database, scenario, window)?;
        for (number, death) in rehearsed.deaths().into_iter().enumerate() {
            let number = number as u64;
            if !share.has(number) || sample.is_some_and(|sample| !sample.has(number)) {
                continue;
            }
            played.cases += 1;
            let faults = case(database, &rehearsed, window, death)?;
            if !faults.is_empty() {
                played.failed += 1;
                println!("FAILED {}, stale for {window:?}, {death:?}:", scenario.name);
                faults.iter().for_each(|fault| println!("    {fault}"));
            }
        }
    }
    Ok(played)
}

impl Rehearsed<'_> {
    fn deaths(&self) -> Vec<Death> {
        let calls = (0..self.calls)
            .flat_map(|call| [Fault::DeathBefore, Fault::DeathAfter].map(|fault| Death::Call(call, fault)));
        let statements = (0..self.statements)
            .flat_map(|number| [Strike::Before(number), Strike::After(number)].map(Death::Statement));
        calls.chain(statements).collect()
    }
}

/// The scenario without any trouble.
fn rehearse<'s>(database: &Database, scenario: &'s Scenario, window: Duration) -> Result<Rehearsed<'s>> {
    let before = match &scenario.before {
        None => None,
        Some(plan) => Some(in_virtual_time(SEED, async {
            let world = World::empty(database).await?;
            let ended = world.run(plan, APPLY).await;
            ensure!(ended == Ended::Complete, "{}: what is live before: {ended:?}", scenario.name);
            Ok(world.sandbox.snapshot())
        })?),
    };
    in_virtual_time(SEED, async {
        let world = begin(database, scenario, before.as_ref()).await?;
        world.arrange(Unkindness::of(window).dials(), Strikes::None);
        let ended = world.run(&scenario.plan, scenario.intent).await;
        ensure!(ended == Ended::Complete, "{} without trouble: {ended:?}", scenario.name);
        let (calls, statements) = (world.sandbox.journal().len() as u64, database.seen());
        world.settle().await;
        let wanted = inventory(&world.sandbox);
        Ok(Rehearsed { scenario, before, wanted, calls, statements })
    })
}

/// The world in which a scenario begins.
async fn begin<'d>(database: &'d Database, scenario: &Scenario, before: Option<&Snapshot>) -> Result<World<'d>> {
    let (Some(snapshot), Some(plan)) = (before, &scenario.before) else { return World::empty(database).await };
    let world = World::of(database, snapshot);
    // PostgreSQL is as the last case left it.
    let ended = world.run(plan, APPLY).await;
    ensure!(ended == Ended::Complete, "{}: what is live before: {ended:?}", scenario.name);
    Ok(world)
}

/// One death, and the apply after it. Gives what is wrong then.
fn case(database: &Database, rehearsed: &Rehearsed<'_>, window: Duration, death: Death) -> Result<Vec<String>> {
    let Rehearsed { scenario, before, wanted, .. } = rehearsed;
    let world = in_virtual_time(SEED, async {
        let world = begin(database, scenario, before.as_ref()).await?;
        let (faults, strikes) = match death {
            Death::Call(call, fault) => (Faults::At(call, fault), Strikes::None),
            Death::Statement(strike) => (Faults::None, Strikes::Death(strike)),
        };
        world.arrange(Dials { faults, ..Unkindness::of(window).dials() }, strikes);
        world.run(&scenario.plan, scenario.intent).await;
        Ok(world.sandbox.snapshot())
    })?;
    // The runtime of the process that died is gone, with all its connections.
    in_virtual_time(SEED, async {
        let world = World::of(database, &world);
        world.arrange(Unkindness::of(window).dials(), Strikes::None);
        let ended = world.run_after(&scenario.plan, scenario.intent).await;
        if ended != Ended::Complete {
            return Ok(vec![format!("the apply after it: {ended:?}")]);
        }
        world.settle().await;
        Ok(world.faults(&scenario.plan, scenario.intent, wanted).await)
    })
}
