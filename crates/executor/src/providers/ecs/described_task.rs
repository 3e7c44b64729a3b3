//! A task definition that ECS describes, as the model represents it.
//!
//! A revision of the platform's family may have been registered by hand. What the model cannot represent of it
//! is reported as ECS returns it, so that the next revision is as planned.

use std::collections::BTreeMap;
use std::str::FromStr;

use aws_sdk_ecs::types::{
    ContainerDefinition, CpuArchitecture, Secret as LiveSecret, TaskDefinition as LiveDefinition, Tmpfs,
    TransportProtocol,
};
use saas_model::arn::Arn;
use saas_model::fields::FieldChange;
use saas_model::resource::{Architecture, Container, Kind, LogGroup, Role, Secret, SecretValue, TaskDefinition};
use saas_model::{Ref, Template};
use serde_json::{Value, json};

use crate::context::Context;
use crate::error::{Required, Result};
use crate::providers::ecs::container::{LOG_GROUP, LOG_PREFIX, LOG_REGION, TMPFS_OPTIONS, value_from};
use crate::providers::ecs::unplanned_settings::{of_container, of_definition};
use crate::providers::number::from_i32;
use crate::providers::parse::parse;

const DESCRIBE: &str = "ecs DescribeTaskDefinition";
/// Stands for an image that the model cannot represent; the difference shows the image itself.
const NO_IMAGE: &str = "unknown@sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// A described task definition.
pub(crate) struct DescribedTask {
    pub(crate) definition: TaskDefinition,
    /// Fields whose live value the model cannot represent.
    pub(crate) raw_values: Vec<(String, Value)>,
    /// Settings that no field of the model has.
    pub(crate) unmodelled: Vec<FieldChange>,
}

/// Converts a described task definition. `planned` decides where several values of the model mean the same.
pub(crate) fn described_task(
    cx: &Context<'_>,
    live: &LiveDefinition,
    planned: Option<&TaskDefinition>,
) -> Result<DescribedTask> {
    let what = format!("the task definition {}", live.task_definition_arn().unwrap_or_default());
    let mut raw = RawValues::default();
    let platform = live.runtime_platform().and_then(|platform| platform.cpu_architecture());
    let architecture = match platform {
        // Source: Amazon ECS API, `RuntimePlatform`: the default.
        None | Some(CpuArchitecture::X8664) => Architecture::X86,
        Some(CpuArchitecture::Arm64) => Architecture::Arm,
        Some(other) => raw.instead("architecture", other.as_str(), Architecture::X86),
    };
    let mut unmodelled: Vec<FieldChange> = of_definition(live).map(|setting| unplanned(setting.to_owned())).collect();
    let mut containers = BTreeMap::new();
    for container in live.container_definitions() {
        let name = container.name().required(DESCRIBE, "name")?;
        let planned = planned.and_then(|planned| planned.containers.get(name));
        let path = format!("containers.{name}.");
        raw.path.clone_from(&path);
        unmodelled.extend(of_container(container).map(|setting| unplanned(format!("{path}{setting}"))));
        containers.insert(name.to_owned(), described_container(cx, container, planned, &mut raw));
    }
    raw.path.clear();
    let definition = TaskDefinition {
        family: parse(live.family().required(DESCRIBE, "family")?, &what)?,
        cpu: raw.parsed("cpu", live.cpu(), 0),
        memory: raw.parsed("memory", live.memory(), 0),
        architecture,
        execution_role: cx.reference::<Role>(live.execution_role_arn().unwrap_or_default()),
        task_role: cx.reference::<Role>(live.task_role_arn().unwrap_or_default()),
        containers,
    };
    Ok(DescribedTask { definition, raw_values: raw.values, unmodelled })
}

/// A setting that is live and not planned.
fn unplanned(field: String) -> FieldChange {
    FieldChange { field, before: "set".into(), after: Value::Null }
}

/// Values that the model cannot represent, with the paths of their fields.
#[derive(Default)]
struct RawValues {
    /// The path of the struct that is being converted, with a dot at the end.
    path: String,
    values: Vec<(String, Value)>,
}

impl RawValues {
    /// Reports a value, and returns the one that the model has in its place.
    fn instead<T>(&mut self, field: &str, live: impl Into<Value>, value: T) -> T {
        self.values.push((format!("{}{field}", self.path), live.into()));
        value
    }

    /// Parses a text that every definition has. If the model cannot represent it, it is reported.
    fn parsed<T: FromStr>(&mut self, field: &str, live: Option<&str>, otherwise: T) -> T {
        match live.and_then(|text| text.parse().ok()) {
            Some(value) => value,
            None => self.instead(field, live, otherwise),
        }
    }
}

fn described_container(
    cx: &Context<'_>,
    live: &ContainerDefinition,
    planned: Option<&Container>,
    raw: &mut RawValues,
) -> Container {
    let options = live.log_configuration().and_then(|log| log.options());
    let option = |name: &str| options.and_then(|options| options.get(name)).map(String::as_str);
    Container {
        image: raw.parsed("image", live.image(), NO_IMAGE.parse().expect("it is an image by digest")),
        // Source: Amazon ECS API, `ContainerDefinition`, `essential`: the default.
        essential: live.essential().unwrap_or(true),
        memory_reservation: from_i32(live.memory_reservation()).unwrap_or(0),
        port: port(live, raw),
        entrypoint: live.entry_point().to_vec(),
        command: live.command().to_vec(),
        user: live.user().and_then(|user| match user.parse() {
            Ok(user) => Some(user),
            Err(_) => raw.instead("user", user, None),
        }),
        environment: environment(cx, live, planned),
        secrets: secrets(cx, live.secrets(), planned, raw),
        log_group: cx.reference::<LogGroup>(option(LOG_GROUP).unwrap_or_default()),
        log_region: raw.parsed("log_region", option(LOG_REGION), cx.plan.header().region.clone()),
        log_prefix: option(LOG_PREFIX).unwrap_or_default().to_owned(),
        readonly_root: live.readonly_root_filesystem().unwrap_or(false),
        writable: writable(live, raw),
        stop_timeout_seconds: from_i32(live.stop_timeout()),
    }
}

fn port(live: &ContainerDefinition, raw: &mut RawValues) -> Option<u16> {
    let is_plain = |protocol: Option<&TransportProtocol>| matches!(protocol, None | Some(TransportProtocol::Tcp));
    match live.port_mappings() {
        [] => None,
        [only]
            if is_plain(only.protocol()) && only.host_port().is_none_or(|host| Some(host) == only.container_port()) =>
        {
            from_i32(only.container_port())
        }
        mappings => {
            let text = mappings.iter().map(|mapping| {
                let protocol = mapping.protocol().map_or("tcp", TransportProtocol::as_str);
                format!("{}/{protocol}", mapping.container_port().unwrap_or_default())
            });
            raw.instead("port", text.collect::<Vec<_>>(), None)
        }
    }
}

/// A value equal to the planned template's current value counts as the template; any other is literal.
fn environment(
    cx: &Context<'_>,
    live: &ContainerDefinition,
    planned: Option<&Container>,
) -> BTreeMap<String, Template> {
    let pairs = live.environment().iter().filter_map(|pair| Some((pair.name()?, pair.value().unwrap_or_default())));
    pairs
        .map(|(name, value)| {
            let planned = planned.and_then(|planned| planned.environment.get(name));
            let same = planned.filter(|text| cx.text(text).is_ok_and(|meant| meant == value));
            (name.to_owned(), same.cloned().unwrap_or_else(|| Template::literal(value)))
        })
        .collect()
}

/// The injected values. A source that the model cannot represent is reported: it is a reference, not a value.
fn secrets(
    cx: &Context<'_>,
    live: &[LiveSecret],
    planned: Option<&Container>,
    raw: &mut RawValues,
) -> BTreeMap<String, SecretValue> {
    let mut found = BTreeMap::new();
    for LiveSecret { name, value_from: source, .. } in live {
        let planned = planned.and_then(|planned| planned.secrets.get(name));
        let same = planned.filter(|planned| value_from(cx, planned).is_ok_and(|meant| meant == *source));
        match same.cloned().or_else(|| secret_value(cx, source)) {
            Some(value) => drop(found.insert(name.clone(), value)),
            None => raw.instead(&format!("secrets.{name}"), source.as_str(), ()),
        }
    }
    found
}

/// What a source of an injected value leads to, in the account and the Region of the platform.
fn secret_value(cx: &Context<'_>, source: &str) -> Option<SecretValue> {
    // A parameter of the same Region may be given by its name.
    let Some(arn) = Arn::of(source) else { return source.parse().ok().map(SecretValue::Parameter) };
    let header = cx.plan.header();
    if arn.account != header.account.as_str() || arn.region != header.region.as_str() {
        return None;
    }
    match arn.service {
        "ssm" => {
            let name = arn.resource.strip_prefix("parameter/")?;
            // The ARN of a name in several parts omits its first slash.
            let name = if name.contains('/') { format!("/{name}") } else { name.to_owned() };
            name.parse().ok().map(SecretValue::Parameter)
        }
        "secretsmanager" => {
            let mut parts = arn.resource.strip_prefix("secret:")?.split(':');
            let name = parts.next()?;
            let key = parts.next().filter(|key| !key.is_empty());
            // A stage or a version.
            if parts.any(|part| !part.is_empty()) {
                return None;
            }
            let whole = &source[..source.find(name)? + name.len()];
            let key = key.map(|key| key.parse().ok());
            if cx.live.knows(Kind::Secret, whole) {
                let secret = Ref::<Secret>::to(cx.live.address_of(Kind::Secret, whole));
                return match key {
                    None => Some(SecretValue::Whole(secret)),
                    Some(key) => Some(SecretValue::Key { secret, key: key? }),
                };
            }
            // AWS adds `-` and six characters to the name.
            // Source: Secrets Manager User Guide, "What's in a Secrets Manager secret?".
            let secret = name.get(..name.len().checked_sub(7)?)?.parse().ok()?;
            match key {
                None => Some(SecretValue::External { secret, key: None }),
                Some(key) => Some(SecretValue::External { secret, key: Some(key?) }),
            }
        }
        _ => None,
    }
}

fn writable(live: &ContainerDefinition, raw: &mut RawValues) -> BTreeMap<String, u32> {
    let mounts = live.linux_parameters().map(|linux| linux.tmpfs()).unwrap_or_default();
    let is_plain = |mount: &Tmpfs| mount.mount_options() == TMPFS_OPTIONS && mount.size >= 0;
    if mounts.iter().all(is_plain) {
        let size = |mount: &Tmpfs| from_i32(Some(mount.size)).unwrap_or(0);
        return mounts.iter().map(|mount| (mount.container_path.clone(), size(mount))).collect();
    }
    let text = mounts
        .iter()
        .map(|mount| json!({ "path": mount.container_path, "size": mount.size, "options": mount.mount_options() }));
    raw.instead("writable", text.collect::<Vec<_>>(), BTreeMap::new())
}
