//! Random schedules, drawn from a seed: applies of several plans, sequential and concurrent, with
//! failures and deaths.

use std::time::Duration;

use fastrand::Rng;
use saas_sandbox::Fault;

use crate::conditions::Conditions;

/// A sequence of steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    pub(crate) seed: u64,
    pub(crate) steps: Vec<Step>,
}

/// Concurrent applies, and the conditions under which they run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) runs: Vec<Run>,
    /// The stale reads and delays of AWS.
    pub(crate) conditions: Conditions,
    /// One in this number of calls fails.
    pub(crate) one_in: u32,
    /// The kinds of failures.
    pub(crate) fault_kinds: Vec<Fault>,
    /// One in this number of statements loses its connection to PostgreSQL, before or after its effect;
    /// `None` for no losses.
    pub(crate) connection_losses: Option<u32>,
}

/// An apply that retries while another run holds the lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// The index of the plan; an index past the last plan means destroy.
    pub(crate) plan: usize,
    /// The start, relative to the start of the step.
    pub(crate) start: Duration,
    /// The delay between attempts.
    pub(crate) retry_delay: Duration,
}

/// All kinds of failures of a call.
const FAULT_KINDS: [Fault; 10] = [
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
    /// The schedule of a seed, for this number of plans.
    pub(crate) fn new(seed: u64, plans: usize) -> Self {
        let mut random = Rng::with_seed(seed);
        let steps = (0..random.usize(1..4)).map(|_| Step::new(&mut random, plans)).collect();
        Self { seed, steps }
    }

    /// Smaller variants of the schedule, to minimize a failure.
    pub(crate) fn smaller(&self) -> Vec<Self> {
        let mut smaller = Vec::new();
        for (index, step) in self.steps.iter().enumerate() {
            let mut smaller_schedule = self.clone();
            smaller_schedule.steps.remove(index);
            smaller.push(smaller_schedule);
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
                change(&|step| step.runs[run].start = Duration::ZERO);
            }
            for weaker in step.conditions.weaker() {
                change(&|step| step.conditions = weaker);
            }
            change(&|step| step.connection_losses = None);
            for fault in &step.fault_kinds {
                change(&|step| step.fault_kinds.retain(|other| other != fault));
            }
        }
        smaller
    }
}

impl Step {
    fn new(random: &mut Rng, plans: usize) -> Self {
        let mut fault_kinds = FAULT_KINDS.to_vec();
        random.shuffle(&mut fault_kinds);
        fault_kinds.truncate(random.usize(1..=FAULT_KINDS.len()));
        let runs = random.choice([1, 1, 2, 2, 3]).unwrap_or(1);
        Self {
            runs: (0..runs).map(|_| Run::new(random, plans)).collect(),
            conditions: Conditions::draw(random),
            one_in: random.u32(8..120),
            fault_kinds,
            connection_losses: random.bool().then(|| random.u32(10..60)),
        }
    }
}

impl Run {
    /// Two in three start at nearly the same moment, where conflicts are most likely.
    fn new(random: &mut Rng, plans: usize) -> Self {
        let start = if random.u8(0..3) == 0 { random.u64(0..1_200_000) } else { random.u64(0..3_000) };
        Self {
            plan: random.usize(0..=plans),
            start: Duration::from_millis(start),
            retry_delay: Duration::from_millis(random.u64(1_000..300_000)),
        }
    }
}
