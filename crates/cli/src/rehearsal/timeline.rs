//! The start and end of each step of an apply, and its longest chain.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use saas_executor::event::{Event, Reporter, Verb};
use saas_model::{Address, Plan};
use serde::{Serialize, Serializer};
use tokio::time::Instant;

/// Records the executor's events with their time.
#[derive(Debug)]
pub(crate) struct Timeline {
    start: Instant,
    steps: Mutex<Vec<Timed>>,
    warnings: Mutex<Vec<String>>,
}

/// A step with its start and end, relative to the start of the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Timed {
    /// The node.
    pub(crate) address: Address,
    /// The action.
    pub(crate) verb: Verb,
    /// When it began.
    pub(crate) began: Duration,
    /// When it ended; `None` if it never did.
    pub(crate) ended: Option<Duration>,
}

/// A step of the longest chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Leg {
    /// The node.
    pub(crate) address: Address,
    /// The action.
    pub(crate) verb: Verb,
    /// The duration.
    #[serde(serialize_with = "seconds", rename = "seconds")]
    pub(crate) took: Duration,
}

/// Whole seconds.
pub(crate) fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(time.as_secs())
}

impl Timeline {
    pub(crate) fn begin() -> Self {
        Self { start: Instant::now(), steps: Mutex::default(), warnings: Mutex::default() }
    }

    /// The time since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// The executor's warnings.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All steps, in the order in which they began. Those that began at the same moment are in the order of their
    /// addresses, whichever was reported first.
    pub(crate) fn steps(&self) -> Vec<Timed> {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner).clone();
        steps.sort_by(|one, other| (one.began, &one.address).cmp(&(other.began, &other.address)));
        steps
    }

    /// The longest chain: the last step to end and the steps before it that it waited for, in order of
    /// time.
    ///
    /// In virtual time a step starts at the exact moment when the last step that it waits for ends. So
    /// its predecessor is a step that ended at that moment: one that it depends on if there is any,
    /// otherwise one whose concurrency slot it took.
    pub(crate) fn critical_path(&self, plan: &Plan) -> Vec<Leg> {
        let steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = |step: &Timed| step.ended.unwrap_or_default();
        let mut path = Vec::new();
        let mut next = steps.iter().filter(|step| step.ended.is_some()).max_by_key(|step| ended(step));
        while let Some(step) = next {
            path.push(Leg {
                address: step.address.clone(),
                verb: step.verb,
                took: ended(step).saturating_sub(step.began),
            });
            let needed = plan.node(&step.address).map(saas_model::Node::dependencies).unwrap_or_default();
            let before = steps.iter().filter(|other| {
                other.ended == Some(step.began) && other.began < step.began && other.address != step.address
            });
            next = before.max_by_key(|other| (needed.contains(&other.address), other.began));
        }
        path.reverse();
        path
    }
}

impl Reporter for Timeline {
    fn report(&self, event: Event) {
        let now = self.start.elapsed();
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Started { address, verb, .. } => steps.push(Timed { address, verb, began: now, ended: None }),
            Event::Done { address, verb, .. } | Event::Failed { address, verb, .. } => {
                let open = steps.iter_mut().rev().find(|step| step.address == address && step.verb == verb);
                if let Some(step) = open {
                    step.ended = Some(now);
                }
            }
            Event::Warning { message, .. } => {
                self.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(message);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use saas_model::{Kind, Lock, Spec};
    use tokio::time::sleep;

    use super::*;

    const SPEC: &str = include_str!("../../../../fixtures/saas-platform/saas.toml");

    #[tokio::test(start_paused = true)]
    async fn critical_path_contains_the_steps_that_were_waited_for() {
        let spec = Spec::parse("saas.toml", SPEC).expect("the fixture is a spec");
        let plan = saas_planner::plan(&spec, &Lock::default()).expect("the fixture can be planned").plan;
        let timeline = Timeline::begin();
        let begin = |address: &str| {
            let address = Address::literal(address);
            timeline.report(Event::Started { address, kind: Kind::Vpc, verb: Verb::Create });
        };
        let end = |address: &str| {
            let address = Address::literal(address);
            timeline.report(Event::Done { address, kind: Kind::Vpc, verb: Verb::Create, millis: 0 });
        };
        begin("network/vpc");
        begin("network/elastic-ip/us-east-1a");
        sleep(Duration::from_secs(2)).await;
        end("network/elastic-ip/us-east-1a");
        end("network/vpc");
        begin("network/subnet/public/us-east-1a");
        sleep(Duration::from_secs(1)).await;
        end("network/subnet/public/us-east-1a");
        begin("network/nat-gateway/us-east-1a");
        sleep(Duration::from_secs(90)).await;
        end("network/nat-gateway/us-east-1a");

        let steps = timeline.steps();
        let steps: Vec<_> = steps.iter().map(|step| (step.address.as_str(), step.began.as_secs())).collect();
        assert_eq!(
            steps,
            [
                ("network/elastic-ip/us-east-1a", 0),
                ("network/vpc", 0),
                ("network/subnet/public/us-east-1a", 2),
                ("network/nat-gateway/us-east-1a", 3)
            ]
        );
        let path = timeline.critical_path(&plan);
        let path: Vec<_> = path.iter().map(|leg| (leg.address.as_str(), leg.took.as_secs())).collect();
        assert_eq!(
            path,
            [("network/vpc", 2), ("network/subnet/public/us-east-1a", 1), ("network/nat-gateway/us-east-1a", 90)]
        );
    }
}
