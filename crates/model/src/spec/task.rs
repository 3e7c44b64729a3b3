//! What a task runs, as a spec says it: the same for services and jobs.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Text;
use crate::cidr::Cidr;
use crate::identifier::{ContainerUser, Image, SecretKey, ServiceName, VariableName};
use crate::policy::Condition;
use crate::resource::Architecture;

/// What a task runs: its main container, its size, and what it may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaskSpec {
    /// The main container.
    pub container: ContainerSpec,
    /// The CPU units of the task; 1,024 are one vCPU.
    pub cpu: u32,
    /// The memory of the task in MiB.
    pub memory: u32,
    /// The architecture of its images.
    pub architecture: Architecture,
    /// The other containers, by name.
    pub sidecars: BTreeMap<ServiceName, SidecarSpec>,
    /// What its role may do beside the tenant's own bucket.
    pub allow: Vec<Permission>,
    /// The destinations that it connects to, beside the database and HTTPS.
    pub egress: Vec<EgressRule>,
}

/// A container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContainerSpec {
    /// The image, by digest.
    pub image: Image,
    /// The entry point; empty for the image's own.
    pub entrypoint: Vec<String>,
    /// The command; empty for the image's own.
    pub command: Vec<String>,
    /// The user of its process; `None` for the image's own.
    pub user: Option<ContainerUser>,
    /// The seconds between SIGTERM and SIGKILL; `None` for the default of ECS, 30.
    pub stop_timeout_seconds: Option<u32>,
    /// The writable directories, each a file system in memory, in path order.
    pub writable: Vec<WritablePath>,
    /// Whether everything else in its file system is read-only.
    pub readonly_root: bool,
    /// The environment variables that the spec adds.
    pub environment: BTreeMap<VariableName, Text>,
    /// The environment variables whose values are secrets.
    pub secrets: BTreeMap<VariableName, SecretSource>,
}

/// A container beside the main one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SidecarSpec {
    /// The container.
    pub container: ContainerSpec,
    /// Whether the task stops when it stops.
    pub essential: bool,
    /// The MiB of the task's memory that are reserved for it.
    pub memory: u32,
}

/// A writable directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct WritablePath {
    /// Its absolute path.
    pub path: String,
    /// Its size in MiB, which counts against the memory of the task.
    pub size: u32,
}

/// Where the value of a secret comes from. The value itself is in no spec and in no plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretSource {
    /// The password with which the container logs in to the database, as in `DATABASE_PASSWORD`.
    DatabasePassword,
    /// Letters and digits that are generated at apply, once for each tenant and name.
    Generate {
        /// Their number.
        length: u32,
    },
    /// A parameter of SSM Parameter Store in the platform's account and Region.
    Parameter {
        /// Its name.
        name: Text,
    },
    /// A secret of Secrets Manager in the platform's account and Region.
    Secret {
        /// Its name.
        name: Text,
        /// The key of the value in its JSON content; `None` for the whole content.
        key: Option<SecretKey>,
    },
}

/// A permission that the spec gives.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Permission {
    /// The actions, in order.
    pub actions: Vec<String>,
    /// The resources, in order: ARNs that may contain `*` and `?`, or `*`.
    pub resources: Vec<Text>,
    /// The conditions.
    pub conditions: Vec<Condition>,
}

impl Permission {
    /// Whether all tenants get the same resources.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.resources.iter().any(|resource| !resource.placeholders().any(|it| it == super::Placeholder::TenantId))
    }
}

/// A destination outside of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct EgressRule {
    /// The TCP port.
    pub port: u16,
    /// The addresses.
    pub cidr: Cidr,
}
