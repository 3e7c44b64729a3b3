//! The name of each resource, defined in one place.
//!
//! Names derive only from the platform's name and a tenant's id, so any program can compute them:
//!
//! ```
//! use saas_model::names::Names;
//!
//! let names = Names::new("saas-platform".parse()?);
//! let tenant = "acme-corp".parse()?;
//! let acme = names.tenant(&tenant);
//! assert_eq!(acme.bucket(None).as_str(), "saas-platform-acme-corp-data");
//! assert_eq!(acme.schema().as_str(), "acme_corp");
//! # Ok::<(), saas_model::identifier::InvalidIdentifier>(())
//! ```
//!
//! Each tenant runs several services. The resources of the service `web` have the tenant's names alone, such
//! as `saas-platform-acme-corp`; those of another service have `--` and its name at the end, such as
//! `saas-platform-acme-corp--worker`. No tenant's id has two `-` in a row, so no other tenant has that name.
//!
//! A name that would exceed AWS's limit is truncated, and ends in a short digest of the full name.

mod patterns;

use serde::Serialize;

use crate::digest::Domain;
use crate::identifier::{
    BucketName, Domain as HostDomain, EcsName, EngineVersion, HostLabel, HostPattern, InvalidIdentifier,
    LoadBalancerName, LogGroupName, PgIdent, PlatformName, RdsName, RoleName, ScheduleName, SecretName,
    SecurityGroupName, ServiceName, TargetGroupName, TenantId,
};
use crate::spec::MAIN_SERVICE;

/// The scope within which the names of a tenant's log group and secret are unique. All other names
/// contain the platform's name.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, strum::Display, strum::EnumString, strum::VariantNames,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum NameScope {
    /// The account: `/ecs/tenant/<id>` and `rds/tenant/<id>/password`. Only one platform per account
    /// and Region can use them.
    #[default]
    Account,
    /// The platform: `/ecs/<platform>/tenant/<id>` and `rds/<platform>/tenant/<id>/password`, for
    /// another platform in the same account.
    Platform,
}

/// The names of shared resources.
#[derive(Clone, Debug)]
pub struct Names {
    platform: PlatformName,
    scope: NameScope,
}

/// The names of one tenant's resources.
#[derive(Clone, Copy, Debug)]
pub struct TenantNames<'a> {
    platform: &'a PlatformName,
    scope: NameScope,
    tenant: &'a TenantId,
}

/// The names of one service or job of a tenant.
#[derive(Clone, Copy, Debug)]
pub struct ServiceNames<'a> {
    tenant: TenantNames<'a>,
    service: &'a ServiceName,
}

const DERIVED: &str = "names derived from a valid platform and tenant are valid; a property test checks it";

/// The beginning of the names of all log groups, in each scope.
pub const LOG_GROUPS: &str = "/ecs/";

/// Whether `suffix` is valid at the end of a bucket name: lowercase letters and digits in parts joined
/// by `-`, at most 24 characters, and nothing that S3 reserves.
#[must_use]
pub fn is_bucket_suffix(suffix: &str) -> bool {
    let parts = suffix.split('-').all(|part| !part.is_empty() && part.bytes().all(|c| c.is_ascii_alphanumeric()));
    parts && suffix.len() <= 24 && BucketName::new(format!("a-{suffix}")).is_ok()
}

/// Whether a name is this prefix and a number.
fn is_numbered(name: &str, prefix: &str) -> bool {
    let number = name.strip_prefix(prefix);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

impl Names {
    /// The names of a platform that is the only one in its account.
    #[must_use]
    pub const fn new(platform: PlatformName) -> Self {
        Self { platform, scope: NameScope::Account }
    }

    /// The same platform with names of this scope.
    #[must_use]
    pub fn in_scope(self, scope: NameScope) -> Self {
        Self { scope, ..self }
    }

    /// The names of one of its tenants.
    #[must_use]
    pub const fn tenant<'a>(&'a self, tenant: &'a TenantId) -> TenantNames<'a> {
        TenantNames { platform: &self.platform, scope: self.scope, tenant }
    }

    /// The beginning of the names of all buckets, task definition families and load balancers, and of the
    /// database's resources in AWS.
    #[must_use]
    pub fn prefix(&self) -> String {
        format!("{}-", self.platform)
    }

    /// Whether this is the name of a load balancer of any shard.
    #[must_use]
    pub fn is_load_balancer(&self, name: &str) -> bool {
        is_numbered(name, &self.prefix())
    }

    /// Whether this is the name of the security group of the load balancer of any shard.
    #[must_use]
    pub fn is_load_balancer_group(&self, name: &str) -> bool {
        is_numbered(name, &self.load_balancer_groups())
    }

    /// Whether this is the name of the parameter group of any major version.
    #[must_use]
    pub fn is_db_parameter_group(&self, name: &str) -> bool {
        is_numbered(name, &self.db_parameter_groups())
    }

    fn load_balancer_groups(&self) -> String {
        format!("{}-alb-", self.platform)
    }

    fn db_parameter_groups(&self) -> String {
        format!("{}-aurora-postgresql", self.platform)
    }

    /// The ECS cluster.
    #[must_use]
    pub fn ecs_cluster(&self) -> EcsName {
        EcsName::new(self.platform.as_str()).expect(DERIVED)
    }

    /// The Aurora cluster.
    #[must_use]
    pub fn db_cluster(&self) -> RdsName {
        RdsName::new(format!("{}-db", self.platform)).expect(DERIVED)
    }

    /// The writer of the Aurora cluster.
    #[must_use]
    pub fn db_writer(&self) -> RdsName {
        RdsName::new(format!("{}-db-writer", self.platform)).expect(DERIVED)
    }

    /// The subnet group of the Aurora cluster.
    #[must_use]
    pub fn db_subnet_group(&self) -> RdsName {
        RdsName::new(format!("{}-db", self.platform)).expect(DERIVED)
    }

    /// The parameter group of the Aurora cluster. Its name contains the major version, because the
    /// family of a group cannot change.
    #[must_use]
    pub fn db_parameter_group(&self, version: &EngineVersion) -> RdsName {
        RdsName::new(format!("{}{}", self.db_parameter_groups(), version.major())).expect(DERIVED)
    }

    /// The secret with the password of the database's master user.
    #[must_use]
    pub fn admin_secret(&self) -> SecretName {
        SecretName::new(format!("rds/{}/admin/password", self.platform)).expect(DERIVED)
    }

    /// The bucket for the platform's lease and receipts: `<platform>-control`, followed by the suffix
    /// of all buckets. A tenant's bucket name has `-data` in that position.
    #[must_use]
    pub fn control_bucket(&self, suffix: Option<&str>) -> BucketName {
        let suffix = suffix.map(|suffix| format!("-{suffix}")).unwrap_or_default();
        BucketName::new(format!("{}-control{suffix}", self.platform)).expect(DERIVED)
    }

    /// The load balancer of a shard.
    #[must_use]
    pub fn load_balancer(&self, shard: u32) -> LoadBalancerName {
        LoadBalancerName::new(truncate_with_digest(&format!("{}-{shard}", self.platform), 32)).expect(DERIVED)
    }

    /// The security group of a shard's load balancer.
    #[must_use]
    pub fn load_balancer_group(&self, shard: u32) -> SecurityGroupName {
        SecurityGroupName::new(format!("{}{shard}", self.load_balancer_groups())).expect(DERIVED)
    }

    /// The security group of the database.
    #[must_use]
    pub fn database_group(&self) -> SecurityGroupName {
        SecurityGroupName::new(format!("{}-db", self.platform)).expect(DERIVED)
    }

    /// The security group that the tasks of every tenant have in addition to the tenant's own. The
    /// database accepts connections from it.
    #[must_use]
    pub fn database_client_group(&self) -> SecurityGroupName {
        SecurityGroupName::new(format!("{}-db-client", self.platform)).expect(DERIVED)
    }
}

impl<'a> TenantNames<'a> {
    /// The names of one of its services or jobs.
    #[must_use]
    pub const fn service(self, service: &'a ServiceName) -> ServiceNames<'a> {
        ServiceNames { tenant: self, service }
    }

    /// The bucket: `<platform>-<tenant>-data`, with a suffix when the spec sets one because the plain
    /// name is taken in another account.
    #[must_use]
    pub fn bucket(&self, suffix: Option<&str>) -> BucketName {
        let suffix = suffix.map(|suffix| format!("-{suffix}")).unwrap_or_default();
        let name = truncate_with_digest(&format!("{}-{}-data{suffix}", self.platform, self.tenant), 63);
        BucketName::new(name).expect(DERIVED)
    }

    /// The schema in the database: the id with `-` replaced by `_`.
    #[must_use]
    pub fn schema(&self) -> PgIdent {
        PgIdent::new(self.tenant.as_str().replace('-', "_")).expect(DERIVED)
    }

    /// The role that owns the schema and cannot log in.
    #[must_use]
    pub fn owner_role(&self) -> PgIdent {
        PgIdent::new(format!("t_{}_owner", self.schema())).expect(DERIVED)
    }

    /// The role that the application logs in as.
    #[must_use]
    pub fn app_role(&self) -> PgIdent {
        PgIdent::new(format!("t_{}_app", self.schema())).expect(DERIVED)
    }

    /// The role that migrations log in as.
    #[must_use]
    pub fn migrator_role(&self) -> PgIdent {
        PgIdent::new(format!("t_{}_migrator", self.schema())).expect(DERIVED)
    }

    /// The secret with the password of that role.
    #[must_use]
    pub fn migrator_secret(&self) -> SecretName {
        SecretName::new(format!("rds/{}/migrator/password", self.scoped())).expect(DERIVED)
    }

    /// The secret with the values that are generated for the tenant's application.
    #[must_use]
    pub fn generated_secret(&self) -> SecretName {
        SecretName::new(format!("ecs/{}/generated", self.scoped())).expect(DERIVED)
    }

    /// The group of the tenant's schedules.
    #[must_use]
    pub fn schedule_group(&self) -> ScheduleName {
        ScheduleName::new(self.joined()).expect(DERIVED)
    }

    /// The role with which EventBridge Scheduler starts the tenant's jobs.
    #[must_use]
    pub fn scheduler_role(&self) -> RoleName {
        RoleName::new(truncate_with_digest(&format!("{}-scheduler", self.joined()), 64)).expect(DERIVED)
    }

    /// The secret with the password of the application's database role.
    #[must_use]
    pub fn secret(&self) -> SecretName {
        SecretName::new(format!("rds/{}/password", self.scoped())).expect(DERIVED)
    }

    /// The log group.
    #[must_use]
    pub fn log_group(&self) -> LogGroupName {
        LogGroupName::new(format!("{LOG_GROUPS}{}", self.scoped())).expect(DERIVED)
    }

    /// The security group of the tenant's tasks.
    #[must_use]
    pub fn security_group(&self) -> SecurityGroupName {
        SecurityGroupName::new(self.joined()).expect(DERIVED)
    }

    /// The task role: the permissions of the tenant's application.
    #[must_use]
    pub fn task_role(&self) -> RoleName {
        RoleName::new(truncate_with_digest(&format!("{}-task", self.joined()), 64)).expect(DERIVED)
    }

    /// The execution role: ECS starts the tenant's tasks with it.
    #[must_use]
    pub fn execution_role(&self) -> RoleName {
        RoleName::new(truncate_with_digest(&format!("{}-exec", self.joined()), 64)).expect(DERIVED)
    }

    /// Whether this is the name of the target group of any of its services, with any port and network.
    #[must_use]
    pub fn is_target_group(&self, name: &str) -> bool {
        name.rsplit_once('-').is_some_and(|(kept, digest)| {
            let is_digest = digest.len() == 8 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
            is_digest && self.tenant.as_str().starts_with(kept)
        })
    }

    /// The host name: `<tenant>.<domain>`.
    #[must_use]
    pub fn host(&self, domain: &HostDomain) -> HostPattern {
        HostPattern::new(format!("{}.{domain}", self.tenant)).expect("the length limit of a domain leaves room for it")
    }

    /// All subdomains of the host name: `*.<tenant>.<domain>`.
    #[must_use]
    pub fn hosts_beneath(&self, domain: &HostDomain) -> HostPattern {
        HostPattern::new(format!("*.{}.{domain}", self.tenant))
            .expect("the length limit of a domain leaves room for it")
    }

    /// The host name of a service with its own: `<host>.<tenant>.<domain>`.
    ///
    /// # Errors
    /// When it is longer than a load balancer accepts.
    pub fn host_of(&self, host: &HostLabel, domain: &HostDomain) -> Result<HostPattern, InvalidIdentifier> {
        HostPattern::new(format!("{host}.{}.{domain}", self.tenant))
    }

    /// The tenant's part of a path, with the platform's name where the scope requires it.
    fn scoped(&self) -> String {
        match self.scope {
            NameScope::Account => format!("tenant/{}", self.tenant),
            NameScope::Platform => format!("{}/tenant/{}", self.platform, self.tenant),
        }
    }

    fn joined(&self) -> String {
        format!("{}-{}", self.platform, self.tenant)
    }
}

impl ServiceNames<'_> {
    /// The ECS service, and the family of its task definition.
    #[must_use]
    pub fn service(&self) -> EcsName {
        EcsName::new(self.joined()).expect(DERIVED)
    }

    /// The main container; log streams begin with it.
    #[must_use]
    pub fn container(&self) -> EcsName {
        EcsName::new(self.service.as_str()).expect(DERIVED)
    }

    /// The task role of a service or job that may do more than the others.
    #[must_use]
    pub fn task_role(&self) -> RoleName {
        let name = format!("{}--{}-task", self.tenant.joined(), self.service);
        RoleName::new(truncate_with_digest(&name, 64)).expect(DERIVED)
    }

    /// The schedule of a job.
    #[must_use]
    pub fn schedule(&self) -> ScheduleName {
        let name = format!("{}--{}", self.tenant.joined(), self.service);
        ScheduleName::new(truncate_with_digest(&name, 64)).expect(DERIVED)
    }

    /// The target group. Fields that AWS cannot change in place (port and network) are part of the
    /// digest at the end, so that a new group can coexist with the old one.
    #[must_use]
    pub fn target_group(&self, port: u16, network: &str) -> TargetGroupName {
        let mut hasher = Domain::Name.hasher();
        for part in [self.joined().as_bytes(), &port.to_be_bytes(), network.as_bytes()] {
            hasher.field(part);
        }
        let digest = hasher.finish().short();
        let kept = truncate(self.tenant.tenant.as_str(), 32 - 1 - digest.len());
        TargetGroupName::new(format!("{kept}-{digest}")).expect(DERIVED)
    }

    fn joined(&self) -> String {
        match self.service.as_str() {
            MAIN_SERVICE => self.tenant.joined(),
            other => format!("{}--{other}", self.tenant.joined()),
        }
    }
}

/// `name`, truncated to `limit` characters with 8 digits of its digest at the end if it is longer.
fn truncate_with_digest(name: &str, limit: usize) -> String {
    if name.len() <= limit {
        return name.to_owned();
    }
    format!("{}-{}", truncate(name, limit - 9), Domain::Name.digest(name.as_bytes()).short())
}

/// The first `limit` characters, without a trailing `-`.
fn truncate(name: &str, limit: usize) -> &str {
    name.get(..limit).unwrap_or(name).trim_end_matches('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(platform: &str) -> Names {
        Names::new(platform.parse().expect("a valid platform"))
    }

    #[test]
    fn longest_names_are_within_aws_limits() {
        let names = names(&"p".repeat(24));
        let tenant: TenantId = "t".repeat(24).parse().expect("a valid id");
        let tenant = names.tenant(&tenant);
        assert!(tenant.bucket(Some(&"s".repeat(24))).as_str().len() <= 63);
        assert!(tenant.task_role().as_str().len() <= 64);
        let service = "s".repeat(24).parse().expect("a valid name");
        assert!(tenant.service(&service).target_group(80, "10.0.0.0/16").as_str().len() <= 32);
        assert!(names.load_balancer(49).as_str().len() <= 32);
        assert!(names.control_bucket(Some(&"s".repeat(24))).as_str().len() <= 63);
    }

    #[test]
    fn no_tenant_bucket_equals_the_control_bucket() {
        let names = names("saas-platform");
        for tenant in ["control", "control-data", "acme-control", "data"] {
            let tenant: TenantId = tenant.parse().expect("a valid id");
            for suffix in [None, Some("data"), Some("control"), Some("eu-data")] {
                assert_ne!(names.tenant(&tenant).bucket(suffix), names.control_bucket(suffix), "{tenant} {suffix:?}");
            }
        }
    }

    #[test]
    fn platform_scope_avoids_name_collisions_in_one_account() {
        let tenant: TenantId = "acme-corp".parse().expect("a valid id");
        let of = |scope| {
            let names = names("second").in_scope(scope);
            let tenant = names.tenant(&tenant);
            (tenant.log_group().to_string(), tenant.secret().to_string())
        };
        let account = ("/ecs/tenant/acme-corp".to_owned(), "rds/tenant/acme-corp/password".to_owned());
        assert_eq!(of(NameScope::Account), account);
        let platform = ("/ecs/second/tenant/acme-corp".to_owned(), "rds/second/tenant/acme-corp/password".to_owned());
        assert_eq!(of(NameScope::Platform), platform);
    }

    #[test]
    fn truncated_names_stay_distinct() {
        let long = "a".repeat(70);
        let (x, y) = (truncate_with_digest(&format!("{long}x"), 63), truncate_with_digest(&format!("{long}y"), 63));
        assert_ne!(x, y);
        assert_eq!(x.len(), 63);
    }

    #[test]
    fn truncated_name_has_no_double_dash() {
        let name = format!("{}-{}", "a".repeat(53), "b".repeat(30));
        assert!(!truncate_with_digest(&name, 63).contains("--"));
    }

    #[test]
    fn new_port_gives_a_new_target_group_name() {
        let names = names("saas-platform");
        let tenant = "acme-corp".parse().expect("a valid id");
        let web = "web".parse().expect("a valid name");
        let service = names.tenant(&tenant).service(&web);
        assert_ne!(service.target_group(80, "10.0.0.0/16"), service.target_group(81, "10.0.0.0/16"));
    }

    #[test]
    fn service_web_has_the_tenants_names() {
        let names = names("saas-platform");
        let tenant = "acme-corp".parse().expect("a valid id");
        let service = |name: &str| {
            let name = name.parse().expect("a valid name");
            names.tenant(&tenant).service(&name).service().to_string()
        };
        assert_eq!(service("web"), "saas-platform-acme-corp");
        assert_eq!(service("worker"), "saas-platform-acme-corp--worker");
    }
}
