//! The names of a kind: where live resources have them, and which names saas gives.

use std::collections::BTreeSet;

use saas_model::Plan;
use saas_model::codec::node_digest;
use saas_model::identifier::TenantId;
use saas_model::names::{NameScope, Names, ServiceNames, TenantNames};
use saas_model::plan::{OwnerTags, TAG_COST_CENTER, TAG_DIGEST, TAG_TENANT};
use saas_model::spec::MAIN_SERVICE;

use crate::state::observed::ObservedResource;

/// The names of a kind.
pub(crate) struct Naming {
    /// Where a live resource has its name.
    pub(crate) live: LiveName,
    /// The names that a tenant's resources may have, planned or not.
    pub(crate) of_tenant: NamesOfTenant,
    /// Whether saas gives this name to the resource at its address, now or in an earlier generation: with
    /// another port of a target group, another suffix of buckets or another major version.
    pub(crate) is_given: fn(&NamedResource<'_>) -> bool,
}

/// The names that a tenant's resources of a kind may have, in each scope and with each suffix.
pub(crate) enum NamesOfTenant {
    /// A tenant has no resource of the kind, or the names have parts that only the plan determines.
    Undetermined,
    /// A tenant has one resource, with one of these names.
    One(fn(&TenantOfPlan<'_>) -> BTreeSet<String>),
    /// A tenant has one resource with each of these names.
    Each(fn(&TenantOfPlan<'_>) -> BTreeSet<String>),
}

impl NamesOfTenant {
    /// The names for a tenant, planned or not. Empty where only the plan determines them.
    pub(crate) fn names(&self, plan: &Plan, tenant: &str) -> BTreeSet<String> {
        let Ok(id) = tenant.parse() else { return BTreeSet::new() };
        match self {
            Self::Undetermined => BTreeSet::new(),
            Self::One(names) | Self::Each(names) => names(&TenantOfPlan { plan, id: &id }),
        }
    }
}

/// Where a live resource has its name.
#[derive(Clone, Copy)]
pub(crate) enum LiveName {
    /// In its id.
    InId(fn(&str) -> Option<&str>),
    /// In a field, because AWS assigns the id.
    InFields,
}

impl LiveName {
    /// The id is the name.
    pub(crate) const IS_ID: Self = Self::InId(|id| Some(id));
    /// The id is an ARN that ends with the name.
    pub(crate) const ENDS_ARN: Self = Self::InId(|arn| arn.rsplit('/').next());
    /// The id is an ARN that ends with the name and an id: `targetgroup/<name>/<id>`.
    pub(crate) const BEFORE_LAST_ID: Self = Self::InId(|arn| arn.rsplit('/').nth(1));
}

/// A live resource whose name its kind must judge.
pub(crate) struct NamedResource<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) found: &'a ObservedResource,
    pub(crate) naming: &'a Naming,
    pub(crate) name: &'a str,
    /// Whether the plan has a resource of the kind at the address, under another name.
    pub(crate) is_planned: bool,
}

impl NamedResource<'_> {
    /// The names of the platform's shared resources.
    pub(crate) fn names(&self) -> Names {
        Names::new(self.plan.header().platform.clone())
    }

    /// The tenant of the resource.
    pub(crate) fn tenant(&self) -> Option<&str> {
        self.found.address.tenant()
    }

    /// Whether the name is one that the tenant's resources of the kind may have.
    pub(crate) fn is_of_tenant(&self) -> bool {
        let names = |tenant| self.naming.of_tenant.names(self.plan, tenant);
        self.tenant().is_some_and(|tenant| names(tenant).contains(self.name))
    }

    /// For a kind whose shared resources never change their names: a resource with another name than planned
    /// is not the platform's. Tenants have no resource of the kind.
    pub(crate) fn never_changes(&self) -> bool {
        self.tenant().is_some() || !self.is_planned
    }

    /// For a kind of which each service or job of a tenant has one resource: whether it has the name of the
    /// service or job that its address says.
    pub(crate) fn is_of_service_or_never_changes(&self) -> bool {
        if self.tenant().is_some() {
            self.is_of_service(|names| names.service().to_string())
        } else {
            self.never_changes()
        }
    }

    /// Whether it has this name of the service or job that its address says. An address without one is that of
    /// the main service in plans of format 1.
    pub(crate) fn is_of_service(&self, name: impl FnOnce(ServiceNames<'_>) -> String) -> bool {
        let Some(tenant) = self.tenant() else { return false };
        let mut segments = self.found.address.as_str().split('/').skip(2);
        let service = match (segments.next(), segments.next()) {
            (Some("service" | "job"), Some(service)) => service,
            _ => MAIN_SERVICE,
        };
        let (Ok(tenant), Ok(service)) = (tenant.parse(), service.parse()) else { return false };
        name(self.names().tenant(&tenant).service(&service)) == self.name
    }

    /// The same for a kind of which tenants have resources, too.
    pub(crate) fn is_of_tenant_or_never_changes(&self) -> bool {
        if self.tenant().is_some() { self.is_of_tenant() } else { self.never_changes() }
    }

    /// Whether its digest tag is the digest of its fields. A copy under another name has the digest of the
    /// original.
    pub(crate) fn is_as_recorded(&self) -> bool {
        let recorded = || {
            let tags = self.found.tags.as_ref()?;
            let owner = OwnerTags {
                tenant_id: tags.get(TAG_TENANT)?.as_str().into(),
                cost_center: tags.get(TAG_COST_CENTER)?.parse().ok()?,
            };
            let digest = node_digest(self.plan.header(), &owner, self.found.fields.as_ref()?);
            Some(*tags.get(TAG_DIGEST)? == digest.to_string())
        };
        recorded() == Some(true)
    }
}

/// A tenant, planned or not, whose resources a plan gives names.
pub(crate) struct TenantOfPlan<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) id: &'a TenantId,
}

impl TenantOfPlan<'_> {
    /// Something of the names of the tenant in one scope, for names that are the same in each.
    pub(crate) fn with_names<T>(&self, of: impl FnOnce(TenantNames<'_>) -> T) -> T {
        of(Names::new(self.plan.header().platform.clone()).tenant(self.id))
    }

    /// A name of the tenant in each scope. A plan does not record the scope of the names of tenants that it
    /// lacks, and a live resource may have a name in another scope than the planned one.
    pub(crate) fn in_each_scope(&self, name: impl Fn(TenantNames<'_>) -> String) -> BTreeSet<String> {
        let names = |scope| Names::new(self.plan.header().platform.clone()).in_scope(scope);
        [NameScope::Account, NameScope::Platform].map(|scope| name(names(scope).tenant(self.id))).into()
    }
}
