//! What may happen to a platform, drawn from a seed: applies of several plans, one after the other
//! and several at a time, in bad weather and with deaths.

use std::time::Duration;

use fastrand::Rng;
use saas_sandbox::Fault;

use crate::unkind::Unkindness;

/// Some steps, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    pub(crate) seed: u64,
    pub(crate) steps: Vec<Step>,
}

/// Applies that run at the same time, and the weather that they run in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) runs: Vec<Run>,
    /// What AWS shows late, and makes others wait for.
    pub(crate) unkindness: Unkindness,
    /// One of so many calls goes wrong.
    pub(crate) one_in: u32,
    /// In one of these ways.
    pub(crate) ways: Vec<Fault>,
    /// One of so many statements loses its connection to PostgreSQL, before or after its effect;
    /// none does if there is no number.
    pub(crate) cuts: Option<u32>,
}

/// One apply of somebody who tries again when another holds the lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// Which of the plans; one beyond the last is none at all, so everything is destroyed.
    pub(crate) plan: usize,
    /// How long after the beginning of the step it begins.
    pub(crate) begins: Duration,
    /// How long it waits before it tries again.
    pub(crate) patience: Duration,
}

/// All ways in which a call goes wrong.
const WAYS: [Fault; 10] = [
    Fault::AccessDenied,
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
    /// The schedule of a seed, where there are so many plans.
    pub(crate) fn new(seed: u64, plans: usize) -> Self {
        let mut random = Rng::with_seed(seed);
        let steps = (0..random.usize(1..4)).map(|_| Step::new(&mut random, plans)).collect();
        Self { seed, steps }
    }

    /// Smaller ones, of which one may fail in the same way.
    pub(crate) fn smaller(&self) -> Vec<Self> {
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
            for run in 0..step.runs.len() {
                change(&|step| {
                    if step.runs.len() > 1 {
                        step.runs.remove(run);
                    }
                });
                change(&|step| step.runs[run].begins = Duration::ZERO);
            }
            for kinder in step.unkindness.kinder() {
                change(&|step| step.unkindness = kinder);
            }
            change(&|step| step.cuts = None);
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
        let runs = random.choice([1, 1, 2, 2, 3]).unwrap_or(1);
        Self {
            runs: (0..runs).map(|_| Run::new(random, plans)).collect(),
            unkindness: Unkindness::draw(random),
            one_in: random.u32(8..120),
            ways,
            cuts: random.bool().then(|| random.u32(10..60)),
        }
    }
}

impl Run {
    /// Two in three begin at nearly the same moment, where they get into each other's way most.
    fn new(random: &mut Rng, plans: usize) -> Self {
        let begins = if random.u8(0..3) == 0 { random.u64(0..1_200_000) } else { random.u64(0..3_000) };
        Self {
            plan: random.usize(0..=plans),
            begins: Duration::from_millis(begins),
            patience: Duration::from_millis(random.u64(1_000..300_000)),
        }
    }
}
