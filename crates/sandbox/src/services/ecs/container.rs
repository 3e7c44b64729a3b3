//! Validation of the containers of a task definition, and the defaults that ECS sets.
//!
//! Sources: Amazon ECS API reference, `RegisterTaskDefinition` and `ContainerDefinition`; Amazon
//! ECS Developer Guide, "Task definition differences for Fargate".

use std::collections::BTreeSet;

use super::refusals::client;
use super::{log, names, secret, size};
use crate::services::prelude::*;

/// The maximum number of containers per task. Source: Amazon ECS service quotas.
const MOST: usize = 10;

/// Properties of the task that its containers are checked against.
pub(super) struct Task<'a> {
    pub(super) fargate: bool,
    pub(super) execution_role: Option<&'a str>,
}

/// A container as ECS describes it, with defaults.
pub(super) fn with_defaults(container: &Input, awsvpc: bool) -> Value {
    let mut container = container.keep();
    if let Some(fields) = container.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
        for list in ["environment", "mountPoints", "portMappings", "volumesFrom", "systemControls"] {
            fields.entry(list).or_insert_with(|| json!([]));
        }
        fields.entry("cpu").or_insert_with(|| json!(0));
        fields.entry("essential").or_insert_with(|| json!(true));
        for mapping in fields.get_mut("portMappings").and_then(Value::as_array_mut).into_iter().flatten() {
            let port = mapping.get("containerPort").cloned();
            let Some(mapping) = mapping.as_object_mut() else { continue };
            mapping.entry("protocol").or_insert_with(|| json!("tcp"));
            if let Some(port) = port {
                mapping.entry("hostPort").or_insert_with(|| if awsvpc { port } else { json!(0) });
            }
        }
    }
    container
}

/// Validates the task as a whole and each of its containers.
pub(super) fn check_all(input: &Input, task: &Task<'_>) -> Result<(), Refusal> {
    let containers = input.list("containerDefinitions");
    if containers.is_empty() {
        return Err(client("Container list cannot be empty."));
    }
    if containers.len() > MOST {
        return Err(client(format!("A task definition can have at most {MOST} containers.")));
    }
    let mut names = BTreeSet::new();
    for container in &containers {
        let name = filled("Container", container, "name")?;
        if !names::is_name(name) {
            return Err(client("Invalid container name: it has characters that are not allowed, or too many."));
        }
        if !names.insert(name.to_owned()) {
            return Err(client(format!("Container names must be unique: '{name}' is not.")));
        }
    }
    if containers.iter().all(|container| container.flag("essential") == Some(false)) {
        return Err(client("Task definition does not have any essential container."));
    }
    let volumes = volumes(input, task)?;
    check_mode(input, task)?;
    for container in &containers {
        check(container, task, input, &names, &volumes)?;
    }
    if task.fargate {
        check_fargate(input, &containers)?;
    }
    Ok(())
}

/// The names of the volumes.
fn volumes(input: &Input, task: &Task<'_>) -> Result<BTreeSet<String>, Refusal> {
    let mut volumes = BTreeSet::new();
    for volume in input.list("volumes") {
        let name = volume.text("name").unwrap_or_default();
        if !names::is_name(name) {
            return Err(client("Volume name must be 1 to 255 letters, numbers, hyphens and underscores."));
        }
        if task.fargate && volume.inner("host").text("sourcePath").is_some_and(|path| !path.is_empty()) {
            return Err(client("Fargate compatible task definitions do not support sourcePath"));
        }
        if task.fargate && volume.has("dockerVolumeConfiguration") {
            return Err(client("Fargate compatible task definitions do not support dockerVolumeConfiguration"));
        }
        if !volumes.insert(name.to_owned()) {
            return Err(client(format!("Volume names must be unique: '{name}' is not.")));
        }
    }
    Ok(volumes)
}

fn check_mode(input: &Input, task: &Task<'_>) -> Result<(), Refusal> {
    if !task.fargate {
        return Ok(());
    }
    if input.text("networkMode") != Some("awsvpc") {
        return Err(client("Fargate only supports network mode ‘awsvpc’."));
    }
    if let Some(mode) = input.text("pidMode").filter(|mode| *mode != "task") {
        return Err(client(format!(
            "Tasks using the Fargate launch type do not support pidMode '{mode}'. The supported value for pidMode is \
             'task'."
        )));
    }
    for key in ["ipcMode", "inferenceAccelerators"] {
        if input.has(key) {
            return Err(client(format!("Tasks using the Fargate launch type do not support {key}.")));
        }
    }
    if !input.list("placementConstraints").is_empty() {
        return Err(client("Tasks using the Fargate launch type do not support placement constraints."));
    }
    Ok(())
}

/// Validates the task-level settings that Fargate requires.
fn check_fargate(input: &Input, containers: &[Input]) -> Result<(), Refusal> {
    let missing = |key: &str| client(format!("Fargate requires that '{key}' be defined at the task level."));
    let cpu = size::cpu(input.text("cpu").ok_or_else(|| missing("cpu"))?)?;
    let memory = size::memory(input.text("memory").ok_or_else(|| missing("memory"))?)?;
    size::check_fargate(cpu, memory)?;
    for container in containers {
        let name = container.text("name").unwrap_or_default();
        let reserved = container.number("memory").or_else(|| container.number("memoryReservation"));
        if reserved.is_some_and(|reserved| reserved > i64::from(memory)) {
            return Err(client(format!("The 'memory' setting for container '{name}' is greater than for the task.")));
        }
    }
    let sum = |key: &str| containers.iter().filter_map(|container| container.number(key)).sum::<i64>();
    if sum("cpu") > i64::from(cpu) || sum("memoryReservation") > i64::from(memory) {
        return Err(client("The containers reserve more than the task has."));
    }
    if input.has("ephemeralStorage") {
        let size = input.inner("ephemeralStorage").number("sizeInGiB").unwrap_or(0);
        if !(21..=200).contains(&size) {
            return Err(client("EphemeralStorage size must be between 21 and 200 GiB."));
        }
    }
    Ok(())
}

fn check(
    container: &Input,
    task: &Task<'_>,
    input: &Input,
    names: &BTreeSet<String>,
    volumes: &BTreeSet<String>,
) -> Result<(), Refusal> {
    let image = filled("Container", container, "image")?;
    let name = container.text("name").unwrap_or_default();
    if task.execution_role.is_none() && task.fargate && image.contains(".dkr.ecr.") {
        return Err(client("Fargate requires task definition to have execution role ARN to support ECR images."));
    }
    if !input.has("memory") && !container.has("memory") && !container.has("memoryReservation") {
        return Err(client(format!(
            "Invalid setting for container '{name}'. At least one of 'memory' or 'memoryReservation' must be specified."
        )));
    }
    check_ports(container, input.text("networkMode").unwrap_or("bridge"))?;
    check_mounts(container, volumes)?;
    secret::check(container, task)?;
    log::check(container, task)?;
    check_times(container, task)?;
    for dependency in container.list("dependsOn") {
        let on = dependency.text("containerName").unwrap_or_default();
        if !names.contains(on) || on == name {
            return Err(client(format!("Cannot depend on container + '{on}' because it does not exist")));
        }
    }
    for key in ["links", "extraHosts", "dockerSecurityOptions"] {
        if task.fargate && !container.texts(key).is_empty() {
            return Err(client(format!("Fargate compatible task definitions do not support {key}")));
        }
    }
    if task.fargate && container.flag("privileged") == Some(true) {
        return Err(client("Fargate compatible task definitions do not support privileged containers"));
    }
    Ok(())
}

fn check_ports(container: &Input, mode: &str) -> Result<(), Refusal> {
    let mut taken = BTreeSet::new();
    for mapping in container.list("portMappings") {
        if mapping.has("containerPortRange") && !mapping.has("containerPort") {
            continue;
        }
        let port = mapping.number("containerPort").unwrap_or(0);
        if !(1..=65_535).contains(&port) {
            return Err(client(format!("Invalid container port: {port}. It must be from 1 to 65535.")));
        }
        let host = mapping.number("hostPort").unwrap_or(port);
        if !(0..=65_535).contains(&host) {
            return Err(client(format!("Invalid host port: {host}")));
        }
        let one_namespace = ["awsvpc", "host"].contains(&mode);
        if one_namespace && host != port && host != 0 {
            return Err(client(format!(
                "When networkMode={mode}, the host ports and container ports in port mappings must match."
            )));
        }
        if !taken.insert((port, host, mapping.text("protocol").unwrap_or("tcp").to_owned())) {
            return Err(client(format!("The port {port} is mapped twice.")));
        }
    }
    Ok(())
}

fn check_mounts(container: &Input, volumes: &BTreeSet<String>) -> Result<(), Refusal> {
    let mut paths = BTreeSet::new();
    for mount in container.list("mountPoints") {
        let volume = mount.text("sourceVolume").unwrap_or_default();
        if !volumes.contains(volume) {
            return Err(client(format!("Unknown volume '{volume}'.")));
        }
        let path = mount.text("containerPath").unwrap_or_default();
        if path.is_empty() {
            return Err(client("MountPoint.containerPath should not be null or empty."));
        }
        if !paths.insert(path.to_owned()) {
            return Err(client(format!("The path '{path}' is mounted twice.")));
        }
    }
    Ok(())
}

fn check_times(container: &Input, task: &Task<'_>) -> Result<(), Refusal> {
    let name = container.text("name").unwrap_or_default();
    if container.number("startTimeout").is_some_and(|seconds| seconds < 2) {
        return Err(client(format!("Granular start timeout on container '{name}' must be at least 2 seconds.")));
    }
    let stop = container.number("stopTimeout").unwrap_or(30);
    if stop < 2 {
        return Err(client(format!("Granular stop timeout on container '{name}' must be at least 2 seconds.")));
    }
    if task.fargate && stop > 120 {
        return Err(client(
            "Tasks using the Fargate launch type must have a container stop timeout of less than 120 seconds.",
        ));
    }
    if !container.has("healthCheck") {
        return Ok(());
    }
    let health = container.inner("healthCheck");
    let command = health.texts("command");
    if command.len() < 2 || !["CMD", "CMD-SHELL"].contains(&command[0].as_str()) {
        return Err(client("Health check command must begin with CMD or CMD-SHELL and have something after it."));
    }
    let ranges =
        [("interval", 30, 5..=300), ("timeout", 5, 2..=60), ("retries", 3, 1..=10), ("startPeriod", 0, 0..=300)];
    for (key, default, range) in ranges {
        if !range.contains(&health.number(key).unwrap_or(default)) {
            return Err(client(format!("Health check {key} of container '{name}' is not within {range:?}.")));
        }
    }
    Ok(())
}

/// A string of a container or of one of its secrets that must not be empty.
pub(super) fn filled<'a>(kind: &str, input: &'a Input, key: &str) -> Result<&'a str, Refusal> {
    let text = input.text(key).filter(|text| !text.is_empty());
    text.ok_or_else(|| client(format!("{kind}.{key} should not be null or empty.")))
}
