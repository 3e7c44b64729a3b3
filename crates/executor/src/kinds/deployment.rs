//! Whether the tasks of services run: one question for up to ten services, asked until each has an
//! answer. Making and changing services is the affair of [`super::service`].

use std::cell::RefCell;
use std::collections::BTreeMap;

use aws_sdk_ecs::types::{DeploymentRolloutState, Service as LiveService};
use futures::future::join_all;
use saas_model::resource::{Service, Wanted};
use saas_model::{Address, Node};
use tokio::time::Instant;

use super::ecs::{ServiceArn, describe_services};
use crate::context::{Cx, Look};
use crate::error::{Error, Result};
use crate::event::Event;

/// How many services one call describes.
const AT_A_TIME: usize = 10;
const WHAT: &str = "the tasks of the service to run";

/// Waits until each service runs as many tasks as it should, all of the wanted task definition.
pub(super) async fn settle(cx: &Cx<'_>, nodes: &[&Node]) -> Vec<(Address, Result<()>)> {
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
        waiting.chunks(AT_A_TIME).map(move |waiting| settle_batch(cx, cluster, waiting))
    });
    settled.extend(join_all(batches).await.into_iter().flatten());
    settled
}

/// A service that is waited for.
#[derive(Clone, Debug)]
struct Waiting {
    address: Address,
    arn: String,
    task_definition: String,
}

impl Waiting {
    fn of(cx: &Cx<'_>, node: &Node) -> Result<Self> {
        let service = Service::of(&node.resource).ok_or_else(|| Error::NotLive(node.address.clone()))?;
        Ok(Self {
            address: node.address.clone(),
            arn: cx.identity_at(&node.address)?.id,
            task_definition: cx.id(&service.task_definition)?,
        })
    }
}

async fn settle_batch(cx: &Cx<'_>, cluster: &str, batch: &[Waiting]) -> Vec<(Address, Result<()>)> {
    let start = Instant::now();
    // Who is still waited for, with what was seen last.
    let pending: RefCell<Vec<(Waiting, String)>> =
        RefCell::new(batch.iter().map(|waiting| (waiting.clone(), String::new())).collect());
    let settled = RefCell::new(Vec::new());
    let waited = cx.wait(WHAT, async || {
        let asked = pending.take();
        let arns: Vec<String> = asked.iter().map(|(waiting, _)| waiting.arn.clone()).collect();
        let live = match describe_services(cx, cluster, &arns).await {
            Ok(live) => live,
            Err(error) => {
                pending.replace(asked);
                return Err(error);
            }
        };
        let mut still = Vec::new();
        for (waiting, _) in asked {
            let live = live.iter().find(|live| live.service_arn() == Some(&waiting.arn));
            match look(&waiting, live) {
                Ok(Look::Ready(())) => settled.borrow_mut().push((waiting.address, Ok(()))),
                Err(error) => settled.borrow_mut().push((waiting.address, Err(error))),
                Ok(Look::NotYet(last)) => {
                    let (address, what) = (waiting.address.clone(), WHAT.to_owned());
                    let seconds = start.elapsed().as_secs();
                    cx.tell(Event::Waiting { address, what, last: last.clone(), seconds });
                    still.push((waiting, last));
                }
            }
        }
        let left = still.len();
        pending.replace(still);
        Ok(if left == 0 { Look::Ready(()) } else { Look::NotYet(format!("{left} services do not run yet")) })
    });
    let waited = waited.await;
    let mut settled_now = settled.take();
    if let Err(error) = waited {
        let seconds = start.elapsed().as_secs();
        settled_now.extend(pending.take().into_iter().map(|(waiting, last)| {
            let error = match &error {
                Error::Timeout { .. } => Error::Timeout { what: WHAT.to_owned(), seconds, last },
                other => Error::Failed { what: format!("the service {}", waiting.arn), reason: other.to_string() },
            };
            (waiting.address, Err(error))
        }));
    }
    settled_now
}

/// Whether a service runs as it should.
fn look(waiting: &Waiting, live: Option<&LiveService>) -> Result<Look<()>> {
    let failed = |reason: String| Error::Failed { what: format!("the service {}", waiting.arn), reason };
    let Some(live) = live.filter(|live| live.status() == Some("ACTIVE")) else {
        return Err(failed("it is not there any more".into()));
    };
    let event = live.events().first().and_then(|event| event.message()).unwrap_or("no event yet");
    for deployment in live.deployments() {
        let reason = deployment.rollout_state_reason().unwrap_or_default();
        // After a rollback the deployment that is left is one of the task definition before.
        if deployment.rollout_state() == Some(&DeploymentRolloutState::Failed) || reason.contains("rolling back") {
            return Err(failed(format!("{reason} Last event: {event}")));
        }
    }
    let (desired, running) = (live.desired_count, live.running_count);
    let deployed = match live.deployments() {
        // An older ECS told no rollout state; the counts say as much.
        [only] => only.rollout_state().is_none_or(|state| *state == DeploymentRolloutState::Completed),
        _ => false,
    };
    let wanted = live.task_definition() == Some(&waiting.task_definition);
    if wanted && deployed && running >= desired {
        return Ok(Look::Ready(()));
    }
    Ok(Look::NotYet(format!("{running} of {desired} tasks run; {event}")))
}
