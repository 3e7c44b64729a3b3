//! Settings of task definitions and services that saas never sets. One that is set was set by hand.

use aws_sdk_ecs::types::{
    ContainerDefinition, DeploymentControllerType, IpcMode, LinuxParameters, LogConfiguration, LogDriver, NetworkMode,
    OsFamily, PidMode, SchedulingStrategy, Service as LiveService, TaskDefinition as LiveDefinition,
};

use crate::providers::ecs::container::{LOG_GROUP, LOG_PREFIX, LOG_REGION};

/// The settings of a task definition, without those of its containers, by their names in the API.
/// Source: Amazon ECS API, `TaskDefinition`.
pub(crate) fn of_definition(live: &LiveDefinition) -> impl Iterator<Item = &'static str> {
    let family = live.runtime_platform().and_then(|platform| platform.operating_system_family());
    let settings = [
        ("ephemeralStorage", live.ephemeral_storage().is_some()),
        ("enableFaultInjection", live.enable_fault_injection() == Some(true)),
        ("ipcMode", live.ipc_mode().is_some_and(|mode| *mode != IpcMode::None)),
        ("networkMode", live.network_mode().is_some_and(|mode| *mode != NetworkMode::Awsvpc)),
        ("pidMode", live.pid_mode().is_some_and(|mode| *mode == PidMode::Host || *mode == PidMode::Task)),
        ("placementConstraints", !live.placement_constraints().is_empty()),
        ("proxyConfiguration", live.proxy_configuration().is_some()),
        ("runtimePlatform.operatingSystemFamily", family.is_some_and(|family| *family != OsFamily::Linux)),
        ("volumes", !live.volumes().is_empty()),
    ];
    set(settings)
}

/// The settings of a container, by their names in the API. Source: Amazon ECS API, `ContainerDefinition`.
pub(crate) fn of_container(live: &ContainerDefinition) -> impl Iterator<Item = &'static str> {
    let settings = [
        ("cpu", live.cpu() != 0),
        ("credentialSpecs", !live.credential_specs().is_empty()),
        ("dependsOn", !live.depends_on().is_empty()),
        ("disableNetworking", live.disable_networking() == Some(true)),
        ("dnsSearchDomains", !live.dns_search_domains().is_empty()),
        ("dnsServers", !live.dns_servers().is_empty()),
        ("dockerLabels", live.docker_labels().is_some_and(|labels| !labels.is_empty())),
        ("dockerSecurityOptions", !live.docker_security_options().is_empty()),
        ("environmentFiles", !live.environment_files().is_empty()),
        ("extraHosts", !live.extra_hosts().is_empty()),
        ("firelensConfiguration", live.firelens_configuration().is_some()),
        ("healthCheck", live.health_check().is_some()),
        ("hostname", live.hostname().is_some()),
        ("interactive", live.interactive() == Some(true)),
        ("linuxParameters", live.linux_parameters().is_some_and(has_more_than_tmpfs)),
        ("links", !live.links().is_empty()),
        ("logConfiguration", live.log_configuration().is_some_and(has_more_than_a_group)),
        ("memory", live.memory().is_some()),
        ("mountPoints", !live.mount_points().is_empty()),
        ("privileged", live.privileged() == Some(true)),
        ("pseudoTerminal", live.pseudo_terminal() == Some(true)),
        ("repositoryCredentials", live.repository_credentials().is_some()),
        ("resourceRequirements", !live.resource_requirements().is_empty()),
        ("restartPolicy", live.restart_policy().is_some_and(|policy| policy.enabled)),
        ("startTimeout", live.start_timeout().is_some()),
        ("systemControls", !live.system_controls().is_empty()),
        ("ulimits", !live.ulimits().is_empty()),
        ("volumesFrom", !live.volumes_from().is_empty()),
        ("workingDirectory", live.working_directory().is_some()),
    ];
    set(settings)
}

/// The settings of a service, by their names in the API. The newest deployment has those that the service itself is
/// described without. Source: Amazon ECS API, `Service`, `Deployment`.
pub(crate) fn of_service(live: &LiveService) -> impl Iterator<Item = &'static str> {
    let newest = live.deployments().iter().find(|deployment| deployment.status() == Some("PRIMARY"));
    let mesh = newest.and_then(|deployment| deployment.service_connect_configuration());
    let controller = live.deployment_controller().map(|controller| &controller.r#type);
    let settings = [
        ("deploymentController", controller.is_some_and(|kind| *kind != DeploymentControllerType::Ecs)),
        ("placementConstraints", !live.placement_constraints().is_empty()),
        ("placementStrategy", !live.placement_strategy().is_empty()),
        (
            "schedulingStrategy",
            live.scheduling_strategy().is_some_and(|strategy| *strategy != SchedulingStrategy::Replica),
        ),
        ("serviceConnectConfiguration", mesh.is_some_and(|mesh| mesh.enabled)),
        ("serviceRegistries", !live.service_registries().is_empty()),
        ("taskSets", !live.task_sets().is_empty()),
        ("volumeConfigurations", newest.is_some_and(|newest| !newest.volume_configurations().is_empty())),
        ("vpcLatticeConfigurations", newest.is_some_and(|newest| !newest.vpc_lattice_configurations().is_empty())),
    ];
    set(settings)
}

fn set<const N: usize>(settings: [(&'static str, bool); N]) -> impl Iterator<Item = &'static str> {
    settings.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| name)
}

fn has_more_than_tmpfs(linux: &LinuxParameters) -> bool {
    let capabilities = linux.capabilities();
    linux.init_process_enabled() == Some(true)
        || !linux.devices().is_empty()
        || linux.shared_memory_size().is_some()
        || capabilities.is_some_and(|some| !some.add().is_empty() || !some.drop().is_empty())
}

fn has_more_than_a_group(log: &LogConfiguration) -> bool {
    let known = [LOG_GROUP, LOG_REGION, LOG_PREFIX];
    let has_other = |options: &std::collections::HashMap<String, String>| {
        options.keys().any(|option| !known.contains(&option.as_str()))
    };
    log.log_driver != LogDriver::Awslogs || log.options().is_some_and(has_other) || !log.secret_options().is_empty()
}
