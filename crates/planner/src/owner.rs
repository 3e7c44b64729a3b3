//! Whose a node is: the tenant's, or shared by all.

use saas_model::identifier::{CostCenter, TenantId};
use saas_model::plan::{Draft, OwnerTags};
use saas_model::resource::{Resource, ResourceSpec};
use saas_model::spec::{Platform, Tenant};
use saas_model::{Address, Ref, Set};

/// Whose nodes are being drafted, and who is charged for them.
pub(crate) struct Owner(OwnerTags);

/// The value of the tag `tenant_id` on what tenants share. No tenant may have this id.
const SHARED: &str = "shared";

impl Owner {
    /// All tenants together.
    pub(crate) fn everybody(platform: &Platform) -> Self {
        Self::new(SHARED, &platform.cost_center)
    }

    /// One tenant.
    pub(crate) fn tenant(Tenant { id, cost_center, .. }: &Tenant) -> Self {
        Self::new(TenantId::as_str(id), cost_center)
    }

    fn new(tenant_id: &str, cost_center: &CostCenter) -> Self {
        Self(OwnerTags { tenant_id: tenant_id.into(), cost_center: cost_center.clone() })
    }

    /// A node at `at`, which waits for nothing but what it refers to.
    pub(crate) fn draft<T: ResourceSpec + Into<Resource>>(&self, at: &Ref<T>, wanted: T) -> Draft {
        Draft {
            address: at.address().clone(),
            after: Set::new(),
            initial: None,
            tags: self.0.clone(),
            resource: wanted.into(),
        }
    }
}

/// The addresses of nodes that another has to wait for although it does not refer to them.
pub(crate) fn after<const N: usize>(addresses: [&Address; N]) -> Set<Address> {
    addresses.into_iter().cloned().collect()
}
