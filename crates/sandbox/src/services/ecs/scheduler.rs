//! The service scheduler: stops surplus tasks, starts missing tasks, and completes or fails
//! deployments.
//!
//! Sources: Amazon ECS Developer Guide, "Deploy Amazon ECS services by replacing tasks" and "How
//! the Amazon ECS deployment circuit breaker detects failures".

use super::deployment::{Deployment, State};
use super::service::{self, Status, tell};
use super::task::{self, Task};
use super::{Event, life, timing};
use crate::cloud::Cloud;
use crate::services::scaling;

/// Checks a service and takes the actions that are due.
pub(super) fn schedule(cloud: &mut Cloud, key: &str) {
    stop_surplus(cloud, key);
    start_missing(cloud, key);
    drop_replaced(cloud, key);
    complete(cloud, key);
    end(cloud, key);
}

/// The tasks of a deployment that have not been told to stop.
fn wanted<'a>(cloud: &'a Cloud, key: &str, deployment: &'a Deployment) -> impl Iterator<Item = &'a Task> + use<'a> {
    task::of_service(cloud, key).filter(|task| task.is_of(&deployment.id) && task.is_wanted())
}

fn stop_surplus(cloud: &mut Cloud, key: &str) {
    let Some(service) = cloud.ecs.services.get(key) else { return };
    let Some((primary, replaced)) = service.deployments.split_first() else { return };
    let mut surplus = Vec::new();
    let mut own: Vec<&Task> = wanted(cloud, key, primary).collect();
    // Unhealthy tasks stop first, and among equals the newest.
    own.sort_by_key(|task| (task.healthy, std::cmp::Reverse(task.created)));
    surplus.extend(own.iter().take(own.len().saturating_sub(service.desired)).map(|task| task.key()));

    let stalled = primary.state == State::Failed && service.desired > 0;
    let healthy = service.deployments.iter().flat_map(|one| wanted(cloud, key, one)).filter(|task| task.healthy);
    let mut spare = healthy.count().saturating_sub(service.rollout.fewest(service.desired));
    for task in replaced.iter().flat_map(|one| wanted(cloud, key, one)) {
        if !task.healthy || spare > 0 && !stalled {
            surplus.push(task.key());
            spare = spare.saturating_sub(usize::from(task.healthy));
        }
    }
    stop_all(cloud, key, &surplus);
}

fn stop_all(cloud: &mut Cloud, key: &str, tasks: &[String]) {
    if tasks.is_empty() {
        return;
    }
    for key in tasks {
        if let Some(task) = cloud.ecs.tasks.get(key) {
            let by = task.started_by.as_deref().unwrap_or_default();
            let reason = format!("Scaling activity initiated by (deployment {by})");
            life::stop(cloud, key, "ServiceSchedulerInitiated", &reason);
        }
    }
    tell(cloud, key, &format!("has stopped {} running tasks: {}.", tasks.len(), life::listed(tasks)));
}

fn start_missing(cloud: &mut Cloud, key: &str) {
    let Some(service) = cloud.ecs.services.get(key).filter(|service| service.status == Status::Active).cloned() else {
        return;
    };
    let Some(primary) = service.primary() else { return };
    if primary.state == State::Failed || primary.retry.is_some_and(|retry| retry > cloud.now) {
        return;
    }
    let missing = service.desired.saturating_sub(wanted(cloud, key, primary).count());
    let all: usize = service.deployments.iter().map(|one| wanted(cloud, key, one).count()).sum();
    let count = missing.min(service.rollout.most(service.desired).saturating_sub(all));
    if count == 0 {
        return;
    }
    if let Some(obstacle) = life::obstacle(cloud, &primary.revision) {
        tell(cloud, key, &obstacle);
        return count_failure(cloud, key, &primary.id);
    }
    let started: Vec<_> = (0..count).map(|_| life::start_of(cloud, &service, &primary.id, &primary.revision)).collect();
    tell(cloud, key, &format!("has started {count} tasks: {}.", life::listed(&started)));
}

/// Removes replaced deployments that have no tasks left.
fn drop_replaced(cloud: &mut Cloud, key: &str) {
    let Some(service) = cloud.ecs.services.get(key) else { return };
    let has_tasks = |deployment: &Deployment| {
        let mut tasks = task::of_service(cloud, key).filter(|task| task.is_of(&deployment.id));
        tasks.any(|task| task.stopped.is_none())
    };
    let deployments = service.deployments.iter().enumerate();
    let kept = deployments.filter(|(place, deployment)| *place == 0 || has_tasks(deployment));
    let kept: Vec<Deployment> = kept.map(|(_, deployment)| deployment.clone()).collect();
    if kept.len() == service.deployments.len() {
        return;
    }
    if let Some(service) = cloud.ecs.services.get_mut(key) {
        service.deployments = kept;
    }
    sweep_soon(cloud);
}

/// Completes the PRIMARY deployment when all desired tasks are its own and healthy.
fn complete(cloud: &mut Cloud, key: &str) {
    let Some(service) = cloud.ecs.services.get(key) else { return };
    let [primary] = &service.deployments[..] else { return };
    let healthy = wanted(cloud, key, primary).filter(|task| task.healthy).count();
    let all = wanted(cloud, key, primary).count();
    if primary.state != State::InProgress || healthy != service.desired || all != service.desired {
        return;
    }
    let now = cloud.now;
    let Some(service) = cloud.ecs.services.get_mut(key) else { return };
    let Some(primary) = service.deployments.first_mut() else { return };
    primary.state = State::Completed;
    primary.reason = format!("ECS deployment {} completed.", primary.id);
    primary.updated = now;
    primary.retry = None;
    let id = primary.id.clone();
    service.completed = Some((id.clone(), primary.revision.clone()));
    tell(cloud, key, &format!("(deployment {id}) deployment completed."));
    tell(cloud, key, "has reached a steady state.");
}

/// Makes a deleted service inactive when none of its tasks runs. Then its scalable target is also
/// removed.
fn end(cloud: &mut Cloud, key: &str) {
    let Some(service) = cloud.ecs.services.get(key).filter(|service| service.status == Status::Draining) else {
        return;
    };
    if task::of_service(cloud, key).any(|task| service.owns(task) && task.holds_service()) {
        return;
    }
    let now = cloud.now;
    let Some(service) = cloud.ecs.services.get_mut(key) else { return };
    service.status = Status::Inactive;
    service.ended = Some(now);
    service.deployments.clear();
    service.tags.clear();
    let forget = Event::ForgetService { key: key.to_owned(), created: service.created };
    cloud.in_exactly(timing::REMEMBERED, forget);
    scaling::service_is_gone(cloud, &format!("service/{key}"));
    sweep_soon(cloud);
}

fn sweep_soon(cloud: &mut Cloud) {
    cloud.later(timing::DELETING_DEFINITION, Event::SweepDefinitions);
}

/// Counts a failed task, or a failed attempt to start tasks. Too many failures end the deployment.
pub(super) fn count_failure(cloud: &mut Cloud, key: &str, deployment: &str) {
    let now = cloud.now;
    let Some(service) = cloud.ecs.services.get_mut(key) else { return };
    let threshold = service.rollout.breaker.enabled.then(|| service.rollout.breaker.threshold(service.desired));
    let Some(primary) = service.deployments.first_mut().filter(|primary| primary.id == deployment) else { return };
    primary.failed += 1;
    primary.updated = now;
    // The breaker does not apply to a complete deployment: its tasks are retried for ever.
    let watched = threshold.filter(|_| primary.state == State::InProgress);
    if watched.is_some_and(|threshold| primary.failed >= threshold) {
        return trip(cloud, key);
    }
    let pause = primary.pause();
    primary.retry = Some(now + if watched.is_some() { cloud.pace.stretch(pause) } else { pause });
    let look = Event::Schedule(key.to_owned());
    if watched.is_some() {
        cloud.later(pause, look);
    } else {
        // This delay stays exact: at an instant pace, the retries would never end.
        cloud.in_exactly(pause, look);
        tell(cloud, key, "is unable to consistently start tasks successfully.");
    }
}

/// Counts a healthy task.
pub(super) fn count_success(cloud: &mut Cloud, key: &str, deployment: &str) {
    if let Some(service) = cloud.ecs.services.get_mut(key)
        && service.rollout.breaker.resets
        && let Some(found) = service.deployments.iter_mut().find(|found| found.id == deployment)
    {
        found.failed = 0;
        found.retry = None;
    }
    schedule(cloud, key);
}

/// Fails a deployment whose tasks do not start, and rolls back to the last complete one if
/// configured.
fn trip(cloud: &mut Cloud, key: &str) {
    let Some(service) = cloud.ecs.services.get_mut(key) else { return };
    let rollback = service.rollout.breaker.rollback;
    let completed = service.completed.clone();
    let Some(primary) = service.deployments.first_mut() else { return };
    primary.state = State::Failed;
    primary.reason = "ECS deployment circuit breaker: tasks failed to start.".to_owned();
    let (id, was_rollback) = (primary.id.clone(), primary.is_rollback);
    tell(cloud, key, &format!("(deployment {id}) deployment failed: tasks failed to start."));
    match completed.filter(|_| rollback && !was_rollback) {
        Some((target, revision)) => {
            let mut back = Deployment::new(cloud, revision);
            back.reason = format!("ECS deployment circuit breaker: rolling back to deploymentId {target}.");
            back.is_rollback = true;
            adopt(cloud, &target, &back.id);
            tell(cloud, key, &format!("rolling back to deployment {target}."));
            deploy(cloud, key, back);
            drop_replaced(cloud, key);
            service::look_soon(cloud, key);
        }
        None => schedule(cloud, key),
    }
}

/// Moves the running tasks of a deployment to the deployment that rolls back to it.
fn adopt(cloud: &mut Cloud, target: &str, heir: &str) {
    let tasks = cloud.ecs.tasks.values_mut().filter(|task| task.is_of(target) && task.is_wanted());
    tasks.for_each(|task| task.started_by = Some(heir.to_owned()));
}

/// Makes a deployment the PRIMARY one.
pub(super) fn deploy(cloud: &mut Cloud, key: &str, deployment: Deployment) {
    if let Some(service) = cloud.ecs.services.get_mut(key) {
        service.revision = deployment.revision.clone();
        service.deployments.insert(0, deployment);
    }
}
