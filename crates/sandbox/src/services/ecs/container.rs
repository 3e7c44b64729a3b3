//! Validation of the containers of a task definition, and the defaults that ECS sets.
//!
//! Sources: Amazon ECS API reference, `RegisterTaskDefinition` and `ContainerDefinition`; Amazon
//! ECS Developer Guide, "Task definition differences for Fargate".

use std::collections::BTreeSet;

use super::refusals::client;
use super::{linux, log, names, secret, size};
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
    ensure!(!containers.is_empty(), client("Container list cannot be empty."));
    ensure!(containers.len() <= MOST, client(format!("A task definition can have at most {MOST} containers.")));
    let mut names = BTreeSet::new();
    for container in &containers {
        let name = filled("Container", container, "name")?;
        let message = "Invalid container name: it has characters that are not allowed, or too many.";
        ensure!(names::is_name(name), client(message));
        ensure!(names.insert(name.to_owned()), client(format!("Container names must be unique: '{name}' is not.")));
    }
    let has_essential = containers.iter().any(|container| container.flag("essential") != Some(false));
    ensure!(has_essential, client("Task definition does not have any essential container."));
    let volumes = volumes(input, task)?;
    if task.fargate {
        check_mode(input)?;
    }
    for container in &containers {
        check(container, task, input, &names, &volumes)?;
    }
    if task.fargate { check_fargate(input, &containers) } else { Ok(()) }
}

fn unsupported(what: &str) -> Refusal {
    client(format!("Fargate compatible task definitions do not support {what}"))
}

/// The names of the volumes.
fn volumes(input: &Input, task: &Task<'_>) -> Result<BTreeSet<String>, Refusal> {
    let mut volumes = BTreeSet::new();
    for volume in input.list("volumes") {
        let name = volume.text("name").unwrap_or_default();
        let message = "Volume name must be 1 to 255 letters, numbers, hyphens and underscores.";
        ensure!(names::is_name(name), client(message));
        if task.fargate {
            let is_empty = volume.inner("host").text("sourcePath").is_none_or(str::is_empty);
            ensure!(is_empty, unsupported("sourcePath"));
            ensure!(!volume.has("dockerVolumeConfiguration"), unsupported("dockerVolumeConfiguration"));
        }
        ensure!(volumes.insert(name.to_owned()), client(format!("Volume names must be unique: '{name}' is not.")));
    }
    Ok(volumes)
}

/// Validates the modes of a task on Fargate.
fn check_mode(input: &Input) -> Result<(), Refusal> {
    ensure!(input.text("networkMode") == Some("awsvpc"), client("Fargate only supports network mode ‘awsvpc’."));
    let mode = input.text("pidMode").unwrap_or("task");
    let message = format!(
        "Tasks using the Fargate launch type do not support pidMode '{mode}'. The supported value for pidMode is 'task'."
    );
    ensure!(mode == "task", client(message));
    let unsupported = |what| client(format!("Tasks using the Fargate launch type do not support {what}."));
    for key in ["ipcMode", "inferenceAccelerators"] {
        ensure!(!input.has(key), unsupported(key));
    }
    ensure!(input.list("placementConstraints").is_empty(), unsupported("placement constraints"));
    Ok(())
}

/// Validates the task-level settings that Fargate requires.
fn check_fargate(input: &Input, containers: &[Input]) -> Result<(), Refusal> {
    let required = |key: &str| {
        let missing = || client(format!("Fargate requires that '{key}' be defined at the task level."));
        input.text(key).ok_or_else(missing)
    };
    let (cpu, memory) = (size::cpu(required("cpu")?)?, size::memory(required("memory")?)?);
    size::check_fargate(cpu, memory)?;
    for container in containers {
        let name = container.text("name").unwrap_or_default();
        let reserved = container.number("memory").or_else(|| container.number("memoryReservation"));
        let message = format!("The 'memory' setting for container '{name}' is greater than for the task.");
        ensure!(reserved.is_none_or(|reserved| reserved <= memory.into()), client(message));
    }
    let sum = |key: &str| containers.iter().filter_map(|container| container.number(key)).sum::<i64>();
    let fits = sum("cpu") <= cpu.into() && sum("memoryReservation") <= memory.into();
    ensure!(fits, client("The containers reserve more than the task has."));
    let size = input.inner("ephemeralStorage").within::<u32>("sizeInGiB", 21..=200);
    size.map(drop).map_err(|_| client("EphemeralStorage size must be between 21 and 200 GiB."))
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
    let may_pull = task.execution_role.is_some() || !task.fargate || !image.contains(".dkr.ecr.");
    let message = "Fargate requires task definition to have execution role ARN to support ECR images.";
    ensure!(may_pull, client(message));
    let has_memory = input.has("memory") || container.has("memory") || container.has("memoryReservation");
    let message = format!(
        "Invalid setting for container '{name}'. At least one of 'memory' or 'memoryReservation' must be specified."
    );
    ensure!(has_memory, client(message));
    check_ports(container, input.text("networkMode").unwrap_or("bridge"))?;
    check_mounts(container, volumes)?;
    secret::check(container, task)?;
    log::check(container, task)?;
    linux::check(container, task)?;
    check_times(container, task)?;
    for dependency in container.list("dependsOn") {
        let on = dependency.text("containerName").unwrap_or_default();
        let message = format!("Cannot depend on container + '{on}' because it does not exist");
        ensure!(names.contains(on) && on != name, client(message));
    }
    if task.fargate {
        for key in ["links", "extraHosts", "dockerSecurityOptions"] {
            ensure!(container.texts(key).is_empty(), unsupported(key));
        }
        ensure!(container.flag("privileged") != Some(true), unsupported("privileged containers"));
    }
    Ok(())
}

fn check_ports(container: &Input, mode: &str) -> Result<(), Refusal> {
    let mut taken = BTreeSet::new();
    for mapping in container.list("portMappings") {
        let port: Option<u16> = mapping.within("containerPort", 1..=65_535).map_err(client)?;
        if mapping.has("containerPortRange") && port.is_none() {
            continue;
        }
        let port = port.ok_or_else(|| client("Invalid container port: a port mapping must have one."))?;
        let host = mapping.within("hostPort", 0..=65_535).map_err(client)?.unwrap_or(port);
        let one_namespace = ["awsvpc", "host"].contains(&mode);
        let message =
            format!("When networkMode={mode}, the host ports and container ports in port mappings must match.");
        ensure!(!one_namespace || host == port || host == 0, client(message));
        let is_new = taken.insert((port, host, mapping.text("protocol").unwrap_or("tcp").to_owned()));
        ensure!(is_new, client(format!("The port {port} is mapped twice.")));
    }
    Ok(())
}

fn check_mounts(container: &Input, volumes: &BTreeSet<String>) -> Result<(), Refusal> {
    let mut paths = BTreeSet::new();
    for mount in container.list("mountPoints") {
        let volume = mount.text("sourceVolume").unwrap_or_default();
        ensure!(volumes.contains(volume), client(format!("Unknown volume '{volume}'.")));
        let path = filled("MountPoint", &mount, "containerPath")?;
        ensure!(paths.insert(path.to_owned()), client(format!("The path '{path}' is mounted twice.")));
    }
    Ok(())
}

fn check_times(container: &Input, task: &Task<'_>) -> Result<(), Refusal> {
    let name = container.text("name").unwrap_or_default();
    for (key, what) in [("startTimeout", "start timeout"), ("stopTimeout", "stop timeout")] {
        let message = format!("Granular {what} on container '{name}' must be at least 2 seconds.");
        ensure!(container.number(key).is_none_or(|seconds| seconds >= 2), client(message));
    }
    let is_short = container.number("stopTimeout").is_none_or(|seconds| seconds <= 120);
    let message = "Tasks using the Fargate launch type must have a container stop timeout of less than 120 seconds.";
    ensure!(!task.fargate || is_short, client(message));
    if !container.has("healthCheck") {
        return Ok(());
    }
    let health = container.inner("healthCheck");
    let command = health.texts("command");
    let is_command = command.len() >= 2 && ["CMD", "CMD-SHELL"].contains(&command[0].as_str());
    let message = "Health check command must begin with CMD or CMD-SHELL and have something after it.";
    ensure!(is_command, client(message));
    for (key, range) in [("interval", 5..=300), ("timeout", 2..=60), ("retries", 1..=10), ("startPeriod", 0..=300)] {
        let invalid = |fault| client(format!("Health check of container '{name}': {fault}"));
        health.within::<u32>(key, range).map_err(invalid)?;
    }
    Ok(())
}

/// A string of a container or of one of its secrets that must not be empty.
pub(super) fn filled<'a>(kind: &str, input: &'a Input, key: &str) -> Result<&'a str, Refusal> {
    let text = input.text(key).filter(|text| !text.is_empty());
    text.ok_or_else(|| client(format!("{kind}.{key} should not be null or empty.")))
}
