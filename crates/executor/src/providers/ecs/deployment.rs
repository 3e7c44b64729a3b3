//! Waits until the tasks of services run. One call describes up to ten services, and repeats until each is
//! stable or has failed. [`crate::providers::ecs::service`] creates and updates services.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_ecs::types::{DeploymentRolloutState, Service as LiveService};
use futures::future::join_all;
use saas_model::resource::{ResourceSpec, Service};
use saas_model::{Address, Node};
use tokio::time::Instant;

use crate::context::{Context, Readiness};
use crate::error::{Error, Result};
use crate::event::{Event, Verb, millis};
use crate::providers::ecs::{ServiceArn, describe_services};

/// How many services one call describes.
const BATCH_SIZE: usize = 10;
/// By how much a description may lag behind the last change.
const MAX_LAG: Duration = Duration::from_secs(60);
/// The longest pause between two calls, kept short because an apply waits for services last.
const MAX_PAUSE: Duration = Duration::from_secs(5);
const WAITING_FOR: &str = "the tasks of the service to run";

/// Waits until each service runs as many tasks as it should, all of the planned task definition.
pub(crate) async fn wait_until_stable(cx: &Context<'_>, nodes: &[&Node]) -> Vec<(Address, Result<()>)> {
    let mut settled = Vec::new();
    let mut clusters: BTreeMap<String, Vec<Waiting>> = BTreeMap::new();
    for node in nodes {
        match Waiting::of(cx, node) {
            Ok(waiting) => {
                let cluster = ServiceArn(&waiting.arn).cluster().to_owned();
                clusters.entry(cluster).or_default().push(waiting);
            }
            Err(error) => settled.push((node.address.clone(), Err(error))),
        }
    }
    let batches = clusters.iter().flat_map(|(cluster, waiting)| {
        waiting.chunks(BATCH_SIZE).map(move |waiting| settle_batch(cx, cluster, waiting))
    });
    settled.extend(join_all(batches).await.into_iter().flatten());
    settled
}

/// A service that is not stable yet.
struct Waiting {
    address: Address,
    arn: String,
    task_definition: String,
}

impl Waiting {
    fn of(cx: &Context<'_>, node: &Node) -> Result<Self> {
        let service = Service::of(&node.resource).ok_or_else(|| Error::NotLive(node.address.clone()))?;
        Ok(Self {
            address: node.address.clone(),
            arn: cx.identity_at(&node.address)?.id,
            task_definition: cx.id(&service.task_definition)?,
        })
    }

    /// Whether the service is stable, this long after its last change.
    fn look(&self, live: Result<&[LiveService], &Error>, elapsed: Duration) -> Result<Readiness<()>> {
        let failed = |reason: String| Err(Error::Failed { what: format!("the service {}", self.arn), reason });
        let live = match live {
            Ok(live) => live.iter().find(|live| live.service_arn() == Some(&self.arn)),
            Err(error) => return failed(error.to_string()),
        };
        let Some(live) = live.filter(|live| live.status() == Some("ACTIVE")) else {
            return failed("it no longer exists".into());
        };
        let event = live.events().first().and_then(|event| event.message()).unwrap_or("no event yet");
        // AWS may still list the deployments that this one replaces.
        let primary = live.deployments().iter().find(|deployment| deployment.status() == Some("PRIMARY"));
        let state = primary.and_then(|primary| primary.rollout_state());
        let reason = primary.and_then(|primary| primary.rollout_state_reason()).unwrap_or_default();
        let wanted = live.task_definition() == Some(&self.task_definition);
        let completed = state == Some(&DeploymentRolloutState::Completed);
        let went_back = !wanted && (reason.contains("rolling back") || completed && elapsed > MAX_LAG);
        if state == Some(&DeploymentRolloutState::Failed) || went_back {
            return failed(format!("{reason} Last event: {event}"));
        }
        let (desired, running) = (live.desired_count, live.running_count);
        if wanted && completed && live.deployments().len() == 1 && running >= desired {
            return Ok(Readiness::Ready(()));
        }
        Ok(Readiness::NotYet(format!("{running} of {desired} tasks are running; {event}")))
    }
}

async fn settle_batch(cx: &Context<'_>, cluster: &str, batch: &[Waiting]) -> Vec<(Address, Result<()>)> {
    let start = Instant::now();
    let mut pauses = cx.retry_policy.pauses();
    let mut settled = Vec::new();
    let mut pending: Vec<&Waiting> = batch.iter().collect();
    let (kind, verb) = (Service::KIND, Verb::Settle);
    for waiting in batch {
        cx.report(Event::Started { address: waiting.address.clone(), kind, verb });
    }
    while !pending.is_empty() {
        let arns: Vec<String> = pending.iter().map(|waiting| waiting.arn.clone()).collect();
        let live = describe_services(cx, cluster, &arns).await;
        let elapsed = start.elapsed();
        let seconds = elapsed.as_secs();
        for waiting in std::mem::take(&mut pending) {
            let (address, what) = (waiting.address.clone(), WAITING_FOR.to_owned());
            match waiting.look(live.as_deref(), elapsed) {
                Ok(Readiness::Ready(())) => {
                    cx.report(Event::Done { address: address.clone(), kind, verb, millis: millis(elapsed) });
                    settled.push((address, Ok(())));
                }
                Ok(Readiness::NotYet(last)) if cx.stop.is_cancelled() => {
                    settled.push((address, Err(Error::Interrupted { what, last })));
                }
                Ok(Readiness::NotYet(last)) if elapsed < cx.retry_policy.timeout => {
                    cx.report(Event::Waiting { address, what, last, seconds });
                    pending.push(waiting);
                }
                Ok(Readiness::NotYet(last)) => settled.push((address, Err(Error::Timeout { what, seconds, last }))),
                Err(error) => settled.push((address, Err(error))),
            }
        }
        if !pending.is_empty() {
            // When the run is asked to stop, one last call reports the progress.
            let _ = cx.pause(pauses.next().map(|pause| pause.min(MAX_PAUSE))).await;
        }
    }
    settled
}
