//! All nodes of one tenant, from its bucket to its running service.
//!
//! A tenant's nodes derive from its own part of the spec, its slot and the shared settings, never from
//! another tenant.

mod access;
mod data;
mod ingress;
mod outputs;
mod service;

use saas_model::identifier::{BucketName, EcsName, PgIdent};
use saas_model::names::{Names, TenantNames};
use saas_model::plan::Draft;
use saas_model::resource::{DatabaseAccess, DbCluster, EcsCluster, Listener, SecurityGroup, Subnet, Vpc};
use saas_model::spec::{Spec, Tenant};
use saas_model::{Address, Ref, Set, Template};

use self::access::PolicyFragments;
use crate::addresses::{self, TenantAddresses};
use crate::ingress::serving_listener;
use crate::owner::Owner;
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
    listener: Ref<Listener>,
    ecs_cluster: Ref<EcsCluster>,
    clauses: PolicyFragments,
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
            listener: serving_listener(shard),
            ecs_cluster: addresses::ecs_cluster(),
            clauses: PolicyFragments::new(&spec.platform),
            cidr: spec.network.cidr.to_string(),
        }
    }
}

/// A tenant whose nodes are being drafted.
struct TenantBuilder<'a> {
    tenant: &'a Tenant,
    /// The priority of its listener rule, from its slot.
    priority: u32,
    names: TenantNames<'a>,
    /// Names that several of its nodes use.
    bucket: BucketName,
    service: EcsName,
    app_role: PgIdent,
    addresses: TenantAddresses,
    owner: Owner,
    shared: &'a Shared<'a>,
}

/// The number of nodes per tenant.
pub(crate) const NODES: usize = 16;

/// Drafts a tenant's nodes, mostly in address order to make sorting fast, and returns its outputs.
pub(crate) fn tenant(
    tenant: &Tenant,
    priority: u32,
    shared: &Shared<'_>,
    drafts: &mut Vec<Draft>,
) -> [(Address, Template); 3] {
    let names = shared.names.tenant(&tenant.id);
    let subject = TenantBuilder {
        tenant,
        priority,
        names,
        bucket: names.bucket(shared.spec.bucket_suffix_of(tenant)),
        service: names.service(),
        app_role: names.app_role(),
        addresses: TenantAddresses::new(&tenant.id),
        owner: Owner::tenant(tenant),
        shared,
    };
    drafts.extend([
        subject.bucket(),
        subject.execution_role(),
        subject.listener_rule(),
        subject.log_group(),
        subject.password(),
    ]);
    drafts.extend(subject.security_group_rules());
    drafts.extend([
        subject.scaling(),
        subject.schema(),
        subject.security_group(),
        subject.service(),
        subject.target_group(),
        subject.task_definition(),
        subject.task_role(),
    ]);
    subject.outputs()
}
