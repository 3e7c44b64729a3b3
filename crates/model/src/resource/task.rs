//! ECS: task definitions and their containers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use saas_model_derive::{Part, ResourceSpec};
use serde::{Deserialize, Serialize};

use super::identity::Role;
use super::storage::{LogGroup, Secret};
use super::{HasReferences, Kind, Visitor, without_references};
use crate::fields::Path;
use crate::identifier::{ContainerUser, EcsName, Image, ParameterName, Region, SecretKey, SecretName};
use crate::impact::{NONE, REPLACED};
use crate::reference::{Ref, Template};

/// A task definition: what a task on Fargate runs.
///
/// A change registers a new revision, which interrupts nothing: the resources that refer to it, such as a
/// service, state the impact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(name = family, attributes(Arn), holds_data = false, revisions = true, removal = NONE)]
pub struct TaskDefinition {
    /// The family of its revisions.
    #[replaces(REPLACED)]
    pub family: EcsName,
    /// CPU units; 1,024 are one vCPU.
    #[updates(NONE)]
    pub cpu: u32,
    /// Memory in MiB.
    #[updates(NONE)]
    pub memory: u32,
    /// The architecture of its images.
    #[updates(NONE)]
    pub architecture: Architecture,
    /// The role that ECS uses to pull the images, read the secrets and write the logs.
    #[updates(NONE)]
    pub execution_role: Ref<Role>,
    /// The role of the application.
    #[updates(NONE)]
    pub task_role: Ref<Role>,
    /// The containers, by name.
    #[updates(NONE)]
    pub containers: BTreeMap<String, Container>,
}

impl fmt::Display for TaskDefinition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} CPU units, {} MiB", self.family, self.cpu, self.memory)
    }
}

/// The architecture of a processor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Architecture {
    /// 64-bit Intel and AMD.
    #[default]
    #[serde(rename = "x86_64")]
    #[strum(serialize = "x86_64")]
    X86,
    /// 64-bit Arm (Graviton).
    #[serde(rename = "arm64")]
    #[strum(serialize = "arm64")]
    Arm,
}

/// A container of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Part)]
#[serde(deny_unknown_fields)]
pub struct Container {
    /// Its image, by digest.
    #[impact(NONE)]
    pub image: Image,
    /// Whether the task stops when it stops.
    #[impact(NONE)]
    pub essential: bool,
    /// The MiB of the task's memory that are reserved for it.
    #[impact(NONE)]
    pub memory_reservation: u32,
    /// The TCP port that it listens on.
    #[impact(NONE)]
    pub port: Option<u16>,
    /// The entry point; empty for the image's own.
    #[impact(NONE)]
    pub entrypoint: Vec<String>,
    /// The command; empty for the image's own.
    #[impact(NONE)]
    pub command: Vec<String>,
    /// The user of its process; `None` for the image's own.
    #[impact(NONE)]
    pub user: Option<ContainerUser>,
    /// Environment variables.
    #[impact(NONE)]
    pub environment: BTreeMap<String, Template>,
    /// Environment variables whose values are secrets.
    #[impact(NONE)]
    pub secrets: BTreeMap<String, SecretValue>,
    /// The log group of its output.
    #[impact(NONE)]
    pub log_group: Ref<LogGroup>,
    /// The Region of that log group.
    #[impact(NONE)]
    pub log_region: Region,
    /// The first part of its log streams' names: `<prefix>/<container>/<task>`.
    #[impact(NONE)]
    pub log_prefix: String,
    /// Whether its root file system is read-only.
    #[impact(NONE)]
    pub readonly_root: bool,
    /// The directories that are file systems in memory (tmpfs), each with its size in MiB. Every user can
    /// write to them (mode 1777). They count against the memory of the task.
    #[impact(NONE)]
    pub writable: BTreeMap<String, u32>,
    /// The seconds between SIGTERM and SIGKILL; `None` for the default of ECS, 30.
    #[impact(NONE)]
    pub stop_timeout_seconds: Option<u32>,
}

/// The secret that ECS puts into an environment variable when it starts a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretValue {
    /// The whole content of a secret of the plan.
    Whole(Ref<Secret>),
    /// One value in the JSON content of a secret of the plan.
    Key {
        /// The secret.
        secret: Ref<Secret>,
        /// The key of the value.
        key: SecretKey,
    },
    /// A secret of the platform's account and Region that is not part of the plan. It must exist.
    External {
        /// Its name.
        secret: SecretName,
        /// The key of the value in its JSON content; `None` for the whole content.
        key: Option<SecretKey>,
    },
    /// A parameter of SSM Parameter Store in the platform's account and Region. It must exist.
    Parameter(ParameterName),
}

impl HasReferences for SecretValue {
    fn target_kinds(found: &mut BTreeSet<Kind>) {
        <Ref<Secret>>::target_kinds(found);
    }

    fn references<'a>(&'a self, path: Path<'_>, visit: &mut Visitor<'_, 'a>) {
        match self {
            Self::Whole(secret) => secret.references(path.then("whole"), visit),
            Self::Key { secret, key: _ } => secret.references(path.then("key").then("secret"), visit),
            Self::External { secret: _, key: _ } | Self::Parameter(_) => {}
        }
    }
}

without_references!(Architecture);
