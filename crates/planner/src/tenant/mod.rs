//! All nodes of one tenant, from its bucket to its running services and its jobs.
//!
//! A tenant's nodes derive from its own part of the spec, its slot and the shared settings, never from
//! another tenant.

mod access;
mod data;
mod ingress;
mod job;
mod outputs;
mod service;
mod task;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use saas_model::identifier::{BucketName, EcsName, PgIdent, ServiceName, VariableName};
use saas_model::lock::Slot;
use saas_model::names::{Names, ServiceNames, TenantNames};
use saas_model::plan::Draft;
use saas_model::resource::{DatabaseAccess, DbCluster, EcsCluster, Listener, LoadBalancer, SecurityGroup, Subnet, Vpc};
use saas_model::spec::{EgressRule, SecretSource, ServiceSpec, Spec, Tenant};
use saas_model::{Address, Ref, Set, Template};

use self::access::PolicyFragments;
pub(crate) use self::access::{ALLOW, private_repository};
use crate::addresses::{self, ServiceAddresses, TenantAddresses};
use crate::bucket_policy::BucketPolicies;
use crate::ingress::serving_listener;
use crate::owner::Owner;
use crate::secret_policy::SecretPolicies;
use crate::shards::Shard;

/// The values that the tenants of a shard share.
pub(crate) struct Shared<'a> {
    spec: &'a Spec,
    names: &'a Names,
    vpc: Ref<Vpc>,
    private_subnets: Set<Ref<Subnet>>,
    db_cluster: Ref<DbCluster>,
    database_access: Ref<DatabaseAccess>,
    database_client_group: Ref<SecurityGroup>,
    load_balancer_group: Ref<SecurityGroup>,
    load_balancer: Ref<LoadBalancer>,
    listener: Ref<Listener>,
    ecs_cluster: Ref<EcsCluster>,
    clauses: PolicyFragments,
    bucket_policies: BucketPolicies,
    secret_policies: SecretPolicies,
    /// The address range of the network, as text.
    cidr: String,
}

impl<'a> Shared<'a> {
    pub(crate) fn new(spec: &'a Spec, names: &'a Names, shard: &Shard<'_>) -> Self {
        Self {
            spec,
            names,
            vpc: addresses::vpc(),
            private_subnets: spec.network.zones.iter().map(|zone| addresses::private_subnet(&zone.name)).collect(),
            db_cluster: addresses::db_cluster(),
            database_access: addresses::database_access(),
            database_client_group: addresses::database_client_group(),
            load_balancer_group: addresses::load_balancer_group(shard.number),
            load_balancer: addresses::load_balancer(shard.number),
            listener: serving_listener(shard),
            ecs_cluster: addresses::ecs_cluster(),
            clauses: PolicyFragments::new(&spec.platform),
            bucket_policies: BucketPolicies::new(&spec.platform),
            secret_policies: SecretPolicies::new(&spec.platform),
            cidr: spec.network.cidr.to_string(),
        }
    }
}

/// A tenant whose nodes are being drafted.
struct TenantBuilder<'a> {
    tenant: &'a Tenant,
    slot: Slot,
    names: TenantNames<'a>,
    /// Names that several of its nodes use.
    bucket: BucketName,
    app_role: PgIdent,
    /// The values that are generated for its containers: for each variable, the number of characters.
    generated: BTreeMap<String, u32>,
    addresses: TenantAddresses,
    /// The address of its migration.
    migration: Option<Address>,
    /// What must be complete before a task can do its work: it reaches the database, AWS, and the destinations
    /// that the spec says.
    before_tasks: Set<Address>,
    owner: Owner,
    shared: &'a Shared<'a>,
}

/// A service whose nodes are being drafted.
struct ServiceBuilder<'a> {
    tenant: &'a TenantBuilder<'a>,
    service: &'a ServiceName,
    spec: &'a ServiceSpec,
    names: ServiceNames<'a>,
    /// The name of the ECS service, which several of its nodes use.
    name: EcsName,
    addresses: ServiceAddresses,
}

/// The approximate number of nodes of all tenants.
pub(crate) fn nodes(spec: &Spec) -> usize {
    const OF_TENANT: usize = 11;
    const OF_SERVICE: usize = 5;
    spec.tenants.iter().map(|tenant| OF_TENANT + OF_SERVICE * (tenant.services.len() + tenant.jobs.len())).sum()
}

/// Drafts a tenant's nodes in address order, which makes sorting fast, and returns its outputs.
pub(crate) fn tenant(
    tenant: &Tenant,
    slot: Slot,
    shared: &Shared<'_>,
    drafts: &mut Vec<Draft>,
) -> Vec<(Address, Template)> {
    let names = shared.names.tenant(&tenant.id);
    let addresses = TenantAddresses::new(&tenant.id);
    let builder = TenantBuilder {
        tenant,
        slot,
        names,
        bucket: names.bucket(shared.spec.bucket_suffix_of(tenant)),
        app_role: names.app_role(),
        generated: generated(tenant),
        migration: tenant.migration().map(|(name, _)| addresses::migration(&tenant.id, name).address().clone()),
        before_tasks: before_tasks(tenant, &addresses),
        addresses,
        owner: Owner::tenant(tenant),
        shared,
    };
    drafts.extend([builder.bucket(), builder.execution_role()]);
    drafts.extend(builder.generated_secret());
    builder.jobs(drafts);
    drafts.push(builder.log_group());
    drafts.extend(builder.migrator_password());
    drafts.push(builder.password());
    drafts.extend(builder.security_group_rules());
    drafts.extend(builder.schedules());
    drafts.extend([builder.schema(), builder.security_group()]);
    let mut rules = builder.listener_rules();
    for (service, spec) in &tenant.services {
        builder.service(service, spec).nodes(rules.remove(service), drafts);
    }
    drafts.extend(builder.task_role());
    builder.outputs()
}

fn before_tasks(tenant: &Tenant, own: &TenantAddresses) -> Set<Address> {
    let egress = egress(tenant).into_iter().map(|rule| addresses::egress_rule(&tenant.id, &rule).address().clone());
    [addresses::database_rule().address(), own.rule_https_out.address(), own.rule_to_database.address()]
        .into_iter()
        .cloned()
        .chain(egress)
        .collect()
}

/// The destinations of a tenant's services and jobs outside of the platform, in order and without duplicates: its
/// tasks share one security group.
fn egress(tenant: &Tenant) -> BTreeSet<EgressRule> {
    tenant.tasks().flat_map(|(_, task)| task.egress.iter().copied()).collect()
}

/// For each variable whose value is generated, the number of characters.
fn generated(tenant: &Tenant) -> BTreeMap<String, u32> {
    let containers = tenant.tasks().flat_map(|(_, task)| {
        std::iter::once(&task.container).chain(task.sidecars.values().map(|sidecar| &sidecar.container))
    });
    let secrets = containers.flat_map(|container| &container.secrets);
    let length = |(name, source): (&VariableName, &SecretSource)| match source {
        SecretSource::Generate { length } => Some((name.to_string(), *length)),
        SecretSource::DatabasePassword | SecretSource::Parameter { .. } | SecretSource::Secret { .. } => None,
    };
    secrets.filter_map(length).collect()
}

impl<'a> TenantBuilder<'a> {
    fn service(&'a self, service: &'a ServiceName, spec: &'a ServiceSpec) -> ServiceBuilder<'a> {
        let names = self.names.service(service);
        ServiceBuilder {
            tenant: self,
            service,
            spec,
            names,
            name: names.service(),
            addresses: ServiceAddresses::new(&self.tenant.id, service),
        }
    }
}
