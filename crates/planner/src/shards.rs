//! Which tenants share a load balancer.

use std::collections::BTreeMap;

use saas_model::Lock;
use saas_model::identifier::CertificateArn;
use saas_model::spec::{Spec, Tenant};

/// A shard with its tenants.
pub(crate) struct Shard<'a> {
    /// Its number, from 0.
    pub(crate) number: u32,
    /// Its tenants, in the order of their slots.
    pub(crate) tenants: Vec<&'a Tenant>,
    /// The certificate for clients that name no host; `None` where the shard serves no HTTPS.
    pub(crate) certificate: Option<&'a CertificateArn>,
}

/// Shard 0, which is always there, and each other that has a tenant, in the order of their numbers.
///
/// `lock` has a slot for each tenant of `spec`.
pub(crate) fn shards<'a>(spec: &'a Spec, lock: &Lock) -> Vec<Shard<'a>> {
    let mut tenants: BTreeMap<u32, BTreeMap<u32, &Tenant>> = BTreeMap::from([(0, BTreeMap::new())]);
    for tenant in &spec.tenants {
        let slot = lock.slots()[&tenant.id];
        tenants.entry(slot.shard()).or_default().insert(slot.priority(), tenant);
    }
    tenants
        .into_iter()
        .map(|(number, tenants)| {
            let own = || tenants.values().find_map(|tenant| tenant.certificate.as_ref());
            let certificate = spec.certificate.as_ref().or_else(own);
            Shard { number, certificate, tenants: tenants.into_values().collect() }
        })
        .collect()
}
