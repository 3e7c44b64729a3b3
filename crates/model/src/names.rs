//! Which name each resource has, in one place.
//!
//! Names derive from the platform's name and a tenant's id alone, so any program can ask for them:
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
//! A name that would be longer than AWS allows is cut, and ends in a short digest of the whole.

use serde::Serialize;

use crate::digest::Domain;
use crate::identifier::{
    BucketName, Domain as HostDomain, EcsName, EngineVersion, HostPattern, LoadBalancerName, LogGroupName, PgIdent,
    PlatformName, RdsName, RoleName, SecretName, SecurityGroupName, TargetGroupName, TenantId,
};

/// Within what the names of a tenant's log group and secret are unique. All others hold the
/// platform's name.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, strum::Display, strum::EnumString, strum::VariantNames,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum NameScope {
    /// The account: `/ecs/tenant/<id>` and `rds/tenant/<id>/password`. One platform an account and
    /// Region can have them.
    #[default]
    Account,
    /// The platform: `/ecs/<platform>/tenant/<id>` and `rds/<platform>/tenant/<id>/password`, for
    /// another platform in the same account.
    Platform,
}

/// The names of what tenants share.
#[derive(Clone, Debug)]
pub struct Names {
    platform: PlatformName,
    scope: NameScope,
}

/// The names of what one tenant has.
#[derive(Clone, Copy, Debug)]
pub struct TenantNames<'a> {
    platform: &'a PlatformName,
    scope: NameScope,
    tenant: &'a TenantId,
}

const DERIVED: &str = "names derived from a valid platform and tenant are valid, which a property test holds";

/// Whether buckets' names may end in `suffix`: lowercase letters and digits in parts joined by `-`,
/// 24 characters at most, and nothing that S3 reserves.
#[must_use]
pub fn is_bucket_suffix(suffix: &str) -> bool {
    let parts = suffix.split('-').all(|part| !part.is_empty() && part.bytes().all(|c| c.is_ascii_alphanumeric()));
    parts && suffix.len() <= 24 && BucketName::new(format!("a-{suffix}")).is_ok()
}

impl Names {
    /// The names of a platform, the only one of its account.
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

    /// The parameter group of the Aurora cluster. It carries the major version, for the family of
    /// a group cannot change.
    #[must_use]
    pub fn db_parameter_group(&self, version: &EngineVersion) -> RdsName {
        RdsName::new(format!("{}-aurora-postgresql{}", self.platform, version.major())).expect(DERIVED)
    }

    /// The secret with the password of the database's master user.
    #[must_use]
    pub fn admin_secret(&self) -> SecretName {
        SecretName::new(format!("rds/{}/admin/password", self.platform)).expect(DERIVED)
    }

    /// The bucket in which a platform keeps the lease and the receipts: `<platform>-control`, with
    /// the suffix of all buckets behind it. A tenant's name of a bucket has `-data` in that place.
    #[must_use]
    pub fn control_bucket(&self, suffix: Option<&str>) -> BucketName {
        let suffix = suffix.map(|suffix| format!("-{suffix}")).unwrap_or_default();
        BucketName::new(format!("{}-control{suffix}", self.platform)).expect(DERIVED)
    }

    /// The load balancer of a shard.
    #[must_use]
    pub fn load_balancer(&self, shard: u32) -> LoadBalancerName {
        LoadBalancerName::new(fit(&format!("{}-{shard}", self.platform), 32)).expect(DERIVED)
    }

    /// The security group of a shard's load balancer.
    #[must_use]
    pub fn load_balancer_group(&self, shard: u32) -> SecurityGroupName {
        SecurityGroupName::new(format!("{}-alb-{shard}", self.platform)).expect(DERIVED)
    }

    /// The security group of the database.
    #[must_use]
    pub fn database_group(&self) -> SecurityGroupName {
        SecurityGroupName::new(format!("{}-db", self.platform)).expect(DERIVED)
    }

    /// The security group that the tasks of every tenant have beside the tenant's own, and that the
    /// database lets in.
    #[must_use]
    pub fn database_client_group(&self) -> SecurityGroupName {
        SecurityGroupName::new(format!("{}-db-client", self.platform)).expect(DERIVED)
    }
}

impl TenantNames<'_> {
    /// The bucket: `<platform>-<tenant>-data`, with a suffix where the spec asks for one because
    /// the plain name is taken by somebody else.
    #[must_use]
    pub fn bucket(&self, suffix: Option<&str>) -> BucketName {
        let suffix = suffix.map(|suffix| format!("-{suffix}")).unwrap_or_default();
        let name = fit(&format!("{}-{}-data{suffix}", self.platform, self.tenant), 63);
        BucketName::new(name).expect(DERIVED)
    }

    /// The schema in the database: the id with `_` for `-`.
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

    /// The secret with the password of the application's database role.
    #[must_use]
    pub fn secret(&self) -> SecretName {
        SecretName::new(format!("rds/{}/password", self.scoped())).expect(DERIVED)
    }

    /// The log group.
    #[must_use]
    pub fn log_group(&self) -> LogGroupName {
        LogGroupName::new(format!("/ecs/{}", self.scoped())).expect(DERIVED)
    }

    /// The security group of the tenant's tasks.
    #[must_use]
    pub fn security_group(&self) -> SecurityGroupName {
        SecurityGroupName::new(self.joined()).expect(DERIVED)
    }

    /// The role that the tenant's application has.
    #[must_use]
    pub fn task_role(&self) -> RoleName {
        RoleName::new(fit(&format!("{}-task", self.joined()), 64)).expect(DERIVED)
    }

    /// The role with which ECS starts the tenant's tasks.
    #[must_use]
    pub fn execution_role(&self) -> RoleName {
        RoleName::new(fit(&format!("{}-exec", self.joined()), 64)).expect(DERIVED)
    }

    /// The service, and the family of its task definition.
    #[must_use]
    pub fn service(&self) -> EcsName {
        EcsName::new(self.joined()).expect(DERIVED)
    }

    /// The target group. What AWS cannot change in place (its port and its network) is in the
    /// digest at the end, so that a new one can stand beside the old.
    #[must_use]
    pub fn target_group(&self, port: u16, network: &str) -> TargetGroupName {
        let mut hasher = Domain::Name.hasher();
        for part in [self.joined().as_bytes(), &port.to_be_bytes(), network.as_bytes()] {
            hasher.field(part);
        }
        let digest = hasher.finish().short();
        let kept = clip(self.tenant.as_str(), 32 - 1 - digest.len());
        TargetGroupName::new(format!("{kept}-{digest}")).expect(DERIVED)
    }

    /// The host name: `<tenant>.<domain>`.
    #[must_use]
    pub fn host(&self, domain: &HostDomain) -> HostPattern {
        HostPattern::new(format!("{}.{domain}", self.tenant)).expect("domains are held short enough for it")
    }

    /// Everything beneath the host name: `*.<tenant>.<domain>`.
    #[must_use]
    pub fn hosts_beneath(&self, domain: &HostDomain) -> HostPattern {
        HostPattern::new(format!("*.{}.{domain}", self.tenant)).expect("domains are held short enough for it")
    }

    /// The tenant's part of a path, as far as it has to be told from that of other platforms.
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

/// `name`, or as much of it as `limit` leaves room for with 8 digits of a digest of the whole.
fn fit(name: &str, limit: usize) -> String {
    if name.len() <= limit {
        return name.to_owned();
    }
    format!("{}-{}", clip(name, limit - 9), Domain::Name.digest(name.as_bytes()).short())
}

/// The first `limit` characters, without `-` at the end.
fn clip(name: &str, limit: usize) -> &str {
    name.get(..limit).unwrap_or(name).trim_end_matches('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(platform: &str) -> Names {
        Names::new(platform.parse().expect("a valid platform"))
    }

    #[test]
    fn the_longest_names_fit() {
        let names = names(&"p".repeat(24));
        let tenant: TenantId = "t".repeat(24).parse().expect("a valid id");
        let tenant = names.tenant(&tenant);
        assert!(tenant.bucket(Some(&"s".repeat(24))).as_str().len() <= 63);
        assert!(tenant.task_role().as_str().len() <= 64);
        assert!(tenant.target_group(80, "10.0.0.0/16").as_str().len() <= 32);
        assert!(names.load_balancer(49).as_str().len() <= 32);
        assert!(names.control_bucket(Some(&"s".repeat(24))).as_str().len() <= 63);
    }

    #[test]
    fn no_tenant_can_take_the_control_bucket() {
        let names = names("saas-platform");
        for tenant in ["control", "control-data", "acme-control", "data"] {
            let tenant: TenantId = tenant.parse().expect("a valid id");
            for suffix in [None, Some("data"), Some("control"), Some("eu-data")] {
                assert_ne!(names.tenant(&tenant).bucket(suffix), names.control_bucket(suffix), "{tenant} {suffix:?}");
            }
        }
    }

    #[test]
    fn two_platforms_of_one_account_share_no_name() {
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
    fn a_cut_name_keeps_names_apart() {
        let long = "a".repeat(70);
        let (x, y) = (fit(&format!("{long}x"), 63), fit(&format!("{long}y"), 63));
        assert_ne!(x, y);
        assert_eq!(x.len(), 63);
    }

    #[test]
    fn a_cut_leaves_no_dash_before_the_digest() {
        let name = format!("{}-{}", "a".repeat(53), "b".repeat(30));
        assert!(!fit(&name, 63).contains("--"));
    }

    #[test]
    fn the_port_renames_the_target_group() {
        let names = names("saas-platform");
        let tenant = "acme-corp".parse().expect("a valid id");
        let tenant = names.tenant(&tenant);
        assert_ne!(tenant.target_group(80, "10.0.0.0/16"), tenant.target_group(81, "10.0.0.0/16"));
    }
}
