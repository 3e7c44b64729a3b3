//! Tasks in the platform's clusters that no service, job or migration of the plan started, and addresses in its
//! target groups that no task of their services has.
//!
//! A task has the roles of its definition and may have any security group of the network, so a task that was
//! started by hand can act as a tenant. An address in a target group receives the requests of a tenant's users.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecs::types::Task;
use saas_model::resource::{Kind, Migration, ResourceSpec, Schedule, Service, TaskDefinition};
use saas_model::{Address, Plan};

use crate::context::Context;
use crate::error::Result;
use crate::providers::ecs::family_tasks::family;
use crate::providers::ecs::running_tasks::running_tasks;
use crate::providers::elb::registered_targets::registered;
use crate::state::exposure::Exposure;
use crate::state::observed::ObservedResource;

/// The prefix of the group of tasks that a service starts. Source: Amazon ECS API, `Task`, `group`.
const OF_SERVICE: &str = "service:";

/// What exposes the clusters and the target groups within the scope.
pub(crate) async fn of_clusters(cx: &Context<'_>) -> Result<Vec<Exposure>> {
    let groups: Vec<ObservedResource> =
        cx.live.of_kind(Kind::TargetGroup).into_iter().filter(|group| cx.scope.covers(&group.address)).collect();
    // The targets first: a task that starts meanwhile is in the listing of tasks, and not yet a target.
    let targets = registered(cx, &groups).await?;
    let planned = PlannedTasks::of(cx.plan);
    let mut tasks = Vec::new();
    let mut found = Vec::new();
    for cluster in cx.live.of_kind(Kind::EcsCluster) {
        let running = running_tasks(cx, &cluster.identity.id).await?;
        found.extend(running.iter().filter_map(|task| planned.foreign_task(&cluster, task)));
        tasks.extend(running);
    }
    found.extend(foreign_targets(cx, groups, targets, &tasks).await?);
    Ok(found)
}

/// The tasks that a plan has.
struct PlannedTasks<'p> {
    /// The task definitions, by family.
    definitions: BTreeMap<&'p str, &'p Address>,
    /// The services, by task definition and name.
    services: BTreeMap<(&'p Address, &'p str), &'p Service>,
    /// The task definitions whose tasks run without a service: those of jobs and migrations.
    of_jobs: BTreeSet<&'p Address>,
}

impl<'p> PlannedTasks<'p> {
    fn of(plan: &'p Plan) -> Self {
        let mut planned = Self { definitions: BTreeMap::new(), services: BTreeMap::new(), of_jobs: BTreeSet::new() };
        for node in plan.nodes() {
            if let Some(definition) = TaskDefinition::of(&node.resource) {
                planned.definitions.insert(definition.family.as_str(), &node.address);
            }
            if let Some(service) = Service::of(&node.resource) {
                planned.services.insert((service.task_definition.address(), service.name.as_str()), service);
            }
            let of_schedule = Schedule::of(&node.resource).map(|schedule| &schedule.task);
            let of_migration = Migration::of(&node.resource).map(|migration| &migration.task);
            planned.of_jobs.extend(of_schedule.or(of_migration).map(|task| task.task_definition.address()));
        }
        planned
    }

    /// The exposure that a task is if the plan does not have it.
    fn foreign_task(&self, cluster: &ObservedResource, task: &Task) -> Option<Exposure> {
        let what = self.why_foreign(task)?;
        let arn = task.task_arn().unwrap_or_default();
        let remedy = format!("stop it: aws ecs stop-task --cluster {} --task {arn}", cluster.identity.id);
        Some(Exposure::new((&cluster.address, cluster.kind), arn, what, remedy))
    }

    /// Why a task is none that the plan has.
    fn why_foreign(&self, task: &Task) -> Option<String> {
        let family = family(task.task_definition_arn().unwrap_or_default());
        let Some(definition) = self.definitions.get(family).copied() else {
            return Some(format!(
                "this task runs `{family}`, which is no task definition of the plan, with the roles of that definition"
            ));
        };
        let service = service_of(task).and_then(|name| self.services.get(&(definition, name)));
        if service.is_none() && !self.of_jobs.contains(definition) {
            return Some(format!(
                "this task runs `{definition}`, and its service did not start it: it has the roles of that service in a \
                 network of its own"
            ));
        }
        if let Some(overrides) = task.overrides() {
            let roles = [overrides.task_role_arn(), overrides.execution_role_arn()];
            if let Some(role) = roles.into_iter().flatten().next() {
                return Some(format!("this task runs `{definition}` with the role {role} in place of the planned one"));
            }
            let is_changed = overrides.container_overrides().iter().any(|container| {
                !container.command().is_empty()
                    || !container.environment().is_empty()
                    || !container.environment_files().is_empty()
            });
            if is_changed {
                return Some(format!("this task runs `{definition}` with another command or environment"));
            }
        }
        let may_exec = service.is_some_and(|service| service.exec);
        (task.enable_execute_command() && !may_exec)
            .then(|| format!("commands can be run in this task of `{definition}`, which the plan does not allow"))
    }
}

/// The name of the service that started a task.
fn service_of(task: &Task) -> Option<&str> {
    task.group().and_then(|group| group.strip_prefix(OF_SERVICE))
}

/// The targets that are no tasks of the services behind their target groups.
async fn foreign_targets(
    cx: &Context<'_>,
    groups: Vec<ObservedResource>,
    mut targets: BTreeMap<String, BTreeSet<String>>,
    tasks: &[Task],
) -> Result<Vec<Exposure>> {
    let mut of_service: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for task in tasks {
        if let Some(service) = service_of(task) {
            of_service.entry(service).or_default().extend(addresses(task));
        }
    }
    let mut behind: BTreeMap<&Address, BTreeSet<&str>> = BTreeMap::new();
    for service in cx.plan.nodes().iter().filter_map(|node| Service::of(&node.resource)) {
        if let (Some(balancer), Some(own)) = (&service.load_balancer, of_service.get(service.name.as_str())) {
            behind.entry(balancer.target_group.address()).or_default().extend(own);
        }
    }
    let mut suspects = Vec::new();
    for group in groups {
        let mut others = targets.remove(&group.identity.id).unwrap_or_default();
        let own = behind.get(&group.address);
        others.retain(|target| own.is_none_or(|own| !own.contains(target.as_str())));
        if !others.is_empty() {
            suspects.push((group, others));
        }
    }
    // A task may have ended between the two listings: then its target does not stay.
    let groups: Vec<ObservedResource> = suspects.iter().map(|(group, _)| group.clone()).collect();
    let still = registered(cx, &groups).await?;
    let mut found = Vec::new();
    for (group, others) in suspects {
        let arn = &group.identity.id;
        for target in others.iter().filter(|target| still.get(arn).is_some_and(|still| still.contains(*target))) {
            let what = "this address receives requests of the target group, and is no task of its service";
            let remedy =
                format!("deregister it: aws elbv2 deregister-targets --target-group-arn {arn} --targets Id={target}");
            found.push(Exposure::new((&group.address, group.kind), target.as_str(), what, remedy));
        }
    }
    Ok(found)
}

/// The private addresses of a task. Source: Amazon ECS API, `Attachment`, `details`.
fn addresses(task: &Task) -> impl Iterator<Item = &str> {
    let details = task.attachments().iter().flat_map(|attachment| attachment.details());
    details.filter(|detail| detail.name() == Some("privateIPv4Address")).filter_map(|detail| detail.value())
}

#[cfg(test)]
mod tests {
    use aws_sdk_ecs::types::builders::TaskBuilder;
    use aws_sdk_ecs::types::{ContainerOverride, TaskOverride};
    use serde_json::json;
    use wiremock::matchers::body_string_contains;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::testing::application::{self, DEFINITION_ARN, GROUP, bench, nodes};
    use crate::testing::json_api::{ECS, answer, called};

    fn of_service() -> TaskBuilder {
        Task::builder().task_definition_arn(DEFINITION_ARN).group("service:saas-platform-acme")
    }

    #[tokio::test]
    async fn only_tasks_that_their_services_start_unchanged_are_the_platforms() {
        let bench = bench("http://127.0.0.1:9", nodes()).await;
        let planned = PlannedTasks::of(&bench.plan);
        let why = |task: TaskBuilder| planned.why_foreign(&task.build());
        assert_eq!(why(of_service()), None);
        let other = "arn:aws:ecs:us-east-1:123456789012:task-definition/debug:1";
        let command = ContainerOverride::builder().name("web").command("sh").build();
        let with = |overrides: TaskOverride| of_service().overrides(overrides);
        for (task, part) in [
            (of_service().task_definition_arn(other), "runs `debug`"),
            (of_service().group("family:saas-platform-acme"), "its service did not start it"),
            (of_service().group("service:debug"), "its service did not start it"),
            (with(TaskOverride::builder().task_role_arn("arn:role").build()), "with the role arn:role"),
            (with(TaskOverride::builder().container_overrides(command).build()), "another command"),
            (of_service().enable_execute_command(true), "commands can be run"),
        ] {
            let told = why(task).unwrap_or_default();
            assert!(told.contains(part), "{part}: {told}");
        }
        assert_eq!(why(with(TaskOverride::builder().build())), None, "ECS describes every task with overrides");
    }

    /// The addresses of the service's tasks receive requests, and no others may. One that is draining receives none,
    /// and one whose task ends meanwhile is gone when it is looked at again.
    #[tokio::test]
    async fn addresses_that_no_task_of_the_service_has_are_exposures() {
        let server = MockServer::start().await;
        let target = |ip: &str, state: &str| {
            format!(
                "<member><Target><Id>{ip}</Id><Port>80</Port></Target><TargetHealth><State>{state}</State>\
                 </TargetHealth></member>"
            )
        };
        let health = |targets: &[(&str, &str)]| {
            let members: String = targets.iter().map(|(ip, state)| target(ip, state)).collect();
            ResponseTemplate::new(200).set_body_string(format!(
                "<DescribeTargetHealthResponse><DescribeTargetHealthResult><TargetHealthDescriptions>{members}\
                 </TargetHealthDescriptions></DescribeTargetHealthResult></DescribeTargetHealthResponse>"
            ))
        };
        let asked = || Mock::given(body_string_contains("Action=DescribeTargetHealth&"));
        let first =
            [("10.0.0.1", "healthy"), ("10.0.0.2", "draining"), ("10.0.0.3", "initial"), ("10.0.0.9", "healthy")];
        asked().respond_with(health(&first)).up_to_n_times(1).mount(&server).await;
        asked().respond_with(health(&[("10.0.0.3", "draining"), ("10.0.0.9", "unhealthy")])).mount(&server).await;
        let task = json!({
            "taskArn": "arn:aws:ecs:us-east-1:123456789012:task/saas-platform/1",
            "taskDefinitionArn": DEFINITION_ARN,
            "group": "service:saas-platform-acme",
            "attachments": [{ "details": [{ "name": "privateIPv4Address", "value": "10.0.0.1" }] }],
        });
        called(ECS, "ListTasks").respond_with(answer(json!({ "taskArns": ["1"] }))).mount(&server).await;
        called(ECS, "DescribeTasks").respond_with(answer(json!({ "tasks": [task] }))).mount(&server).await;

        let bench = application::bench(&server.uri(), nodes()).await;
        let exposures = of_clusters(&bench.cx()).await.expect("AWS answers");
        let [exposure] = exposures.as_slice() else { panic!("{exposures:#?}") };
        assert_eq!((exposure.address.as_str(), exposure.id.as_str()), (GROUP, "10.0.0.9"));
        assert!(exposure.remedy.contains("deregister-targets"), "{exposure:?}");
    }
}
