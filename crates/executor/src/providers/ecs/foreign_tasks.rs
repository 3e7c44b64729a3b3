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
use crate::providers::elb::registered_targets::registered;
use crate::state::exposure::Exposure;
use crate::state::observed::ObservedResource;

/// How many tasks one call describes. Source: Amazon ECS API, `DescribeTasks`.
const BATCH_SIZE: usize = 100;

/// The prefix of the group of tasks that a service starts. Source: Amazon ECS API, `Task`, `group`.
const OF_SERVICE: &str = "service:";

/// What exposes the clusters and the target groups within the scope.
pub(crate) async fn of_clusters(cx: &Context<'_>) -> Result<Vec<Exposure>> {
    let groups: Vec<ObservedResource> =
        cx.live.of_kind(Kind::TargetGroup).into_iter().filter(|group| cx.scope.covers(&group.address)).collect();
    // The targets first: a task that starts meanwhile is in the listing of tasks, and not yet a target.
    let targets = registered(cx, &groups).await?;
    let mut tasks = Vec::new();
    let mut found = Vec::new();
    for cluster in cx.live.of_kind(Kind::EcsCluster) {
        let running = running(cx, &cluster.identity.id).await?;
        found.extend(running.iter().filter_map(|task| foreign_task(cx.plan, &cluster, task)));
        tasks.extend(running);
    }
    found.extend(foreign_targets(cx, targets, &tasks).await?);
    Ok(found)
}

/// The tasks of a cluster that run or are starting.
async fn running(cx: &Context<'_>, cluster: &str) -> Result<Vec<Task>> {
    let mut arns = Vec::new();
    let mut pages = cx.aws.ecs.list_tasks().cluster(cluster).into_paginator().send();
    while let Some(page) = pages.next().await {
        arns.extend(page?.task_arns.unwrap_or_default());
    }
    let mut tasks = Vec::new();
    for arns in arns.chunks(BATCH_SIZE) {
        let call = cx.aws.ecs.describe_tasks().cluster(cluster).set_tasks(Some(arns.to_vec()));
        tasks.extend(call.send().await?.tasks.unwrap_or_default());
    }
    Ok(tasks)
}

/// Why a task is none that the plan has, and the exposure that it is then.
fn foreign_task(plan: &Plan, cluster: &ObservedResource, task: &Task) -> Option<Exposure> {
    let what = why_foreign(plan, task)?;
    let arn = task.task_arn().unwrap_or_default();
    let remedy = format!("stop it: aws ecs stop-task --cluster {} --task {arn}", cluster.identity.id);
    Some(Exposure::new((&cluster.address, cluster.kind), arn, what, remedy))
}

fn why_foreign(plan: &Plan, task: &Task) -> Option<String> {
    let definition = task.task_definition_arn().unwrap_or_default();
    let family = definition.rsplit('/').next().and_then(|name| name.split(':').next()).unwrap_or_default();
    let Some(planned) = plan
        .nodes()
        .iter()
        .find(|node| TaskDefinition::of(&node.resource).is_some_and(|definition| definition.family.as_str() == family))
    else {
        return Some(format!(
            "this task runs `{family}`, which is no task definition of the plan, with the roles of that definition"
        ));
    };
    let service = task.group().and_then(|group| group.strip_prefix(OF_SERVICE));
    let runs = |service: &Service| service.task_definition.address() == &planned.address;
    let services = || plan.nodes().iter().filter_map(|node| Service::of(&node.resource));
    let of_service = services().find(|planned| runs(planned) && service == Some(planned.name.as_str()));
    if of_service.is_none() && !starts_alone(plan, &planned.address) {
        return Some(format!(
            "this task runs `{}`, and its service did not start it: it has the roles of that service in a network of \
             its own",
            planned.address
        ));
    }
    if let Some(overrides) = task.overrides() {
        let roles = [overrides.task_role_arn(), overrides.execution_role_arn()];
        if let Some(role) = roles.into_iter().flatten().next() {
            return Some(format!(
                "this task runs `{}` with the role {role} in place of the planned one",
                planned.address
            ));
        }
        let is_changed = overrides.container_overrides().iter().any(|container| {
            !container.command().is_empty()
                || !container.environment().is_empty()
                || !container.environment_files().is_empty()
        });
        if is_changed {
            return Some(format!("this task runs `{}` with another command or environment", planned.address));
        }
    }
    let may_exec = of_service.is_some_and(|service| service.exec);
    (task.enable_execute_command() && !may_exec)
        .then(|| format!("commands can be run in this task of `{}`, which the plan does not allow", planned.address))
}

/// Whether tasks of a definition run without a service: those of jobs and migrations.
fn starts_alone(plan: &Plan, definition: &Address) -> bool {
    plan.nodes().iter().any(|node| {
        Schedule::of(&node.resource).is_some_and(|schedule| schedule.task.task_definition.address() == definition)
            || Migration::of(&node.resource)
                .is_some_and(|migration| migration.task.task_definition.address() == definition)
    })
}

/// The targets that are no tasks of the services behind their target groups.
async fn foreign_targets(
    cx: &Context<'_>,
    targets: BTreeMap<String, BTreeSet<String>>,
    tasks: &[Task],
) -> Result<Vec<Exposure>> {
    let mut of_service: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for task in tasks {
        let Some(service) = task.group().and_then(|group| group.strip_prefix(OF_SERVICE)) else { continue };
        of_service.entry(service).or_default().extend(addresses(task));
    }
    let mut suspects = Vec::new();
    for (arn, targets) in targets {
        let address = cx.live.address_of(Kind::TargetGroup, &arn);
        let behind = cx.plan.nodes().iter().filter_map(|node| Service::of(&node.resource)).filter(|service| {
            service.load_balancer.as_ref().is_some_and(|balancer| *balancer.target_group.address() == address)
        });
        let own: BTreeSet<&str> =
            behind.filter_map(|service| of_service.get(service.name.as_str())).flatten().copied().collect();
        let others: BTreeSet<String> = targets.into_iter().filter(|target| !own.contains(target.as_str())).collect();
        if !others.is_empty() {
            suspects.extend(cx.live.get(&address).map(|group| (group, others)));
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
        let why = |task: TaskBuilder| why_foreign(&bench.plan, &task.build());
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
