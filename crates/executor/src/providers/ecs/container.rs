//! The containers of a task definition, as ECS takes them.

use aws_sdk_ecs::types::{
    ContainerDefinition, KeyValuePair, LinuxParameters, LogConfiguration, LogDriver, PortMapping, Secret as LiveSecret,
    Tmpfs, TransportProtocol,
};
use saas_model::resource::{Container, SecretValue};

use crate::context::Context;
use crate::error::{Error, Result};
use crate::providers::number::to_i32;
use crate::state::external_values::ExternalValue;

pub(crate) const LOG_GROUP: &str = "awslogs-group";
pub(crate) const LOG_REGION: &str = "awslogs-region";
pub(crate) const LOG_PREFIX: &str = "awslogs-stream-prefix";

/// Every user can write to the directory, and delete only own files: as in `/tmp`.
/// Source: Amazon ECS API, `Tmpfs`, `mountOptions`.
pub(crate) const TMPFS_OPTIONS: [&str; 1] = ["mode=1777"];

/// The containers of a task definition, in the order of their names.
pub(crate) fn container_definition(cx: &Context<'_>, name: &str, wanted: &Container) -> Result<ContainerDefinition> {
    let environment = wanted
        .environment
        .iter()
        .map(|(name, text)| Ok(KeyValuePair::builder().name(name).value(cx.text(text)?).build()));
    let secrets = wanted.secrets.iter().map(|(name, value)| {
        let built = LiveSecret::builder().name(name).value_from(value_from(cx, value)?).build();
        Ok(built.expect("both of its fields are given"))
    });
    let given = |words: &[String]| (!words.is_empty()).then(|| words.to_vec());
    Ok(ContainerDefinition::builder()
        .name(name)
        .image(wanted.image.as_str())
        .essential(wanted.essential)
        .memory_reservation(to_i32(wanted.memory_reservation))
        .set_port_mappings(wanted.port.map(|port| vec![port_mapping(port)]))
        .set_entry_point(given(&wanted.entrypoint))
        .set_command(given(&wanted.command))
        .set_user(wanted.user.as_ref().map(ToString::to_string))
        .set_environment(Some(environment.collect::<Result<_>>()?))
        .set_secrets(Some(secrets.collect::<Result<_>>()?))
        .log_configuration(log_configuration(cx, wanted)?)
        .readonly_root_filesystem(wanted.readonly_root)
        .set_linux_parameters(linux_parameters(wanted))
        .set_stop_timeout(wanted.stop_timeout_seconds.map(to_i32))
        .build())
}

/// What ECS takes for the source of an injected value: the ARN of a parameter, or that of a secret with
/// `:<key>:<stage>:<version>` for one value of its JSON content. An empty stage and version mean the current one.
/// Source: Amazon ECS Developer Guide, "Pass Secrets Manager secrets through Amazon ECS environment variables".
pub(crate) fn value_from(cx: &Context<'_>, value: &SecretValue) -> Result<String> {
    let external = |value: ExternalValue| Ok::<_, Error>(cx.live.external(&value)?.arn);
    match value {
        SecretValue::Whole(secret) => cx.arn(secret),
        SecretValue::Key { secret, key } => Ok(format!("{}:{key}::", cx.arn(secret)?)),
        SecretValue::External { secret, key: None } => external(ExternalValue::Secret(secret.clone())),
        SecretValue::External { secret, key: Some(key) } => {
            Ok(format!("{}:{key}::", external(ExternalValue::Secret(secret.clone()))?))
        }
        SecretValue::Parameter(name) => external(ExternalValue::Parameter(name.clone())),
    }
}

fn port_mapping(port: u16) -> PortMapping {
    PortMapping::builder().container_port(port.into()).host_port(port.into()).protocol(TransportProtocol::Tcp).build()
}

fn log_configuration(cx: &Context<'_>, wanted: &Container) -> Result<LogConfiguration> {
    Ok(LogConfiguration::builder()
        .log_driver(LogDriver::Awslogs)
        .options(LOG_GROUP, cx.id(&wanted.log_group)?)
        .options(LOG_REGION, wanted.log_region.as_str())
        .options(LOG_PREFIX, &wanted.log_prefix)
        .build()
        .expect("its only required field is given"))
}

fn linux_parameters(wanted: &Container) -> Option<LinuxParameters> {
    let mounts = wanted.writable.iter().map(|(path, size)| {
        let options = TMPFS_OPTIONS.map(str::to_owned).to_vec();
        let built = Tmpfs::builder().container_path(path).size(to_i32(*size)).set_mount_options(Some(options)).build();
        built.expect("its required fields are given")
    });
    (!wanted.writable.is_empty()).then(|| LinuxParameters::builder().set_tmpfs(Some(mounts.collect())).build())
}
