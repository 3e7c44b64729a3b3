//! When each step of an apply began and ended, and which of them the whole had to wait for.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use saas_executor::event::{Event, Reporter, Verb};
use saas_model::{Address, Plan};
use serde::{Serialize, Serializer};
use tokio::time::Instant;

/// Takes down what the executor tells, with the time.
#[derive(Debug)]
pub(crate) struct Timeline {
    start: Instant,
    steps: Mutex<Vec<Step>>,
    warnings: Mutex<Vec<String>>,
}

/// A step with the times from the beginning of the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    address: Address,
    verb: Verb,
    began: Duration,
    ended: Option<Duration>,
}

/// A step on the critical path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Leg {
    /// The node.
    pub(crate) address: Address,
    /// What was done to it.
    pub(crate) verb: Verb,
    /// How long it took.
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

    /// How long it has been since it began.
    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// What the executor wanted a person to know.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The steps that the last one to end had to wait for, in the order of time.
    ///
    /// In virtual time a step begins in the very moment in which the last that it waited for ends.
    /// So the step before another is one that ended when it began: one that it depends on if there
    /// is such a one, else one whose place it took.
    pub(crate) fn critical_path(&self, plan: &Plan) -> Vec<Leg> {
        let steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = |step: &Step| step.ended.unwrap_or_default();
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
            Event::Started { address, verb, .. } => steps.push(Step { address, verb, began: now, ended: None }),
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
    async fn the_critical_path_leads_through_what_was_waited_for() {
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

        let path = timeline.critical_path(&plan);
        let path: Vec<_> = path.iter().map(|leg| (leg.address.as_str(), leg.took.as_secs())).collect();
        assert_eq!(
            path,
            [("network/vpc", 2), ("network/subnet/public/us-east-1a", 1), ("network/nat-gateway/us-east-1a", 90)]
        );
    }
}
