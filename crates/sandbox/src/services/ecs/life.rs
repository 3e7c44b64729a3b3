//! The life cycle of a task, and the reasons why it does not start.

use std::time::Duration;

use super::definition::{self, Definition};
use super::run::{self, Run};
use super::service::{self, Propagate, Service};
use super::settings::Revision;
use super::task::{self, Interface, Status, Stop, Task};
use super::{Event, log, scheduler, timing};
use crate::services::prelude::*;
use crate::services::{ec2, elb, iam, logs, secrets, ssm};

/// The service that assumes the roles of tasks.
const TASKS: &str = "ecs-tasks.amazonaws.com";
/// The exit code of a process that `SIGTERM` ends.
const TERMINATED: i32 = 143;

/// What a new task has from the service or the call that starts it.
pub(super) struct Start<'a> {
    pub(super) cluster: &'a str,
    /// Empty without a service.
    pub(super) service: &'a str,
    pub(super) started_by: Option<&'a str>,
    pub(super) run: Option<Run>,
    pub(super) revision: &'a Revision,
    pub(super) exec: bool,
    pub(super) tags: Tags,
}

/// Starts a task of a deployment and returns its key.
pub(super) fn start_of(cloud: &mut Cloud, service: &Service, deployment: &str, revision: &Revision) -> String {
    let tags = tags(cloud, service, revision);
    let start = Start {
        cluster: &service.cluster,
        service: &service.name,
        started_by: Some(deployment),
        run: None,
        revision,
        exec: service.options.execute_command,
        tags,
    };
    self::start(cloud, start)
}

/// Starts a task and returns its key.
pub(super) fn start(cloud: &mut Cloud, start: Start<'_>) -> String {
    let Start { cluster, service, started_by, run, revision, exec, tags } = start;
    let interface = revision.network.as_ref().map(|network| {
        let subnet = emptiest(cloud, &service::key(cluster, service), &network.subnets);
        let attachment = cloud.ids.uuid();
        // The description that ECS gives a task's network interface.
        let description = cloud.account.arn("ecs", &format!("attachment/{attachment}"));
        let id = ec2::attach(cloud, &subnet, &network.groups, &description);
        let address = cloud.ec2.interfaces.get(&id).map(|interface| interface.private_ip.clone()).unwrap_or_default();
        Interface { id, attachment, subnet, address }
    });
    let task = Task {
        id: cloud.ids.hex32(),
        cluster: cluster.to_owned(),
        service: service.to_owned(),
        started_by: started_by.map(str::to_owned),
        run,
        definition: revision.definition.clone(),
        platform: revision.resolved_platform().to_owned(),
        capacity: revision.capacity(),
        exec,
        status: Status::Provisioning,
        stop: None,
        exit: None,
        created: cloud.now,
        started: None,
        stopped: None,
        healthy: false,
        interface,
        balancers: revision.balancers.clone(),
        tags,
        version: 0,
    };
    let key = task.key();
    cloud.ecs.tasks.insert(key.clone(), task);
    plan(cloud, &key, timing::PROVISIONING);
    key
}

/// Tasks are spread over the subnets.
fn emptiest(cloud: &Cloud, service: &str, subnets: &[String]) -> String {
    let in_subnet = |subnet: &String| {
        let tasks = task::of_service(cloud, service).filter(|task| task.is_wanted());
        tasks.filter(|task| task.interface.as_ref().is_some_and(|interface| interface.subnet == *subnet)).count()
    };
    subnets.iter().min_by_key(|subnet| in_subnet(subnet)).cloned().unwrap_or_default()
}

/// Source: Amazon ECS Developer Guide, "Tagging Amazon ECS resources".
fn tags(cloud: &Cloud, service: &Service, revision: &Revision) -> Tags {
    let mut tags = match service.options.propagate {
        Propagate::None => Tags::new(),
        Propagate::Service => service.tags.clone(),
        Propagate::TaskDefinition => {
            definition::of_arn(cloud, &revision.definition).map(|found| found.tags.clone()).unwrap_or_default()
        }
    };
    if service.options.managed_tags {
        tags.insert("aws:ecs:clusterName".to_owned(), service.cluster.clone());
        tags.insert("aws:ecs:serviceName".to_owned(), service.name.clone());
    }
    tags
}

/// Schedules the next status of a task. A later change of the task cancels it.
fn plan(cloud: &mut Cloud, key: &str, after: Duration) {
    let Some(task) = cloud.ecs.tasks.get_mut(key) else { return };
    task.version += 1;
    let next = Event::Task { key: key.to_owned(), version: task.version };
    cloud.later(after, next);
}

/// Moves a task to its next status, if it has not changed since this was scheduled.
pub(super) fn go_on(cloud: &mut Cloud, key: &str, version: u32) {
    let Some(task) = cloud.ecs.tasks.get(key).filter(|task| task.version == version).cloned() else { return };
    let service = task.service_key();
    match task.status {
        Status::Provisioning => {
            set(cloud, key, Status::Pending);
            let lacks = lacks(cloud, &task).is_some();
            plan(cloud, key, if lacks { timing::PENDING_IN_VAIN } else { timing::PENDING });
        }
        Status::Pending => match lacks(cloud, &task) {
            Some(reason) => {
                stop(cloud, key, "TaskFailedToStart", &reason);
                scheduler::count_failure(cloud, &service, task.started_by.as_deref().unwrap_or_default());
            }
            None => begin(cloud, &task, &service),
        },
        Status::Running if task.run.is_some() => run::end(cloud, &task),
        Status::Running => {
            if let Some(task) = cloud.ecs.tasks.get_mut(key) {
                task.healthy = true;
            }
            scheduler::count_success(cloud, &service, task.started_by.as_deref().unwrap_or_default());
        }
        Status::Deactivating => {
            set(cloud, key, Status::Stopping);
            plan(cloud, key, stop_timeout(cloud, &task));
            scheduler::schedule(cloud, &service);
        }
        Status::Stopping => {
            if let Some(task) = cloud.ecs.tasks.get_mut(key) {
                task.exit = Some(TERMINATED);
            }
            deprovision(cloud, &task);
        }
        Status::Deprovisioning => {
            set(cloud, key, Status::Stopped);
            let forget = Event::ForgetTask(key.to_owned());
            cloud.in_exactly(timing::REMEMBERED, forget);
            scheduler::schedule(cloud, &service);
        }
        Status::Stopped => {}
    }
}

/// The resource that a task lacks to start, in the words of its stop reason.
fn lacks(cloud: &Cloud, task: &Task) -> Option<String> {
    let definition = definition::of_arn(cloud, &task.definition)?;
    for container in definition.containers() {
        for secret in container.list("secrets") {
            let from = secret.text("valueFrom").unwrap_or_default();
            let is_secret = from.split(':').nth(2) == Some("secretsmanager");
            if !is_secret && !ssm::has_parameter(cloud, from) {
                return Some(format!(
                    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource \
                     retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 time(s): \
                     invalid parameters: {}",
                    from.rsplit(":parameter").next().unwrap_or(from)
                ));
            }
            if is_secret && !secrets::has_value(cloud, from) {
                return Some(format!(
                    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource \
                     retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): \
                     failed to fetch secret {from} from secrets manager: ResourceNotFoundException: Secrets Manager \
                     can't find the specified secret."
                ));
            }
        }
        if let Some(group) = log::group(&container).filter(|group| !logs::has_group(cloud, group)) {
            return Some(format!(
                "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: \
                 failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not \
                 exist: {group}"
            ));
        }
    }
    task.run.as_ref().filter(|run| run.outcome.exit_code.is_none()).map(|_| run::not_pulled(&definition.containers()))
}

fn begin(cloud: &mut Cloud, task: &Task, service: &str) {
    set(cloud, &task.key(), Status::Running);
    for (group, stream) in log::streams(cloud, task) {
        logs::open_stream(cloud, &group, &stream);
    }
    if let Some(run) = &task.run {
        return plan(cloud, &task.key(), run.outcome.duration);
    }
    for balancer in &task.balancers {
        elb::register(cloud, &balancer.target_group, address(task), balancer.port);
        service::tell(cloud, service, &format!("registered 1 targets in (target-group {})", balancer.target_group));
    }
    let healthy = if task.balancers.is_empty() { timing::HEALTHY_ALONE } else { timing::HEALTHY_TARGET };
    plan(cloud, &task.key(), healthy);
    scheduler::schedule(cloud, service);
}

/// Stops a task. A running task is deregistered from its target groups first.
pub(super) fn stop(cloud: &mut Cloud, key: &str, code: &str, reason: &str) {
    let Some(task) = cloud.ecs.tasks.get_mut(key).filter(|task| task.is_wanted()) else { return };
    task.stop = Some(Stop { code: code.to_owned(), reason: reason.to_owned() });
    task.healthy = false;
    let task = task.clone();
    if task.status < Status::Running {
        return deprovision(cloud, &task);
    }
    if task.balancers.is_empty() {
        set(cloud, key, Status::Stopping);
        let timeout = stop_timeout(cloud, &task);
        return plan(cloud, key, timeout);
    }
    let service = task.service_key();
    let mut delay = Duration::ZERO;
    for balancer in &task.balancers {
        delay = delay.max(elb::deregister(cloud, &balancer.target_group, address(&task)));
        service::tell(cloud, &service, &format!("deregistered 1 targets in (target-group {})", balancer.target_group));
    }
    service::tell(cloud, &service, "has begun draining connections on 1 tasks.");
    set(cloud, key, Status::Deactivating);
    plan(cloud, key, delay);
}

pub(super) fn deprovision(cloud: &mut Cloud, task: &Task) {
    set(cloud, &task.key(), Status::Deprovisioning);
    if let Some(interface) = &task.interface {
        ec2::release(cloud, &interface.id, timing::INTERFACE_RELEASE);
    }
    plan(cloud, &task.key(), timing::DEPROVISIONING);
}

fn set(cloud: &mut Cloud, key: &str, status: Status) {
    let now = cloud.now;
    let Some(task) = cloud.ecs.tasks.get_mut(key) else { return };
    task.status = status;
    match status {
        Status::Running => task.started = Some(now),
        Status::Stopped => task.stopped = Some(now),
        _ => {}
    }
}

/// The longest timeout of its containers: all of them get `SIGTERM` at once.
fn stop_timeout(cloud: &Cloud, task: &Task) -> Duration {
    let containers = definition::of_arn(cloud, &task.definition).map(definition::Definition::containers);
    let timeouts = containers.unwrap_or_default().into_iter().map(|container| {
        let seconds = container.number("stopTimeout").and_then(|seconds| u64::try_from(seconds).ok());
        seconds.map_or(timing::STOP_TIMEOUT, Duration::from_secs)
    });
    timeouts.max().unwrap_or(timing::STOP_TIMEOUT)
}

fn address(task: &Task) -> &str {
    task.interface.as_ref().map_or("", |interface| &interface.address)
}

/// The obstacle that prevents a deployment from starting any task, in the words of its service
/// event.
pub(super) fn obstacle(cloud: &Cloud, revision: &Revision) -> Option<String> {
    let definition = definition::of_arn(cloud, &revision.definition)?;
    if revision.launch == super::settings::Launch::Instances {
        return Some(
            "was unable to place a task because no container instance met all of its requirements. Reason: No \
             Container Instances were found in your cluster."
                .to_owned(),
        );
    }
    Some(format!("failed to launch a task with (error {}).", not_assumable(cloud, definition)?))
}

/// The role of a task definition that ECS cannot assume, in the words of an error.
pub(super) fn not_assumable(cloud: &Cloud, definition: &Definition) -> Option<String> {
    let roles = [&definition.task_role, &definition.execution_role];
    let role = roles.into_iter().flatten().find(|role| !iam::role_is_assumable(cloud, role, TASKS, None))?;
    Some(format!(
        "ECS was unable to assume the role '{role}' that was provided for this task. Please verify that the role \
         being passed has the proper trust relationship and permissions and that your IAM user has permissions to \
         pass this role."
    ))
}

/// Tasks as a service event lists them.
pub(super) fn listed(keys: &[String]) -> String {
    let ids = keys.iter().map(|key| key.rsplit(' ').next().unwrap_or_default());
    ids.map(|id| format!("(task {id})")).collect::<Vec<_>>().join(" ")
}
