//! Conversions between the fields of a schedule and those of EventBridge Scheduler.

use aws_sdk_scheduler::operation::get_schedule::GetScheduleOutput;
use aws_sdk_scheduler::types::{
    AssignPublicIp, AwsVpcConfiguration, CapacityProviderStrategyItem, EcsParameters, FlexibleTimeWindow,
    FlexibleTimeWindowMode, LaunchType, NetworkConfiguration, RetryPolicy, ScheduleState, Target,
};
use saas_model::resource::{
    CapacityProvider, EcsCluster, Role, Schedule, ScheduleGroup, SecurityGroup, Subnet, TaskDefinition, TaskRun,
};
use saas_model::{Address, Ref};
use serde_json::Value;

use crate::context::Context;
use crate::error::{Required, Result};
use crate::providers::ecs::ecs_cluster::known_provider;
use crate::providers::number::{from_i32, to_i32};
use crate::providers::parse::parse;

const GET: &str = "scheduler GetSchedule";

/// The time zone of a schedule that says none. Source: Amazon EventBridge Scheduler API, `CreateSchedule`.
const DEFAULT_ZONE: &str = "UTC";
/// The attempts of a schedule that says none. Source: the same, `RetryPolicy`.
const DEFAULT_RETRIES: u32 = 185;

/// What precedes the address of its node in a schedule's description.
const OF_NODE: &str = "saas:address=";

/// The description, from which the address of a schedule is known that is not planned any more.
pub(super) fn description(address: &Address) -> String {
    format!("{OF_NODE}{address}")
}

/// The address in a description.
pub(super) fn address_in(description: &str) -> Option<Address> {
    description.strip_prefix(OF_NODE)?.parse().ok()
}

/// A schedule starts at its time, not within a window.
pub(super) fn window() -> FlexibleTimeWindow {
    let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build();
    window.expect("its only required field is given")
}

/// What a schedule starts.
pub(super) fn target(cx: &Context<'_>, schedule: &Schedule) -> Result<Target> {
    let TaskRun { cluster, task_definition, platform_version, capacity, subnets, security_groups, public_ip } =
        &schedule.task;
    let network = AwsVpcConfiguration::builder()
        .set_subnets(Some(cx.ids(subnets)?))
        .set_security_groups(Some(cx.ids(security_groups)?))
        .assign_public_ip(if *public_ip { AssignPublicIp::Enabled } else { AssignPublicIp::Disabled })
        .build()
        .expect("its only required field, the subnets, is given");
    let provider = CapacityProviderStrategyItem::builder().capacity_provider(capacity.to_string()).weight(1).build();
    let task = EcsParameters::builder()
        .task_definition_arn(cx.arn(task_definition)?)
        .task_count(1)
        .capacity_provider_strategy(provider.expect("its only required field is given"))
        .platform_version(platform_version)
        .network_configuration(NetworkConfiguration::builder().awsvpc_configuration(network).build())
        .build()
        .expect("its only required field, the task definition, is given");
    let retries = RetryPolicy::builder().maximum_retry_attempts(to_i32(schedule.retries)).build();
    let target = Target::builder()
        .arn(cx.id(cluster)?)
        .role_arn(cx.arn(&schedule.role)?)
        .retry_policy(retries)
        .ecs_parameters(task)
        .build();
    Ok(target.expect("both of its required fields are given"))
}

/// A schedule as the model represents it, and the fields that it cannot represent.
pub(super) fn resource(
    cx: &Context<'_>,
    group: Ref<ScheduleGroup>,
    name: &str,
    live: GetScheduleOutput,
) -> Result<(Schedule, Vec<(String, Value)>)> {
    let what = format!("the schedule {name}");
    let target = live.target.required(GET, "Target")?;
    let task = target.ecs_parameters.required(GET, "Target.EcsParameters")?;
    let network = task.network_configuration.and_then(|network| network.awsvpc_configuration);
    let zone = live.schedule_expression_timezone.unwrap_or_else(|| DEFAULT_ZONE.to_owned());
    let retries = target.retry_policy.and_then(|policy| from_i32(policy.maximum_retry_attempts));
    let (capacity, told) = match task.capacity_provider_strategy.as_deref() {
        Some([only]) if only.base == 0 && only.weight > 0 => match known_provider(&only.capacity_provider) {
            Some(provider) => (provider, None),
            None => (CapacityProvider::Fargate, Some(Value::from(only.capacity_provider.as_str()))),
        },
        None | Some([]) if task.launch_type == Some(LaunchType::Fargate) => (CapacityProvider::Fargate, None),
        None | Some([]) => {
            let launch_type = task.launch_type.map(|launch_type| launch_type.as_str().to_owned());
            (CapacityProvider::Fargate, Some(Value::from(launch_type.unwrap_or_default())))
        }
        Some(several) => {
            let item = |item: &CapacityProviderStrategyItem| {
                format!("{}: base {}, weight {}", item.capacity_provider, item.base, item.weight)
            };
            (CapacityProvider::Fargate, Some(several.iter().map(item).collect::<Vec<_>>().into()))
        }
    };
    let run = TaskRun {
        cluster: cx.reference::<EcsCluster>(&target.arn),
        task_definition: cx.reference::<TaskDefinition>(&task.task_definition_arn),
        platform_version: task.platform_version.unwrap_or_default(),
        capacity,
        subnets: network.iter().flat_map(|network| &network.subnets).map(|id| cx.reference::<Subnet>(id)).collect(),
        security_groups: network
            .iter()
            .flat_map(|network| network.security_groups())
            .map(|id| cx.reference::<SecurityGroup>(id))
            .collect(),
        public_ip: network.as_ref().and_then(|network| network.assign_public_ip()) == Some(&AssignPublicIp::Enabled),
    };
    let schedule = Schedule {
        name: parse(name, &what)?,
        group,
        expression: parse(&live.schedule_expression.required(GET, "ScheduleExpression")?, &what)?,
        timezone: parse(&zone, &what)?,
        role: cx.reference::<Role>(&target.role_arn),
        retries: retries.unwrap_or(DEFAULT_RETRIES),
        task: run,
    };
    Ok((schedule, told.map(|told| ("task.capacity".to_owned(), told)).into_iter().collect()))
}

/// The settings of a live schedule that a planned one does not have, in words.
pub(super) fn foreign_settings(live: &GetScheduleOutput, address: &Address) -> Vec<String> {
    let mut settings = Vec::new();
    let mut setting = |differs: bool, text: String| settings.extend(differs.then_some(text));
    let state = live.state.as_ref().map_or("ENABLED", ScheduleState::as_str);
    setting(state != "ENABLED", format!("State {state}"));
    let mode = live.flexible_time_window.as_ref().map_or("OFF", |window| window.mode.as_str());
    setting(mode != "OFF", format!("FlexibleTimeWindow {mode}"));
    let described = live.description.as_deref().unwrap_or_default();
    setting(described != description(address), format!("Description {described}"));
    setting(live.start_date.is_some(), "StartDate".to_owned());
    setting(live.end_date.is_some(), "EndDate".to_owned());
    setting(live.kms_key_arn.is_some(), "KmsKeyArn".to_owned());
    let Some(target) = &live.target else { return settings };
    setting(target.dead_letter_config.is_some(), "Target.DeadLetterConfig".to_owned());
    setting(target.input.as_ref().is_some_and(|input| !input.is_empty()), "Target.Input".to_owned());
    let Some(task) = &target.ecs_parameters else { return settings };
    let count = task.task_count.unwrap_or(1);
    setting(count != 1, format!("TaskCount {count}"));
    setting(task.group.is_some(), "Group".to_owned());
    setting(task.enable_execute_command == Some(true), "EnableExecuteCommand".to_owned());
    setting(task.propagate_tags.is_some(), "PropagateTags".to_owned());
    setting(task.tags.as_ref().is_some_and(|tags| !tags.is_empty()), "Tags".to_owned());
    settings
}
