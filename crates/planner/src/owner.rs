//! The owner of a node: a tenant, or shared.

use saas_model::identifier::{CostCenter, TenantId};
use saas_model::plan::{Draft, OwnerTags};
use saas_model::resource::{Resource, ResourceSpec};
use saas_model::spec::{Platform, Tenant};
use saas_model::{Address, Ref, Set};

/// The tags of the owner.
pub(crate) struct Owner(OwnerTags);

/// The `tenant_id` tag of shared resources; reserved as a tenant id.
const SHARED: &str = "shared";

impl Owner {
    /// The owner of shared resources.
    pub(crate) fn shared(platform: &Platform) -> Self {
        Self::new(SHARED, &platform.cost_center)
    }

    /// A tenant as owner.
    pub(crate) fn tenant(Tenant { id, cost_center, .. }: &Tenant) -> Self {
        Self::new(TenantId::as_str(id), cost_center)
    }

    fn new(tenant_id: &str, cost_center: &CostCenter) -> Self {
        Self(OwnerTags { tenant_id: tenant_id.into(), cost_center: cost_center.clone() })
    }

    /// A node at `address` without dependencies other than its references.
    pub(crate) fn draft<T: ResourceSpec + Into<Resource>>(&self, address: &Ref<T>, spec: T) -> Draft {
        Draft {
            address: address.address().clone(),
            after: Set::new(),
            initial: None,
            tags: self.0.clone(),
            resource: spec.into(),
        }
    }
}

/// Dependencies of a node that it does not refer to.
pub(crate) fn after<const N: usize>(addresses: [&Address; N]) -> Set<Address> {
    addresses.into_iter().cloned().collect()
}
