//! The spec: what people write.
//!
//! [`Spec::parse`] reads `saas.toml` and refuses whatever could not be planned, with all problems
//! at once and each with its place. A [`Spec`] in hand is valid; its tenants are in the order of
//! their ids, so that two files that mean the same give the same spec.

mod catalogue;
mod keys;
mod rds;
mod read;
pub(crate) mod regions;
mod writable;

use catalogue::fargate_offers_cpu;
pub use catalogue::{RETENTION_DAYS, fargate_offers};

use serde::Serialize;

use crate::cidr::Cidr;
use crate::codec::canonical;
use crate::digest::{Digest, Domain};
use crate::identifier::{
    AccountId, CertificateArn, CostCenter, Domain as HostDomain, EngineVersion, Environment, Image, InstanceClass,
    PgIdent, PlatformName, Region, RoleArn, TenantId, ZoneName,
};
use crate::names::NameScope;
use crate::problem::Problems;

/// A valid spec.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Spec {
    /// What is being provisioned, and where.
    pub platform: Platform,
    /// The addresses of the network.
    pub network: Network,
    /// The database that tenants share.
    pub database: Database,
    /// How long logs are kept.
    pub logs: Logs,
    /// How buckets are named.
    pub storage: Storage,
    /// How the other things of tenants are named.
    pub names: Names,
    /// The certificate for all tenants that have none of their own.
    pub certificate: Option<CertificateArn>,
    /// The tenants, in the order of their ids.
    pub tenants: Vec<Tenant>,
}

/// What is being provisioned, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Platform {
    /// The first part of every name.
    pub name: PlatformName,
    /// The stage.
    pub environment: Environment,
    /// The account; apply refuses any other.
    pub account: AccountId,
    /// The region; apply refuses any other.
    pub region: Region,
    /// What tenants' host names end in.
    pub domain: HostDomain,
    /// Whom to charge for what tenants share.
    pub cost_center: CostCenter,
    /// Whether AWS refuses to delete the database and the load balancers.
    pub deletion_protection: bool,
    /// The role that applies plans; the bucket policies do not lock it out.
    pub provisioner: RoleArn,
    /// A role that is to take the provisioner's place; the bucket policies do not lock it out either.
    // Left out where there is none: the digest of a spec stays what it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_provisioner: Option<RoleArn>,
    /// A role that bucket policies do not lock out of tenants' data either, for emergencies.
    pub break_glass: Option<RoleArn>,
}

impl Platform {
    /// The roles that bucket policies let change buckets and their policies.
    #[must_use]
    pub const fn administrators(&self) -> [Option<&RoleArn>; 3] {
        [Some(&self.provisioner), self.next_provisioner.as_ref(), self.break_glass.as_ref()]
    }
}

/// The addresses of the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Network {
    /// All of them.
    pub cidr: Cidr,
    /// The zones, in the order of their names.
    pub zones: Vec<Zone>,
}

/// A zone with its two subnets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Zone {
    /// Its name.
    pub name: ZoneName,
    /// The subnet that the Internet reaches.
    pub public: Cidr,
    /// The subnet that it does not.
    pub private: Cidr,
}

/// The database that tenants share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Database {
    /// The version of Aurora PostgreSQL.
    pub engine_version: EngineVersion,
    /// The size of the writer.
    pub instance_class: InstanceClass,
    /// The database's name.
    pub name: PgIdent,
    /// The master user's name.
    pub admin: PgIdent,
    /// The libraries that the server loads at its start, in that order.
    pub shared_preload_libraries: Vec<String>,
    /// How many connections each tenant may have at a time.
    pub connections_per_tenant: u32,
}

/// How long logs are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Logs {
    /// In days.
    pub retention_days: u32,
}

/// How buckets are named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Storage {
    /// What stands behind every bucket's name, where the plain names are taken. A change of it on a live
    /// platform replaces every bucket, that of the lease and the receipts included: where the name of
    /// one tenant is taken, [`Tenant::bucket_suffix`] is what to set.
    pub bucket_suffix: Option<String>,
}

/// How the other things of tenants are named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Names {
    /// Within what their names are unique.
    pub scope: NameScope,
}

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Whom to charge for it.
    pub cost_center: CostCenter,
    /// Its own certificate.
    pub certificate: Option<CertificateArn>,
    /// What stands behind its bucket's name, instead of what stands behind all.
    pub bucket_suffix: Option<String>,
    /// What it runs: the platform's service with its own settings over it.
    pub service: ServiceSpec,
}

/// What a tenant runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceSpec {
    /// The container image, by digest.
    pub image: Image,
    /// The port that it listens on.
    pub port: u16,
    /// CPU units; 1,024 are one vCPU.
    pub cpu: u32,
    /// MiB of memory.
    pub memory: u32,
    /// How many tasks it starts with.
    pub desired_count: u32,
    /// The least number of tasks.
    pub min_count: u32,
    /// The greatest number of tasks.
    pub max_count: u32,
    /// Percent of CPU that autoscaling aims at.
    pub cpu_target: u32,
    /// The path that health checks ask for.
    pub health_check_path: String,
    /// The directories that the container can write to; the rest of its file system is read-only.
    pub writable: Vec<String>,
}

impl Spec {
    /// A small spec to begin with, as text. It can be planned as it is.
    pub const EXAMPLE: &'static str = include_str!("example.toml");

    /// Reads a spec. `file` is its name, for messages.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once, each with its place.
    pub fn parse(file: &str, text: &str) -> Result<Self, Box<Problems>> {
        read::spec(file, text)
    }

    /// The digest of what it means: comments, order and spelling do not count.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Domain::Spec.digest(&canonical(self))
    }

    /// What stands behind the name of a tenant's bucket.
    #[must_use]
    pub fn bucket_suffix_of<'a>(&'a self, tenant: &'a Tenant) -> Option<&'a str> {
        tenant.bucket_suffix.as_deref().or(self.storage.bucket_suffix.as_deref())
    }

    /// The certificate with which a tenant's hosts are served; `None` without HTTPS.
    #[must_use]
    pub fn certificate_of<'a>(&'a self, tenant: &'a Tenant) -> Option<&'a CertificateArn> {
        tenant.certificate.as_ref().or(self.certificate.as_ref())
    }

    /// Whether requests come in over HTTPS.
    #[must_use]
    pub fn serves_https(&self) -> bool {
        self.certificate.is_some() || self.tenants.iter().any(|tenant| tenant.certificate.is_some())
    }
}
