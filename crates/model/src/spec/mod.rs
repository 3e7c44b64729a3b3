//! The spec: the file that users write.
//!
//! [`Spec::parse`] reads `saas.toml` and rejects a spec that cannot be planned. It reports all problems
//! at once, each with its location. A [`Spec`] value is always valid. Its tenants are in id order, so
//! that two files with the same meaning give the same spec.

mod catalogue;
mod credentials;
mod extensions;
mod job;
mod keys;
mod permissions;
mod rds;
mod read;
pub(crate) mod regions;
mod remark;
mod routes;
mod schema;
mod secret_names;
mod service;
mod task;
mod text;
mod writable;

use std::collections::BTreeMap;

use catalogue::fargate_offers_cpu;
pub use catalogue::{RETENTION_DAYS, fargate_offers};
pub use job::{JobSpec, Trigger};
pub use remark::Remark;
pub use routes::Route;
pub use service::{HealthCheckSpec, Ingress, MAIN_SERVICE, QueueTarget, ScalingSpec, ServiceSpec};
pub use task::{ContainerSpec, EgressRule, Permission, SecretSource, SidecarSpec, TaskSpec, WritablePath};
pub use text::{Placeholder, Text, TextSegment, UnknownPlaceholder};

use serde::Serialize;

use crate::cidr::Cidr;
use crate::codec::canonical;
use crate::digest::{Digest, Domain};
use crate::identifier::{
    AccountId, CertificateArn, CostCenter, Domain as HostDomain, EngineVersion, Environment, ExtensionName,
    InstanceClass, PgIdent, PlatformName, PolicyArn, Region, RoleArn, ServiceName, TagKey, TagValue, TenantId,
    ZoneName,
};
use crate::names::NameScope;
use crate::problem::Problems;

/// A valid spec.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Spec {
    /// The platform.
    pub platform: Platform,
    /// The network.
    pub network: Network,
    /// The database that tenants share.
    pub database: Database,
    /// The retention of logs.
    pub logs: Logs,
    /// The names of buckets.
    pub storage: Storage,
    /// The scope of the other names.
    pub names: Names,
    /// The certificate of tenants without their own.
    pub certificate: Option<CertificateArn>,
    /// The tenants, in id order.
    pub tenants: Vec<Tenant>,
}

/// The platform: its name, account, Region and roles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Platform {
    /// The first part of every name.
    pub name: PlatformName,
    /// The environment.
    pub environment: Environment,
    /// The account; apply refuses any other account.
    pub account: AccountId,
    /// The Region; apply refuses any other Region.
    pub region: Region,
    /// The domain of the tenants' host names.
    pub domain: HostDomain,
    /// The cost center of shared resources.
    pub cost_center: CostCenter,
    /// Whether AWS refuses to delete the database and the load balancers.
    pub deletion_protection: bool,
    /// The role that applies plans; bucket policies exempt it from their denials.
    pub provisioner: RoleArn,
    /// The role that will replace the provisioner; bucket policies exempt it too.
    pub next_provisioner: Option<RoleArn>,
    /// A role for emergencies; bucket policies exempt it, also for tenants' data.
    pub break_glass: Option<RoleArn>,
    /// The permissions boundary of all roles.
    pub permissions_boundary: Option<PolicyArn>,
    /// The tags of all resources, beside those of saas.
    pub tags: BTreeMap<TagKey, TagValue>,
}

impl Platform {
    /// The roles that bucket policies allow to change buckets and their policies.
    #[must_use]
    pub const fn administrators(&self) -> [Option<&RoleArn>; 3] {
        [Some(&self.provisioner), self.next_provisioner.as_ref(), self.break_glass.as_ref()]
    }
}

/// The network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Network {
    /// Its address range.
    pub cidr: Cidr,
    /// The zones, in name order.
    pub zones: Vec<Zone>,
}

/// An Availability Zone with its two subnets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Zone {
    /// Its name.
    pub name: ZoneName,
    /// The public subnet.
    pub public: Cidr,
    /// The private subnet.
    pub private: Cidr,
}

/// The database that tenants share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Database {
    /// The version of Aurora PostgreSQL.
    pub engine_version: EngineVersion,
    /// The instance class of the writer.
    pub instance_class: InstanceClass,
    /// The name of the database.
    pub name: PgIdent,
    /// The name of the master user.
    pub admin: PgIdent,
    /// The value of `shared_preload_libraries`, in order.
    pub shared_preload_libraries: Vec<String>,
    /// The connection limit of each tenant.
    pub connections_per_tenant: u32,
    /// The extensions, in name order.
    pub extensions: Vec<ExtensionName>,
}

/// The retention of logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Logs {
    /// In days.
    pub retention_days: u32,
}

/// The names of buckets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Storage {
    /// The suffix of every bucket name, for platforms whose plain names are taken. Changing it on a
    /// live platform replaces every bucket, including the one with the lease and the receipts. To
    /// rename the bucket of one tenant, set [`Tenant::bucket_suffix`].
    pub bucket_suffix: Option<String>,
}

/// The scope of the names of log groups and secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Names {
    /// The scope in which the names are unique.
    pub scope: NameScope,
}

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its cost center.
    pub cost_center: CostCenter,
    /// Its own certificate.
    pub certificate: Option<CertificateArn>,
    /// The suffix of its bucket name; it overrides the platform's.
    pub bucket_suffix: Option<String>,
    /// Its services, by name: the platform's settings, overridden by its own.
    pub services: BTreeMap<ServiceName, ServiceSpec>,
    /// Its jobs, by name.
    pub jobs: BTreeMap<ServiceName, JobSpec>,
}

impl Tenant {
    /// The tasks of its services and jobs, by name; no name is that of both.
    pub fn tasks(&self) -> impl Iterator<Item = (&ServiceName, &TaskSpec)> {
        let services = self.services.iter().map(|(name, service)| (name, &service.task));
        services.chain(self.jobs.iter().map(|(name, job)| (name, &job.task)))
    }

    /// The job that runs before its services change, if there is one.
    pub fn migration(&self) -> Option<(&ServiceName, &JobSpec)> {
        self.jobs.iter().find(|(_, job)| matches!(job.trigger, Trigger::BeforeRollout { .. }))
    }
}

impl Spec {
    /// A small example spec. It can be planned unchanged.
    pub const EXAMPLE: &'static str = include_str!("example.toml");

    /// Parses a spec. `file` is the file's name in messages.
    ///
    /// # Errors
    /// All problems, each with its location.
    pub fn parse(file: &str, text: &str) -> Result<Self, Box<Problems>> {
        Self::parse_with_remarks(file, text).map(|(spec, _)| spec)
    }

    /// Parses a spec, with facts about it that its author may not expect.
    ///
    /// # Errors
    /// All problems, each with its location.
    pub fn parse_with_remarks(file: &str, text: &str) -> Result<(Self, Vec<Remark>), Box<Problems>> {
        read::spec(file, text)
    }

    /// The JSON Schema (2020-12) of a spec, for editors.
    #[must_use]
    pub fn json_schema() -> serde_json::Value {
        schema::schema()
    }

    /// The digest of its meaning; comments, order and formatting do not matter.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Domain::Spec.digest(&canonical(self))
    }

    /// The suffix of a tenant's bucket name.
    #[must_use]
    pub fn bucket_suffix_of<'a>(&'a self, tenant: &'a Tenant) -> Option<&'a str> {
        tenant.bucket_suffix.as_deref().or(self.storage.bucket_suffix.as_deref())
    }

    /// The certificate of a tenant's hosts; `None` without HTTPS.
    #[must_use]
    pub fn certificate_of<'a>(&'a self, tenant: &'a Tenant) -> Option<&'a CertificateArn> {
        tenant.certificate.as_ref().or(self.certificate.as_ref())
    }

    /// Whether the platform serves HTTPS.
    #[must_use]
    pub fn serves_https(&self) -> bool {
        self.certificate.is_some() || self.tenants.iter().any(|tenant| tenant.certificate.is_some())
    }
}
